"""Case types, parties, related cases, tasks, stand-ins; corrections, Utgår and locks of documents (M10–M14)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0010"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table case_types (
  code text primary key check (code ~ '^[a-z0-9-]{1,60}$'),
  name text not null,
  folder text not null check (folder in ('pupil', 'group', 'general')),
  statuses text[] not null default '{}',
  is_active boolean not null default true
);
insert into case_types (code, name, folder, statuses) values
  ('pupil', 'Elevmappe', 'pupil', '{Under arbeid,Venter på svar,Til oppfølging}'),
  ('group', 'Gruppemappe', 'group', '{Under arbeid,Til oppfølging}'),
  ('general', 'Generell sak for skolen', 'general', '{Under arbeid}');

alter table cases add column phase text;
alter table cases add column closed_by uuid;
create index cases_closed on cases (school_id, closed_at desc, case_id) where status = 'closed';

create table case_parties (
  party_id uuid primary key,
  case_id uuid not null references cases,
  role text not null,
  kind text not null,
  name text not null,
  dossier jsonb not null,
  added_at timestamptz not null default now(),
  removed_at timestamptz
);
create index case_parties_case on case_parties (case_id);

create table case_relations (
  case_id uuid not null references cases,
  other_id uuid not null references cases,
  primary key (case_id, other_id),
  check (case_id < other_id)
);
create index case_relations_other on case_relations (other_id);

create table tasks (
  task_id uuid primary key,
  kind text not null,
  school_id uuid not null references schools,
  case_id uuid references cases,
  document_id uuid references documents,
  assigned_to uuid references staff,
  made_at timestamptz not null default now(),
  done_at timestamptz,
  done_by uuid,
  remark text
);
create index tasks_open on tasks (school_id, task_id) where done_at is null;
create index tasks_assigned on tasks (assigned_to, task_id) where done_at is null;
create unique index tasks_once on tasks (kind, document_id) where done_at is null and document_id is not null;

create table stand_ins (
  stand_in_id uuid primary key,
  school_id uuid not null references schools,
  staff_id uuid not null references staff,
  from_date date not null,
  to_date date not null check (to_date between from_date and from_date + 120),
  given_by uuid not null,
  given_at timestamptz not null default now()
);
create index stand_ins_school on stand_ins (school_id, to_date);

alter table documents add column attachments jsonb not null default '[]';
alter table documents add column corrects uuid references documents;
alter table documents add column withdrawn_at timestamptz;
alter table documents add column withdrawn_by uuid;
alter table documents add column withdrawal_reason text;
alter table documents add column sending_stopped text;
alter table documents add column held_by uuid references staff;
alter table documents add column held_until timestamptz;
create unique index documents_one_open_correction on documents (corrects) where corrects is not null and state <> 'finished';
create index documents_awaiting on documents (case_id) where state = 'awaiting_approval';

create table assessments (
  document_id uuid not null references documents,
  assessed_at timestamptz not null default clock_timestamp(),
  assessed_by uuid not null,
  access jsonb not null,
  public_title text not null,
  primary key (document_id, assessed_at)
);
comment on table assessments is 'access assessments made after a document was locked; the newest counts, none is lost (M8)';

-- A finished document is locked by the database, not only by the code (M12). Utgår is said once and not taken back.
create or replace function refuse_change_of_finished() returns trigger language plpgsql as $$
begin
  if old.state = 'finished' and (tg_op = 'DELETE' or
     row(new.title, new.public_title, new.kind, new.record_type, new.state, new.version, new.access, new.language,
         new.body, new.parties, new.files, new.owner_id, new.event_id, new.case_id, new.finished_at, new.attachments,
         new.corrects, new.template_id, new.approved_by)
     is distinct from
     row(old.title, old.public_title, old.kind, old.record_type, old.state, old.version, old.access, old.language,
         old.body, old.parties, old.files, old.owner_id, old.event_id, old.case_id, old.finished_at, old.attachments,
         old.corrects, old.template_id, old.approved_by)
     or (old.withdrawn_at is not null and row(new.withdrawn_at, new.withdrawn_by, new.withdrawal_reason)
         is distinct from row(old.withdrawn_at, old.withdrawn_by, old.withdrawal_reason))) then
    raise exception 'document % is finished and locked', old.document_id using errcode = 'integrity_constraint_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;

create function refuse_history_change() returns trigger language plpgsql as $$
begin
  raise exception 'what was written once stays' using errcode = 'integrity_constraint_violation';
end $$;
create trigger document_versions_kept before update or delete on document_versions
  for each row execute function refuse_history_change();
create trigger assessments_kept before update or delete on assessments
  for each row execute function refuse_history_change();

-- Finished, and obliged to the archive: both at the commit, or neither (M12).
create function demand_archive_obligation() returns trigger language plpgsql as $$
begin
  if not exists (select from archive_obligations where document_id = new.document_id) then
    raise exception 'document % is finished without an archive obligation', new.document_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger documents_obliged after insert or update of state on documents
  deferrable initially deferred for each row when (new.state = 'finished') execute function demand_archive_obligation();

-- Nothing new in a closed case. The share lock makes closing and writing wait for each other (M14).
create function refuse_in_closed_case() returns trigger language plpgsql as $$
declare standing text;
begin
  select status into standing from cases where case_id = new.case_id for share;
  if standing <> 'open' then
    raise exception 'case % is closed', new.case_id using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger events_in_open_case before insert on events for each row execute function refuse_in_closed_case();
create trigger documents_in_open_case before insert on documents for each row execute function refuse_in_closed_case();
""")
