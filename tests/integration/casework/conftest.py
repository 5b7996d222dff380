"""Cases on a database of its own: operations are asked as the service asks them, without the broker in between."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
from joserfc.jwk import OKPKey
from pydantic import BaseModel

import cases.accounts  # noqa: F401 - hears with the others
from cases.gate import gate
from cases.handlers import handlers
from cases.office import Office
from cases.operations import operations
from cases.seals import Sealer
from sikkersak.contracts.cases import OpenCase
from sikkersak.contracts.cases_documents import EventKind
from sikkersak.contracts.cases_people import Guardian, PutPupil, PutSchool, PutStaff
from sikkersak.contracts.cases_templates import PutTemplate
from sikkersak.contracts.message import Message, Operation
from sikkersak.contracts.values import Party, PartyKind, PostalAddress
from sikkersak.identity import Actor, ActorKind, Level
from sikkersak.identity.policy import RULES
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Request
from sikkersak.persistence.database import Database
from sikkersak.persistence.migrate import migrate
from sikkersak.vault import Vault

REPOSITORY = Path(__file__).resolve().parents[3]
Reply = TypeVar("Reply", bound=BaseModel)
Result = TypeVar("Result")
LEVEL: Level = "high"
SOURCE = '#field("title")\n\n#paragraphs("body")\n\n#field("pupil_name"), #field("school_name")'


def number(day: int, month: int, year: int, individual: int) -> str:
    """A synthetic national number (the month with 80 added); its check digits are of no interest here."""
    return f"{day:02d}{month + 80:02d}{year:02d}{individual:03d}00"


@dataclass
class Town:
    """A small municipality: two schools, their people, a pupil with two guardians."""

    office: Office
    database: Database
    loop: asyncio.AbstractEventLoop
    staff: dict[str, UUID] = field(default_factory=dict)
    schools: dict[str, UUID] = field(default_factory=dict)
    pupil_id: UUID = field(default_factory=new_id)
    pupil_number: str = number(1, 3, 14, 600)

    def run(self, work: Awaitable[Result]) -> Result:
        """In the one event loop that the connections belong to."""
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def ask(self, who: str, asked: Operation[Reply]) -> Reply:
        """The answer to a member of staff, in a transaction of its own."""
        return self.run(self.asking(who, asked))

    async def asking(self, who: str, asked: Operation[Reply]) -> Reply:
        kind = ActorKind.SYSTEM if who == "system" else ActorKind.PERSON
        staff_id = self.staff.get(who) or UUID(int=1)
        actor = Actor(staff_id=staff_id, level=LEVEL, session="test", kind=kind)
        answering = operations._answers[asked.operation][1]
        async with self.database.transaction() as tx:
            ask = Ask(actor, tx)
            await gate(Request(RULES[asked.operation], asked), ask)
            answer = await answering(asked, ask, self.office)
        return asked.reply.model_validate_json(answer.model_dump_json())  # type: ignore[return-value]

    def hear(self, message: Message) -> None:
        """A fact or an order, as the service hears it."""
        hearing = handlers._effects[message.message_type][1]

        async def handle() -> None:
            async with self.database.transaction() as tx:
                await hearing(message, tx, self.office)

        self.run(handle())

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            async with self.database.transaction() as tx:
                return await tx.fetch(statement, *values)

        return self.run(fetch())

    def said(self, message_type: str) -> int:
        """How many of these wait in the outbox."""
        return int(self.sql("select count(*) from outbox where message_type = $1", message_type)[0][0])

    def open_case(self, who: str = "teacher", **also: Any) -> UUID:
        wanted = {"school_id": self.schools["north"], "pupil_id": self.pupil_id, "title": "Tilpasset opplæring"} | also
        return self.ask(who, OpenCase.model_validate(wanted)).case_id

    def put_staff(self, name: str, roles: set[str], *schools: str, active: bool = True) -> UUID:
        wanted = PutStaff(
            pid_lookup=f"{name:x<64}",
            name=name.capitalize(),
            roles=frozenset(roles),
            schools=frozenset(self.schools[school] for school in schools),
            is_active=active,
        )
        self.staff[name] = self.ask("admin", wanted).staff_id
        return self.staff[name]


def guardian(name: str, national_id: str, *, protected: bool = False, line: str = "Fjordveien 1") -> Guardian:
    address = PostalAddress(line=line, postal_code="6800", city="Sølvfjord")
    party = Party(
        kind=PartyKind.PERSON, name=name, national_id=national_id, address=address, has_protected_address=protected
    )
    return Guardian(party=party)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Made once a module; tests open cases of their own in it."""
    loop = asyncio.new_event_loop()
    name = f"cases_test_{new_id().hex[-12:]}"
    admin_url = os.environ["DATABASE_URL"]
    loop.run_until_complete(_statement(admin_url, f'create database "{name}"'))
    url = urlunsplit((*urlsplit(admin_url)[:2], f"/{name}", "", ""))
    try:
        loop.run_until_complete(_statement(url, "create schema cases"))
        loop.run_until_complete(_statement(url, f'alter database "{name}" set search_path = cases'))
        migrate("cases", url, REPOSITORY / "services" / "cases" / "migrations")
        folder = tmp_path_factory.mktemp("vault")
        keys = {"k1": base64.b64encode(secrets.token_bytes(32)).decode()}
        (folder / "keys").write_text(json.dumps({"current": "k1", "keys": keys}))
        (folder / "content").mkdir()
        vault = loop.run_until_complete(Vault.open(f"file://{folder / 'content'}", folder / "keys"))
        database = loop.run_until_complete(Database.connect(url, application="test", size=10))
        office = Office(
            vault=vault,
            lookup_key=secrets.token_bytes(32),
            database=database,
            sealer=Sealer(OKPKey.generate_key("Ed25519").as_pem(private=True)),
            seal_seconds=600,
            sweep_seconds=60,
            remind_after=timedelta(days=3),
            text_seconds=10,
        )
        made = Town(office, database, loop)
        _settle(made)
        yield made
        loop.run_until_complete(database.close())
    finally:
        loop.run_until_complete(_statement(admin_url, f'drop database "{name}" with (force)'))
        loop.close()


def _settle(town: Town) -> None:
    first = "insert into staff (staff_id, pid_lookup, name) values ($1, $2, 'Admin') returning staff_id"
    town.staff["admin"] = town.sql(first, new_id(), "a" * 64)[0][0]
    town.sql("insert into staff_roles (staff_id, role) values ($1, 'administrator')", town.staff["admin"])
    for school, organisation in (("north", "310000019"), ("south", "310000035")):
        made = town.ask("admin", PutSchool(name=f"{school.capitalize()} skole", organisation=organisation))
        town.schools[school] = made.school_id
    town.put_staff("teacher", {"employee_create_cases"}, "north")
    town.put_staff("colleague", {"employee"}, "north")
    town.put_staff("principal", {"school_leader"}, "north")
    town.put_staff("southerner", {"school_leader"}, "south")
    town.put_staff("distributor", {"mail_distributor"})
    pupil = PutPupil(
        name="Ada Nordli",
        national_id=town.pupil_number,
        school_id=town.schools["north"],
        guardians=(
            guardian("Mor Nordli", number(2, 2, 80, 100)),
            guardian("Far Nordli", number(3, 3, 81, 101), line="Åsen 2"),
        ),
    )
    town.pupil_id = town.ask("admin", pupil).pupil_id
    for code, kind, needs in (("letter", EventKind.OUTGOING, False), ("decision", EventKind.DECISION, True)):
        template = {"code": code, "language": "nb", "name": code, "kind": kind, "needs_approval": needs}
        town.ask("admin", PutTemplate.model_validate(template | {"source": SOURCE}))


async def _statement(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
