"""Everything that the API is tried on, made in one go."""

from __future__ import annotations

import sys
from typing import Final

from local.demo.outside import Outside, TooSlow
from local.demo.setting import Setting
from local.demo.staff import Staff, send_file
from local.exploration import leaving, work
from local.exploration.seeds import Seeding, Seeds
from local.stack import Stack
from samples.municipality import municipality

SECOND: Final = "siv.dalestolen"
"""Becomes an administrator too: what takes two persons needs two."""


def people_for(stack: Stack, setting: Setting) -> dict[str, Staff]:
    """One logged-in person for every role, and a second administrator."""
    gateway, staff = stack.url("gateway"), municipality()
    roles = sorted({role for person in staff.staff for role in person.roles})
    people = {role: Staff.log_in(gateway, staff.staff_with(role)[0].username) for role in roles}
    given = {"staff_id": setting.staff_ids[SECOND], "role": "administrator", "school_id": None}
    people["administrator"].post("role-assignments", given)
    people["second_administrator"] = Staff.log_in(gateway, SECOND)
    return people


def seed(people: dict[str, Staff], setting: Setting, outside: Outside, *, at_once_only: bool = False) -> Seeds:
    """What cannot be made in time is said, and what needed it is tried without; `at_once_only`: nothing is waited for."""
    seeding = Seeding(people, setting, outside)
    for who in people.values():
        seeding.seeds.uploads[who.username] = send_file(who, b"%PDF-1.7 vedlegg")
    for make in work.EVERYTHING if at_once_only else (*work.EVERYTHING, *leaving.EVERYTHING):
        try:
            make(seeding)
        except TooSlow as missing:
            print(f"{make.__name__}: {missing}", file=sys.stderr)
    return seeding.seeds
