"""Why a document gets no rendition: the stable codes, and what a person can do about each (R5, R11)."""

from __future__ import annotations

from sikkersak.errors import Declined

PASSWORD = "rendition-password"  # noqa: S105 – a code, not a secret
DAMAGED = "rendition-damaged"
EMPTY = "rendition-empty"
UNKNOWN_FORMAT = "rendition-unknown-format"
TOO_LARGE = "rendition-too-large"
NOT_VALID = "rendition-not-valid"
NOT_CONVERTED = "rendition-not-converted"
DIFFERS = "rendition-differs"
WRONG_PASSWORD = "rendition-wrong-password"  # noqa: S105 – a code, not a secret
NOT_UNLOCKED = "rendition-not-unlocked"

DETAILS = {
    PASSWORD: "Filen er beskyttet med passord. Be avsender om en fil uten passord, eller legg inn en åpnet kopi.",
    DAMAGED: "Filen er ødelagt og kan ikke åpnes. Be avsender sende den på nytt.",
    EMPTY: "Filen er tom. Be avsender sende den på nytt.",
    UNKNOWN_FORMAT: "Filformatet kan ikke gjøres om til PDF/A her. Be om PDF, eller gjør den om selv og last opp.",
    TOO_LARGE: "Filen er for stor eller for krevende å behandle. Del den opp, eller be om en enklere utgave.",
    NOT_VALID: "Filen lot seg ikke gjøre om til gyldig PDF/A. Skriv den ut til PDF på nytt, eller skann den.",
    NOT_CONVERTED: "Dokumentet lot seg ikke gjøre om til PDF. Åpne det i et kontorprogram og lagre det som PDF.",
    WRONG_PASSWORD: "Passordet åpner ikke filen. Kontroller det med avsender, og prøv på nytt.",
    NOT_UNLOCKED: "Bare PDF-filer kan åpnes med passord her. Åpne filen selv og last opp en kopi uten passord.",
    DIFFERS: "Arkivkopien ser ikke ut som originalen. Se på begge og godta forskjellen, eller last opp en annen fil.",
}


def refusal(code: str) -> Declined:
    """The refusal with its own words."""
    return Declined(code, DETAILS[code], status=422)
