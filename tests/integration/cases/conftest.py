"""A cases schema of a test file's own, with its two roles as in production: the owner migrates, the service may do less."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest

from cases.domain.standing import Standing
from cases.gate import gate
from cases.office import Office
from cases.operations import operations
from cases.store import cases, people
from local import servers
from local.memory import Memory
from local.provision import Provision
from sikkersak.contracts.cases_people import PutSchool, PutStaff
from sikkersak.contracts.message import Operation
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Request
from sikkersak.persistence.database import Database, Transaction

NUMBERS = itertools.count()  # of schools: each test's own, in the one database of its file


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provision]:
    management = os.environ.get("RABBITMQ_MANAGEMENT_URL", servers.addresses().management_url)
    given = servers.Servers(os.environ["DATABASE_URL"], os.environ["RABBITMQ_URL"], management)
    memory = Memory(tmp_path_factory.mktemp("memory") / "memory.json")
    made = Provision(given, memory, f"sikkersak_test_{secrets.token_hex(4)}")
    made.prepare()
    made.migrate("cases")
    yield made
    made.remove()


@pytest.fixture
async def database(installation: Provision) -> AsyncIterator[Database]:
    made = await Database.connect(installation.database_url("cases"), application="test", size=4)
    yield made
    await made.close()


@dataclass
class Town:
    """Two schools and whoever a test needs, behind the same gate as requests that come by the broker."""

    database: Database
    here: UUID = field(default_factory=new_id)
    elsewhere: UUID = field(default_factory=new_id)

    async def person(self, *roles: str, schools: tuple[UUID, ...] = (), is_active: bool = True) -> UUID:
        wanted = PutStaff(
            pid_lookup=secrets.token_hex(32),
            name="Kari Prøve",
            roles=frozenset(roles),
            schools=frozenset(schools),
            is_active=is_active,
        )
        async with self.database.transaction() as tx:
            return (await people.put_staff(tx, wanted)).staff_id

    async def case(self, responsible: UUID, school_id: UUID | None = None) -> UUID:
        fields = {
            "title": "Prøvesak",
            "public_title": "Prøvesak",
            "case_type": "pupil",
            "school_id": school_id or self.here,
            "pupil_id": None,
            "responsible_id": responsible,
            "access": {},
        }
        async with self.database.transaction() as tx:
            return await cases.open_case(tx, fields)

    async def ask(self, staff_id: UUID, asked: Operation[Any]) -> Any:
        """As the service would answer: the gate, then the operation, in one transaction."""
        actor = Actor(staff_id=staff_id, level="high", session="test")
        _, answering = operations._answers[asked.operation]
        async with self.database.transaction() as tx:
            ask = Ask(actor, tx)
            await gate(Request(RULES[asked.operation], asked), ask)
            return await answering(asked, ask, cast("Office", None))

    async def standing(self, staff_id: UUID) -> Standing:
        async with self.database.transaction() as tx:
            return await people.standing(tx, staff_id)

    async def run(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async with self.database.transaction() as tx:
            return await work(tx)


@pytest.fixture
async def town(database: Database) -> Town:
    async with database.transaction() as tx:
        made = []
        for name in ("Lia skole", "Moen skole"):
            organisation = f"31{next(NUMBERS):07d}"
            made.append(await people.put_school(tx, PutSchool(name=name, organisation=organisation)))
    return Town(database, made[0].school_id, made[1].school_id)
