"""Cases notes in the audit log what members of staff did in the other services (M18, R9)."""

from __future__ import annotations

from typing import Final

from cases.handlers import handlers
from cases.office import Office
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.persistence.database import Transaction

# With the case that the act was about, also where only one of its things is named. Every way is an index.
NOTE: Final = """
select note_audit($1, $2, coalesce(
  (select case_id from cases where case_id = $3),
  (select case_id from documents where document_id = $4),
  (select case_id from archive_obligations where delivery_id = $6),
  (select case_id from events where mail_id = $7),
  (select case_id from documents where job_id = $8 limit 1), $3), $4, $5)
"""
READ: Final = "read_"


@handlers.hears(NoteAct)
async def note_act(order: NoteAct, tx: Transaction, office: Office) -> None:
    """Adds it to the chain, with the moment it was done; the row's own time is when it was heard. Key: act_id."""
    del office
    things = [next(iter(order.about.get(name, ())), None) for name in ("delivery_id", "mail_id", "job_id")]
    details = {
        "act_id": str(order.act_id),
        "operation": order.operation,
        "session": order.session,
        "occurred_at": order.occurred_at.isoformat(),
        "about": {name: [str(one) for one in ids] for name, ids in order.about.items()},
        "chosen": order.chosen,
        "reason_sha256": order.reason_sha256,
    }
    known = {name: value for name, value in details.items() if value} | (
        {} if order.found is None else {"found": order.found}  # an empty list is a finding too
    )
    act = act_of(order.operation)
    await tx.execute(NOTE, order.actor_id, act, order.case_id, order.document_id, known, *things)


def act_of(operation: str) -> str:
    """The act's code: `archiver-choose-rendition`; a read ends as all reads do, `intake-mail-read`."""
    service, name, _ = operation.split(".")
    said = f"{name.removeprefix(READ)}-read" if name.startswith(READ) else name
    return f"{service}-{said}".replace("_", "-")
