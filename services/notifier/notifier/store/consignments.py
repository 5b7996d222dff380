"""What notifier keeps: consignments and the attempts on each. All SQL of the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from notifier.domain import EFFECTS_OFF, EFFECTS_OFF_DETAIL, PRICES
from sikkersak.contracts.notifier import (
    Announce,
    AttemptView,
    ConsignmentKind,
    ConsignmentState,
    ConsignmentView,
    ForwardToArchive,
    ForwardToOrganisation,
    ListConsignments,
    Notice,
    SendLetter,
)
from sikkersak.errors import NotFound
from sikkersak.guidance.letters import letter_choices
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault import VaultRef

HOLD: Final = timedelta(seconds=30)
UNFINISHED: Final = "state in ('waiting', 'trying') and not is_open"
FREE: Final = "(held_until is null or held_until < now())"


async def add_letter(tx: Transaction, order: SendLetter) -> bool:
    """A new letter; false when it is known already. Key: letter_id."""
    sql = """
    insert into consignments (consignment_id, kind, document_id, case_id, school_id, dossier, staff_id)
    values ($1, 'letter', $2, $3, $4, $5, $6) on conflict do nothing returning true
    """
    ids = (order.letter_id, order.document_id, order.case_id, order.school_id)
    return bool(await tx.fetchval(sql, *ids, order.dossier.model_dump(mode="json"), order.asked_by))


async def add_forwarding(tx: Transaction, order: ForwardToArchive) -> bool:
    """A new forwarding; false when it is known already. Key: mail_id."""
    sql = """
    insert into consignments (consignment_id, kind, dossier) values ($1, 'forwarding', $2)
    on conflict do nothing returning true
    """
    return bool(await tx.fetchval(sql, order.mail_id, order.dossier.model_dump(mode="json")))


async def add_redirection(tx: Transaction, order: ForwardToOrganisation) -> bool:
    """Mail to another organisation; false when it is known already, this way or another. Key: mail_id."""
    sql = """
    insert into consignments (consignment_id, kind, dossier) values ($1, 'redirection', $2)
    on conflict do nothing returning true
    """
    return bool(await tx.fetchval(sql, order.mail_id, order.dossier.model_dump(mode="json")))


async def add_notice(tx: Transaction, order: Announce) -> bool:
    """A new notice; false when it is known already. Key: notice_id."""
    sql = """
    insert into consignments (consignment_id, kind, notice, school_id, count) values ($1, 'notice', $2, $3, $4)
    on conflict do nothing returning true
    """
    return bool(await tx.fetchval(sql, order.notice_id, order.notice.value, order.school_id, order.count))


async def add_announcement(tx: Transaction, notice: Notice, school_id: UUID | None, text: VaultRef) -> Row:
    """A person's announcement to one school's channel, or to the common one."""
    sql = """
    insert into consignments (consignment_id, kind, notice, school_id, dossier) values ($1, 'notice', $2, $3, $4)
    returning *
    """
    return present(
        await tx.fetchrow(sql, new_id(), notice.value, school_id, text.model_dump(mode="json")), "consignment"
    )


async def add_to_digest(
    tx: Transaction, notice: Notice, audience: str, school_id: UUID | None, wait: timedelta, count: int = 1
) -> None:
    """Counts `count` more in the open notice of this kind and audience, or opens one that goes out after `wait`."""
    sql = """
    insert into consignments (consignment_id, kind, notice, school_id, digest, is_open, next_try_at, count)
    values ($1, 'notice', $2, $3, $4, true, now() + $5::interval, $6)
    on conflict (digest) where is_open do update set count = consignments.count + $6
    """
    await tx.execute(sql, new_id(), notice.value, school_id, f"{notice.value}:{audience}", wait, count)


async def close_digests(tx: Transaction) -> list[UUID]:
    """Notices that have gathered long enough: closed, so that what comes later opens another."""
    sql = """
    update consignments set is_open = false, next_try_at = now() where consignment_id in (
      select consignment_id from consignments where is_open and next_try_at <= now() limit 100 for update skip locked
    ) returning consignment_id
    """
    return [row["consignment_id"] for row in await tx.fetch(sql)]


async def consignment(tx: Transaction, consignment_id: UUID, *, for_update: bool = False) -> Row:
    """One consignment."""
    sql = f"select * from consignments where consignment_id = $1 {'for update' if for_update else ''}"
    row = await tx.fetchrow(sql, consignment_id)
    if row is None:
        raise NotFound("consignment")
    return row


async def take(tx: Transaction, consignment_id: UUID, holder: UUID) -> Row | None:
    """The consignment, in hand for `HOLD`, if it is unfinished and nobody else has it in hand."""
    sql = f"""
    update consignments set held_by = $2, held_until = now() + $3::interval
    where consignment_id = $1 and {UNFINISHED} and {FREE} returning *
    """
    return await tx.fetchrow(sql, consignment_id, holder, HOLD)


async def keep_hold(tx: Transaction, consignment_id: UUID, holder: UUID) -> None:
    """Keeps it in hand for another `HOLD`."""
    sql = "update consignments set held_until = now() + $3::interval where consignment_id = $1 and held_by = $2"
    await tx.execute(sql, consignment_id, holder, HOLD)


async def release(tx: Transaction, consignment_id: UUID, holder: UUID) -> None:
    """Lets go of it."""
    sql = "update consignments set held_by = null, held_until = null where consignment_id = $1 and held_by = $2"
    await tx.execute(sql, consignment_id, holder)


async def begin_attempt(tx: Transaction, consignment_id: UUID) -> int:
    """Notes that it is tried now; returns the attempt's id."""
    await tx.execute("update consignments set attempts = attempts + 1 where consignment_id = $1", consignment_id)
    sql = "insert into attempts (consignment_id) values ($1) returning attempt_id"
    return int(await tx.fetchval(sql, consignment_id))


async def end_attempt(tx: Transaction, attempt_id: int, verdict: str, reason: str | None = None) -> None:
    """Notes what came of it."""
    sql = "update attempts set ended_at = now(), verdict = $2, reason = $3 where attempt_id = $1"
    await tx.execute(sql, attempt_id, verdict, reason)


async def update(tx: Transaction, consignment_id: UUID, **values: Any) -> Row:
    """Sets columns. Their names come from the code that calls, never from outside."""
    columns = ", ".join(f"{name} = ${position}" for position, name in enumerate(values, 2))
    sql = f"update consignments set {columns} where consignment_id = $1 returning *"
    row = await tx.fetchrow(sql, consignment_id, *values.values())
    if row is None:
        raise NotFound("consignment")
    return row


async def come_back(tx: Transaction, consignment_id: UUID, pause: timedelta) -> None:
    """A message for it is alive and comes back after `pause`: the sweep must not add another."""
    sql = "update consignments set next_try_at = now() + $2::interval where consignment_id = $1"
    await tx.execute(sql, consignment_id, pause)


async def wait_for_effects(tx: Transaction, consignment_id: UUID) -> None:
    """Waits, visibly, until outward effects are switched on."""
    sql = f"""
    update consignments set code = $2, detail = $3, next_try_at = null where consignment_id = $1 and {UNFINISHED}
    """
    await tx.execute(sql, consignment_id, EFFECTS_OFF, EFFECTS_OFF_DETAIL)


async def let_go(tx: Transaction) -> list[Row]:
    """Those that waited for outward effects, which are on now; their time begins anew, but old news stays old."""
    sql = f"""
    update consignments set code = null, detail = null, next_try_at = now(),
      started_at = case when kind = 'notice' then started_at else now() end
    where code = $1 and {UNFINISHED} returning consignment_id, kind
    """
    return await tx.fetch(sql, EFFECTS_OFF)


async def stalled(tx: Transaction, grace: timedelta) -> list[Row]:
    """Those whose next try is overdue by `grace`, so that no message moves them any more; the sweep moves them."""
    sql = f"""
    update consignments set next_try_at = now() where consignment_id in (
      select consignment_id from consignments where {UNFINISHED} and {FREE} and next_try_at < now() - $1::interval
      order by next_try_at limit 500 for update skip locked
    ) returning consignment_id, kind
    """
    return await tx.fetch(sql, grace)


async def outlived(tx: Transaction, kind: ConsignmentKind, lifetime: timedelta) -> list[Row]:
    """Those that have been tried for longer than their kind's lifetime."""
    sql = f"""
    select * from consignments
    where kind = $1 and {UNFINISHED} and {FREE} and code is distinct from $3 and started_at < now() - $2::interval
    limit 100 for update skip locked
    """
    return await tx.fetch(sql, kind.value, lifetime, EFFECTS_OFF)


async def due_for_a_look(tx: Transaction, limit: int) -> list[Row]:
    """Letters on their way whose time to be looked at has come."""
    sql = """
    select * from consignments where state = 'sent' and kind in ('letter', 'redirection') and next_look_at <= now()
    order by next_look_at limit $1
    """
    return await tx.fetch(sql, limit)


async def lock(tx: Transaction, consignment_ids: Sequence[UUID]) -> list[Row]:
    """These, locked for this transaction, always in the same order."""
    sql = "select * from consignments where consignment_id = any($1) order by consignment_id for update"
    return await tx.fetch(sql, list(consignment_ids))


async def spent_passwords(tx: Transaction) -> list[Row]:
    """Forwardings that are delivered while their password still lies sealed."""
    return await tx.fetch("select * from consignments where password is not null and state = 'delivered' limit 100")


@dataclass(frozen=True)
class Sight:
    """What an actor may see: everything, some schools, or one document that the asker has access to already."""

    everything: bool = False
    schools: tuple[UUID, ...] = ()
    document_id: UUID | None = None


VISIBLE: Final = "($1 or school_id = any($2::uuid[]) or (kind = 'letter' and document_id = $3))"


async def page(tx: Transaction, sight: Sight, asked: ListConsignments, before: int | None) -> list[Row]:
    """Newest first, of what may be seen."""
    sql = f"""
    select * from consignments where {VISIBLE} and not is_open
      and ($4::text is null or kind = $4) and ($5::uuid is null or document_id = $5)
      and ($6::text is null or state = $6) and ($7::bigint is null or number < $7)
      and ($8::uuid is null or school_id = $8) and ($9::timestamptz is null or ordered_at >= $9)
    order by number desc limit $10
    """
    wanted = (asked.kind, asked.document_id, asked.state, before, asked.school_id, asked.since, asked.limit)
    return await tx.fetch(sql, sight.everything, list(sight.schools), sight.document_id, *wanted)


async def visible(tx: Transaction, sight: Sight, consignment_id: UUID) -> Row:
    """One consignment that may be seen, locked for this transaction."""
    sql = f"select * from consignments where {VISIBLE} and consignment_id = $4 for update"
    row = await tx.fetchrow(sql, sight.everything, list(sight.schools), sight.document_id, consignment_id)
    if row is None:
        raise NotFound("consignment")
    return row


async def tries(tx: Transaction, consignment_id: UUID) -> list[AttemptView]:
    """Every try of one consignment."""
    sql = "select began_at, ended_at, verdict, reason from attempts where consignment_id = $1 order by attempt_id"
    return [AttemptView.model_validate(dict(row)) for row in await tx.fetch(sql, consignment_id)]


def view(row: Row) -> ConsignmentView:
    """As staff and operators see it."""
    state, is_letter = ConsignmentState(row["state"]), row["kind"] == ConsignmentKind.LETTER
    return ConsignmentView(
        school_id=row["school_id"],
        choices=letter_choices(state, row["code"]) if is_letter else (),
        price_class=PRICES.get(row["carrier_status"] or "") if is_letter else None,
        consignment_id=row["consignment_id"],
        kind=ConsignmentKind(row["kind"]),
        document_id=row["document_id"],
        state=state,
        code=row["code"],
        detail=row["detail"],
        carrier_status=row["carrier_status"],
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        ordered_at=row["ordered_at"],
        changed_at=row["changed_at"],
        number=row["number"],
    )
