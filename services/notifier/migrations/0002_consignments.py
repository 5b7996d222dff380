"""Consignments of every kind, and the attempts to bring each to its carrier."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table consignments (
  consignment_id uuid primary key,
  number bigint generated always as identity unique,
  kind text not null check (kind in ('letter', 'forwarding', 'notice')),
  document_id uuid,
  school_id uuid,
  dossier jsonb,
  -- how far it has come
  state text not null default 'waiting',
  code text,
  detail text,
  carrier_reference text,
  carrier_status text,
  attempts integer not null default 0,
  round integer not null default 1,
  next_try_at timestamptz default now(),
  next_look_at timestamptz,
  held_by uuid,
  held_until timestamptz,
  ordered_at timestamptz not null default now(),
  started_at timestamptz not null default now(),
  sent_at timestamptz,
  changed_at timestamptz not null default now(),
  -- notices
  notice text,
  count integer not null default 1,
  digest text,
  is_open boolean not null default false,
  -- forwarding
  password jsonb,
  content_sent_at timestamptz,
  password_sent_at timestamptz
);
comment on column consignments.round is 'a letter that the carrier took and refused is sent anew under another reference';
comment on column consignments.held_until is 'until then one replica, held_by, has it in hand; renewed while it works';
comment on column consignments.password is 'reference to the sealed password of a forwarding, until both mails are sent';
create unique index consignments_open_digest on consignments (digest) where is_open;
create index consignments_document on consignments (document_id, number) where document_id is not null;
create index consignments_unfinished on consignments (next_try_at) where state in ('waiting', 'trying');
create index consignments_followed on consignments (next_look_at) where state = 'sent';
create index consignments_uncleaned on consignments (consignment_id) where password is not null;

create table attempts (
  attempt_id bigint generated always as identity primary key,
  consignment_id uuid not null references consignments,
  began_at timestamptz not null default now(),
  ended_at timestamptz,
  verdict text,
  reason text
);
create index attempts_consignment on attempts (consignment_id, attempt_id);
comment on table attempts is 'Every try, written in its own transaction. No personal data: reasons are our own words';
""")
