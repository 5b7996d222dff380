"""Role contents, access from and to, emergency access, and "access to everything" by two persons (M15–M17)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table role_contents (
  role text primary key,
  permissions jsonb not null,
  changed_by uuid not null references staff,
  changed_at timestamptz not null default now()
);
comment on table role_contents is 'what administrators made of a role; a role without a row is as it was delivered (M16)';
alter table staff_roles add check (valid_to is null or valid_to >= valid_from);

alter table case_members add column valid_from timestamptz not null default now();
alter table case_members add column valid_to timestamptz;

create table emergency_access (
  grant_id uuid primary key,
  case_id uuid not null references cases,
  staff_id uuid not null references staff,
  reason text not null,
  valid_from timestamptz not null default now(),
  valid_to timestamptz not null check (valid_to > valid_from and valid_to <= valid_from + interval '24 hours')
);
create index emergency_access_staff on emergency_access (staff_id, case_id);
create index emergency_access_case on emergency_access (case_id, staff_id);

create table full_access (
  grant_id uuid primary key,
  staff_id uuid not null references staff,
  reason text not null,
  hours integer not null check (hours between 1 and 72),
  proposed_by uuid not null references staff,
  proposed_at timestamptz not null default now(),
  confirmed_by uuid references staff,
  valid_from timestamptz,
  valid_to timestamptz check (valid_to <= valid_from + make_interval(hours => hours)),
  ended_at timestamptz,
  ended_by uuid references staff,
  -- two persons, and neither decides for himself: the database says no whatever the code believes (M17)
  check (confirmed_by <> proposed_by and confirmed_by <> staff_id and proposed_by <> staff_id),
  check ((confirmed_by is null) = (valid_from is null) and (valid_from is null) = (valid_to is null))
);
create index full_access_in_force on full_access (staff_id, valid_to) where ended_at is null and valid_to is not null;
comment on table full_access is 'access to everything: proposed by one, confirmed by another, for hours, for a reason (M17)';

create function refuse_changed_grant() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or row(new.staff_id, new.reason, new.hours, new.proposed_by, new.proposed_at)
       is distinct from row(old.staff_id, old.reason, old.hours, old.proposed_by, old.proposed_at)
     or (old.valid_to is not null and row(new.confirmed_by, new.valid_from, new.valid_to)
       is distinct from row(old.confirmed_by, old.valid_from, old.valid_to))
     or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
    raise exception 'a grant of access to everything can be ended, not changed' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger full_access_kept before update or delete on full_access for each row execute function refuse_changed_grant();
""")
