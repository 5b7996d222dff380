"""Names of Fiks Arkiv v1: namespaces, message types, payload files."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

ROOT: Final = "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/"
CREATE: Final = f"{ROOT}arkivmelding/opprett/v1"
UPDATE: Final = f"{ROOT}arkivmelding/oppdater/v1"
CATALOGUE: Final = f"{ROOT}metadatakatalog/v1"
GET_RECORD: Final = f"{ROOT}registrering/hent/v1"
GET_CASE: Final = f"{ROOT}mappe/hent/v1"
NEW_OBJECT: Final = f"{ROOT}dokumentobjekt/opprett/v1"
SEARCH: Final = f"{ROOT}sok/v1"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
PREFIX: Final = "no.ks.fiks.arkiv.v1."


class Kind(StrEnum):
    """The message types that we send."""

    CREATE = f"{PREFIX}arkivering.arkivmelding.opprett"
    UPDATE = f"{PREFIX}arkivering.arkivmelding.oppdater"
    NEW_OBJECT = f"{PREFIX}arkivering.dokumentobjekt.opprett"
    GET_RECORD = f"{PREFIX}innsyn.registrering.hent"
    GET_CASE = f"{PREFIX}innsyn.mappe.hent"
    SEARCH = f"{PREFIX}innsyn.sok"


# What the message's own file is called in the container.
PAYLOADS: Final = {
    Kind.CREATE: "arkivmelding.xml",
    Kind.UPDATE: "arkivmelding.xml",
    Kind.NEW_OBJECT: "dokumentobjekt-opprett.xml",
    Kind.GET_RECORD: "registrering-hent.xml",
    Kind.GET_CASE: "mappe-hent.xml",
    Kind.SEARCH: "sok.xml",
}
# The step of the archive log that each is (M26).
STEPS: Final = {
    Kind.CREATE: "create-record",
    Kind.UPDATE: "update",
    Kind.NEW_OBJECT: "add-variant",
    Kind.GET_RECORD: "find-record",
    Kind.GET_CASE: "find-case-file",
    Kind.SEARCH: "search",
}
RECEIVED: Final = ".mottatt"
INVALID: Final = f"{PREFIX}feilmelding.ugyldigforespoersel"
SERVER_FAULT: Final = f"{PREFIX}feilmelding.serverfeil"
NOT_FOUND: Final = f"{PREFIX}feilmelding.ikkefunnet"
# From the transport, not from the archive: nobody knows what became of the message.
UNDELIVERED: Final = frozenset({"no.ks.fiks.kvittering.tidsavbrudd", "no.ks.fiks.kvittering.serverfeil.v1"})
