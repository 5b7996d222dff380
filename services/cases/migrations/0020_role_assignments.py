"""Roles at one school, from a day to a day, and where each came from (M16)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0020"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table staff_roles drop constraint staff_roles_pkey;
alter table staff_roles
  add column assignment_id uuid not null default gen_random_uuid() primary key,
  add column school_id uuid references schools,
  add column function text check (function in ('leader', 'counsellor', 'form_teacher')),
  add column source text not null default 'manual' check (source in ('manual', 'hr', 'school_year')),
  add column given_by uuid references staff,
  add column given_at timestamptz not null default now();
create index staff_roles_staff on staff_roles (staff_id);
create index staff_roles_school on staff_roles (school_id, role) where school_id is not null;
comment on column staff_roles.school_id is 'none: at every school of the person; else there only';
""")
