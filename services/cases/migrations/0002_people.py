"""Schools, staff with their roles, pupils, text templates."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table schools (
  school_id uuid primary key,
  name text not null,
  organisation text not null unique check (organisation ~ '^[0-9]{9}$')
);

create table staff (
  staff_id uuid primary key,
  pid_lookup text not null unique,
  name text not null,
  email text,
  is_active boolean not null default true
);
comment on column staff.pid_lookup is 'keyed hash of the national identity number, which is stored nowhere (M29)';

create table staff_roles (
  staff_id uuid not null references staff,
  role text not null,
  valid_from date not null default current_date,
  valid_to date,
  primary key (staff_id, role, valid_from)
);

create table staff_schools (
  staff_id uuid not null references staff,
  school_id uuid not null references schools,
  primary key (staff_id, school_id)
);
create index staff_schools_school on staff_schools (school_id);

create table pupils (
  pupil_id uuid primary key,
  school_id uuid not null references schools,
  pid_lookup text not null unique,
  name text not null,
  has_protected_address boolean not null default false,
  dossier jsonb not null
);
create index pupils_school_name on pupils (school_id, name, pupil_id);
comment on column pupils.dossier is 'vault reference to the sealed national number, address and guardians';

create table templates (
  template_id uuid primary key,
  code text not null,
  language text not null,
  version integer not null,
  name text not null,
  kind text not null,
  needs_approval boolean not null,
  source text not null,
  made_at timestamptz not null default now(),
  unique (code, language, version)
);
""")
