"""Webhooks: other systems are told that something happened, never what stands in it."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table webhooks (
  webhook_id uuid primary key,
  url text not null,
  description text not null,
  events text[] not null,
  secrets jsonb not null,
  version integer not null default 1,
  is_active boolean not null default true,
  stopped_at timestamptz,
  stopped_code text,
  last_delivered_at timestamptz,
  created_by uuid not null,
  key text not null,
  created_at timestamptz not null default now(),
  changed_by uuid not null,
  changed_at timestamptz not null default now(),
  unique (created_by, key)
);
comment on table webhooks is 'Systems that are told of events; administered by administrators';
comment on column webhooks.secrets is 'the current signing secret and, for a day, the one before it, sealed in the vault';
comment on column webhooks.stopped_at is 'since when nothing is sent because the target failed for long; none: it works';

create table webhook_deliveries (
  delivery_id uuid primary key,
  webhook_id uuid not null references webhooks on delete cascade,
  event text not null,
  resource_id uuid not null,
  occurred_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
  attempts integer not null default 0,
  next_try_at timestamptz not null,
  ended_at timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (next_try_at) where state = 'waiting';
create index webhook_deliveries_of on webhook_deliveries (webhook_id, delivery_id desc);
comment on table webhook_deliveries is 'One event for one system: an obligation with its state, attempts and next try';

create table webhook_acts (
  staff_id uuid not null,
  key text not null,
  webhook_id uuid not null references webhooks on delete cascade,
  result uuid not null,
  at timestamptz not null default now(),
  primary key (staff_id, key)
);
comment on table webhook_acts is 'What was done under which Idempotency-Key, so that it is done once';

create table webhook_attempts (
  delivery_id uuid not null references webhook_deliveries on delete cascade,
  number integer not null,
  at timestamptz not null,
  outcome text not null,
  status integer,
  milliseconds integer not null,
  primary key (delivery_id, number)
);
comment on table webhook_attempts is 'Every try, what came of it, and how long it took; nothing of what was answered is kept';
""")
