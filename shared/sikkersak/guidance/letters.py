"""Letters in a caseworker's words: where one is, why it did not arrive, and what can be done about it (M21)."""

from __future__ import annotations

from typing import Final

from sikkersak.contracts.notifier import ConsignmentState, LetterChoice, PriceClass

AGAIN, ADDRESS = LetterChoice.SEND_AGAIN, LetterChoice.NEW_ADDRESS
ON_PAPER, BY_HAND = LetterChoice.PRINT, LetterChoice.HANDLED
FAILED: Final = frozenset({ConsignmentState.DECLINED, ConsignmentState.GIVEN_UP})
# What a person can do about each reason. What is not here can be sent again, or brought in another way.
CHOICES: Final = {
    "reception-failed": (ADDRESS, ON_PAPER, AGAIN, BY_HAND),
    "letter-rejected": (ADDRESS, ON_PAPER, AGAIN, BY_HAND),
    "not-delivered": (ON_PAPER, AGAIN, BY_HAND),
    "deleted-at-carrier": (AGAIN, ON_PAPER, BY_HAND),
    "bad-receiver": (ON_PAPER, AGAIN, BY_HAND),
    "unreachable-receiver": (ADDRESS, BY_HAND),
    "protected-address": (BY_HAND,),  # never by itself, never to an address
    "not-printable": (BY_HAND,),
    "too-large": (BY_HAND,),
    "empty-document": (BY_HAND,),
    "password-protected": (BY_HAND,),
    "unreadable-document": (BY_HAND,),
}
REASONS: Final = {
    "letter-rejected": "SvarUt avviste brevet. Kontroller mottaker og dokument, og send på nytt.",
    "reception-failed": "SvarUt klarte ikke å ta imot brevet. Kontroller mottakerens adresse, og send på nytt.",
    "not-delivered": "Brevet kunne ikke leveres digitalt, og kan ikke skrives ut. Send det på en annen måte.",
    "deleted-at-carrier": "Brevet ble slettet i SvarUt før det var bekreftet levert.",
    "never-confirmed": "SvarUt har ikke bekreftet levering. Undersøk brevet i SvarUt før det sendes på nytt.",
    "given-up": "Det har ikke lyktes å sende innen fristen. Kontroller, og prøv på nytt.",
    "bad-receiver": "SvarUt godtar ikke mottakeren. Kontroller navn, nummer og adresse.",
    "unreachable-receiver": "Mottakeren mangler både nummer og full postadresse. Oppgi en adresse.",
    "protected-address": "Mottakeren har adressesperre. Brevet må sendes på en annen måte.",
    "not-printable": "Brevet må skrives ut, og da kan bare PDF sendes.",
    "too-large": "Dokumentene er for store til å sendes. Del dem opp.",
    "empty-document": "Et av dokumentene er tomt.",
    "password-protected": "Et dokument er passordbeskyttet og kan ikke sendes.",
    "unreadable-document": "Et av dokumentene kan ikke leses.",
    "duplicate-letter": "SvarUt har alt fått et likt brev til samme mottaker. Endre tittel eller innhold for å sende det igjen.",
    "letter-refused": "SvarUt tok ikke imot brevet. Feil-id-en står i sendingen; oppgi den til KS.",
}
# What a letter waits for while it is tried; it goes by itself.
WAITING_FOR: Final = {
    "try-again": "SvarUt svarer ikke som det skal. Det prøves igjen av seg selv.",
    "carrier-refuses-us": "SvarUt slipper oss ikke inn. Drift må kontrollere oppsettet; så prøves det igjen av seg selv.",
    "clock-skew": "Klokken vår går feil. Drift må rette den; så prøves det igjen av seg selv.",
    "internal-error": "Noe gikk galt hos oss. Feilen er meldt.",
}
ARRIVED: Final = {
    PriceClass.RECEIVER_SYSTEM: "Levert i mottakerens eget system.",
    PriceClass.DIGITAL: "Levert digitalt i Altinn.",
    PriceClass.MAILBOX: "Levert i digital postkasse.",
    PriceClass.PAPER: "Skrevet ut og sendt i posten.",
}
ON_THEIR_WAY: Final = {
    PriceClass.RECEIVER_SYSTEM: "Venter på å bli hentet av mottakerens eget system.",
    PriceClass.DIGITAL: "Mottakeren er varslet om brevet i Altinn.",
    PriceClass.MAILBOX: "På vei til digital postkasse.",
    PriceClass.PAPER: "Til utskrift og postlegging.",
}


def letter_choices(state: ConsignmentState, code: str | None) -> tuple[LetterChoice, ...]:
    """What a person can do about a letter now."""
    return CHOICES.get(code or "", (AGAIN, BY_HAND)) if state in FAILED else ()


def letter_detail(state: ConsignmentState, code: str | None, price: PriceClass | None = None) -> str:
    """One sentence about where a letter is; a reason that nobody foresaw is named by its code."""
    if state in FAILED:
        return REASONS.get(code or "", f"Brevet kom ikke fram ({code}).")
    if state is ConsignmentState.DELIVERED:
        is_by_hand = code == "handled-otherwise"
        return "Brevet er levert på en annen måte." if is_by_hand else _by_price(ARRIVED, price, "Brevet er levert.")
    if state is ConsignmentState.SENT:
        return _by_price(ON_THEIR_WAY, price, "SvarUt har tatt imot brevet, og det følges til det er levert.")
    return WAITING_FOR.get(code or "", "Brevet venter på å bli sendt.")


def _by_price(texts: dict[PriceClass, str], price: PriceClass | None, otherwise: str) -> str:
    return texts[price] if price is not None else otherwise
