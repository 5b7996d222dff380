"""Search in titles, numbers, pupils and text, in Norwegian; saved views (M18, M19)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table document_texts (
  document_id uuid primary key references documents,
  text text not null,
  read_at timestamptz not null default now()
);
comment on table document_texts is 'what the archive rendition says, for searching; empty where nothing could be read';

create table search_entries (
  entry_id uuid primary key,
  case_id uuid not null references cases,
  document_id uuid references documents,
  words tsvector not null
);
create index search_entries_words on search_entries using gin (words) with (fastupdate = off);
create index search_entries_case on search_entries (case_id);
comment on column search_entries.words is
  'Norwegian stems and the words themselves, and one lexeme for the school, so that a school''s search reads its own rows';

create function search_school(school_id uuid) returns tsvector language sql immutable as $$
  select array_to_tsvector(array['school:' || school_id])
$$;
create function search_words(weight "char", said text) returns tsvector language sql immutable as $$
  select setweight(to_tsvector('norwegian', left(said, 400000)) || to_tsvector('simple', left(said, 400000)), weight)
$$;

create function enter_case(wanted uuid) returns void language sql as $$
  insert into search_entries (entry_id, case_id, words)
  select c.case_id, c.case_id, search_words('A', c.title || ' ' || coalesce(p.name, ''))
    || setweight(to_tsvector('simple', c.year || '/' || c.running), 'A') || search_school(c.school_id)
  from cases c left join pupils p using (pupil_id) where c.case_id = wanted
  on conflict (entry_id) do update set words = excluded.words
$$;
create function enter_document(wanted uuid) returns void language sql as $$
  insert into search_entries (entry_id, case_id, document_id, words)
  select d.document_id, d.case_id, d.document_id, search_words('A', d.title)
    || search_words('B', coalesce(d.body, '')) || search_words('C', coalesce(t.text, '')) || search_school(c.school_id)
  from documents d join cases c using (case_id) left join document_texts t using (document_id)
  where d.document_id = wanted
  on conflict (entry_id) do update set words = excluded.words
$$;

create function case_entered() returns trigger language plpgsql as $$
begin
  perform enter_case(new.case_id);
  if tg_op = 'UPDATE' and new.school_id <> old.school_id then
    perform enter_document(document_id) from documents where case_id = new.case_id;
  end if;
  return null;
end $$;
create trigger cases_searched after insert or update of title, pupil_id, school_id on cases
  for each row execute function case_entered();

create function document_entered() returns trigger language plpgsql as $$
begin
  perform enter_document(new.document_id);
  return null;
end $$;
create trigger documents_searched after insert or update of title, body on documents
  for each row execute function document_entered();
create trigger document_texts_searched after insert or update on document_texts
  for each row execute function document_entered();

create function pupil_renamed() returns trigger language plpgsql as $$
begin
  perform enter_case(case_id) from cases where pupil_id = new.pupil_id;
  return null;
end $$;
create trigger pupils_searched after update of name on pupils
  for each row when (new.name <> old.name) execute function pupil_renamed();

select enter_case(case_id) from cases;
select enter_document(document_id) from documents;

create index documents_unread on documents (document_id) where rendition is not null;

create table saved_views (
  view_id uuid primary key,
  staff_id uuid not null references staff,
  name text not null,
  filters jsonb not null,
  made_at timestamptz not null default now(),
  unique (staff_id, name)
);
""")
