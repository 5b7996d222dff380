"""People as the HR system knows them, and which of its roles give "ansatt basis" (M16)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table staff add column left_at timestamptz;
comment on column staff.left_at is 'when they stopped working here; who comes back soon gets back what they had';

create table employees (
  staff_id uuid primary key references staff,
  user_name text not null,
  external_id text,
  given_name text not null,
  family_name text not null,
  hr_roles jsonb not null default '[]',
  organisations jsonb not null default '[]',
  version integer not null default 1,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  removed_at timestamptz
);
create unique index employees_user_name on employees (lower(user_name)) where removed_at is null;
create unique index employees_external_id on employees (external_id) where removed_at is null;
create index employees_order on employees (created_at, staff_id) where removed_at is null;
comment on table employees is 'what the HR system said last; the national identity number is only a keyed hash in staff';

-- whatever the HR system or the code says: it can make somebody "ansatt basis", nothing more
alter table staff_roles add check (source <> 'hr' or role = 'employee');

create table hr_roles (
  hr_role text primary key check (hr_role = lower(hr_role)),
  added_at timestamptz not null default now()
);
insert into hr_roles (hr_role) values ('teacher'), ('lærer'), ('school-administrator'), ('skoleadministrator');
""")
