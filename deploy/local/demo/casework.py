"""The school's part of the demo: a teacher writes, the principal approves, guardians sign, the letter goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from local.demo.outside import Outside, wait_for
from local.demo.setting import Setting
from local.demo.staff import Staff
from local.stack import Stack
from samples.municipality import Guardian, Pupil

Say = Callable[[str], None]
DECISION: Final = (
    "Skolen har behandlet den sakkyndige vurderingen og fattet vedtak om individuelt tilrettelagt opplæring.\n\n"
    "Omfanget er seks timer i uken i norsk og engelsk, i liten gruppe, ut skoleåret. Innholdet går fram av den "
    "individuelle opplæringsplanen, som skolen lager i samarbeid med dere.\n\n"
    "Vedtaket kan påklages innen tre uker etter at dere mottok det. Klagen sendes skolen."
)
SIGNERS: Final = 2
NOTE: Final = "Telefonsamtale med foresatte om oppstart av tiltak. Enighet om møte i uke 4."


@dataclass
class Casework:
    """A teacher and a principal at one school, and the decision they make together."""

    teacher: Staff
    principal: Staff
    outside: Outside
    case_id: str
    document_id: str = ""
    signed: int = 0
    delivered: int = 0

    @classmethod
    def begin(cls, stack: Stack, setting: Setting, outside: Outside) -> Casework:
        """The teacher opens a case for a pupil."""
        gateway, people = stack.url("gateway"), setting.people
        pupil = next(one for one in people.pupils if not one.has_protected_address and len(_who_sign(one)) == SIGNERS)
        teacher = setting.at_school(pupil.school, "employee_create_cases")
        principal = setting.at_school(pupil.school, "school_leader")
        staff = Staff.log_in(gateway, teacher.username)
        body = {
            "school_id": setting.school_ids[pupil.school],
            "pupil_id": setting.pupil_ids[pupil.key],
            "title": f"Individuelt tilrettelagt opplæring for {pupil.name}",
        }
        case = staff.post("cases", body)
        return cls(staff, Staff.log_in(gateway, principal.username), outside, case["case_id"])

    def write_approve_finish(self, say: Say) -> None:
        """Written from a template, returned once, approved, finished: locked and on its way to the archive."""
        body = {
            "template": "decision-adapted-teaching",
            "title": "Vedtak om individuelt tilrettelagt opplæring",
            "to_guardians": True,
        }
        written = self.teacher.post(f"cases/{self.case_id}/documents", body)
        self.document_id = written["document_id"]
        document = f"documents/{self.document_id}"
        say("A teacher writes a decision from a template; the principal returns it, then approves it …")
        self.teacher.decide(document, "submission")
        self.principal.decide(document, "approval", {"is_approved": False, "remark": "Ta med klagefristen."})
        self.teacher.patch(document, written["version"], {"body": DECISION})
        self.teacher.decide(document, "submission")
        self.principal.decide(document, "approval", {"is_approved": True})
        self.teacher.decide(document, "finishing")

    def sign_and_send(self, say: Say) -> None:
        """Two guardians sign the PDF/A; then the letter goes out by itself."""
        document = f"documents/{self.document_id}"
        self.teacher.post(f"{document}/signatures", {"days_open": 14})
        self.teacher.post(f"{document}/sending")
        say("Two guardians are asked to sign …")
        count = 0

        def all_signed() -> bool:
            nonlocal count
            count += self.outside.sign_everything()
            return bool(self._document()["signing"] == "signed")

        wait_for("the guardians' signatures", all_signed, within=120)
        self.signed = 1
        say(f"{count} guardians have signed; the signatures are verified.")

    def write_note(self, say: Say) -> None:
        """A journal note, finished at once: archived like everything else."""
        body = {"template": "journal-note", "title": "Samtale med foresatte", "body": NOTE}
        note = self.teacher.post(f"cases/{self.case_id}/documents", body)
        self.teacher.decide(f"documents/{note['document_id']}", "finishing")
        say("A journal note is written and finished.")

    def wait_delivered(self, say: Say) -> None:
        """Until every letter has come to its end."""

        def letters() -> dict[str, str]:
            found: dict[str, str] = self._document()["letters"]
            return found if found and set(found.values()) == {"delivered"} else {}

        self.delivered = len(wait_for("delivery of the letters", letters, within=120))
        say(f"{self.delivered} letters are delivered.")

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = self.teacher.get(f"documents/{self.document_id}")
        return document


def _who_sign(pupil: Pupil) -> list[Guardian]:
    """Those with parental responsibility whom a letter may be sent to by itself."""
    return [one for one in pupil.guardians if one.has_parental_responsibility and not one.has_protected_address]
