"""The audit log: append-only for everyone, chained by hashes (M18, R9)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table audit (
  sequence bigint primary key,
  at timestamptz not null,
  actor_id uuid,
  act text not null,
  case_id uuid,
  document_id uuid,
  details jsonb not null default '{}',
  previous bytea not null,
  hash bytea not null
);
create index audit_case on audit (case_id, sequence desc);
create index audit_login on audit ((details->>'session')) where act in ('login', 'login-refused');

create function audit_hash(sequence bigint, at timestamptz, actor_id uuid, act text, case_id uuid, document_id uuid,
                           details jsonb, previous bytea) returns bytea language sql immutable as $$
  select sha256(convert_to(concat_ws('|', sequence, extract(epoch from at), coalesce(actor_id::text, '-'), act,
    coalesce(case_id::text, '-'), coalesce(document_id::text, '-'), details::text, encode(previous, 'hex')), 'UTF8'))
$$;

-- One writer at a time, so that the chain has one end. The lock is released by the commit.
create function chain_audit() returns trigger language plpgsql as $$
declare last record;
begin
  perform pg_advisory_xact_lock(hashtext('audit:' || tg_table_schema));
  select sequence, hash into last from audit order by sequence desc limit 1;
  new.sequence := coalesce(last.sequence, 0) + 1;
  new.previous := coalesce(last.hash, sha256('audit'));
  new.at := clock_timestamp();
  new.hash := audit_hash(new.sequence, new.at, new.actor_id, new.act, new.case_id, new.document_id, new.details, new.previous);
  return new;
end $$;
create trigger audit_chained before insert on audit for each row execute function chain_audit();

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log cannot be rewritten' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function refuse_rewriting();

-- The service's own role may add and read, no more.
do $$
declare reader text;
begin
  for reader in select distinct grantee from information_schema.role_table_grants
                where table_schema = current_schema() and table_name = 'audit' and grantee <> current_user loop
    execute format('revoke update, delete, truncate on audit from %I', reader);
  end loop;
end $$;
""")
