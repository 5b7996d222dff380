"""Sorting rules as versions with a date, and what each decision rests on (M2-M4)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0040"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table rule_sets (
  rule_set_id uuid primary key,
  version integer unique,
  title text not null,
  rules jsonb not null,
  based_on uuid references rule_sets,
  created_by uuid,
  created_at timestamptz not null default now(),
  changed_by uuid,
  changed_at timestamptz,
  active_from timestamptz,
  activated_by uuid,
  activated_at timestamptz,
  check ((version is null) = (active_from is null)),
  check ((version is null) = (activated_at is null))
);
comment on table rule_sets is 'a draft has no version; the version with the latest active_from that has passed decides';
comment on column rule_sets.created_by is 'none: the product''s own';
create index rule_sets_active on rule_sets (active_from desc, version desc) where version is not null;

create function refuse_change_of_active_rules() returns trigger language plpgsql as $$
begin
  raise exception 'a rule set with a version is never changed';
end $$;
create trigger rule_sets_stay before update or delete on rule_sets
  for each row when (old.version is not null) execute function refuse_change_of_active_rules();

alter table mail
  add column rule_set_id uuid references rule_sets,
  add column decision jsonb,
  add column reading jsonb;
comment on column mail.decision is 'what the rules matched on, as quotes';
comment on column mail.reading is 'the text of the first pages, sealed in the vault: what a changed rule set is tried on';
""")
