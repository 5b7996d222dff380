"""One try: what the policy expects, what the services did, and whether that is the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import httpx

from local.matrix.people import Person
from local.matrix.requests import Call, call, operations, request
from local.matrix.world import Thing, World
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, Transient
from sikkersak.identity.policy import RULES, Place, Rule, Subject, Verdict, decide
from sikkersak.identity.policy.rules import IN_CASES

NOT_UNDERSTOOD = frozenset({"invalid-request", "unknown-operation", "internal-error", "subject-missing"})


@dataclass(frozen=True)
class Answer:
    """What came back: a status, a code where it was a no, the text where it was a yes."""

    status: int
    code: str = ""
    text: str = ""

    def verdict(self, rule: Rule, shown: str) -> Verdict | str:
        """The same in the policy's words; whatever got past the gate was allowed, also where a later rule said no.

        So was what looked for something beside the rule's subject, and did not find it.
        """
        if self.code in NOT_UNDERSTOOD or self.status >= 500 or self.status == 400:
            return f"{self.status} {self.code}"
        if self.code == "case-closed":
            return Verdict.CLOSED
        if self.status in (401, 403):
            return Verdict.REFUSED
        if self.status == 404:
            hiding = {f"{rule.subject.value}-not-found", *({"document-not-found"} if rule.is_open_by_document else ())}
            return Verdict.HIDDEN if self.code in hiding else Verdict.ALLOWED
        return Verdict.HIDDEN if rule.is_listing and shown not in self.text else Verdict.ALLOWED


@dataclass
class Tally:
    """How many were tried, and which came out otherwise than the policy says."""

    combinations: int = 0
    deviations: list[str] = field(default_factory=list)


Ask = Callable[[Person, Operation[Any]], Awaitable[Answer | None]]


async def directly(world: World, person: Person, asked: Operation[Any]) -> Answer:
    """Past the gateway, with an actor token like its own."""
    key = str(uuid4()) if asked.changes else None
    try:
        said = await world.rpc.ask(asked, actor=person.actor(asked.owner()), idempotency_key=key, within=30)
    except Declined as no:
        return Answer(no.status, no.code)
    except Transient as later:
        return Answer(503, later.reason)
    return Answer(200, text=said.model_dump_json())


@dataclass(frozen=True)
class Session:
    """Somebody logged in, with a file that they have sent in."""

    http: httpx.AsyncClient
    upload_id: str


async def through_gateway(sessions: dict[str, Session], person: Person, asked: Operation[Any]) -> Answer | None:
    """As a browser would; none where the API has no address for it."""
    session = sessions[person.name]
    wanted = call(asked, session.upload_id)
    if wanted is None:
        return None
    said = await _send(session.http, wanted)
    code = said.json().get("code", "") if said.is_error else ""
    return Answer(said.status_code, code, said.text)


async def _send(http: httpx.AsyncClient, wanted: Call) -> httpx.Response:
    broken = 0
    while True:
        try:
            sent: dict[str, Any] = {"json": wanted.body}
            if wanted.files:
                sent = {"data": wanted.body, "files": wanted.files}
            said = await http.request(wanted.method, wanted.path, params=wanted.query, headers=wanted.headers, **sent)
        except httpx.TransportError:  # the gateway closed an idle connection just as it was used again
            broken += 1
            if broken > 3:
                raise
            continue
        if said.status_code != 429:
            return said
        await asyncio.sleep(float(said.headers.get("Retry-After", "1")))


async def try_everything(world: World, ask: Ask, people: list[Person], tally: Tally) -> None:
    """Every operation, as everyone, about everything it can be about; things side by side, people one after another."""
    at_once = asyncio.Semaphore(6)

    async def about(name: str, thing: Thing) -> None:
        async with at_once:
            for person in people:
                if thing.responsible is None or _is_about(thing, person, world):
                    await _try(world, ask, person, name, thing, tally)

    for name in operations():
        await asyncio.gather(*(about(name, thing) for thing in _things(world, name)))


def _is_about(thing: Thing, person: Person, world: World) -> bool:
    """A case of somebody's own is for them to try, and for one other, to whom it is one that they are not on."""
    owners = {one.staff_id for one in world.people}
    return thing.responsible not in owners or thing.responsible == person.staff_id


def _things(world: World, name: str) -> list[Thing]:
    subject = RULES[name].subject
    if subject in IN_CASES:
        return world.cases
    if subject in world.outward:
        return world.outward[subject]
    if subject is Subject.MAIL:
        return [world.mail]
    return [Thing({}, world.here), Thing({}, world.elsewhere)] if subject is Subject.SCHOOL else [Thing({}, None)]


def _names_things(name: str) -> bool:
    """Whether the answer names each thing, or only counts them."""
    schema = json.dumps(Operation.catalogue[name].reply.model_json_schema())
    return f'"{RULES[name].subject.value}_id"' in schema


async def _try(world: World, ask: Ask, person: Person, name: str, thing: Thing, tally: Tally) -> None:
    ids: dict[str, UUID] = {
        "school_id": thing.school_id or world.here,
        "staff_id": world.target,
        **world.pupil,
    } | thing.ids
    if "case_id" in ids:
        ids["other_id"] = ids["case_id"]
    for asked, expected in _ways(request(name, ids), person, thing, is_direct=ask_is_direct(ask)):
        await _try_one(world, ask, person, asked, expected, thing, tally)


def ask_is_direct(ask: Ask) -> bool:
    """Whether the gateway, which asks cases about a document that is named, is passed by."""
    return getattr(ask, "func", None) is directly


def _ways(
    asked: Operation[Any], person: Person, thing: Thing, *, is_direct: bool
) -> list[tuple[Operation[Any], Verdict]]:
    """The request, with what the policy says to it; through the gateway also without the document, or with the real one."""
    rule = RULES[asked.operation]
    place = thing.place(person) if rule.subject in IN_CASES else Place(thing.school_id)
    if is_direct or not rule.is_open_by_document or thing.document is None:
        return [(asked, decide(rule, person.asker, place))]
    alone = decide(replace(rule, is_open_by_document=False), person.asker, place)
    named = asked.model_copy(update={"document_id": thing.document.ids["document_id"]})
    return [
        (asked.model_copy(update={"document_id": None}), alone),
        (named, _by_document(rule, person, thing.document)),
    ]


def _by_document(rule: Rule, person: Person, document: Thing) -> Verdict:
    """Cases is asked first: who may read it, or write in its case, may know what became of it, or decide."""
    if rule.anywhere and person.asker.is_active and person.asker.holds(rule.anywhere):
        return Verdict.ALLOWED
    first = RULES["cases.read_document.v1" if rule.anywhere else "cases.confirm_writing.v1"]
    return decide(first, person.asker, document.place(person))


async def _try_one(
    world: World, ask: Ask, person: Person, asked: Operation[Any], expected: Verdict, thing: Thing, tally: Tally
) -> None:
    name, rule = asked.operation, RULES[asked.operation]
    answer = await ask(person, asked)
    if answer is None:
        return
    found = answer.verdict(rule, str(next(iter(thing.ids.values()), "")) if _names_things(name) else "")
    if rule.is_listing and not _names_things(name) and expected is Verdict.HIDDEN:
        expected = Verdict.ALLOWED  # a count of what one sees
    tally.combinations += 1
    if found != expected:
        place = (thing.document or thing).place(person)
        how = f"{place.given.name.lower()} {'own' if place.school_id in person.schools else 'other'} school"
        state = "open" if place.is_open else "closed"
        by = " by document" if rule.is_open_by_document and getattr(asked, "document_id", None) else ""
        tally.deviations.append(f"{name}{by} as {person.name}, {how}, {state}: {found}, not {expected} ({answer.code})")
    if found == Verdict.ALLOWED and rule.subject in IN_CASES and Operation.catalogue[name].changes:
        await world.restore(thing)
