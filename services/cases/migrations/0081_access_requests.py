"""Requests for access (innsynskrav): what was asked, what was collected, decided and handed out (M19)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0081"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table access_request_numbers (year integer primary key, last integer not null);

create table access_requests (
  request_id uuid primary key,
  year integer not null,
  running integer not null,
  school_id uuid not null references schools,
  basis text not null check (basis in ('public', 'party', 'data_subject')),
  language text not null,
  state text not null check (state in ('received', 'in_progress', 'decided', 'answered', 'withdrawn')),
  version integer not null default 1,
  received_at timestamptz not null,
  deadline date not null,
  dossier jsonb not null,
  registered_by uuid not null,
  registered_at timestamptz not null default now(),
  last_item integer not null default 0,
  remark text,
  decided_by uuid,
  decided_at timestamptz,
  channel text,
  package jsonb,
  answered_by uuid,
  answered_at timestamptz,
  withdrawn_at timestamptz,
  unique (year, running)
);
create index access_requests_school on access_requests (school_id, request_id desc);
comment on column access_requests.dossier is 'vault reference to the sealed requester and what they ask for';

create table access_request_items (
  request_id uuid not null references access_requests,
  item integer not null,
  document_id uuid not null references documents,
  position integer not null,
  collected_by uuid not null,
  collected_at timestamptz not null default now(),
  decision text check (decision in ('give', 'redact', 'refuse')),
  legal_basis text,
  reason text,
  is_extended_considered boolean not null default false,
  decided_by uuid,
  decided_at timestamptz,
  redacted jsonb,
  redacted_from text,
  redacted_by uuid,
  primary key (request_id, item),
  unique (request_id, document_id, position)
);
create index access_request_items_document on access_request_items (document_id);
comment on column access_request_items.redacted_from is 'the checksum of the file that the redacted one was made of';

alter table tasks add column request_id uuid references access_requests;
create unique index tasks_request on tasks (request_id) where request_id is not null and done_at is null;

-- What was asked and answered stays as it was (M19).
create function refuse_change_of_answered() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.state in ('answered', 'withdrawn') then
    raise exception 'a request for access is kept as it was answered' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger access_requests_kept before update or delete on access_requests
  for each row execute function refuse_change_of_answered();

create function refuse_item_of_locked() returns trigger language plpgsql as $$
declare standing text;
begin
  select state into standing from access_requests where request_id = coalesce(new.request_id, old.request_id);
  if standing not in ('received', 'in_progress') then
    raise exception 'what was decided of a request for access is locked' using errcode = 'integrity_constraint_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger access_request_items_kept before insert or update or delete on access_request_items
  for each row execute function refuse_item_of_locked();
""")
