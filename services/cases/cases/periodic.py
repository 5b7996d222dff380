"""What cases does by itself: the audit log (M18), what it tells of (M22), reading what was archived (M19)."""

from __future__ import annotations

from typing import Final

import structlog

from cases.auditing import export_finished_months
from cases.office import Office
from cases.papers import desk
from cases.store import audit, search
from cases.telling import remind_of_approvals, tell_staff
from sikkersak.errors import Declined
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)

MONTHS_AHEAD = 12
DAY_SECONDS = 86_400.0
AT_ONCE: Final = 20
LARGEST: Final = 50 << 20


async def seal_audit(office: Office) -> None:
    """Signs the end of the log, where something was added since the last time."""
    async with office.database.transaction() as tx:
        await audit.add_seal(tx, office.sealer)


async def keep_audit_months(office: Office) -> None:
    """Partitions for the months to come, and signed files of those that are over."""
    async with office.database.transaction() as tx:
        await audit.prepare_months(tx, MONTHS_AHEAD)
    await export_finished_months(office)


async def read_texts(office: Office) -> None:
    """A round of renditions that nobody has read; what cannot be read is found by its title only."""
    async with office.database.transaction() as tx:
        waiting = await search.unread(tx, AT_ONCE)
    for document_id, ref in waiting:
        text = ""
        if ref.size <= LARGEST:
            pdf = await office.vault.read_bytes(ref, limit=LARGEST)
            try:
                text = (await desk.handle("read", pdf)).decode()
            except Declined as no:  # found by its title, then
                log.warning("text_not_read", document_id=str(document_id), code=no.code)
        async with office.database.transaction() as tx:
            await search.keep_text(tx, document_id, text)


periodic: tuple[Periodic[Office], ...] = (
    Periodic("audit-seal", lambda office: office.seal_seconds, seal_audit),
    Periodic("staff-told", lambda office: office.sweep_seconds, tell_staff),
    Periodic("approval-reminders", lambda office: office.sweep_seconds, remind_of_approvals),
    Periodic("audit-months", lambda _: DAY_SECONDS, keep_audit_months),
    Periodic("texts", lambda office: office.text_seconds, read_texts),
)
