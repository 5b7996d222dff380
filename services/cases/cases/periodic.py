"""What cases does by itself: the audit log's seals, months and monthly files (M18), and what it tells of (M22)."""

from __future__ import annotations

from cases.auditing import export_finished_months
from cases.office import Office
from cases.store import audit
from cases.telling import remind_of_approvals, tell_staff
from sikkersak.periodic import Periodic

MONTHS_AHEAD = 12
DAY_SECONDS = 86_400.0


async def seal_audit(office: Office) -> None:
    """Signs the end of the log, where something was added since the last time."""
    async with office.database.transaction() as tx:
        await audit.add_seal(tx, office.sealer)


async def keep_audit_months(office: Office) -> None:
    """Partitions for the months to come, and signed files of those that are over."""
    async with office.database.transaction() as tx:
        await audit.prepare_months(tx, MONTHS_AHEAD)
    await export_finished_months(office)


periodic: tuple[Periodic[Office], ...] = (
    Periodic("audit-seal", lambda office: office.seal_seconds, seal_audit),
    Periodic("staff-told", lambda office: office.sweep_seconds, tell_staff),
    Periodic("approval-reminders", lambda office: office.sweep_seconds, remind_of_approvals),
    Periodic("audit-months", lambda _: DAY_SECONDS, keep_audit_months),
)
