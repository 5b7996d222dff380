"""From the archive's English words to the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from archiver.core import (
    CaseFile,
    CorrespondenceParty,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    RegistryEntry,
    Role,
    Screening,
)
from archiver.noark.access import NoarkAccess, NoarkCodes
from archiver.noark.conversation import OWN
from archiver.noark.links import Resource

OSLO = ZoneInfo("Europe/Oslo")
ELECTRONIC = {"kode": "E"}
OPEN_CASE = {"kode": "B"}
UNDER_WORK = {"kode": "B"}
FINISHED = {"kode": "F"}
INTERNAL = frozenset({Role.INTERNAL_SENDER, Role.INTERNAL_RECEIVER})
Body = dict[str, Any]
PartyIdentity = tuple[str | None, str]


def moment(given: date | datetime | None) -> str | None:
    """A time with its zone; a date is the midnight it begins with in Norway."""
    if given is None:
        return None
    if isinstance(given, datetime):
        return given.astimezone(OSLO).isoformat()
    return datetime.combine(given, time(), OSLO).isoformat()


def without_empty(body: Mapping[str, Any]) -> Body:
    """An empty text means missing, so it is left out."""
    return {name: value for name, value in body.items() if value not in (None, "", {}, [])}


def screening(given: Screening | None) -> Body | None:
    """Skjerming."""
    if given is None:
        return None
    return without_empty(
        {
            "tilgangsrestriksjon": {"kode": given.restriction},
            "skjermingshjemmel": given.legal_basis,
            "skjermingMetadata": [{"kode": code.value} for code in given.metadata],
            "skjermingDokument": {"kode": given.document.value} if given.document else None,
        }
    )


def case_file(given: CaseFile, access: NoarkAccess) -> Body:
    """Saksmappe. Year and number are the archive's to give."""
    return without_empty(
        {
            "tittel": given.title,
            "offentligTittel": given.public_title,
            "dokumentmedium": ELECTRONIC,
            "saksdato": moment(given.opened),
            "administrativEnhet": given.unit,
            "saksansvarlig": given.responsible,
            "saksstatus": OPEN_CASE,
            "skjerming": screening(given.screening),
            OWN: {access.key_field: given.key},
        }
    )


def record(given: RegistryEntry, access: NoarkAccess) -> Body:
    """journalpost, in the status it has until it is whole."""
    return without_empty(
        {
            "tittel": given.title,
            "offentligTittel": given.public_title,
            "dokumentmedium": ELECTRONIC,
            "journalposttype": {"kode": given.type.value},
            "journalstatus": {"kode": access.codes.initial_status},
            "dokumentetsDato": moment(given.document_date),
            "mottattDato": moment(given.received_at),
            "sendtDato": moment(given.sent_at),
            "offentlighetsvurdertDato": moment(given.assessed_on),
            "skjerming": screening(given.screening),
            OWN: {access.key_field: given.key},
        }
    )


def party_rel(given: CorrespondenceParty) -> str:
    """What makes such a party."""
    if given.role in INTERNAL:
        return "arkivstruktur/ny-korrespondansepartintern/"
    kind = "person" if given.is_person else "enhet"
    return f"arkivstruktur/ny-korrespondansepart{kind}/"


def party(given: CorrespondenceParty) -> Body:
    """Korrespondansepart."""
    coded = {"korrespondanseparttype": {"kode": given.role.value}}
    if given.role in INTERNAL:
        return without_empty({**coded, "administrativEnhet": given.name, "saksbehandler": given.caseworker})
    if given.is_person:
        identity: Body = {"personidentifikator": person_number(given.national_id)}
    else:
        identity = {"enhetsidentifikator": unit_number(given.national_id)}
    return without_empty({**coded, "navn": given.name, **identity, "postadresse": address(given)})


def person_number(number: str | None) -> list[Body]:
    """Personidentifikator is a list."""
    return [{"foedselsnummer": number}] if number else []


def unit_number(number: str | None) -> Body:
    """Enhetsidentifikator."""
    return {"organisasjonsnummer": number} if number else {}


def address(given: CorrespondenceParty) -> Body | None:
    """postadresse; poststed is required in it, so without one there is none."""
    if given.address is None or not given.address.city:
        return None
    lines = {"adresselinje1": given.address.line, "postnr": given.address.postal_code}
    return without_empty({**lines, "poststed": given.address.city, "landkode": "NO"})


def wanted_identity(given: CorrespondenceParty) -> PartyIdentity:
    """What tells the parties of one record apart."""
    return given.role.value, given.name


def held_identity(found: Resource) -> PartyIdentity:
    """The same of a party in the archive."""
    name = found.body.get("navn") or found.body.get("administrativEnhet") or ""
    return found.code("korrespondanseparttype"), str(name)


def document(given: DocumentDescription, number: int, access: NoarkAccess) -> Body:
    """dokumentbeskrivelse, under work until its files are there."""
    role = "H" if given.kind is DocumentKind.MAIN else "V"
    return without_empty(
        {
            "tittel": given.title,
            "dokumenttype": {"kode": access.codes.document_types[given.kind]},
            "dokumentstatus": UNDER_WORK,
            "tilknyttetRegistreringSom": {"kode": role},
            "dokumentnummer": number,
            "skjerming": screening(given.screening),
            OWN: {access.key_field: given.key},
        }
    )


def document_object(given: DocumentObject, codes: NoarkCodes) -> Body:
    """dokumentobjekt: what the core shall compare the file with."""
    code = codes.formats.get(given.format)
    return without_empty(
        {
            "versjonsnummer": 1,
            "variantformat": {"kode": given.variant.value},
            "format": {"kode": code} if code else None,
            "formatDetaljer": given.format,
            "filnavn": given.filename,
            "mimeType": given.media_type,
            "sjekksum": given.checksum,
            "sjekksumAlgoritme": "SHA-256",
            "filstoerrelse": given.size,
        }
    )
