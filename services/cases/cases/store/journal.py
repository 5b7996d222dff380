"""What was finished, in the order in which it was, with what must not be shown of it (M19)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from cases.store.documents import JOURNAL
from sikkersak.persistence.database import Row, Transaction

# An entry's number counts what was finished in its case up to it: it never changes, as nothing finished goes away.
ENTRY: Final = """(
  select count(*) from documents n where n.case_id = d.case_id and n.state = 'finished'
    and (n.finished_at, n.document_id) <= (d.finished_at, d.document_id)
)"""
PAGE: Final = f"""
select d.document_id, d.record_type, d.finished_at, d.document_date, d.withdrawn_at, d.parties,
  coalesce(s.access, d.access) as access, coalesce(s.public_title, d.public_title) as public_title,
  c.year || '/' || c.running || '-' || {ENTRY} as entry, {JOURNAL} as journal, c.public_title as case_title, c.pupil_id, sch.name as school,
  p.name as pupil, p.dossier, coalesce(p.has_protected_address, false) as is_protected,
  array(select name from case_parties x where x.case_id = c.case_id) as names
from documents d join cases c using (case_id) join schools sch using (school_id) left join pupils p using (pupil_id)
  left join lateral (
    select access, public_title from assessments s where s.document_id = d.document_id order by assessed_at desc limit 1
  ) s on true
where d.state = 'finished'
  and d.finished_at >= $1::timestamp at time zone 'Europe/Oslo'
  and d.finished_at < ($2::timestamp + interval '1 day') at time zone 'Europe/Oslo'
  and ($3::uuid is null or (c.school_id = $3 and not coalesce(p.has_protected_address, false)))
  and ($4::boolean or d.record_type in ('I', 'U'))
  and ($5::timestamptz is null or (d.finished_at, d.document_id) > ($5, $6::uuid))
order by d.finished_at, d.document_id limit $7
"""


async def page(
    tx: Transaction,
    days: tuple[date, date],
    school_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    *,
    internal_too: bool,
) -> list[Row]:
    """Entries of a period by the days of Norway, the oldest first."""
    first, last = (datetime.combine(day, datetime.min.time()) for day in days)
    moment, document_id = after or (None, None)
    return await tx.fetch(PAGE, first, last, school_id, internal_too, moment, document_id, limit)
