"""Files that somebody has sent and not used yet."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table uploads (
  upload_id uuid primary key,
  staff_id uuid not null,
  key text not null,
  dossier jsonb not null,
  received_at timestamptz not null,
  expires_at timestamptz not null,
  unique (staff_id, key)
);
create index uploads_expires_at on uploads (expires_at);
comment on table uploads is 'Files sent in, for whoever sent them, until an operation takes them or a day has passed';
comment on column uploads.dossier is 'the file and its name, sealed in the vault: file names tell about persons';
""")
