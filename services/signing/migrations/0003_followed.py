"""Each signer's progress, cancelling, reminding, and a place for what is not understood."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table jobs add column cancel_asked_at timestamptz;
alter table jobs add column reminded_at timestamptz;
comment on column jobs.cancel_asked_at is 'a person has withdrawn it; the portal is told, and its answer decides';
create index jobs_running_out on jobs (expires_at) where state = 'awaiting_signatures' and reminded_at is null;
create index jobs_reference on jobs (portal_job) where portal_job is not null;

create table signers (
  job_id uuid not null references jobs,
  number integer not null,
  signing_order integer not null default 0,
  state text not null default 'waiting',
  since timestamptz,
  primary key (job_id, number)
);
comment on table signers is 'How far each has come, by the place in the sealed dossier; who they are stands only there';

create table strange_changes (
  portal_job bigint primary key,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  times integer not null default 1,
  content jsonb not null
);
comment on table strange_changes is 'Changes at the portal that are of no job of ours: kept sealed and unconfirmed, for a person';
""")
