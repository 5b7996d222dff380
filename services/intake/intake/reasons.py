"""Why a shipment waits or a file cannot be used: stable codes, and what each means in the distributor's words (R11)."""

from __future__ import annotations

from typing import Final

from sikkersak.errors import Declined, Transient

AWAY: Final = "svarinn-away"
REASONS: Final[dict[str, str]] = {
    # a shipment that waits
    AWAY: "SvarInn svarer ikke. Forsendelsen hentes når SvarInn er tilbake.",
    "differs-from-list": "Innholdet er ikke det SvarInn har oppgitt (kontrollsum, størrelse eller antall filer). "
    "Den hentes på nytt; kommer det samme igjen, må avsender sende på nytt.",
    "cut-off": "Nedlastingen ble brutt før slutten. Forsendelsen hentes på nytt.",
    "foreign-key": "Forsendelsen er kryptert for en annen nøkkel enn våre. Kontroller sertifikatet hos KS.",
    "broken-envelope": "Innholdet lar seg ikke dekryptere. Be avsender sende på nytt.",
    "broken-package": "Pakken er skadet eller kryptert og kan ikke pakkes ut. Be avsender sende på nytt.",
    "too-many-files": "Pakken har flere filer enn vi tar imot. Be avsender dele den opp.",
    "too-large": "Pakken blir større enn det vi tar imot når den pakkes ut.",
    "foreign-download-host": "Nedlastingslenken peker til en annen tjener enn SvarInn. Meld fra til KS.",
    "not-understood": "Opplysningene om forsendelsen kan ikke leses. Se den i SvarInns egne sider.",
    "left-queue": "Forsendelsen ligger ikke lenger i SvarInn: den er hentet av et annet system eller behandlet der.",
    "internal-error": "Noe gikk galt hos oss. Feilen er meldt, og forsendelsen prøves igjen.",
    # a file that is kept, and cannot be used as it is
    "empty": "Filen er tom.",
    "password": "Filen er beskyttet med passord. Be avsender om passordet eller en åpen fil.",
    "damaged": "Filen er skadet og kan ikke åpnes. Be avsender om ny fil.",
    "archive-in-shipment": "Filen er en pakke med andre filer. Be avsender sende filene hver for seg.",
    "unknown-format": "Filtypen er ukjent.",
    "not-inspectable": "Filen kunne ikke undersøkes: den tar for lang tid eller for mye plass å åpne.",
    "malware": "Virusskanneren har funnet skadelig innhold.",
    # a file that can be used, with care
    "javascript": "Dokumentet inneholder programkode (JavaScript).",
    "launch-action": "Dokumentet prøver å starte et program eller hente noe utenfra.",
    "embedded-files": "Dokumentet har andre filer inni seg.",
    "polyglot": "Filen er laget slik at den kan leses som flere filtyper.",
    "not-scanned": "Filen er ikke skannet for virus.",
}
# The sender may be able to mend these; an outage of ours or of SvarInn's is none of the sender's business.
FOR_THE_SENDER: Final = frozenset(
    {"differs-from-list", "foreign-key", "broken-envelope", "broken-package", "too-many-files", "too-large"}
)


class ContentTrouble(Transient):
    """What was downloaded is not what was promised: fetched again, with a code that says what was wrong."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def code_of(problem: Transient | Declined) -> str:
    """The code that a shipment waits under."""
    return problem.code if isinstance(problem, ContentTrouble | Declined) else AWAY


def reason_of(code: str | None) -> str | None:
    """The sentence for a code; a code that nobody explained is shown as it is."""
    return None if code is None else REASONS.get(code, code)
