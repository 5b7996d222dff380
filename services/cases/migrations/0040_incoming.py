"""What is said of mail when it is registered, and the shipments that replies refer to."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0040"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table documents add column document_date date, add column category text;
comment on column documents.document_date is 'the day that the document itself bears (M8); none: the day it was finished';
alter table letters add column shipment_id uuid;
comment on column letters.shipment_id is 'SvarUt''s id of the letter: a reply to it says so (svarPaForsendelse)';
create index letters_shipment on letters (shipment_id) where shipment_id is not null;
""")
