"""The tables that every service has under the same names: outbox, inbox, answers, leases. Its first migration makes them."""

from __future__ import annotations

FOUNDATION = """
create table outbox (
  id bigint generated always as identity primary key,
  message_id uuid not null,
  message_type text not null,
  headers jsonb not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  failures integer not null default 0,
  next_try_at timestamptz not null default now(),
  last_failure text
);
-- the queue is short and churns: vacuum by count, never by share of a table that was large once
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table outbox is 'What must leave this service, written in the transaction that caused it (R2)';

create table inbox (
  consumer text not null,
  message_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (consumer, message_id)
);
create index inbox_received_at on inbox (received_at);
comment on table inbox is 'What was handled, written in the transaction that handled it (R2, R4)';

create table answers (
  actor_id uuid not null,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  reply jsonb,
  created_at timestamptz not null default now(),
  primary key (actor_id, operation, key)
);
create index answers_created_at on answers (created_at);
comment on table answers is 'Replies given under an idempotency key: the same request gets the same answer, once done';

create table leases (
  name text primary key,
  holder uuid not null,
  expires_at timestamptz not null
);
comment on table leases is 'Which replica runs a poller or a sweep right now (R4)';
"""
