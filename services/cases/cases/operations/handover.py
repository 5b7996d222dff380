"""What a leaver leaves behind at a school goes to somebody else (M16)."""

from __future__ import annotations

from cases.office import Office
from cases.operations import operations
from cases.store import audit, handover, people
from sikkersak.contracts.cases_employees import ListOpenWork, OpenWorkList, ReassignWork
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask


@operations.answers(ListOpenWork)
async def list_open_work(asked: ListOpenWork, ask: Ask, office: Office) -> OpenWorkList:
    """Numbers and counts; what the cases are about is for those who may read them."""
    del office
    return OpenWorkList(items=await handover.open_work(ask.tx, asked.school_id, asked.staff_id))


@operations.answers(ReassignWork)
async def reassign_work(asked: ReassignWork, ask: Ask, office: Office) -> OpenWorkList:
    """All of it or the named cases; the other must work at the school."""
    del office
    receiver = await people.colleague(ask.tx, asked.to_staff_id)
    if asked.school_id not in receiver.schools or not receiver.roles:
        raise Declined("receiver-not-at-school", "Den som skal overta, arbeider ikke ved denne skolen.")
    only = list(asked.case_ids)
    touched = await handover.reassign(ask.tx, asked.school_id, asked.from_staff_id, asked.to_staff_id, only)
    for case_id in touched:
        from_id, to_id = str(asked.from_staff_id), str(asked.to_staff_id)
        await audit.note(
            ask.tx, ask.actor.staff_id, "work-reassigned", case_id=case_id, from_staff=from_id, to_staff=to_id
        )
    return OpenWorkList(items=await handover.open_work(ask.tx, asked.school_id, asked.from_staff_id))
