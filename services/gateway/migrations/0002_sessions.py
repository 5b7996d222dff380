"""Sessions, log-ins under way, logouts seen, and changes to tell open pages about."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table pending_logins (
  digest bytea primary key,
  state text not null,
  nonce text not null,
  verifier text not null,
  issuer text not null,
  level text not null,
  is_forced boolean not null,
  max_age interval,
  begun_at timestamptz not null,
  expires_at timestamptz not null,
  return_to text not null,
  continues bytea
);
create index pending_logins_expires_at on pending_logins (expires_at);
comment on table pending_logins is 'Log-ins between the redirect to ID-porten and the way back; each is taken once (M29)';

create table sessions (
  digest bytea primary key,
  pid_lookup text not null,
  begun_at timestamptz not null,
  last_seen_at timestamptz not null,
  authentications jsonb not null,
  issuer text not null,
  provider_session text,
  sealed_id_token bytea not null,
  locale text
);
create index sessions_provider_session on sessions (issuer, provider_session) where provider_session is not null;
create index sessions_last_seen_at on sessions (last_seen_at);
comment on column sessions.digest is 'SHA-256 of the secret in the cookie: whoever reads the table cannot use a session';
comment on column sessions.pid_lookup is 'keyed hash of the national identity number, which is stored nowhere (M29)';

create table logouts (
  token_id text primary key,
  expires_at timestamptz not null
);
comment on table logouts is 'Back-channel logout tokens that were seen: each counts once';

create table changes (
  sequence bigint generated always as identity primary key,
  document_id uuid not null,
  case_id uuid not null,
  school_id uuid not null,
  at timestamptz not null
);
create index changes_at on changes (at);
comment on table changes is 'What changed lately, for pages that are open; ids only, and never the truth about anything';
""")
