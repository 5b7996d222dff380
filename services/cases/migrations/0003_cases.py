"""Cases, events, documents, and the obligations that follow from them."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table case_numbers (year integer primary key, last integer not null);
comment on table case_numbers is 'one row a year; its lock gives numbers without gaps (M10)';

create table cases (
  case_id uuid primary key,
  year integer not null,
  running integer not null,
  title text not null,
  public_title text not null,
  case_type text not null,
  status text not null default 'open',
  school_id uuid not null references schools,
  pupil_id uuid references pupils,
  responsible_id uuid not null references staff,
  access jsonb not null,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  closing_remark text,
  unique (year, running)
);
create index cases_school on cases (school_id, case_id desc);
create index cases_pupil on cases (pupil_id);
create index cases_responsible on cases (responsible_id);

create table case_members (
  case_id uuid not null references cases,
  staff_id uuid not null references staff,
  "right" text not null check ("right" in ('read', 'write')),
  given_by uuid not null,
  given_at timestamptz not null default now(),
  primary key (case_id, staff_id)
);
create index case_members_staff on case_members (staff_id, case_id);

create table events (
  event_id uuid primary key,
  case_id uuid not null references cases,
  kind text not null,
  title text not null,
  happened_at timestamptz not null default now(),
  mail_id uuid unique
);
create index events_case on events (case_id, happened_at);
comment on column events.mail_id is 'a piece of mail is registered once, however often it is ordered (M1)';

create table documents (
  document_id uuid primary key,
  event_id uuid not null references events,
  case_id uuid not null references cases,
  title text not null,
  public_title text not null,
  kind text not null,
  record_type text not null,
  state text not null,
  version integer not null default 1,
  needs_approval boolean not null default false,
  remark text,
  access jsonb not null,
  language text not null default 'nb',
  template_id uuid references templates,
  body text,
  to_guardians boolean not null default false,
  parties jsonb,
  files jsonb not null default '[]',
  owner_id uuid not null references staff,
  approved_by uuid,
  finished_at timestamptz,
  -- what happens to it after it is locked
  rendition jsonb,
  signed jsonb,
  job_id uuid,
  signing text,
  signing_code text,
  signing_changed_at timestamptz,
  signing_days integer,
  is_to_be_sent boolean not null default false
);
create index documents_event on documents (event_id);
create index documents_case on documents (case_id);
create index documents_job on documents (job_id);
comment on column documents.parties is 'vault reference to the sealed receivers or sender';

create table document_versions (
  document_id uuid not null references documents,
  version integer not null,
  title text not null,
  body text,
  edited_by uuid not null,
  edited_at timestamptz not null default now(),
  primary key (document_id, version)
);

create table archive_obligations (
  delivery_id uuid primary key,
  document_id uuid references documents,
  case_id uuid not null references cases,
  kind text not null,
  state text not null default 'waiting',
  code text,
  ordered_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create index archive_obligations_document on archive_obligations (document_id);
create index archive_obligations_unmet on archive_obligations (case_id) where state <> 'archived';
comment on table archive_obligations is 'archive this: a row with a state, made in the transaction that finished (R2, M12)';

create table letters (
  letter_id uuid primary key,
  document_id uuid not null references documents,
  state text not null default 'waiting',
  code text,
  ordered_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create index letters_document on letters (document_id);

-- A finished document is locked by the database, not only by the code (M12).
create function refuse_change_of_finished() returns trigger language plpgsql as $$
begin
  if old.state = 'finished' and (tg_op = 'DELETE' or
     row(new.title, new.public_title, new.kind, new.record_type, new.state, new.version, new.access, new.language,
         new.body, new.parties, new.files, new.owner_id, new.event_id, new.case_id, new.finished_at)
     is distinct from
     row(old.title, old.public_title, old.kind, old.record_type, old.state, old.version, old.access, old.language,
         old.body, old.parties, old.files, old.owner_id, old.event_id, old.case_id, old.finished_at)) then
    raise exception 'document % is finished and locked', old.document_id using errcode = 'integrity_constraint_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger documents_locked before update or delete on documents
  for each row execute function refuse_change_of_finished();
""")
