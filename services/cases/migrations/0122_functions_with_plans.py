"""Functions that every document and every row of the audit log calls keep their plans (PL/pgSQL); they say what they said."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
-- In SQL such a function is read and planned anew at each call: that cost twice what it does.
create or replace function search_shelves(entry uuid) returns tsvector language plpgsql immutable as $$
begin
  return array_to_tsvector(array(
    select 'shelf:' || bits || ':' || (('x' || left(replace(entry::text, '-', ''), 12))::bit(48)::bigint >> bits)
    from unnest(array[23, 26, 29, 32, 35]) bits));
end $$;
create or replace function search_school_shelves(school_id uuid, entry uuid) returns tsvector
language plpgsql immutable as $$
begin
  return array_to_tsvector(array(
    select 'school:' || school_id || ':' || bits || ':'
      || (('x' || left(replace(entry::text, '-', ''), 12))::bit(48)::bigint >> bits)
    from unnest(array[23, 26, 29, 32, 35]) bits));
end $$;

create or replace function enter_case(wanted uuid) returns void language plpgsql as $$
begin
  insert into search_entries (entry_id, case_id, words)
  select c.case_id, c.case_id, search_words('A', c.title || ' ' || coalesce(p.name, ''))
    || setweight(to_tsvector('simple', c.year || '/' || c.running), 'A')
    || search_school(c.school_id) || search_shelves(c.case_id) || search_school_shelves(c.school_id, c.case_id)
  from cases c left join pupils p using (pupil_id) where c.case_id = wanted
  on conflict (entry_id) do update set words = excluded.words;
end $$;
create or replace function enter_document(wanted uuid) returns void language plpgsql as $$
begin
  insert into search_entries (entry_id, case_id, document_id, words)
  select d.document_id, d.case_id, d.document_id, search_words('A', d.title)
    || search_words('B', coalesce(d.body, '')) || search_words('C', coalesce(t.text, ''))
    || search_school(c.school_id) || search_shelves(d.document_id) || search_school_shelves(c.school_id, d.document_id)
  from documents d join cases c using (case_id) left join document_texts t using (document_id)
  where d.document_id = wanted
  on conflict (entry_id) do update set words = excluded.words;
end $$;

create or replace function audit_hash(sequence bigint, at timestamptz, actor_id uuid, act text, case_id uuid,
                                      document_id uuid, details jsonb, previous bytea) returns bytea
language plpgsql immutable as $$
begin
  return sha256(convert_to(concat_ws('|', sequence, extract(epoch from at), coalesce(actor_id::text, '-'), act,
    coalesce(case_id::text, '-'), coalesce(document_id::text, '-'), details::text, encode(previous, 'hex')), 'UTF8'));
end $$;
""")
