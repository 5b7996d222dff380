"""Mail, its attachments, and the distribution plan."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table mail (
  mail_id uuid primary key,
  system text not null,
  shipment_id uuid not null,
  state text not null default 'seen',
  title text not null,
  sender jsonb not null,
  receiver_organisation text not null,
  shipment_type text not null default '',
  external_reference text,
  replies_to uuid,
  received_at timestamptz not null,
  seen_at timestamptz not null default now(),
  stored_at timestamptz,
  acknowledged_at timestamptz,
  -- taking it in
  attempts integer not null default 0,
  next_try_at timestamptz not null default now(),
  problem text,
  reported_at timestamptz,
  -- what the rules and the plan think
  belonging text not null default 'for_a_person',
  rule text not null default '',
  content_digest bytea,
  duplicate_of uuid references mail,
  -- what a person decided
  school_id uuid,
  case_id uuid,
  decided_by uuid,
  decided_at timestamptz,
  order_at timestamptz,
  registration_error text,
  discard_reason text,
  unique (system, shipment_id)
);
create index mail_state on mail (state, mail_id);
create index mail_digest on mail (content_digest) where content_digest is not null;
create index mail_unacknowledged on mail (mail_id) where stored_at is not null and acknowledged_at is null;
comment on column mail.shipment_id is 'the sender system''s id: a shipment is one piece of mail, however often it is listed (M1)';

create table attachments (
  attachment_id uuid primary key,
  mail_id uuid not null references mail,
  position integer not null,
  file jsonb not null,
  problem text,
  unique (mail_id, position)
);

create table plan (
  organisation text primary key,
  school_id uuid not null,
  case_type text not null
);
comment on table plan is 'Post inn til skoler (M7)';
""")
