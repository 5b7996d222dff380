"""What a delivery waits for beside its next try, and what the archive log needs to tell the whole story (M25, M26)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table deliveries add column held_for text;
alter table deliveries add column held_at timestamptz;
alter table deliveries add column released_at timestamptz;
alter table deliveries add column reason text;
create index deliveries_held on deliveries (held_for, is_urgent, ordered_at) where held_for is not null;
create index deliveries_case on deliveries (case_id, ordered_at);
create index deliveries_code on deliveries (code, changed_at) where code is not null;
comment on column deliveries.held_for is
  'archive: it is down; case: another of the same case is under way; record: an earlier one of the case comes first';

alter table attempts add column number integer not null default 1;
alter table attempts add column next_try_at timestamptz;
alter table attempts add column detail text;
create index attempts_detail on attempts (at) where detail is not null;

create table mendings (
  mending_id bigint generated always as identity primary key,
  delivery_id uuid not null references deliveries,
  at timestamptz not null default now(),
  mended_by uuid not null,
  act text not null,
  reason text not null,
  code text,
  detail text,
  fields text[] not null default '{}',
  before jsonb,
  after jsonb
);
create index mendings_delivery on mendings (delivery_id, mending_id);
comment on table mendings is 'what people did to a delivery: sent again, mended (old and new dossier by reference), given up';
""")
