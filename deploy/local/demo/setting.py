"""Before any mail comes: schools, people, pupils, templates and the distribution plan, put in by the administrator."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from local.demo.staff import Staff
from local.memory import Memory
from local.places import LOCAL
from local.stack import Stack
from samples.municipality import Municipality, Pupil, StaffMember, municipality
from samples.templates import TEMPLATES


@dataclass(frozen=True)
class Setting:
    """What was set up: ids by organisation number, user name, and the pupils' keys."""

    people: Municipality
    school_ids: dict[str, str]
    staff_ids: dict[str, str]
    pupil_ids: dict[str, str]

    def school_id(self, key_or_number: str) -> str:
        """A school's id, by its key or its organisation number."""
        return self.school_ids[self.people.school(key_or_number).organisation]

    def at_school(self, school: str, *roles: str) -> StaffMember:
        """Somebody with the first of these roles that anyone has at the school."""
        return next(one for role in roles for one in self.people.staff_with(role) if school in one.schools)


def demo_stack() -> Stack:
    """The stack that the demo runs on: its own, beside the one that `./dev up` starts."""
    folder = LOCAL / "demo"
    return Stack(folder, "sikkersak_demo", Memory(folder / "memory.json"))


def appoint_administrator(stack: Stack, first: StaffMember) -> None:
    """The only act that is done beside the product: somebody must be the first."""
    environment = stack.process("cases").environment | {"PID_LOOKUP_KEY": stack.memory.hex_key("staff")}
    command = [sys.executable, "-m", "cases.appoint", "--name", first.name]
    subprocess.run(command, input=first.national_id, env=environment, text=True, check=True)


def log_in_as(stack: Stack, role: str) -> Staff:
    """The first who has the role, logged in."""
    return Staff.log_in(stack.url("gateway"), municipality().staff_with(role)[0].username)


def set_up(stack: Stack) -> Setting:
    """Everything through the API, as an administrator would."""
    people = municipality()
    appoint_administrator(stack, people.staff_with("administrator")[0])
    admin = log_in_as(stack, "administrator")
    kept = [admin.put("schools", {"name": one.name, "organisation": one.organisation}) for one in people.schools]
    schools = {school["organisation"]: school["school_id"] for school in kept}
    appointed = {one["name"]: one["version"] for one in admin.get("staff")["items"]}
    staff = {one.username: _put_staff(admin, one, schools, appointed.get(one.name)) for one in people.staff}
    pupils = {pupil.key: _put_pupil(admin, pupil, schools) for pupil in people.pupils}
    for template in TEMPLATES:
        body = {"code": template.code, "language": template.language, "name": template.name, "kind": template.kind}
        admin.put("templates", body | {"needs_approval": template.needs_approval, "source": template.source})
    plan = [
        {"organisation": one.organisation, "school_id": schools[one.organisation], "case_type": "pupil"}
        for one in people.schools
    ]
    admin.put("plan", {"entries": plan})
    return Setting(people, schools, staff, pupils)


def _put_staff(admin: Staff, person: StaffMember, schools: dict[str, str], version: str | None) -> str:
    body = {
        "national_id": person.national_id,
        "name": person.name,
        "email": person.email,
        "roles": sorted(person.roles),
        "schools": [schools[key] for key in person.schools],
    }
    kept = admin.change("staff", version, body) if version else admin.put("staff", body)
    return str(kept["staff_id"])


def _put_pupil(admin: Staff, pupil: Pupil, schools: dict[str, str]) -> str:
    guardians = [
        {
            "party": {
                "kind": "person",
                "name": guardian.name,
                "national_id": guardian.national_id,
                "address": guardian.address.model_dump(),
                "has_protected_address": guardian.has_protected_address,
            },
            "has_parental_responsibility": guardian.has_parental_responsibility,
        }
        for guardian in pupil.guardians
    ]
    body = {
        "name": pupil.name,
        "national_id": pupil.national_id,
        "school_id": schools[pupil.school],
        "address": pupil.address.model_dump(),
        "has_protected_address": pupil.has_protected_address,
        "guardians": guardians,
    }
    return str(admin.put("pupils", body)["pupil_id"])
