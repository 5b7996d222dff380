"""Any order, repetition and crash point of SvarInn's answers: registered once, acknowledged only when stored (M1, R4, R7).

The poller is the service's own, on a real database and a real vault. SvarInn is a model behind the port; it and every
step of ours may lose its answer, fail, or be where the process dies. A died process is followed by another.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import subprocess
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import orders, store
from intake.alarms import Alarms
from intake.clamd import Scanner
from intake.inspection import Finding
from intake.mailroom import Mailroom, ReceivingSystem
from intake.receiving import Receiving
from intake.sorting.reading import Reading
from intake.svarinn import port
from intake.svarinn.envelope import ReceiverKey, load_keys
from intake.svarinn.port import LeftQueue, Listing
from intake.svarinn.shipment import ListedFile, Shipment
from local.keys import receiver_key
from sikkersak.contracts.intake import MailState
from sikkersak.contracts.notifier import ForwardToArchive
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, Transient
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Database
from sikkersak.testing.running import make_keys, make_schema
from sikkersak.testing.sandbox import sandbox
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault

NAMES = ("a.txt", "b.txt")


class Died(BaseException):
    """The power is gone: nothing of ours catches it."""


@dataclass
class Fate:
    """What goes wrong, step by step: a step is any call that leaves the process."""

    plan: dict[int, str]
    steps: int = 0

    def next(self) -> str:
        self.steps += 1
        return self.plan.get(self.steps, "")

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Before it: dead, or failed. After it: dead, or its answer lost."""
        what = self.next()
        if what == "dies before":
            raise Died
        if what == "fails":
            raise Transient("as planned")
        yield
        if what == "dies after":
            raise Died
        if what == "answer lost":
            raise Transient("as planned, after it was done")


@dataclass
class ModelSvarInn:
    """SvarInn as its protocol says: listed until acknowledged, in any order, some of them twice, sometimes stale."""

    contents: dict[UUID, tuple[bytes, tuple[ListedFile, ...]]]
    look: Any
    fate: Fate
    shuffles: list[int]
    system: str = "model"
    credentials: bytes = b"model"
    acknowledged: Counter[UUID] = field(default_factory=Counter)
    acknowledged_unsafe: list[UUID] = field(default_factory=list)

    def left(self) -> list[UUID]:
        return [one for one in self.contents if not self.acknowledged[one]]

    async def waiting(self) -> Listing:
        with self.fate.step():
            listed = self.left()
            turn = self.shuffles.pop() if self.shuffles else 0
            if turn % 3 == 1:
                listed = listed[::-1] + listed[:1]
            if turn % 3 == 2:
                listed = list(self.contents)  # stale: what was acknowledged is listed still
            return Listing(tuple(self._item(one) for one in listed), len(listed))

    async def download(self, shipment: Shipment, destination: Path) -> None:
        with self.fate.step():
            if self.acknowledged[shipment.shipment_id]:
                raise LeftQueue
            content = self.contents[shipment.shipment_id][0]
            destination.write_bytes(content[:500] if self.fate.next() == "fails" else content)

    async def acknowledge(self, shipment_id: UUID) -> None:
        with self.fate.step():
            if self.acknowledged[shipment_id]:
                raise LeftQueue
            if not await self.look(shipment_id):
                self.acknowledged_unsafe.append(shipment_id)
            self.acknowledged[shipment_id] += 1

    async def report_failure(self, shipment_id: UUID, text: str, *, permanent: bool) -> None:
        assert not permanent
        with self.fate.step():
            if self.acknowledged[shipment_id]:
                raise LeftQueue

    async def close(self) -> None:
        return

    def _item(self, shipment_id: UUID) -> Shipment:
        return Shipment(shipment_id=shipment_id, title="Referat", files=self.contents[shipment_id][1])


class FatefulDatabase:
    """The real one; every transaction may die before its commit or after it, or lose the answer to it."""

    def __init__(self, real: Database, fate: Fate) -> None:
        self._real = real
        self._fate = fate

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        what = self._fate.next()
        async with self._real.transaction() as tx:
            yield tx
            if what == "dies before":
                raise Died
            if what == "fails":
                raise Transient("as planned")
        if what == "dies after":
            raise Died
        if what == "answer lost":
            raise Transient("as planned, after it was done")


class FatefulVault:
    """The real one; a put may die or fail."""

    def __init__(self, real: Vault, fate: Fate) -> None:
        self._real = real
        self._fate = fate

    async def put(self, content: Any, media_type: str, holder: UUID | None = None) -> Any:
        with self._fate.step():
            return await self._real.put(content, media_type, holder)

    def blind(self, content: bytes) -> str:
        return self._real.blind(content)


class PlainInspector:
    """Everything is text: what inspection finds is tested elsewhere."""

    async def inspect(self, paths: list[Path]) -> list[Finding]:
        return [Finding("text/plain", None) for _ in paths]

    async def read(self, paths: list[Path]) -> list[Reading]:
        return [Reading("", False) for _ in paths]

    async def close(self) -> None:
        return


@dataclass
class World:
    """What is made once: keys, envelopes, a database and a vault."""

    runner: asyncio.Runner
    database: Database
    vault: Vault
    keys: list[ReceiverKey]
    envelopes: list[tuple[bytes, tuple[ListedFile, ...]]]
    work: Path

    def mailroom(self, svarinn: ModelSvarInn, fate: Fate) -> Mailroom:
        return Mailroom(
            database=FatefulDatabase(self.database, fate),  # type: ignore[arg-type]
            vault=FatefulVault(self.vault, fate),  # type: ignore[arg-type]
            inspector=PlainInspector(),  # type: ignore[arg-type]
            scanner=Scanner(None),
            systems=(ReceivingSystem(svarinn, self.keys),),
            alarms=Alarms(self.database, Metrics()),
            work_folder=self.work,
            largest_shipment=1_000_000,
            poll_seconds=1,
            sweep_seconds=1,
            lease_seconds=30,
            at_once=2,
        )


def envelope(folder: Path, number: int) -> tuple[bytes, tuple[ListedFile, ...]]:
    plain, files = io.BytesIO(), []
    with zipfile.ZipFile(plain, "w") as archive:
        for name in NAMES:
            content = f"{name} {number}".encode()
            archive.writestr(name, content)
            files.append(ListedFile(name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content)))
    done = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", "-stream", "-outform", "DER", "-aes-256-cbc"]
        + ["-recip", str(folder / "2026.crt.pem"), "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"],
        input=plain.getvalue(),
        check=True,
        capture_output=True,
    )
    return done.stdout, tuple(files)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    receiver_key(folder / "receiver", "2026")
    make_keys(folder)
    (folder / "work").mkdir()
    with asyncio.Runner() as runner:
        made = sandbox()
        place = runner.run(made.__aenter__())
        runner.run(make_schema(place, "intake"))
        database = runner.run(Database.connect(place.database_url, application="test", size=8))
        vault = runner.run(Vault.open(f"file://{folder}/vault", folder / "vault_keys.json"))
        envelopes = [envelope(folder / "receiver", number) for number in range(3)]
        yield World(runner, database, vault, load_keys(folder / "receiver"), envelopes, folder / "work")
        runner.run(database.close())
        runner.run(made.__aexit__(None, None, None))


PLANS = st.dictionaries(
    st.integers(1, 60), st.sampled_from(["dies before", "dies after", "fails", "answer lost"]), max_size=6
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(plan=PLANS, shuffles=st.lists(st.integers(0, 2), max_size=8), shipments=st.integers(1, 3))
def test_each_shipment_is_registered_once_and_acknowledged_only_when_stored(
    world: World, plan: dict[int, str], shuffles: list[int], shipments: int
) -> None:
    world.runner.run(_one_course(world, Fate(dict(plan)), list(shuffles), shipments))


@pytest.mark.parametrize("what", ["dies before", "dies after", "answer lost", "fails"])
def test_every_single_step_may_be_the_one(world: World, what: str) -> None:
    for step in range(1, 16):
        world.runner.run(_one_course(world, Fate({step: what}), [], 1))


async def _one_course(world: World, fate: Fate, shuffles: list[int], shipments: int) -> None:
    await _emptied(world)

    async def is_safe(shipment_id: UUID) -> bool:
        """The row says so, and every file of it lies in the vault."""
        sql = """select a.file from mail m join attachments a using (mail_id)
        where m.shipment_id = $1 and m.stored_at is not null and m.state = 'stored'"""
        async with world.database.transaction() as tx:
            files = [File.model_validate(row["file"]) for row in await tx.fetch(sql, shipment_id)]
        return len(files) == len(NAMES) and all([await world.vault.exists(file.ref) for file in files])

    contents = {new_id(): world.envelopes[number] for number in range(shipments)}
    svarinn = ModelSvarInn(contents, is_safe, fate, shuffles)
    for _ in range(30):
        with contextlib.suppress(Died, Transient):
            mailroom = world.mailroom(svarinn, fate)
            await Receiving(mailroom, mailroom.systems[0]).poll()
        async with world.database.transaction() as tx:  # time passes: leases of the dead run out, pauses too
            await tx.execute("update mail set claimed_until = now() - interval '1 s', next_try_at = now()")
        if not svarinn.left() and not shuffles:
            break
    quiet = replace(fate, plan={})
    svarinn.fate = quiet
    mailroom = world.mailroom(svarinn, quiet)
    await Receiving(mailroom, mailroom.systems[0]).poll()
    await _all_is_well(world, svarinn, contents)


async def _all_is_well(world: World, svarinn: ModelSvarInn, contents: dict[UUID, Any]) -> None:
    async with world.database.transaction() as tx:
        rows = await tx.fetch("select * from mail")
        facts = await tx.fetchval("select count(*) from outbox where message_type = 'intake.mail.received.v1'")
        files = await tx.fetchval("select count(*) from attachments")
    assert Counter(row["shipment_id"] for row in rows) == Counter(list(contents))
    assert all(row["state"] == "stored" and row["stored_at"] is not None for row in rows)
    assert (facts, files) == (len(contents), len(contents) * len(NAMES))
    assert svarinn.acknowledged == Counter(list(contents))
    assert svarinn.acknowledged_unsafe == []


@dataclass
class SlowSvarInn(ModelSvarInn):
    """One whose downloads take long enough for another replica to come by; where `may_end` is given, until that is set."""

    downloads: Counter[UUID] = field(default_factory=Counter)
    may_end: asyncio.Event | None = None

    async def download(self, shipment: Shipment, destination: Path) -> None:
        self.downloads[shipment.shipment_id] += 1
        await (self.may_end.wait() if self.may_end else asyncio.sleep(0.2))
        await super().download(shipment, destination)

    async def were_begun(self, shipment_id: UUID, times: int) -> None:
        async def look() -> bool:
            return self.downloads[shipment_id] == times

        await eventually(look, what=f"download {times}")


async def _always(_: UUID) -> bool:
    return True


def test_two_replicas_that_both_poll_never_fetch_the_same(world: World) -> None:
    async def course() -> None:
        await _emptied(world)
        contents = {new_id(): world.envelopes[number] for number in range(3)}
        svarinn = SlowSvarInn(contents, _always, Fate({}), [])
        rooms = [world.mailroom(svarinn, svarinn.fate) for _ in range(2)]
        await asyncio.gather(*(Receiving(room, room.systems[0]).poll() for room in rooms))
        assert svarinn.downloads == Counter(list(contents))

    world.runner.run(course())


def test_a_replica_that_slept_through_its_lease_adds_nothing_to_what_another_stored(world: World) -> None:
    async def course() -> None:
        await _emptied(world)
        shipment = new_id()
        may_end = asyncio.Event()
        svarinn = SlowSvarInn({shipment: world.envelopes[0]}, _always, Fate({}), [], may_end=may_end)
        rooms = [world.mailroom(svarinn, svarinn.fate) for _ in range(2)]
        sleeper = asyncio.create_task(Receiving(rooms[0], rooms[0].systems[0]).poll())
        await svarinn.were_begun(shipment, 1)
        async with world.database.transaction() as tx:
            await tx.execute("update mail set claimed_until = now() - interval '1 s'")
        other = asyncio.create_task(Receiving(rooms[1], rooms[1].systems[0]).poll())
        await svarinn.were_begun(shipment, 2)
        may_end.set()
        await asyncio.gather(sleeper, other)
        assert svarinn.downloads[shipment] == 2
        async with world.database.transaction() as tx:
            files = await tx.fetchval("select count(*) from attachments")
            facts = await tx.fetchval("select count(*) from outbox where message_type = 'intake.mail.received.v1'")
            problem = await tx.fetchval("select problem from mail")
        assert (files, facts, problem) == (len(NAMES), 1, None)

    world.runner.run(course())


def test_a_full_list_in_which_nothing_moves_alarms_until_it_moves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def course() -> None:
        await _emptied(world)
        whole = world.envelopes[0]
        contents = {new_id(): (b"ingen konvolutt", whole[1]) for _ in range(2)}
        svarinn = ModelSvarInn(contents, _always, Fate({}), [])
        room = world.mailroom(svarinn, svarinn.fate)
        await Receiving(room, room.systems[0]).poll()
        with pytest.raises(Declined, match="svarinn-list-is-full"):
            await room.alarms.look()
        monkeypatch.setattr(port, "FULL_LIST", 200)
        await Receiving(room, room.systems[0]).poll()
        assert await room.alarms.look() == "1 receiving systems"

    monkeypatch.setattr(port, "FULL_LIST", 2)
    world.runner.run(course())


def test_mail_that_has_waited_for_half_an_hour_alarms(world: World) -> None:
    async def course() -> None:
        await _emptied(world)
        svarinn = ModelSvarInn({new_id(): (b"ingen konvolutt", ())}, _always, Fate({}), [])
        room = world.mailroom(svarinn, svarinn.fate)
        await Receiving(room, room.systems[0]).poll()
        await room.alarms.look()
        async with world.database.transaction() as tx:
            await tx.execute("update mail set seen_at = now() - interval '31 minutes'")
        with pytest.raises(Declined, match="mail-waits-too-long"):
            await room.alarms.look()

    world.runner.run(course())


def test_a_decision_that_nobody_answers_is_ordered_again(world: World) -> None:
    async def course() -> None:
        await _emptied(world)
        svarinn = ModelSvarInn({new_id(): world.envelopes[0]}, _always, Fate({}), [])
        room = world.mailroom(svarinn, svarinn.fate)
        await Receiving(room, room.systems[0]).poll()
        async with world.database.transaction() as tx:
            mail_id = await tx.fetchval("select mail_id from mail")
            dossier = await world.vault.put(b"{}", "application/json")
            order = ForwardToArchive(mail_id=mail_id, dossier=dossier)
            await store.decide(tx, mail_id, MailState.FORWARDING, "forward", new_id(), **orders.kept(order))
            await say(tx, order)
            assert await orders.give_again(tx, 60) == 0
            await tx.execute("update mail set order_at = now() - interval '2 hours'")
            assert await orders.give_again(tx, 60) == 1
            assert await orders.give_again(tx, 60) == 0
            said = await tx.fetchval("select count(*) from outbox where message_type = 'notifier.forward_mail.v1'")
        assert said == 2

    world.runner.run(course())


async def _emptied(world: World) -> None:
    async with world.database.transaction() as tx:
        await tx.execute("truncate mail, attachments, outbox, receivers cascade")
