"""The rules between the fields of a letter, and what its receiver must be (SvarUt §4.4, §4.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from simulators.svarut_errors import Refused
from simulators.svarut_letter import PDF, Kind, Letter

BIRTH_NUMBER_DIGITS = 11
ORGANISATION_NUMBER_DIGITS = 9

ONLY_FOR = {
    "eksponertFor": {Kind.PERSON, Kind.ORGANISATION},
    "kunDigitalLevering": {Kind.PERSON, Kind.ORGANISATION},
    "sikkerhetsniva": {Kind.PERSON, Kind.ORGANISATION},
    "lenker": {Kind.PERSON, Kind.ORGANISATION},
    "kanSvareViaEdialog": {Kind.PERSON, Kind.ORGANISATION},
    "forsendelsestype": {Kind.ORGANISATION},
    "taushetsbelagtPost": {Kind.ORGANISATION},
    "metadataFraAvleverendeSystem": {Kind.ORGANISATION},
    "metadataForImport": {Kind.ORGANISATION},
    "signering": {Kind.PERSON},
}
ONLY_FOR_IN_DOCUMENTS = {
    "skalSigneres": {Kind.PERSON},
    "skalEkskluderesFraUtskrift": {Kind.PERSON, Kind.ORGANISATION},
    "dokumentType": {Kind.ORGANISATION},
    "ekstraMetadata": {Kind.ORGANISATION},
    "inneholderPersonsensitivInformasjon": {Kind.ORGANISATION},
}


def read_letter(kind: Kind, given: str | bytes) -> Letter:
    """The letter, if it keeps all rules that can be checked without its files.

    :raises Refused: 400 with the first thing that is wrong.
    """
    try:
        letter = Letter.model_validate_json(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Refused(400, f"Ugyldig innhold: {where}: {first['msg']}") from error
    problem = misplaced_field(kind, letter) or problem_with_receiver(kind, letter) or problem_between_fields(letter)
    if problem:
        raise Refused(400, f"Ugyldig innhold: {problem}")
    return letter


def misplaced_field(kind: Kind, letter: Letter) -> str | None:
    """A field this address does not have."""
    for field in letter.model_fields_set:
        if kind not in ONLY_FOR.get(field, kind):
            return f"{field} finnes ikke for {kind.value}"
    for document in letter.dokumenter:
        for field in document.model_fields_set:
            if kind not in ONLY_FOR_IN_DOCUMENTS.get(field, kind):
                return f"dokumenter.{field} finnes ikke for {kind.value}"
        if kind is Kind.PRINT and document.mimeType != PDF:
            return "dokumenter.mimeType må være application/pdf for print"
    return None


def problem_with_receiver(kind: Kind, letter: Letter) -> str | None:
    """What is wrong with the receiver for this address."""
    receiver = letter.mottaker
    if kind is Kind.PRINT:
        if receiver.digitalId is not None or receiver.adresse is None:
            return "mottaker må ha adresse og ikke digitalId"
        return None
    if kind is Kind.PERSON and not is_birth_number(receiver.digitalId or ""):
        return "mottaker.digitalId er ikke et gyldig fødselsnummer eller D-nummer"
    if kind is Kind.ORGANISATION and not is_organisation_number(receiver.digitalId or ""):
        return "mottaker.digitalId er ikke et gyldig organisasjonsnummer"
    return None


def problem_between_fields(letter: Letter) -> str | None:
    """Rules that concern several fields."""
    if letter.sikkerhetsniva == "HOYESTE" and not letter.kryptert:
        return "sikkerhetsniva HOYESTE krever at forsendelsen er kryptert"
    reply = letter.svarSendesTil
    is_answerable = reply and reply.type == "ORGANISASJON" and is_organisation_number(reply.digitalId)
    if letter.kanSvareViaEdialog and not is_answerable:
        return "kanSvareViaEdialog krever svarSendesTil med et gyldig organisasjonsnummer"
    if letter.signering:
        if letter.signering.signeringUtloper < datetime.now(UTC) + timedelta(days=1):
            return "signering.signeringUtloper må være minst ett døgn fram i tid"
        signed = [document for document in letter.dokumenter if document.skalSigneres]
        if len(signed) != 1 or signed[0].mimeType != PDF:
            return "signering krever at nøyaktig ett dokument, en PDF, har skalSigneres"
    for document in letter.dokumenter:
        printable = not (letter.kunDigitalLevering or document.skalEkskluderesFraUtskrift)
        if printable and document.mimeType != PDF:
            return "dokumenter som ikke er PDF må ha skalEkskluderesFraUtskrift eller kunDigitalLevering"
    return None


def modulo_11(digits: str, weights: tuple[int, ...]) -> bool:
    """Whether the weighted sum, check digit included, is divisible by eleven."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11 == 0


def is_birth_number(value: str) -> bool:
    """Check digits of a birth number or D-number; synthetic ones have the same."""
    return (
        len(value) == BIRTH_NUMBER_DIGITS
        and value.isdecimal()
        and modulo_11(value[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1))
        and modulo_11(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    )


def is_organisation_number(value: str) -> bool:
    """Check digit of an organisation number."""
    return (
        len(value) == ORGANISATION_NUMBER_DIGITS and value.isdecimal() and modulo_11(value, (3, 2, 7, 6, 5, 4, 3, 2, 1))
    )
