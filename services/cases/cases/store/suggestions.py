"""Finding the case and the pupil that a piece of mail may be about. Lists for distributors, who may know of every case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from cases.domain.numbers import year_and_running
from sikkersak.contracts.cases_mail import Likeness, SuggestedCase, SuggestedPupil
from sikkersak.persistence.database import Transaction

MOST: Final = 20
# By the number; else by first name and last name, wherever they stand.
PUPILS: Final = """
select * from (
  select pupil_id, name, school_id, case
    when pid_lookup = any($1) then 'national_id'
    when array_length(parts, 1) > 1 and parts[1] = any($2) and parts[array_length(parts, 1)] = any($2) then 'name'
  end as because
  from (
    select *, regexp_split_to_array(lower(btrim(name)), '\\s+') as parts from pupils
    where pid_lookup = any($1) or lower(substring(btrim(name) from '\\S+$')) = any($2)
  ) named) known
where because is not null order by because = 'name', name, pupil_id limit $3
"""
CASES: Final = """
select c.case_id, c.year || '/' || c.running as number, c.title, c.case_type, c.status, c.school_id, c.pupil_id,
  case
    when c.case_id in (select d.case_id from letters l join documents d using (document_id) where l.shipment_id = $1)
      then 'reply'
    when c.year = $2 and c.running = $5 then 'case_number'
    when c.pupil_id = any($3) then 'national_id'
    else 'name'
  end as because
from cases c
where c.case_id = any(array(
  select case_id from cases where pupil_id = any($3::uuid[] || $4::uuid[])
  union all select case_id from cases where year = $2 and running = $5
  union all select d.case_id from letters l join documents d using (document_id) where l.shipment_id = $1
))
order by c.opened_at desc limit 200
"""
SUREST: Final = (Likeness.REPLY, Likeness.CASE_NUMBER, Likeness.NATIONAL_ID, Likeness.NAME)


async def pupils(tx: Transaction, lookups: list[str], words: list[str]) -> list[SuggestedPupil]:
    """Pupils with one of these keyed hashes, or whose first and last name are among the words, which are in small letters."""
    return [SuggestedPupil.model_validate(dict(row)) for row in await tx.fetch(PUPILS, lookups, words, MOST)]


async def cases(
    tx: Transaction, replies_to: UUID | None, number: str | None, known: Mapping[UUID, Likeness]
) -> list[SuggestedCase]:
    """Open ones first, then the surest, then the newest."""
    sure = [pupil_id for pupil_id, because in known.items() if because is Likeness.NATIONAL_ID]
    named = [pupil_id for pupil_id, because in known.items() if because is Likeness.NAME]
    year, running = year_and_running(number)
    rows = await tx.fetch(CASES, replies_to, year, sure, named, running)
    found = [SuggestedCase.model_validate(dict(row)) for row in rows]
    found.sort(key=lambda case: (SUREST.index(case.because) > 1, case.status != "open", SUREST.index(case.because)))
    return found[:MOST]
