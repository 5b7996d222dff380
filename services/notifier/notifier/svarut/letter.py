"""A letter in SvarUt's own form: Send V3 to a person, an organisation, or straight to print (SvarUt §4.4, §4.5).

Titles and file names of confidential letters are neutral: they are shown in mailboxes and lists (SvarUt §9).
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, Protocol

from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.errors import Declined

PDF: Final = "application/pdf"
SYSTEM: Final = "Sikker Sak"
FORBIDDEN_IN_NAMES: Final = re.compile(r'[*:"\\/<>|?\x00-\x1f]+')
LONGEST_NAME: Final = 90  # SvarUt takes 226, but mailboxes choke on more than about 96
LONGEST_TITLE: Final = 1000
LONGEST_PARTY: Final = 100
LONGEST_LINE: Final = 70
CASE_NUMBER: Final = re.compile(r"^(\d{4})[/-]0*([1-9]\d*)$")
# SvarUt §4.5: what may go to print is under 350 MB; the rest must be through in sixteen minutes, taken as 1 GB.
LARGEST_PRINTABLE: Final = 350 * 1024 * 1024 - 1
LARGEST_DIGITAL: Final = 1024 * 1024 * 1024
PERSON_ID: Final = re.compile(r"^\d{11}$")
ORGANISATION_ID: Final = re.compile(r"^\d{9}$")


class Enclosure(Protocol):
    """A file of a letter, wherever its content is."""

    @property
    def media_type(self) -> str:
        """Its media type."""


@dataclass(frozen=True)
class Letter:
    """Where it is posted to (`person`, `organisasjon`, `print`), the part `forsendelse`, and the files in order."""

    kind: str
    body: dict[str, Any]
    files: tuple[tuple[str, Enclosure], ...]
    is_encrypted: bool


def compose(dossier: LetterDossier, reference: str, round_: int) -> Letter:
    """The letter for a dossier. Raises `Declined` for what can never be sent. `reference` is our own, for look-ups."""
    if dossier.receiver.has_protected_address:
        raise Declined("protected-address", "Mottakeren har adressesperre. Brevet må sendes på en annen måte.")
    kind, receiver = _receiver(dossier.receiver)
    _check_sizes(dossier.files, can_be_printed="adresse" in receiver)
    files = tuple(zip(_names(dossier), dossier.files, strict=True))
    body: dict[str, Any] = {
        "tittel": _title(dossier, round_),
        "mottaker": receiver,
        "avgivendeSystem": SYSTEM,
        "eksternReferanse": reference,
        "kryptert": dossier.is_confidential,
        "utskriftskonfigurasjon": {"tosidig": True},
        "dokumenter": [_document(name, file, kind) for name, file in files],
    }
    if kind != "print":
        body["sikkerhetsniva"] = "HOYESTE" if dossier.is_confidential else "BETYDELIG"
    if dossier.sender_address is not None:
        body |= _reply(dossier, dossier.sender_address, kind)
    if kind == "organisasjon":
        body |= {"taushetsbelagtPost": dossier.is_confidential} | _case(dossier.case_number)
    return Letter(kind, body, files, is_encrypted=dossier.is_confidential)


def _receiver(party: Party) -> tuple[str, dict[str, Any]]:
    """Digitally where there is a number; with an address as well it may be printed; with an address only it is."""
    wanted = PERSON_ID if party.kind is PartyKind.PERSON else ORGANISATION_ID
    receiver: dict[str, Any] = {"navn": party.name.strip()[:LONGEST_PARTY] or "Mottaker"}
    address = _postal(party.address)
    if address:
        receiver["adresse"] = address
    if party.national_id:
        if not wanted.match(party.national_id):
            raise Declined("bad-receiver", "Mottakerens fødselsnummer eller organisasjonsnummer er ikke gyldig.")
        return party.kind.value if party.kind is PartyKind.PERSON else "organisasjon", receiver | {
            "digitalId": party.national_id
        }
    if not address:
        raise Declined(
            "unreachable-receiver", "Mottakeren har verken nummer eller full postadresse. Fyll ut, og send på nytt."
        )
    return "print", receiver


def _postal(known: PostalAddress) -> dict[str, str] | None:
    """The postal address, if it is whole. A field that is not known is left out: V3 takes no empty strings."""
    lines = textwrap.wrap(known.line, LONGEST_LINE)[:3]
    if not (lines and known.city.strip()):
        return None
    address = {f"adresselinje{number}": line for number, line in enumerate(lines, 1)}
    address["poststed"] = known.city.strip()[:LONGEST_LINE]
    if known.postal_code.strip():
        address["postnummer"] = known.postal_code.strip()[:20]
    return address


def _check_sizes(files: tuple[File, ...], *, can_be_printed: bool) -> None:
    """Refused here, before the first byte is sent, and in words that say what to do."""
    if any(file.ref.size == 0 for file in files):
        raise Declined("empty-document", "Et av dokumentene er tomt.")
    printable = sum(file.ref.size for file in files if file.media_type == PDF)
    if can_be_printed and printable > LARGEST_PRINTABLE:
        raise Declined("too-large", "Dokumentene er for store: høyst 350 MB kan skrives ut. Del dem opp.")
    if sum(file.ref.size for file in files) > LARGEST_DIGITAL:
        raise Declined("too-large", "Dokumentene er for store: høyst 1 GB kan sendes. Del dem opp.")


def _reply(dossier: LetterDossier, address: PostalAddress, kind: str) -> dict[str, Any]:
    """Where a reply goes: to the school, by its number. Receivers with a number can answer through eDialog."""
    where = _postal(address)
    if where is None:
        return {}
    name = dossier.sender_name.strip()[:LONGEST_PARTY] or SYSTEM
    school = {"navn": name, "type": "ORGANISASJON", "digitalId": dossier.sender_organisation, "adresse": where}
    return {"svarSendesTil": school} | ({"kanSvareViaEdialog": True} if kind != "print" else {})


def _title(dossier: LetterDossier, round_: int) -> str:
    case = f" (sak {dossier.case_number})" if dossier.case_number else ""
    title = f"Brev fra {dossier.sender_name}{case}" if dossier.is_confidential else dossier.title
    # SvarUt refuses a look-alike of what it has taken, also when it failed there
    again = f" ({round_}. utsending)" if round_ > 1 else ""
    return title.strip()[: LONGEST_TITLE - len(again)] + again


def _document(name: str, file: File, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = {"filnavn": name, "mimeType": file.media_type}
    if file.media_type == PDF:
        return document
    if kind == "print":
        raise Declined("not-printable", "Brevet må skrives ut, og da kan bare PDF sendes.")
    return document | {"skalEkskluderesFraUtskrift": True}


def _names(dossier: LetterDossier) -> list[str]:
    """Unique names without regard to case, none of the characters that SvarUt refuses, the file's own ending kept."""
    names: list[str] = []
    for position, file in enumerate(dossier.files):
        ending = PurePath(file.name).suffix[:10]
        stem, suffix = file.name.removesuffix(ending), FORBIDDEN_IN_NAMES.sub("", ending)
        if dossier.is_confidential:
            stem = "Brev" if position == 0 else f"Vedlegg {position}"
        stem = FORBIDDEN_IN_NAMES.sub(" ", stem).strip()[:LONGEST_NAME] or "Dokument"
        name = f"{stem}{suffix}"
        if name.casefold() in {taken.casefold() for taken in names}:
            name = f"{stem} ({position + 1}){suffix}"
        names.append(name)
    return names


def _case(number: str) -> dict[str, Any]:
    """The case number for the receiver's archive, where it is of the form that Noark has. Zero is invalid."""
    found = CASE_NUMBER.match(number)
    if found is None:
        return {}
    return {"metadataFraAvleverendeSystem": {"saksaar": int(found[1]), "sakssekvensnummer": int(found[2])}}
