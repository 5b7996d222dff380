"""Every entry of the search stands on shelves of its school too, and whose cases are open is read in an index (R8)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0110"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
-- A school's stretch of time is a few lists of the index then, not what a school and a time have in common.
create function search_school_shelves(school_id uuid, entry uuid) returns tsvector language sql immutable as $$
  select array_to_tsvector(array(
    select 'school:' || school_id || ':' || bits || ':'
      || (('x' || left(replace(entry::text, '-', ''), 12))::bit(48)::bigint >> bits)
    from unnest(array[23, 26, 29, 32, 35]) bits))
$$;

create or replace function enter_case(wanted uuid) returns void language sql as $$
  insert into search_entries (entry_id, case_id, words)
  select c.case_id, c.case_id, search_words('A', c.title || ' ' || coalesce(p.name, ''))
    || setweight(to_tsvector('simple', c.year || '/' || c.running), 'A')
    || search_school(c.school_id) || search_shelves(c.case_id) || search_school_shelves(c.school_id, c.case_id)
  from cases c left join pupils p using (pupil_id) where c.case_id = wanted
  on conflict (entry_id) do update set words = excluded.words
$$;
create or replace function enter_document(wanted uuid) returns void language sql as $$
  insert into search_entries (entry_id, case_id, document_id, words)
  select d.document_id, d.case_id, d.document_id, search_words('A', d.title)
    || search_words('B', coalesce(d.body, '')) || search_words('C', coalesce(t.text, ''))
    || search_school(c.school_id) || search_shelves(d.document_id) || search_school_shelves(c.school_id, d.document_id)
  from documents d join cases c using (case_id) left join document_texts t using (document_id)
  where d.document_id = wanted
  on conflict (entry_id) do update set words = excluded.words
$$;

drop index search_entries_words;
drop index search_entries_cases;
update search_entries e set words = e.words || search_school_shelves(c.school_id, e.entry_id)
from cases c where c.case_id = e.case_id;
create index search_entries_words on search_entries using gin (words) with (fastupdate = off);
create index search_entries_cases on search_entries using gin (words) with (fastupdate = off) where document_id is null;

drop index cases_responsible_places;
create index cases_responsible_places on cases (responsible_id, case_id desc) include (school_id, status);
""")
