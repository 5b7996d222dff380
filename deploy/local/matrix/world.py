"""The world that is tried in: two schools, a case for every kind of access, open and closed, and what leaves the house."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika

from local.demo.outside import Outside
from local.demo.setting import appoint_administrator
from local.matrix.people import EVERYTHING, Person, everybody, synthetic_numbers
from local.stack import Stack
from samples.municipality import municipality
from samples.shipments import shipments
from samples.templates import TEMPLATES
from sikkersak.contracts.archiver import Deliver, DeliveryKind, ListDeliveries
from sikkersak.contracts.cases import GiveAccess, OpenCase, Right
from sikkersak.contracts.cases_documents import EventKind, WriteDocument
from sikkersak.contracts.cases_people import Identify, PutPupil, PutSchool, PutStaff
from sikkersak.contracts.cases_templates import PutTemplate
from sikkersak.contracts.intake import ListMail
from sikkersak.contracts.message import Operation
from sikkersak.contracts.notifier import ListConsignments, SendLetter
from sikkersak.contracts.signing import ListJobs, RequestSignatures, Signer, SigningDossier
from sikkersak.contracts.values import File
from sikkersak.identity import Actor, ActorSigner
from sikkersak.identity.actor import ActorKind
from sikkersak.identity.national_number import lookup
from sikkersak.identity.policy import Need, Place, Subject
from sikkersak.identity.roles import Role
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.messaging.rpc import RpcClient
from sikkersak.messaging.topology import RPC_VHOST
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal

SETTER = Person("whoever sets up", "", frozenset({Role.MAIL_DISTRIBUTOR.value, Role.ADMINISTRATOR.value}))
OUTWARD = {Subject.DELIVERY: "delivery_id", Subject.JOB: "job_id", Subject.CONSIGNMENT: "consignment_id"}


@dataclass(frozen=True)
class Thing:
    """Something that operations are about: where it is, and who has which access to it."""

    ids: dict[str, UUID]
    school_id: UUID | None
    is_open: bool = True
    given: Need = Need.NONE
    responsible: UUID | None = None
    document: Thing | None = None
    """What it is the letter, or the signing, of: where cases decides about it."""

    def place(self, person: Person) -> Place:
        """How the policy sees it, for this person."""
        given = Need.MANAGE if self.responsible == person.staff_id else self.given
        return Place(self.school_id, given, self.is_open)


@dataclass
class World:
    """A stack, and everything that is in it."""

    stack: Stack
    rpc: RpcClient
    cases_database: Database
    people: list[Person] = field(default_factory=everybody)
    here: UUID = field(default_factory=lambda: UUID(int=0))
    elsewhere: UUID = field(default_factory=lambda: UUID(int=0))
    cases: list[Thing] = field(default_factory=list)
    documents: list[Thing] = field(default_factory=list)
    outward: dict[Subject, list[Thing]] = field(default_factory=dict)
    mail: Thing = field(default_factory=lambda: Thing({}, None))
    target: UUID = field(default_factory=lambda: UUID(int=0))
    pupil: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def of(cls, stack: Stack) -> World:
        """An empty one."""
        connection = await aio_pika.connect_robust(stack.provision.rabbitmq_url("gateway", RPC_VHOST))
        key = (stack.folder / "secrets" / "gateway" / "actor.pem").read_bytes()
        database = await Database.connect(stack.provision.database_url("cases"), application="matrix", size=8)
        return cls(stack, RpcClient(connection, ActorSigner(key)), database)

    async def ask(self, asked: Operation[Any], person: Person = SETTER) -> Any:
        """The owner's answer, told who asks as the gateway would."""
        return await self.rpc.ask(asked, actor=person.actor(asked.owner()), within=30)

    async def make(self) -> None:
        """Fills it."""
        first = municipality().staff_with("administrator")[0]
        await asyncio.to_thread(appoint_administrator, self.stack, first)
        key = bytes.fromhex(self.stack.memory.hex_key("staff"))
        itself = Actor(staff_id=new_id(), level="high", session="matrix", kind=ActorKind.SYSTEM)
        asked = Identify(pid_lookup=lookup(first.national_id, key), level="high", session_id="matrix")
        SETTER.number = first.national_id
        SETTER.staff_id = (await self.rpc.ask(asked, actor=itself)).staff_id
        self.here, self.elsewhere = [
            (await self.ask(PutSchool(name=one.name, organisation=one.organisation))).school_id
            for one in municipality().schools[:2]
        ]
        self.mail = await self._send_mail()
        await self._put(SETTER, key)
        for person in self.people:
            person.schools = frozenset({self.here}) if person.has_school else frozenset()
            await self._put(person, key)
        self.target = (
            await self.ask(self._staff(Person("", "01819099999", frozenset()), key, number="target"))
        ).staff_id
        pupil = await self.ask(PutPupil(name="Prøve", national_id=synthetic_numbers(2)[1], school_id=self.here))
        self.pupil = {"pupil_id": pupil.pupil_id, "to_school_id": self.elsewhere, "responsible_id": self.target}
        template = TEMPLATES[0]
        await self.ask(
            PutTemplate(
                code="matrix", language="nb", name="Prøve", kind=EventKind.DECISION, needs_approval=True,
                source=template.source,
            )
        )  # fmt: skip
        await self._make_cases()
        await self._make_outward()

    async def people_leave(self) -> None:
        """Those who leave do; and "access to everything" begins, as two persons would have decided."""
        key = bytes.fromhex(self.stack.memory.hex_key("staff"))
        for person in self.people:
            if person.is_leaver:
                await self.ask(self._staff(person, key, is_active=False))
            if person.name == EVERYTHING:
                await self._grant(person)

    async def restore(self, thing: Thing) -> None:
        """The case as it was before somebody was allowed to change it."""
        async with self.cases_database.transaction() as tx:
            status = "open" if thing.is_open else "closed"
            sql = "update cases set status = $2, school_id = $3, responsible_id = $4 where case_id = $1"
            await tx.execute(sql, thing.ids["case_id"], status, thing.school_id, thing.responsible)
            sql = "update documents set state = 'draft' where case_id = $1 and state <> 'finished'"
            await tx.execute(sql, thing.ids["case_id"])
            await tx.execute("delete from emergency_access where case_id = $1", thing.ids["case_id"])

    async def _put(self, person: Person, key: bytes) -> None:
        kept = await self.ask(self._staff(person, key))
        person.staff_id = kept.staff_id

    def _staff(self, person: Person, key: bytes, *, is_active: bool = True, number: str | None = None) -> PutStaff:
        return PutStaff(
            pid_lookup=(number or "").ljust(64, "0") if number else person.lookup(key),
            name=f"Prøve {person.name}".strip(),
            roles=person.roles,
            schools=person.schools,
            is_active=is_active,
        )

    async def _make_cases(self) -> None:
        for school_id, is_open in product((self.here, self.elsewhere), (True, False)):
            for given in (Need.NONE, Need.READ, Need.WRITE):
                await self._make_case(school_id, is_open=is_open, given=given, responsible=SETTER.staff_id)
            for person in self.people:
                if person.roles:
                    await self._make_case(school_id, is_open=is_open, given=Need.NONE, responsible=person.staff_id)
        for thing in self.cases:
            await self.restore(thing)

    async def _make_case(self, school_id: UUID, *, is_open: bool, given: Need, responsible: UUID) -> None:
        asked = OpenCase(school_id=school_id, title="Prøvesak", case_type="general", responsible_id=SETTER.staff_id)
        case_id = (await self.ask(asked)).case_id
        if given is not Need.NONE:
            right = Right.READ if given is Need.READ else Right.WRITE
            for person in self.people:
                await self.ask(GiveAccess(case_id=case_id, staff_id=person.staff_id, right=right))
        # The first draft stays one, and hinders whoever would close the case for the next who tries.
        wanted = WriteDocument(case_id=case_id, template="matrix", title="Prøvebrev")
        await self.ask(wanted)
        ids = {"case_id": case_id, "document_id": (await self.ask(wanted)).document_id}
        self.cases.append(Thing(ids, school_id, is_open, given, responsible))
        if is_open and responsible == SETTER.staff_id:
            ids = ids | {"document_id": (await self.ask(wanted)).document_id}
            self.documents.append(Thing(ids, school_id, is_open, given, responsible))

    async def _make_outward(self) -> None:
        """One of each for each kind of access to its case, ordered as cases would; nothing can be made of them."""
        settings = self.stack.process("cases").environment
        vault = await Vault.open(settings["VAULT_URL"], Path(settings["VAULT_KEYS"]))
        paper = File(name="prøve.pdf", media_type="application/pdf", ref=await vault.put(b"%PDF-", "application/pdf"))
        signer = Signer(national_id=synthetic_numbers(1)[0], name="Prøve")
        dossier = await seal(vault, SigningDossier(title="Prøve", document=paper, signers=(signer,)))
        for subject, name in OUTWARD.items():
            self.outward[subject] = []
            for document in self.documents:
                thing_id = new_id()
                async with self.cases_database.transaction() as tx:
                    await say(tx, _order(subject, thing_id, document, dossier))
                self.outward[subject].append(Thing({name: thing_id}, document.school_id, document=document))
        lists: dict[Subject, Operation[Any]] = {
            Subject.DELIVERY: ListDeliveries(limit=200),
            Subject.JOB: ListJobs(limit=200),
            Subject.CONSIGNMENT: ListConsignments(limit=200),
        }
        for subject, asked in lists.items():
            wanted = {str(thing.ids[OUTWARD[subject]]) for thing in self.outward[subject]}
            await self._until(asked, lambda said, wanted=wanted: all(one in said for one in wanted))  # type: ignore[misc]

    async def _send_mail(self) -> Thing:
        await asyncio.to_thread(Outside(self.stack).send, shipments()[0])
        await self._until(ListMail(), lambda said: '"mail_id"' in said)
        return Thing({"mail_id": (await self.ask(ListMail())).items[0].mail_id}, None)

    async def _until(self, asked: Operation[Any], is_there: Callable[[str], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_there((await self.ask(asked)).model_dump_json()):
                await asyncio.sleep(0.2)

    async def _grant(self, person: Person) -> None:
        proposer, confirmer = (one.staff_id for one in self.people[:2])
        sql = """
        insert into full_access (grant_id, staff_id, reason, hours, proposed_by, confirmed_by, valid_from, valid_to)
        values ($1, $2, 'Prøve', 1, $3, $4, now(), now() + interval '1 hour')
        """
        async with self.cases_database.transaction() as tx:
            await tx.execute(sql, new_id(), person.staff_id, proposer, confirmer)


def _order(subject: Subject, thing_id: UUID, document: Thing, dossier: VaultRef) -> Any:
    rest: dict[str, Any] = {"document_id": document.ids["document_id"], "school_id": document.school_id}
    rest["dossier"] = dossier
    if subject is Subject.DELIVERY:
        return Deliver(delivery_id=thing_id, case_id=new_id(), kind=DeliveryKind.RECORD, **rest)
    if subject is Subject.JOB:
        return RequestSignatures(job_id=thing_id, **rest)
    return SendLetter(letter_id=thing_id, **rest)


async def close(world: World) -> None:
    """Lets go of its connections."""
    await world.rpc.close()
    await world.cases_database.close()
