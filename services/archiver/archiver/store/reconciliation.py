"""Reconciliations and what they found. All SQL of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sikkersak.contracts.reconciliation import Finding, Reconciliation, ReconciliationItem
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault.reference import VaultRef

COUNTED: Final = """
select r.*, coalesce((select jsonb_object_agg(verdict, n) from (
    select verdict, count(*) as n from reconciliation_items i
    where i.reconciliation_id = r.reconciliation_id group by verdict) counted), '{}') as counts,
  (select count(*) from reconciliation_items i where i.reconciliation_id = r.reconciliation_id and repaired) as repaired
from reconciliations r
"""


async def order(
    tx: Transaction, identity: UUID, since: datetime, until: datetime, *, repairs: bool, by: UUID | None
) -> Row | None:
    """A reconciliation to be done; none when the schedule has ordered that period before."""
    sql = """insert into reconciliations (reconciliation_id, period_from, period_to, repairs, asked_by)
    values ($1, $2, $3, $4, $5) on conflict do nothing returning reconciliation_id"""
    made = await tx.fetchval(sql, identity, since, until, repairs, by)
    return await reconciliation(tx, identity) if made is not None else None


async def reconciliation(tx: Transaction, identity: UUID) -> Row:
    """One, with its counts."""
    return present(await tx.fetchrow(f"{COUNTED} where reconciliation_id = $1", identity), "reconciliation")


async def latest(tx: Transaction, limit: int) -> list[Row]:
    """The latest, newest first."""
    return await tx.fetch(f"{COUNTED} order by ordered_at desc, reconciliation_id desc limit $1", limit)


async def next_to_do(tx: Transaction) -> Row | None:
    """The oldest that is not done; begun anew or gone on with."""
    sql = """update reconciliations set state = 'running', started_at = coalesce(started_at, now())
    where reconciliation_id = (select reconciliation_id from reconciliations where state <> 'done'
      order by accounts_asked_at is not null and accounts is null, ordered_at limit 1)
    returning *"""
    return await tx.fetchrow(sql)


async def not_looked_for(tx: Transaction, row: Row, most: int) -> list[Row]:
    """Records of the period that have no finding yet."""
    sql = """select * from deliveries d where kind = 'record' and ordered_at >= $2 and ordered_at < $3
    and state <> 'given_up' and not exists (
      select from reconciliation_items i where i.reconciliation_id = $1 and i.record_key = 'record:' || d.document_id)
    order by ordered_at, delivery_id limit $4"""
    return await tx.fetch(sql, row["reconciliation_id"], row["period_from"], row["period_to"], most)


async def later_of(tx: Transaction, document_id: UUID) -> list[Row]:
    """What was added to a record or changed of it later, and stands in the archive, in its order."""
    sql = """select * from deliveries where document_id = $1 and state = 'archived'
    and kind in ('evidence', 'correction', 'withdrawal') order by ordered_at"""
    return await tx.fetch(sql, document_id)


async def known(tx: Transaction, document_ids: list[UUID]) -> set[UUID]:
    """Which of these documents were ever ordered to the archive."""
    sql = "select distinct document_id from deliveries where document_id = any($1::uuid[])"
    return {row["document_id"] for row in await tx.fetch(sql, document_ids)}


async def note(
    tx: Transaction,
    identity: UUID,
    record_key: str,
    finding: Finding,
    differences: tuple[str, ...] = (),
    *,
    delivery: Row | None = None,
    repaired: bool = False,
) -> None:
    """What was found of one record. Key: the reconciliation and the record's key; the first finding counts."""
    sql = """insert into reconciliation_items
    (reconciliation_id, record_key, delivery_id, document_id, verdict, differences, repaired)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"""
    ids = (delivery["delivery_id"], delivery["document_id"]) if delivery is not None else (None, None)
    await tx.execute(sql, identity, record_key, *ids, finding.value, list(differences), repaired)


async def items(
    tx: Transaction, identity: UUID, finding: Finding | None, after: str | None, limit: int
) -> list[ReconciliationItem]:
    """The findings of one kind, or all that are not plainly confirmed."""
    sql = """select * from reconciliation_items where reconciliation_id = $1
    and case when $2::text is null then verdict <> 'confirmed' else verdict = $2 end
    and ($3::text is null or record_key > $3) order by record_key limit $4"""
    rows = await tx.fetch(sql, identity, finding.value if finding else None, after, limit)
    return [_item(row) for row in rows]


async def every_item(tx: Transaction, identity: UUID) -> list[ReconciliationItem]:
    """All findings, for the report."""
    sql = "select * from reconciliation_items where reconciliation_id = $1 order by record_key"
    return [_item(row) for row in await tx.fetch(sql, identity)]


async def ask_for_accounts(tx: Transaction, identity: UUID) -> bool:
    """Notes that cases is asked, once; false when it was asked before."""
    sql = """update reconciliations set accounts_asked_at = now()
    where reconciliation_id = $1 and accounts_asked_at is null returning true"""
    return bool(await tx.fetchval(sql, identity))


async def keep_accounts(tx: Transaction, identity: UUID, listing: VaultRef) -> None:
    """What cases answered; the first answer counts."""
    sql = (
        "update reconciliations set accounts = $2 where reconciliation_id = $1 and accounts is null and state <> 'done'"
    )
    await tx.execute(sql, identity, listing.model_dump(mode="json"))


async def accounts(tx: Transaction, identity: UUID, patience: timedelta) -> tuple[dict[str, Any] | None, bool]:
    """The reference to what cases answered, and whether there is no more waiting for it."""
    sql = """select accounts, accounts is not null or accounts_asked_at < now() - $2::interval as is_over
    from reconciliations where reconciliation_id = $1"""
    row = present(await tx.fetchrow(sql, identity, patience), "reconciliation")
    return row["accounts"], bool(row["is_over"])


async def finish(tx: Transaction, identity: UUID, report: str, signature: str, key_id: str) -> None:
    """Done, with its signed report."""
    sql = """update reconciliations set state = 'done', ended_at = now(), report = $2, signature = $3, key_id = $4
    where reconciliation_id = $1"""
    await tx.execute(sql, identity, report, signature, key_id)


async def report_key(tx: Transaction, key_id: str | None = None) -> Row | None:
    """The newest key, or the one that is named."""
    sql = "select * from report_keys where $1::text is null or key_id = $1 order by made_at desc limit 1"
    return await tx.fetchrow(sql, key_id)


async def keep_report_key(tx: Transaction, key_id: str, public_key: str, private_key: dict[str, Any]) -> None:
    """A new key; the public half stays for as long as there are reports that it signed."""
    sql = "insert into report_keys (key_id, public_key, private_key) values ($1, $2, $3) on conflict do nothing"
    await tx.execute(sql, key_id, public_key, private_key)


def shown(row: Row) -> Reconciliation:
    """A row as people see it."""
    return Reconciliation.model_validate({name: row[name] for name in Reconciliation.model_fields})


def _item(row: Row) -> ReconciliationItem:
    told = {name: row[name] for name in ReconciliationItem.model_fields if name != "finding"}
    return ReconciliationItem.model_validate(told | {"finding": row["verdict"]})
