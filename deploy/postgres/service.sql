-- One service's schema and its two login roles (R1): the owner runs migrations, the runtime role reaches this schema's
-- rows and nothing else. Idempotent. {service}, {owner}, {runtime}, {database} are identifiers, {owner_password} and
-- {runtime_password} literals, put in by whoever runs it.
do $$ begin
  if not exists (select from pg_roles where rolname = {owner_name}) then create role {owner} login; end if;
  if not exists (select from pg_roles where rolname = {runtime_name}) then create role {runtime} login; end if;
end $$;
alter role {owner} password {owner_password};
alter role {runtime} password {runtime_password};

revoke all on database {database} from public;
revoke all on schema public from public;
grant connect on database {database} to {owner}, {runtime};

create schema if not exists {service} authorization {owner};
grant usage on schema {service} to {runtime};
alter default privileges for role {owner} in schema {service} grant select, insert, update, delete on tables to {runtime};
alter default privileges for role {owner} in schema {service} grant usage on sequences to {runtime};

-- Short locks: a migration or a handler that cannot have a lock gives way instead of stopping everybody (R14).
alter role {owner} in database {database} set search_path = {service};
alter role {owner} in database {database} set lock_timeout = '2s';
alter role {runtime} in database {database} set search_path = {service};
alter role {runtime} in database {database} set lock_timeout = '2s';
alter role {runtime} in database {database} set statement_timeout = '30s';
alter role {runtime} in database {database} set idle_in_transaction_session_timeout = '30s';
