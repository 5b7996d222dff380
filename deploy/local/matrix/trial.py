"""One try: what the policy expects, what the services did, and whether that is the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
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
            return Verdict.HIDDEN if self.code == f"{rule.subject.value}-not-found" else Verdict.ALLOWED
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


async def through_gateway(
    sessions: dict[str, httpx.AsyncClient], person: Person, asked: Operation[Any]
) -> Answer | None:
    """As a browser would; none where the API has no address for it."""
    wanted = call(asked)
    if wanted is None:
        return None
    said = await _send(sessions[person.name], wanted)
    code = said.json().get("code", "") if said.is_error else ""
    return Answer(said.status_code, code, said.text)


async def _send(http: httpx.AsyncClient, wanted: Call) -> httpx.Response:
    broken = 0
    while True:
        try:
            said = await http.request(
                wanted.method, wanted.path, params=wanted.query, json=wanted.body, headers=wanted.headers
            )
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
    rule = RULES[name]
    place = thing.place(person) if rule.subject in IN_CASES else Place(thing.school_id)
    expected: Verdict | str = decide(rule, person.asker, place)
    ids: dict[str, UUID] = {
        "school_id": thing.school_id or world.here,
        "staff_id": world.target,
        **world.pupil,
    } | thing.ids
    if "case_id" in ids:
        ids["other_id"] = ids["case_id"]
    answer = await ask(person, request(name, ids))
    if answer is None:
        return
    found = answer.verdict(rule, str(next(iter(thing.ids.values()), "")) if _names_things(name) else "")
    if rule.is_listing and not _names_things(name) and expected is Verdict.HIDDEN:
        expected = Verdict.ALLOWED  # a count of what one sees
    tally.combinations += 1
    if found != expected:
        how = f"{place.given.name.lower()} {'own' if place.school_id in person.schools else 'other'} school"
        state = "open" if place.is_open else "closed"
        tally.deviations.append(f"{name} as {person.name}, {how}, {state}: {found}, not {expected} ({answer.code})")
    if found == Verdict.ALLOWED and rule.subject in IN_CASES and Operation.catalogue[name].changes:
        await world.restore(thing)
