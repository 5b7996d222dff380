"""What cases tells notifier by itself: who works where and may do what now, and approvals that have waited long (M22)."""

from __future__ import annotations

import hashlib
import json
from typing import Final
from uuid import UUID

from cases.office import Office
from cases.store import documents, people
from sikkersak.clock import now
from sikkersak.contracts.cases import StaffChanged, StaffContact
from sikkersak.contracts.cases_people import StaffMember
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Transaction
from sikkersak.vault import seal

# by the act as it stands in the audit log
ROLE_NOTICES: Final = {"role-given": Notice.ROLE_GIVEN, "role-taken": Notice.ROLE_TAKEN}


async def tell_staff(office: Office) -> None:
    """Says what has become of anyone since it was last said, for whatever reason: a role that began, an edit, a leaver.

    Key: the fingerprint of what was said. Addresses travel sealed (R3).
    """
    async with office.database.transaction() as tx:
        known = await people.told(tx)
        for member, email in await people.everybody(tx):
            fingerprint = _fingerprint(member, email)
            if known.get(member.staff_id) != fingerprint:
                await people.note_told(tx, member.staff_id, fingerprint)
                await say(tx, await _fact(office, member, email))


async def remind_of_approvals(office: Office) -> None:
    """Tells each school how many documents have waited too long for approval; each document at most that often."""
    async with office.database.transaction() as tx:
        for row in await documents.waiting_long(tx, office.remind_after):
            reminder = Announce(
                notice_id=new_id(), notice=Notice.APPROVAL_WAITING, school_id=row["school_id"], count=row["count"]
            )
            await say(tx, reminder)


async def tell_role(tx: Transaction, notice: Notice, staff_id: UUID, school_id: UUID | None) -> None:
    """Tells the one whose role was given or taken, and nobody else (M16, M22)."""
    await say(tx, Announce(notice_id=new_id(), notice=notice, school_id=school_id, staff_id=staff_id))


async def _fact(office: Office, member: StaffMember, email: str | None) -> StaffChanged:
    contact = await seal(office.vault, StaffContact(email=email)) if email and member.is_active else None
    return StaffChanged(
        staff_id=member.staff_id,
        is_active=member.is_active and bool(member.roles),
        schools=tuple(sorted(member.schools)),
        permissions=tuple(sorted(member.permissions or ())),
        by_school=_by_school(member),
        contact=contact,
        changed_at=now(),
    )


def _by_school(member: StaffMember) -> dict[UUID, tuple[str, ...]] | None:
    if member.by_school is None:
        return None
    return {school_id: tuple(sorted(held)) for school_id, held in sorted(member.by_school.items())}


def _fingerprint(member: StaffMember, email: str | None) -> str:
    held = (member.schools, member.roles, member.permissions or ())
    at = {str(school_id): held_there for school_id, held_there in (_by_school(member) or {}).items()}
    parts = (member.is_active, email, *(sorted(map(str, each)) for each in held), at)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
