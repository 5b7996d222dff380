"""How signatures were asked for, sealed; since when approvals wait; and what others were told of staff."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0030"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table documents add column approval_asked_at timestamptz;
alter table documents add column approval_reminded_at timestamptz;
update documents set approval_asked_at = now() where state = 'awaiting_approval';
create index documents_awaiting_approval on documents (approval_asked_at) where state = 'awaiting_approval';

create table staff_told (staff_id uuid primary key, fingerprint text not null, told_at timestamptz not null default now());
comment on table staff_told is 'what others were last told of each member of staff: told again when it is something else';

alter table documents add column enclosed uuid[] not null default '{}';
comment on column documents.enclosed is 'further documents of the case that go in the same letters';

alter table documents add column signing_wishes jsonb;
comment on column documents.signing_wishes is 'reference to the sealed wishes; none for what was asked before they existed';
""")
