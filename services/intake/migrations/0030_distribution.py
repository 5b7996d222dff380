"""The plan in versions, mail that is split, decisions that can be undone, the paper register, equal files."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table plan_versions (
  version integer primary key,
  valid_from timestamptz not null default now(),
  put_at timestamptz not null default now(),
  put_by uuid,
  remark text
);
create table plan_entries (
  version integer not null references plan_versions,
  position integer not null,
  entry jsonb not null,
  primary key (version, position)
);
comment on table plan_versions is 'Post inn til skoler (M7): a version is never changed; the newest whose day has come counts';
insert into plan_versions (version, remark) select 1, 'Planen slik den var' where exists (select from plan);
insert into plan_entries (version, position, entry)
select 1, row_number() over (order by organisation), to_jsonb(plan) from plan;

alter table mail
  add column held_until timestamptz,
  add column split_from uuid references mail,
  add column forwarded_to text,
  add column settled_at timestamptz,
  add column content_removed_at timestamptz;
comment on column mail.settled_at is 'when the receiver of forwarded mail had it';
comment on column mail.held_until is 'the order is said then; until then the decision can be undone';
create index mail_held on mail (held_until) where held_until is not null;
create index mail_parts on mail (split_from) where split_from is not null;
create index mail_set_aside on mail (decided_at) where state in ('discarded', 'forwarded') and content_removed_at is null;

alter table attachments add column sha256 text generated always as (file->'ref'->>'sha256') stored;
create index attachments_content on attachments (sha256);

create table papers (
  paper_id uuid primary key,
  school_id uuid not null,
  mail_id uuid unique references mail,
  reference text not null,
  place text not null,
  kept_since date not null,
  shred_from date not null,
  reminded_at timestamptz,
  shredded_on date,
  shredded_by uuid,
  noted_by uuid,
  noted_at timestamptz not null default now()
);
comment on table papers is 'paper that was scanned and is kept before it is shredded (M6)';
create index papers_school on papers (school_id, shred_from, paper_id);
create index papers_due on papers (shred_from) where shredded_on is null;
""")
