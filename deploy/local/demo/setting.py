"""Before any mail comes: schools, people, pupils, templates and the distribution plan, put in by the administrator."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from local.demo.staff import Staff
from local.stack import Stack
from samples.municipality import Municipality, municipality
from samples.templates import templates


@dataclass(frozen=True)
class Setting:
    """What was set up, by the names of the sample content."""

    people: Municipality
    school_ids: dict[str, str]
    staff_ids: dict[str, str]
    pupil_ids: dict[str, str]

    def organisation(self, school: str) -> str:
        """A school's organisation number."""
        return next(one.organisation for one in self.people.schools if one.name == school)

    def teacher_at(self, school: str) -> str:
        """The id of a teacher who may hold cases at the school."""
        person = next(
            one for one in self.people.staff if school in one.schools and "employee_create_cases" in one.roles
        )
        return self.staff_ids[person.username]


def appoint_administrator(stack: Stack, people: Municipality) -> None:
    """The only act that is done beside the product: somebody must be the first."""
    first = people.person("administrator")
    environment = stack.process("cases").environment | {"PID_LOOKUP_KEY": stack.memory.hex_key("staff")}
    command = [sys.executable, "-m", "cases.appoint", "--name", first.name]
    subprocess.run(command, input=first.national_id, env=environment, text=True, check=True)


def set_up(stack: Stack) -> Setting:
    """Everything through the API, as an administrator would."""
    people = municipality()
    appoint_administrator(stack, people)
    admin = Staff.log_in(stack.url("gateway"), "administrator")
    schools = {
        one.name: admin.put("schools", {"name": one.name, "organisation": one.organisation}) for one in people.schools
    }
    ids = {name: school["school_id"] for name, school in schools.items()}
    staff = {person.username: _put_staff(admin, person, ids) for person in people.staff}
    pupils = {pupil.name: _put_pupil(admin, pupil, ids) for pupil in people.pupils}
    for template in templates():
        admin.put("templates", template.__dict__)
    entries = [
        {"organisation": one.organisation, "school_id": ids[one.name], "case_type": "pupil"} for one in people.schools
    ]
    admin.put("plan", {"entries": entries})
    return Setting(people, ids, staff, pupils)


def _put_staff(admin: Staff, person: Any, schools: dict[str, str]) -> str:
    body = {
        "national_id": person.national_id,
        "name": person.name,
        "roles": list(person.roles),
        "schools": [schools[name] for name in person.schools],
    }
    return str(admin.put("staff", body)["staff_id"])


def _put_pupil(admin: Staff, pupil: Any, schools: dict[str, str]) -> str:
    guardians = [
        {
            "party": {
                "kind": "person",
                "name": guardian.name,
                "national_id": guardian.national_id,
                "address": {"line": guardian.line, "postal_code": "8994", "city": "Fjordvik"},
                "has_protected_address": guardian.has_protected_address,
            }
        }
        for guardian in pupil.guardians
    ]
    body = {
        "name": pupil.name,
        "national_id": pupil.national_id,
        "school_id": schools[pupil.school],
        "has_protected_address": pupil.has_protected_address,
        "guardians": guardians,
    }
    return str(admin.put("pupils", body)["pupil_id"])
