"""Who approves: what waits for them, and who stands in for a school's leader (M13)."""

from __future__ import annotations

from cases.domain.standing import Permission
from cases.office import Office
from cases.operations import operations
from cases.store import audit, editions, people
from sikkersak.contracts.cases_documents import ListApprovals, ListStandIns, PutStandIn, StandInList, WaitingApprovals
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask

LONGEST_DAYS = 120


@operations.answers(ListApprovals)
async def list_approvals(asked: ListApprovals, ask: Ask, office: Office) -> WaitingApprovals:
    """What waits at the schools that the actor approves for; nothing for everybody else."""
    del asked, office
    standing = await people.asking(ask)
    schools = standing.schools_with(Permission.APPROVE)
    return WaitingApprovals(items=await editions.waiting_approvals(ask.tx, schools))


@operations.answers(PutStandIn)
async def put_stand_in(asked: PutStandIn, ask: Ask, office: Office) -> StandInList:
    """A colleague of this school only leads it for a time. By its leader, or an administrator."""
    del office
    standing = await people.asking(ask)
    if not standing.holds(Permission.ADMINISTER):
        standing.demand_at(Permission.APPROVE, asked.school_id)
    if not asked.from_date <= asked.to_date or (asked.to_date - asked.from_date).days > LONGEST_DAYS:
        raise Declined("stand-in-days", f"Velg fra og til dato, høyst {LONGEST_DAYS} dager.", status=422)
    one = await people.colleague(ask.tx, asked.staff_id)
    if asked.school_id not in one.schools:
        raise Declined("stand-in-elsewhere", "Stedfortrederen må arbeide ved denne skolen.")
    if one.holds_at(Permission.APPROVE, asked.school_id):
        raise Declined("stand-in-leads", "Den du valgte er allerede skoleleder.")
    await editions.put_stand_in(ask.tx, asked, standing.staff_id)
    days = [asked.from_date.isoformat(), asked.to_date.isoformat()]
    kept = StandInList(items=await editions.stand_ins(ask.tx, asked.school_id))
    await audit.note(ask.tx, standing.staff_id, "stand-in-put", staff_id=str(asked.staff_id), days=days)
    return kept


@operations.answers(ListStandIns)
async def list_stand_ins(asked: ListStandIns, ask: Ask, office: Office) -> StandInList:
    """For everybody who works here: who approves is no secret."""
    del office
    return StandInList(items=await editions.stand_ins(ask.tx, asked.school_id))
