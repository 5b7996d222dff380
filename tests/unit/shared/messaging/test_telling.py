"""The audit log is told of every act of staff outside cases: nothing here is a list kept by hand."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import sikkersak.contracts
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.contracts.message import Operation
from sikkersak.contracts.renditions import Choice, ChooseRendition, Renditions
from sikkersak.errors import Declined
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import _Desk
from sikkersak.messaging.telling import digest_of, is_told, order_to_note
from sikkersak.testing.desk import desk_for, incoming

for module in pkgutil.iter_modules(sikkersak.contracts.__path__):
    importlib.import_module(f"sikkersak.contracts.{module.name}")

GOLDEN = Path(__file__).parents[3] / "contract" / "golden"
STAFF = Actor(staff_id=uuid4(), roles=frozenset({"administrator"}), level="high", session="s-1")
OUTSIDE = {"intake", "archiver", "notifier", "signing"}
ELSEWHERE = sorted(name for name, asked in Operation.catalogue.items() if asked.owner() in OUTSIDE)
CHANGING = [name for name in ELSEWHERE if Operation.catalogue[name].changes]
BY_STAFF = [name for name in CHANGING if ActorKind.PERSON in RULES[name].kinds]
READS = [name for name in ELSEWHERE if RULES[name].is_noted and name not in CHANGING]


@dataclass
class Ledger:
    """As much of a database as the desk asks for: what was said, and the one reply that is kept."""

    said: list[NoteAct] = field(default_factory=list)
    kept: dict[str, Any] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Ledger]:
        yield self

    async def fetchval(self, sql: str, *values: Any) -> Any:
        if "insert into outbox" in sql:
            assert set(values[1]) == {NoteAct.message_type}
            self.said += map(NoteAct.model_validate_json, values[3])
            return None
        is_first = self.kept is None
        self.kept = self.kept or {"fingerprint": values[3], "reply": None}
        return is_first or None

    async def fetchrow(self, sql: str, *values: Any) -> Any:
        return self.kept

    async def execute(self, sql: str, *values: Any) -> None:
        assert self.kept is not None
        self.kept["reply"] = json.loads(values[3])


async def let_in(*_: Any) -> None:
    """A gate that is open: whom the policy lets in is tried elsewhere."""


def desk(name: str, ledger: Ledger, actor: Actor = STAFF, *, declines: bool = False) -> _Desk:
    asked = Operation.catalogue[name]

    async def answer(*_: Any) -> Any:
        if declines:
            raise Declined("no", "Nei.")
        return asked.reply.model_validate_json((GOLDEN / f"{name}.reply.json").read_text())

    database: Any = ledger
    return desk_for(actor, {name: (asked, answer)}, None, database, let_in)


def asking(name: str, key: str | None = None) -> Any:
    return incoming(name, (GOLDEN / f"{name}.json").read_bytes(), key)


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("name", [*BY_STAFF, *READS])
async def test_every_change_by_staff_outside_cases_and_every_noted_read_is_told_once(
    name: str, key: str | None
) -> None:
    ledger = Ledger()
    standing = desk(name, ledger)
    await standing.reply(asking(name, key))
    if key and name in BY_STAFF:
        await standing.reply(asking(name, key))
    (told,) = ledger.said
    assert (told.operation, told.actor_id, told.session) == (name, STAFF.staff_id, "s-1")


@pytest.mark.parametrize("name", sorted(set(CHANGING) - set(BY_STAFF)))
def test_what_is_not_told_is_what_no_member_of_staff_may_ask_for(name: str) -> None:
    assert not RULES[name].kinds & {ActorKind.PERSON}


@pytest.mark.parametrize("name", READS)
def test_a_read_is_noted_as_reading(name: str) -> None:
    from cases.staff_acts import act_of

    assert act_of(name).endswith("-read") or not name.split(".")[1].startswith("read_")


@pytest.mark.parametrize(("kind", "told"), [(ActorKind.MACHINE, 1), (ActorKind.SYSTEM, 0)])
async def test_a_machine_is_told_of_and_the_product_itself_is_not(kind: ActorKind, told: int) -> None:
    ledger = Ledger()
    actor = STAFF.model_copy(update={"kind": kind, "scopes": frozenset({"mail"})})
    await desk("intake.bring_in_mail.v1", ledger, actor).reply(asking("intake.bring_in_mail.v1"))
    assert len(ledger.said) == told


async def test_an_act_that_is_declined_says_nothing() -> None:
    ledger = Ledger()
    name = "archiver.retry_delivery.v1"
    reply = await desk(name, ledger, declines=True).reply(asking(name))
    assert b"problem" in (reply or b"")
    assert ledger.said == []


def test_cases_notes_its_own_acts_itself() -> None:
    assert not any(
        is_told(asked, RULES[name]) for name, asked in Operation.catalogue.items() if asked.owner() == "cases"
    )


@pytest.mark.parametrize("name", [*BY_STAFF, *READS])
def test_nothing_that_somebody_wrote_is_told(name: str) -> None:
    asked = Operation.catalogue[name]
    request = asked.model_validate_json((GOLDEN / f"{name}.json").read_text())
    secret = {
        field: "Kari Nordmann" for field, value in request if isinstance(value, str) and not hasattr(value, "value")
    }
    reply = asked.reply.model_validate_json((GOLDEN / f"{name}.reply.json").read_text())
    told = order_to_note(request.model_copy(update=secret), RULES[name], STAFF, reply)
    assert told is not None
    assert "Kari" not in told.model_dump_json()


LISTS = [
    name
    for name in ELSEWHERE
    if "items" in Operation.catalogue[name].reply.model_fields
    and name not in CHANGING
    and name != "intake.list_rule_sets.v1"  # its titles are what sets of rules are called
]
SHOWING = {"title", "sender"}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_noted_where_it_shows_what_mail_is_about_and_told_by_its_count(name: str) -> None:
    asked = Operation.catalogue[name]
    shown: Any = asked.reply.model_fields["items"].annotation
    line = shown.__args__[0]
    assert RULES[name].is_noted == bool(SHOWING & set(line.model_fields))
    if not RULES[name].is_noted:
        return
    request = asked.model_validate_json((GOLDEN / f"{name}.json").read_text())
    reply = asked.reply.model_validate_json((GOLDEN / f"{name}.reply.json").read_text())
    for items in (reply.items, ()):
        told = order_to_note(request, RULES[name], STAFF, reply.model_copy(update={"items": items}))
        assert told is not None
        assert told.found == len(items)
        assert not {str(one.mail_id) for one in items} & set(re.findall(r"[0-9a-f-]{36}", told.model_dump_json()))


def test_the_choice_is_told_in_words_and_the_reason_by_its_digest() -> None:
    delivery, key = uuid4(), uuid4()
    asked = ChooseRendition(
        delivery_id=delivery, document_key=key, choice=Choice.PASSWORD, reason="fra avsender", password="hemmelig"
    )
    told = order_to_note(asked, RULES[asked.operation], STAFF, Renditions(documents=()))
    assert told is not None
    assert told.chosen == {"choice": "password"}
    assert told.about == {"delivery_id": (delivery,), "document_key": (key,)}
    assert told.reason_sha256 == digest_of(told.act_id, "fra avsender") != digest_of(UUID(int=0), "fra avsender")
    assert "hemmelig" not in told.model_dump_json()
