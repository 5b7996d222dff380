"""Deliveries, their attempts, and the renditions that were made for them."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table deliveries (
  delivery_id uuid primary key,
  document_id uuid not null,
  case_id uuid not null,
  school_id uuid not null,
  kind text not null,
  dossier jsonb not null,
  is_urgent boolean not null,
  state text not null default 'waiting',
  code text,
  detail text,
  attempts integer not null default 0,
  ordered_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  next_try_at timestamptz,
  rendered_at timestamptz,
  archived_at timestamptz,
  archive_reference text
);
create index deliveries_school on deliveries (school_id, delivery_id desc);
create index deliveries_document on deliveries (document_id);
create index deliveries_unsettled on deliveries (changed_at) where state not in ('archived', 'declined', 'given_up');
comment on table deliveries is 'archive this: an obligation with its state and its next try (R2)';

create table renditions (
  document_key uuid primary key,
  delivery_id uuid not null references deliveries,
  source_sha256 text not null,
  rendition jsonb not null,
  flavour text not null,
  rung text not null,
  validator text not null,
  verdict text not null,
  notes jsonb not null default '[]',
  made_at timestamptz not null default now()
);

create table attempts (
  attempt_id bigint generated always as identity primary key,
  delivery_id uuid not null references deliveries,
  at timestamptz not null default now(),
  step text not null,
  verdict text not null,
  answer text,
  seconds double precision not null default 0
);
create index attempts_delivery on attempts (delivery_id, attempt_id);
comment on table attempts is 'the archive log (M26): each attempt in a transaction of its own, so that no retry rolls it away';
""")
