"""Text templates (tekstmaler, M11) as Typst sources: three letters, each in bokmål and nynorsk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from samples.municipality import WrittenForm

FOLDER: Final = Path(__file__).with_name("templates")

MERGE_FIELDS: Final = {
    "pupil_name": "Elevens navn",
    "school_name": "Skolens navn",
    "case_number": "Saksnummer",
    "date": "Dato i klartekst, for eksempel 3. november 2026",
    "caseworker_name": "Navnet til den som har skrevet dokumentet",
    "recipient_name": "Mottakere, skilt med komma",
    "title": "Dokumentets tittel; malens egen brukes når den er tom",
    "body": "Teksten: tom linje gir nytt avsnitt, «- » foran punkter, «# » foran mellomtittel",
}
"""What a template may show, and what each field is, in the words that administrators see."""

EXAMPLE_FIELDS: Final[dict[WrittenForm, dict[str, str]]] = {
    "nb": {
        "pupil_name": "Emil Havgløtt",
        "school_name": "Sølvfjord skole",
        "case_number": "2026/14",
        "date": "3. november 2026",
        "caseworker_name": "Mari Ekrenes",
        "recipient_name": "Kristin Havgløtt, Roar Havgløtt",
        "title": "",
        "body": (
            "Vi foreslår torsdag 12. november kl. 14.00 på møterom 2.\n\nMøtet skal handle om:\n\n"
            "- hvordan Emil har det på skolen\n- den sakkyndige vurderingen\n- hva vi gjør fram mot jul\n\n"
            "# Hvem som kommer\nKontaktlærer, rektor og PP-tjenesten."
        ),
    },
    "nn": {
        "pupil_name": "Olav Fjellstaul",
        "school_name": "Tindås skule",
        "case_number": "2026/15",
        "date": "3. november 2026",
        "caseworker_name": "Ragnhild Skardet",
        "recipient_name": "Bergljot Fjellstaul, Nils Fjellstaul",
        "title": "",
        "body": (
            "Vi føreslår onsdag 11. november kl. 14.00 på personalrommet.\n\nMøtet skal handle om:\n\n"
            "- korleis Olav har det på skulen\n- den sakkunnige vurderinga\n- kva vi gjer fram mot jul\n\n"
            "# Kven som kjem\nKontaktlærar, rektor og PP-tenesta."
        ),
    },
}
"""What a template is tried with."""


@dataclass(frozen=True)
class Template:
    """One template as an administrator would put it in. `kind` is the event that its documents become (M10)."""

    code: str
    language: WrittenForm
    name: str
    kind: Literal["outgoing", "decision", "note"]
    needs_approval: bool

    @property
    def source(self) -> str:
        """The Typst source: the municipality's letter, then this template's own words. It imports nothing."""
        own = FOLDER / f"{self.code}.{self.language}.typ"
        return "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / "frame.typ", own))


TEMPLATES: Final = (
    Template("meeting-notice", "nb", "Møteinnkalling", "outgoing", needs_approval=False),
    Template("meeting-notice", "nn", "Møteinnkalling", "outgoing", needs_approval=False),
    Template(
        "decision-adapted-teaching",
        "nb",
        "Vedtak om individuelt tilrettelagt opplæring",
        "decision",
        needs_approval=True,
    ),
    Template(
        "decision-adapted-teaching",
        "nn",
        "Vedtak om individuelt tilrettelagd opplæring",
        "decision",
        needs_approval=True,
    ),
    Template("journal-note", "nb", "Journalnotat", "note", needs_approval=False),
    Template("journal-note", "nn", "Journalnotat", "note", needs_approval=False),
)
