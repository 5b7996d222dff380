"""How each rendition came to be, also where none did; documents found inside documents; what people chose (M24)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table renditions add column validator_version text not null default '';
alter table renditions add column failed_rules text[] not null default '{}';
alter table renditions add column sameness jsonb;
alter table renditions add column source_kind text;
alter table renditions add column pages integer;
alter table renditions add column size bigint;
alter table renditions add column seconds double precision;
alter table renditions add column peak_mb integer;
comment on column renditions.failed_rules is 'what the highest level that was tried failed at; the level delivered failed at nothing';

create table rendered_documents (
  document_key uuid primary key,
  delivery_id uuid not null references deliveries,
  holder_key uuid,
  depth integer not null default 0,
  position integer not null default 0,
  is_main boolean not null,
  media_type text not null,
  document jsonb,
  opened jsonb,
  accepts_difference boolean not null default false,
  is_left_out boolean not null default false,
  state text not null default 'waiting',
  code text,
  detail text,
  changed_at timestamptz not null default now()
);
create index rendered_documents_delivery on rendered_documents (delivery_id, depth, position);
comment on table rendered_documents is 'each document of a delivery on its way to PDF/A, those found inside others too';
comment on column rendered_documents.holder_key is 'the document that it lay inside';
comment on column rendered_documents.document is 'what was found inside: the document, sealed in the vault';
comment on column rendered_documents.opened is 'the file without the password that a person knew';

create table rendition_tries (
  try_id bigint generated always as identity primary key,
  delivery_id uuid not null references deliveries,
  document_key uuid not null,
  number integer not null,
  at timestamptz not null default now(),
  rung text not null,
  reason text not null,
  flavour text,
  validator text,
  version text,
  is_valid boolean,
  failed_rules text[] not null default '{}',
  sameness jsonb
);
create index rendition_tries_document on rendition_tries (document_key, try_id);
comment on table rendition_tries is 'every rung tried for a document, with the verdict and how alike it was';

create table rendition_choices (
  choice_id bigint generated always as identity primary key,
  delivery_id uuid not null references deliveries,
  document_key uuid not null,
  at timestamptz not null default now(),
  choice text not null,
  reason text not null,
  chosen_by uuid not null,
  code text
);
create index rendition_choices_document on rendition_choices (document_key, choice_id);
comment on table rendition_choices is 'what people decided for documents that cannot be rendered, and why';
""")
