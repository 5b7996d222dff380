"""Roles and schools are remembered for a minute, and stand in for five while cases is away."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.identities import GRACE, Identities, NotStaff, actor_of, level_of
from gateway.login.identity import Authentication, NationalNumber, VerifiedLogin
from gateway.login.session import Session, open_session
from sikkersak.clock import now
from sikkersak.contracts.cases_people import StaffMember
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.ids import new_id
from sikkersak.messaging.rpc import Overloaded

NOON = now()
MINUTE = timedelta(minutes=1)


class FakeRpc:
    """Answers with what it was given, and counts."""

    def __init__(self, answer: StaffMember | Exception) -> None:
        self.answer = answer
        self.asked = 0

    async def ask(self, operation: object, **how: object) -> StaffMember:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def member(*roles: str, is_active: bool = True) -> StaffMember:
    return StaffMember(
        staff_id=new_id(), name="Kari", roles=frozenset(roles), schools=frozenset({new_id()}), is_active=is_active
    )


def session(level: str = "idporten-loa-substantial") -> Session:
    proof = Authentication("https://idporten.no", "sub", level, ("Minid-OTC",), NOON, NOON, "jti")
    login = VerifiedLogin(NationalNumber("14838141278"), proof, "sid", "nb", "token")
    return open_session(login, b"k" * 32, NOON)[1]


class Version:
    """How often anybody's roles have changed."""

    def __init__(self) -> None:
        self.now = 0

    async def __call__(self) -> int:
        return self.now


def identities(rpc: Any, version: Version | None = None) -> Identities:
    return Identities(rpc, MINUTE, 5.0, version or Version())


async def test_cases_is_asked_once_a_minute() -> None:
    rpc, mine = FakeRpc(member("employee")), session()
    known = identities(rpc)
    for seconds in (0, 30, 59):
        await known.of(mine, NOON + timedelta(seconds=seconds))
    assert rpc.asked == 1
    rpc.answer = member("school_leader")
    assert (await known.of(mine, NOON + MINUTE)).roles == {"school_leader"}


async def test_what_was_known_before_anybodys_roles_changed_counts_no_more_not_even_while_cases_is_away() -> None:
    rpc, mine, version = FakeRpc(member("school_leader")), session(), Version()
    known = identities(rpc, version)
    await known.of(mine, NOON)
    version.now += 1
    rpc.answer = Overloaded("away")
    with pytest.raises(Overloaded):
        await known.of(mine, NOON)
    rpc.answer = member("employee")
    assert (await known.of(mine, NOON)).roles == {"employee"}
    await known.of(mine, NOON)
    assert rpc.asked == 3


async def test_what_was_known_stands_in_while_cases_is_away_but_not_for_long() -> None:
    rpc, mine = FakeRpc(member("employee")), session()
    known = identities(rpc)
    await known.of(mine, NOON)
    rpc.answer = Overloaded("away")
    assert (await known.of(mine, NOON + GRACE - timedelta(seconds=1))).roles == {"employee"}
    with pytest.raises(Overloaded):
        await known.of(mine, NOON + GRACE)
    with pytest.raises(Overloaded):
        await known.of(session(), NOON)


@pytest.mark.parametrize(
    "answer",
    [member("employee", is_active=False), member(), Declined("not-staff", "y"), NotFound("staff")],
)
async def test_who_is_not_staff_gets_nowhere_and_is_not_remembered(answer: Any) -> None:
    rpc, mine = FakeRpc(member("employee")), session()
    known = identities(rpc)
    await known.of(mine, NOON)
    rpc.answer = answer
    with pytest.raises(NotStaff):
        await known.of(mine, NOON + MINUTE)
    rpc.answer = Overloaded("away")
    with pytest.raises(Overloaded):
        await known.of(mine, NOON + MINUTE)


async def test_gateway_that_is_not_trusted_ends_nobodys_session() -> None:
    known, mine = identities(FakeRpc(Forbidden("the key is not known here"))), session()
    with pytest.raises(Forbidden):
        await known.of(mine, NOON)


def test_actor_has_the_level_of_the_strongest_proof_and_nothing_that_names_anybody() -> None:
    mine, staff = session("idporten-loa-high"), member("employee")
    actor = actor_of(mine, staff)
    assert (actor.level, level_of(session())) == ("high", "substantial")
    assert "Kari" not in actor.model_dump_json()
    assert mine.pid_lookup not in actor.model_dump_json()
