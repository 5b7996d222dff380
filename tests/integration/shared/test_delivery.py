"""From a committed change to an effect made once: outbox, relay, inbox, ladder, parking, replay (R2–R6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest

from sikkersak.contracts.signing import CreateJob, RequestSignatures
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.messaging.handlers import pause, resume
from sikkersak.messaging.outbox import backlog, say
from sikkersak.messaging.parking import parked, replay
from sikkersak.messaging.topology import WORK_QUEUES
from sikkersak.persistence.database import Transaction
from sikkersak.testing.sandbox import Sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault.reference import VaultRef

DOSSIER = VaultRef(sha256="a" * 64, size=1, media_type="application/json")


def order(job_id: UUID | None = None) -> RequestSignatures:
    return RequestSignatures(job_id=job_id or uuid4(), document_id=uuid4(), school_id=uuid4(), dossier=DOSSIER)


async def put(place: Sandbox, body: bytes, *, exchange: str = "events", key: str, **properties: Any) -> None:
    """Publishes what no code of ours would."""
    connection = await aio_pika.connect(place.rabbitmq_url)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        target = await channel.get_exchange(exchange, ensure=False)
        await target.publish(aio_pika.Message(body, delivery_mode=2, **properties), routing_key=key)


async def say_and_relay(small: Any, *messages: Any) -> None:
    async with small.database.transaction() as tx:
        for message in messages:
            await say(tx, message)
    await small.relay.drain()


async def test_what_commits_is_heard_and_what_rolls_back_is_not(small: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        async with small.database.transaction() as tx:
            await say(tx, order())
            raise ZeroDivisionError
    said = order()
    await say_and_relay(small, said)
    await eventually(lambda: _is(len(small.desk.heard) == 1))
    assert small.desk.heard == [said]
    async with small.database.transaction() as tx:
        assert (await backlog(tx))[0] == 0


async def _is(value: Any) -> Any:
    return value


async def test_a_message_that_comes_twice_has_one_effect(small: Any, place: Sandbox) -> None:
    said, message_id = order(), str(uuid4())
    for _ in range(3):
        await put(
            place,
            said.model_dump_json().encode(),
            key="signing.request.v1",
            type="signing.request.v1",
            message_id=message_id,
            content_type="application/json",
        )
    await eventually(lambda: _is(small.metrics.inbox_duplicates_total._value.get() == 2))
    assert len(small.desk.heard) == 1


async def is_listening(small: Any) -> bool:
    """Whether a connection of this database's own waits for notifications."""
    sql = "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen %'"
    async with small.database.transaction() as tx:
        return bool(await tx.fetchval(sql))


async def test_the_relay_wakes_by_notify_long_before_its_poll(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sikkersak.messaging.outbox.POLL_SECONDS", 600.0)  # what leaves, was not found by looking
    relaying = asyncio.create_task(small.relay.run())
    try:
        await eventually(lambda: is_listening(small), what="the relay's listening")
        async with small.database.transaction() as tx:
            await say(tx, order())
        await eventually(lambda: _is(small.desk.heard), what="the order")
    finally:
        small.relay.stop()
        await relaying


async def test_two_relays_empty_one_outbox_without_sending_twice(small: Any) -> None:
    said = [order() for _ in range(300)]
    async with small.database.transaction() as tx:
        for one in said:
            await say(tx, one)
    await asyncio.gather(small.relay.drain(), small.relay.drain())
    await eventually(lambda: _is(len(small.desk.heard) == 300))
    assert small.metrics.inbox_duplicates_total._value.get() == 0
    assert {one.job_id for one in small.desk.heard} == {one.job_id for one in said}


async def test_a_row_that_cannot_be_routed_stays_and_holds_up_nobody(small: Any) -> None:
    async with small.database.transaction() as tx:
        await tx.execute(
            "insert into outbox (message_id, message_type, headers, body) values ($1, $2, '{}', '{}')",
            uuid4(),
            "x" * 300,
        )
    good = order()
    await say_and_relay(small, good)
    await eventually(lambda: _is(small.desk.heard == [good]))
    async with small.database.transaction() as tx:
        row = await tx.fetchrow("select failures, last_failure from outbox")
    assert row["failures"] == 1
    assert row["last_failure"]


@pytest.mark.hasty
async def test_a_transient_failure_comes_back_by_itself(small: Any, place: Sandbox) -> None:
    failures = iter([Transient("away"), CircuitOpen("known to be down"), CircuitOpen("still down")])

    async def fail_at_first(_: CreateJob) -> None:
        failure = next(failures, None)
        if failure:
            raise failure

    small.desk.on_create = fail_at_first
    await say_and_relay(small, CreateJob(job_id=uuid4()))
    await eventually(lambda: _is(small.desk.heard))
    assert await place.depth("signing.create.parking") == 0


@pytest.mark.hasty
async def test_the_last_step_of_the_ladder_is_parking_with_reason_and_count(small: Any, place: Sandbox) -> None:
    async def always_away(_: CreateJob) -> None:
        raise Transient("the signing service does not answer")

    small.desk.on_create = always_away
    await say_and_relay(small, CreateJob(job_id=uuid4()))
    await eventually(lambda: place.depth("signing.create.parking"))
    async with place.connection() as connection:
        (seen,) = await parked(connection, "signing.create")
    assert (seen.outcome, seen.attempts) == ("exhausted", 7)
    assert seen.reason == "the signing service does not answer"
    assert seen.first_failed_at < seen.last_failed_at


async def test_a_retry_after_picks_a_step_that_is_long_enough(small: Any, place: Sandbox) -> None:
    async def busy(_: CreateJob) -> None:
        raise Transient("busy", retry_after=timedelta(seconds=90))

    small.desk.on_create = busy
    await say_and_relay(small, CreateJob(job_id=uuid4()))

    async def waiting() -> int:
        return sum([await place.depth(f"signing.create.retry.2m{later}") for later in ("", ".late")])

    await eventually(waiting)


async def test_a_declined_message_is_parked_at_once(small: Any, place: Sandbox) -> None:
    async def no(_: RequestSignatures, __: Transaction) -> None:
        raise Declined("no-signers", "Ingen å signere.")

    small.desk.on_request = no
    await say_and_relay(small, order())
    await eventually(lambda: place.depth("signing.orders.parking"))
    async with place.connection() as connection:
        (seen,) = await parked(connection, "signing.orders")
    assert seen.outcome == "declined"


async def test_a_poisoned_message_is_parked_with_its_reason_and_replayed_after_the_mend(
    small: Any, place: Sandbox
) -> None:
    async def bug(_: RequestSignatures, __: Transaction) -> None:
        raise KeyError("Kari Nordmann")

    small.desk.on_request = bug
    poisoned, healthy = order(), order()
    await say_and_relay(small, poisoned)
    await eventually(lambda: place.depth("signing.orders.parking"))
    small.desk.on_request = None
    await say_and_relay(small, healthy)
    await eventually(lambda: _is(small.desk.heard == [healthy]))

    async with place.connection() as connection:
        (seen,) = await parked(connection, "signing.orders")
        assert (seen.outcome, seen.reason) == (
            "bug",
            "KeyError",
        )  # the text of a foreign exception may be somebody's name
        assert await replay(connection, "signing.orders", by="test", choice=lambda one: one.fingerprint == "other") == 0
        assert (
            await replay(
                connection, "signing.orders", by="test", choice=lambda one: one.fingerprint == seen.fingerprint
            )
            == 1
        )
    await eventually(lambda: _is(poisoned in small.desk.heard))
    assert await place.depth("signing.orders.parking") == 0


async def test_an_effect_that_failed_half_way_leaves_no_inbox_row(small: Any) -> None:
    async def half_way(_: RequestSignatures, tx: Transaction) -> None:
        await tx.execute("insert into leases values ('half', gen_random_uuid(), now())")
        raise KeyError

    small.desk.on_request = half_way
    await say_and_relay(small, order())
    await eventually(lambda: _is(small.metrics.parked_total.labels(queue="signing.orders", outcome="bug")._value.get()))
    async with small.database.transaction() as tx:
        assert await tx.fetchval("select count(*) from inbox") == 0
        assert await tx.fetchval("select count(*) from leases") == 0


HOSTILE = {
    "not JSON": b"\xff\xfe not json",
    "not the contract": b'{"job_id": "not a uuid"}',
    "a bare string": b'"hello"',
    "empty": b"",
    "1 MB": b'{"job_id": "' + b"x" * 1_000_000 + b'"}',
}


@pytest.mark.parametrize(
    "queue", [queue for queue in WORK_QUEUES if queue.service == "signing"], ids=lambda queue: queue.name
)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("content_type", ["application/json", None])
async def test_what_is_not_a_message_is_parked_and_stops_nothing(
    small: Any, place: Sandbox, queue: Any, body: bytes, content_type: str | None
) -> None:
    message_type = queue.hears[0]
    await put(place, body, key=message_type, type=message_type, message_id=str(uuid4()), content_type=content_type)
    await eventually(lambda: place.depth(f"{queue.name}.parking"))
    good = order()
    await say_and_relay(small, good)
    await eventually(lambda: _is(good in small.desk.heard))


async def test_a_type_that_nobody_knows_is_parked(small: Any, place: Sandbox) -> None:
    await put(
        place, b"{}", exchange="redeliver", key="signing.orders", type="signing.unheard_of.v9", message_id=str(uuid4())
    )
    await eventually(lambda: place.depth("signing.orders.parking"))


async def test_a_message_without_identity_is_parked(small: Any, place: Sandbox) -> None:
    body = order().model_dump_json().encode()
    await put(
        place,
        body,
        key="signing.request.v1",
        type="signing.request.v1",
        message_id="7",
        content_type="application/json",
    )
    await eventually(lambda: place.depth("signing.orders.parking"))


async def test_what_is_routed_nowhere_is_kept(small: Any, place: Sandbox) -> None:
    await put(place, b"{}", key="nobody.hears.this.v1", message_id=str(uuid4()))
    await eventually(lambda: place.depth("unrouted"))


async def test_a_paused_consumer_takes_nothing_and_resumes_where_it_was(small: Any, place: Sandbox) -> None:
    await pause(small.broker, ["signing.orders"])
    await say_and_relay(small, *(order() for _ in range(20)))
    await eventually(lambda: place.depth("signing.orders"))
    assert small.desk.heard == []
    await resume(small.broker, ["signing.orders"])
    await eventually(lambda: _is(len(small.desk.heard) == 20))
