"""Ways in: receiving systems and their state, claims, other ways than SvarInn, orders that are said again."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0020"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table mail
  add column way text not null default 'svarinn',
  add column claimed_by uuid,
  add column claimed_until timestamptz,
  add column left_queue_at timestamptz,
  -- what a person said about the way it came, for mail that was brought in by hand
  add column origin_case_number text,
  add column named_case text,
  add column brought_by uuid,
  -- what was decided elsewhere about mail that cannot be taken in
  add column refused_by uuid,
  add column refused_at timestamptz,
  add column refusal_text text,
  add column refusal_reported_at timestamptz,
  -- the order that carries a decision out, said again while nobody answers it
  add column order_type text,
  add column order_body jsonb;
comment on column mail.way is 'svarinn, upload, folder, mailbox';
comment on column mail.named_case is 'the case number that a cover sheet or a file name gives';
create index mail_waiting on mail (system, seen_at) where state = 'seen';
create index mail_ordered on mail (order_at) where state in ('registering', 'forwarding');

alter table attachments
  add column warnings text[] not null default '{}',
  add column scan text not null default 'not-scanned';
comment on column attachments.scan is 'clean, infected, not-scanned';

create table receivers (
  system text primary key,
  polled_at timestamptz,
  listed integer not null default 0,
  nameless integer not null default 0,
  full_since timestamptz,
  stopped_at timestamptz,
  stopped_code text,
  credentials text,
  resumed_by uuid
);
create table exports (
  export_id uuid primary key,
  ordered_by uuid not null,
  ordered_at timestamptz not null default now(),
  password text,
  schools jsonb,
  file jsonb,
  ready_at timestamptz
);
comment on table exports is 'packages of undistributed mail (M9)';
comment on column exports.password is 'until the package is made';
comment on column receivers.full_since is 'SvarInn lists as many as it can and none of them is new: what waits behind is not seen';
comment on column receivers.credentials is 'what it was stopped with, blinded: other credentials start it again';
""")
