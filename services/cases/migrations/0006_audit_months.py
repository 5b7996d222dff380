"""The audit log by months, added to by one function only, with its end and its signed seals beside it (M18, R9)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
drop trigger audit_chained on audit;
drop trigger audit_append_only on audit;
alter table audit rename to audit_before;
alter index audit_case rename to audit_before_case;
alter index audit_login rename to audit_before_login;

create table audit (
  sequence bigint not null,
  at timestamptz not null,
  actor_id uuid,
  act text not null,
  case_id uuid,
  document_id uuid,
  details jsonb not null default '{}',
  previous bytea not null,
  hash bytea not null,
  primary key (sequence, at)
) partition by range (at);
create table audit_other partition of audit default;
create index audit_case on audit (case_id, sequence desc);
create index audit_actor on audit (actor_id, sequence desc);
create index audit_login on audit ((details->>'session')) where act in ('login', 'login-refused');

create table audit_end (
  is_the_only boolean primary key default true check (is_the_only),
  sequence bigint not null,
  hash bytea not null
);
comment on table audit_end is 'the end of the chain: whoever adds a row holds it until the commit; a missing last row shows';

create table audit_seals (
  sequence bigint primary key,
  made_at timestamptz not null default now(),
  hash bytea not null,
  seal text not null
);
comment on table audit_seals is 'the chain at a moment, signed with a key that the database does not have';

create table audit_exports (
  month date primary key,
  made_at timestamptz not null default now(),
  first bigint not null,
  last bigint not null,
  file jsonb not null,
  manifest text not null
);
comment on table audit_exports is 'a month of the log as a file in the vault, its manifest signed';

-- A month's partition, guarded like the log itself. Callable by the service, which owns none of it.
create function prepare_audit_months(ahead integer) returns integer language plpgsql security definer as $$
declare made integer := 0; month date; part text;
begin
  for month in select generate_series(date_trunc('month', now() at time zone 'UTC'),
                                      date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead),
                                      interval '1 month')::date loop
    part := 'audit_' || to_char(month, 'YYYY_MM');
    if to_regclass(part) is null then
      execute format('create table %I partition of audit for values from (%L) to (%L)', part,
                     month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      perform guard_audit(part);
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;

create function guard_audit(guarded text) returns void language plpgsql as $$
declare other text;
begin
  for other in select distinct grantee from information_schema.role_table_grants
               where table_schema = current_schema() and table_name = guarded and grantee <> current_user loop
    execute format('revoke all on %I from %I', guarded, other);
    execute format('grant select on %I to %I', guarded, other);
  end loop;
  execute format('create trigger %I before truncate on %I for each statement execute function refuse_rewriting()',
                 guarded || '_kept', guarded);
end $$;

-- The only way in. Who calls it chooses neither number nor time nor what came before.
create function note_audit(actor_id uuid, act text, case_id uuid, document_id uuid, details jsonb) returns void
language plpgsql security definer as $$
declare
  ending audit_end; marked jsonb := details; moment timestamptz; link bytea;
  by_grant text := nullif(current_setting('sikkersak.audit_grant', true), '');
begin
  select * into ending from audit_end for update;
  moment := clock_timestamp();
  if by_grant is not null then marked := marked || jsonb_build_object('grant', by_grant); end if;
  link := audit_hash(ending.sequence + 1, moment, actor_id, act, case_id, document_id, marked, ending.hash);
  insert into audit values (ending.sequence + 1, moment, actor_id, act, case_id, document_id, marked, ending.hash, link);
  update audit_end set sequence = ending.sequence + 1, hash = link;
end $$;

insert into audit select * from audit_before;
insert into audit_end
select true, coalesce(max(sequence), 0), coalesce((array_agg(hash order by sequence desc))[1], sha256('audit')) from audit;
drop table audit_before;
drop function chain_audit();

create trigger audit_append_only before update or delete on audit for each row execute function refuse_rewriting();
create trigger audit_seals_kept before update or delete or truncate on audit_seals
  for each statement execute function refuse_rewriting();
create trigger audit_exports_kept before update or delete or truncate on audit_exports
  for each statement execute function refuse_rewriting();
select guard_audit('audit'), guard_audit('audit_other'), guard_audit('audit_end');
select prepare_audit_months(24);

do $$
declare other text; named text;
begin
  foreach named in array array['note_audit(uuid, text, uuid, uuid, jsonb)', 'prepare_audit_months(integer)'] loop
    execute format('alter function %s set search_path = %I, pg_temp', named, current_schema());
  end loop;
  foreach named in array array['audit_seals', 'audit_exports'] loop
    for other in select distinct grantee from information_schema.role_table_grants
                 where table_schema = current_schema() and table_name = named and grantee <> current_user loop
      execute format('revoke all on %I from %I', named, other);
      execute format('grant select, insert on %I to %I', named, other);
    end loop;
  end loop;
end $$;
""")
