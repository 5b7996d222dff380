"""What was done with each piece of mail, by whom and when; packages that go again; passwords that rest sealed."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table mail_acts (
  act_id bigint generated always as identity primary key,
  mail_id uuid not null,
  act text not null,
  by uuid,
  at timestamptz not null default now()
);
create index mail_acts_mail on mail_acts (mail_id, act_id);
comment on table mail_acts is 'every decision about mail and what came of it; stays when the mail''s content is removed';
comment on column mail_acts.by is 'none: another service, or time';

alter table exports add column sealed_password jsonb, add column removed_at timestamptz;
comment on column exports.sealed_password is 'vault reference, until the package is made';
""")
