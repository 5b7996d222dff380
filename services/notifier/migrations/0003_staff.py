"""Staff as cases tells of them, what each has chosen, and the news that wait for their next e-mail."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table consignments drop constraint consignments_kind_check;
alter table consignments add check (kind in ('letter', 'forwarding', 'notice', 'staff_mail'));
alter table consignments add column staff_id uuid;
alter table consignments add column news jsonb;
comment on column consignments.staff_id is 'who a mail to staff goes to, and who is told when a letter does not arrive';
comment on column consignments.news is 'what a mail to one member of staff says: kinds of news, schools, numbers; never names';

create table staff (
  staff_id uuid primary key,
  is_active boolean not null,
  schools uuid[] not null,
  permissions text[] not null,
  by_school jsonb,
  contact jsonb,
  changed_at timestamptz not null
);
comment on column staff.contact is 'vault reference to the sealed address';

create table preferences (
  staff_id uuid primary key,
  by_email boolean not null,
  rhythm text not null,
  muted text[] not null,
  quiet_hours text,
  changed_at timestamptz not null default now()
);

create table news (
  news_id bigint generated always as identity primary key,
  staff_id uuid not null,
  notice text not null,
  school_id uuid,
  count integer not null default 1,
  words jsonb,
  first_at timestamptz not null default now()
);
comment on column news.words is 'vault reference to what a person has announced; such news are not counted together';
create unique index news_counted on news (staff_id, notice, coalesce(school_id, '00000000-0000-0000-0000-000000000000'))
  where words is null;
create index news_waiting on news (staff_id, first_at);
""")
