"""Jobs for people at the screen: which flow, where to ask, and the token that the browser brought."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table jobs add column flow text not null default 'portal';
alter table jobs add column status_url text;
alter table jobs add column status_token text;
alter table jobs add column asked_by uuid;
comment on column jobs.flow is 'portal: invited by the signing service; direct: present at the screen';
comment on column jobs.status_token is 'brought by the browser; good for one look at the status, and forgotten after it';

alter table signers add column address text;
comment on column signers.address is 'where the signing service is asked for a fresh link for this signer; of no use to browsers';
""")
