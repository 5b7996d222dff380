"""Signature jobs, their attempts, and when the portal may be polled again."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table jobs (
  job_id uuid primary key,
  document_id uuid not null,
  school_id uuid not null,
  dossier jsonb not null,
  state text not null default 'waiting',
  code text,
  signers integer not null,
  signed_by integer not null default 0,
  attempts integer not null default 0,
  ordered_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  next_try_at timestamptz,
  -- set before the call and never taken back by a crash: whether the job may exist at the portal
  creating_at timestamptz,
  created_at timestamptz,
  portal_job bigint,
  cancellation_url text,
  expires_at timestamptz,
  evidence jsonb
);
create index jobs_document on jobs (document_id);
create index jobs_school on jobs (school_id, job_id desc);
create index jobs_unsettled on jobs (changed_at) where state in ('waiting', 'awaiting_signatures');
comment on column jobs.job_id is 'also our reference at the portal: a job whose answer was lost is found again by it';

create table attempts (
  attempt_id bigint generated always as identity primary key,
  job_id uuid not null references jobs,
  at timestamptz not null default now(),
  step text not null,
  verdict text not null
);
create index attempts_job on attempts (job_id, attempt_id);

create table polls (queue text primary key, next_poll_at timestamptz not null);
comment on table polls is 'the permitted time outlives a restart: who polls too early is blocked';
""")
