"""What the API is tried on: one thing of every kind in every state that an operation asks for, made through the API itself.

What an operation uses up has things of its own, so that nothing depends on the order in which operations are tried.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from local.demo.outside import Outside
from local.demo.setting import Setting
from local.demo.staff import Staff, send_file
from local.exploration.exemplar import Exemplar

SCHOOL: Final = "312146347"
OTHER_SCHOOL: Final = "312684799"
BROKEN: Final = b"%PDF-1.7 that ends before it has begun"
REASON: Final = {"reason": "Prøvd i en prøve av alt"}
REMARK: Final = {"remark": "Gjort i en prøve"}


@dataclass
class Seeds:
    """Ids of things that exist, by the name of their parameter; requests that should get a yes, by operation."""

    known: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    exemplars: dict[str, list[Exemplar]] = field(default_factory=lambda: defaultdict(list))
    uploads: dict[str, str] = field(default_factory=dict)

    def add(self, label: str, body: Any = None, *, query: Any = None, headers: Any = None, **path: str) -> None:
        """One more request that should get a yes; the label begins below `/api/v1`."""
        method, address = label.split(" ", 1)
        self.exemplars[f"{method} /api/v1{address}"].append(Exemplar(path, query, body, headers or {}))


@dataclass
class Seeding:
    """Makes them, as those who do so at work: a teacher, her leader, the distributor, an administrator."""

    people: dict[str, Staff]
    setting: Setting
    outside: Outside
    seeds: Seeds = field(default_factory=Seeds)

    @property
    def teacher(self) -> Staff:
        """May create cases."""
        return self.people["employee_create_cases"]

    @property
    def leader(self) -> Staff:
        """Of the teacher's school."""
        return self.people["school_leader"]

    @property
    def distributor(self) -> Staff:
        """Registers mail."""
        return self.people["mail_distributor"]

    @property
    def admin(self) -> Staff:
        """Sets up."""
        return self.people["administrator"]

    def case(self, pupil: str = "emil") -> str:
        """A case of the teacher's."""
        body = {"school_id": self.setting.school_ids[SCHOOL], "pupil_id": self.setting.pupil_ids[pupil]}
        body["title"] = "Prøvesak"
        return str(self.teacher.post("cases", body)["case_id"])

    def draft(self, case_id: str, template: str = "journal-note", *, to_guardians: bool = False) -> dict[str, Any]:
        """A draft in it."""
        body = {"template": template, "title": "Prøvebrev", "body": "Tekst.", "to_guardians": to_guardians}
        made: dict[str, Any] = self.teacher.post(f"cases/{case_id}/documents", body)
        return made

    def finished(self, case_id: str, template: str = "journal-note", *, to_guardians: bool = False) -> str:
        """A finished document in it."""
        document_id = str(self.draft(case_id, template, to_guardians=to_guardians)["document_id"])
        self.teacher.decide(f"documents/{document_id}", "finishing")
        return document_id

    def broken(self, case_id: str) -> str:
        """A finished document with an attachment that no PDF/A can be made of."""
        document_id = str(self.draft(case_id)["document_id"])
        upload_id = send_file(self.teacher, BROKEN)
        self.teacher.post(f"documents/{document_id}/attachments", {"upload_id": upload_id})
        self.teacher.decide(f"documents/{document_id}", "finishing")
        return document_id
