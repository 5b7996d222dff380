"""A request for access and its answer are registry entries, in a case of the request's own (M12, M19)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0120"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
create table access_request_entries (
  request_id uuid not null references access_requests,
  kind text not null check (kind in ('request', 'answer')),
  document_id uuid not null unique references documents,
  primary key (request_id, kind)
);
comment on table access_request_entries is 'each is registered once: what is handed out twice makes no second entry (M27)';

-- What was registered stays registered.
create trigger access_request_entries_kept before update or delete on access_request_entries
  for each row execute function refuse_history_change();

-- Answered, and registered: both at the commit, or neither. What is taken back was asked for all the same.
create function demand_request_entry() returns trigger language plpgsql as $$
begin
  if not exists (select from access_request_entries where request_id = new.request_id
                 and kind = case new.state when 'answered' then 'answer' else 'request' end) then
    raise exception 'request for access % is % without a registry entry', new.request_id, new.state
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger access_requests_registered after update of state on access_requests
  deferrable initially deferred for each row when (new.state in ('answered', 'withdrawn'))
  execute function demand_request_entry();
""")
