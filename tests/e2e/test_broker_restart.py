"""The broker goes away in the middle of the work and comes back: nothing is lost and nothing is made twice (R2, R7)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import rabbitmq, servers
from local.demo.mailroom import Mailroom
from local.demo.outside import Outside, duplicates, wait_for
from local.demo.setting import Setting, set_up
from local.demo.staff import Staff
from local.memory import Memory
from local.places import SERVICES
from local.rabbitmq import RabbitMQ
from local.stack import Stack
from samples.shipment import Outcome, Shipment
from samples.shipments import shipments


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker of this file's own, because no other test may lose its own."""
    if not rabbitmq.is_installed():
        pytest.skip("a broker that may be stopped needs Debian's package of RabbitMQ, which is not here")
    folder = tmp_path_factory.mktemp("broker")
    made = RabbitMQ(folder / "rabbitmq", Memory(folder / "memory.json"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, broker: RabbitMQ) -> Iterator[Stack]:
    """A whole stack on that broker."""
    folder = tmp_path_factory.mktemp("stack")
    given = replace(servers.addresses(), rabbitmq_url=broker.url, management_url=broker.management_url)
    with Stack(folder, "sikkersak_restart", Memory(folder / "memory.json"), given).standing(print) as made:
        yield made


@pytest.fixture(scope="module")
def setting(stack: Stack) -> Setting:
    """The sample municipality on it."""
    return set_up(stack)


def new_shipments(count: int) -> list[Shipment]:
    samples = [one for one in shipments() if one.expected.outcome is Outcome.BELONGS_HERE][:count]
    return [replace(one, id=uuid4(), external_reference=uuid4().hex) for one in samples]


def register(distributor: Staff, mailroom: Mailroom, shipment: Shipment) -> None:
    """As a distributor's page does it: one key for one decision, tried again until it is answered."""
    path = f"/api/v1/mail/{mailroom.find(shipment)}/registration"
    body = mailroom._registration(shipment)
    headers = {"X-CSRF-Token": distributor.csrf, "Idempotency-Key": str(uuid4())}

    def answered() -> bool:
        answer = distributor.http.post(path, json=body, headers=headers)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert int(answer.headers["retry-after"]) > 0
            return False
        assert answer.is_success, answer.text
        return True

    wait_for("an answer", answered, within=120)


def test_a_restart_of_the_broker_loses_nothing_and_doubles_nothing(
    stack: Stack, broker: RabbitMQ, setting: Setting, outside: Outside, distributor: Staff
) -> None:
    sent = new_shipments(6)
    first, second = sent[:3], sent[3:]
    mailroom = Mailroom(distributor, setting)
    for one in first:
        outside.send(one)
    mailroom.wait_received(first)
    mailroom.decide(first)  # the restart comes while these are on their way to the archive

    restart = threading.Thread(target=lambda: (broker.stop(), time.sleep(2), broker.start()))
    restart.start()
    for one in second:
        outside.send(one)
    restart.join()
    wait_for(
        "every service to be ready again", lambda: all(stack.process(name).is_ready() for name in SERVICES), within=120
    )
    mailroom.wait_received(sent)
    for one in second:
        register(distributor, mailroom, one)
    mailroom.wait_settled(sent)

    def all_archived() -> bool:
        counts: Counter[str] = Counter(distributor.get("deliveries", limit=1)["counts"])
        return +counts == Counter(archived=len(sent))

    wait_for("archiving", all_archived, within=120)
    records = outside.archived_records()
    assert len(records) == len(sent)
    assert duplicates(records) == 0
    assert outside.unacknowledged() == 0


def test_services_say_when_the_broker_is_away_and_are_ready_again_after(stack: Stack, broker: RabbitMQ) -> None:
    broker.stop()
    try:
        gone: dict[str, Any] = {}
        for name in ("cases", "archiver", "gateway"):
            wait_for(f"{name} to say so", lambda name=name: not stack.process(name).is_ready(), within=120)
            gone[name] = stack.process(name).pid()
    finally:
        broker.start()
    for name, pid in gone.items():
        wait_for(f"{name} to be ready", lambda name=name: stack.process(name).is_ready(), within=120)
        assert stack.process(name).pid() == pid, f"{name} is the same process as before"
