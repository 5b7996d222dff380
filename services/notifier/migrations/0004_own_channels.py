"""A Teams channel for one person, beside or in place of the e-mail (M22)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table consignments drop constraint consignments_kind_check;
alter table consignments add constraint consignments_kind_check
  check (kind in ('letter', 'forwarding', 'notice', 'staff_mail', 'staff_card'));

alter table preferences add column by_teams boolean not null default false;

create table own_channels (
  staff_id uuid primary key,
  webhook jsonb not null,
  put_at timestamptz not null default now(),
  refused_at timestamptz
);
comment on column own_channels.webhook is 'vault reference to the sealed address, which is a secret';
comment on column own_channels.refused_at is 'when Teams refused it: nothing more is posted there until it is put again';
""")
