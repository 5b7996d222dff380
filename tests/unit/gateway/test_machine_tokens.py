"""Which tokens of Maskinporten's are taken: one wrong claim and it opens nothing."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.machines.tokens import MachineTokens, TokenRefused
from sikkersak.identity import ActorKind

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ISSUER, AUDIENCE, SCHOOL_SYSTEM = "https://maskinporten.example/", "https://sak.example", "310000019"


@dataclass
class Published:
    """Keys by their ids, as Maskinporten publishes them."""

    keys: dict[str, RSAKey] = field(default_factory=dict)

    async def key(self, kid: str) -> RSAKey | None:
        return self.keys.get(kid)


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1"})


def tokens(key: RSAKey) -> MachineTokens:
    consumers = frozenset({SCHOOL_SYSTEM})
    return MachineTokens(ISSUER, AUDIENCE, "sikkersak:", consumers, Published({"k1": key}), lambda: NOW)


def claims(**other: Any) -> dict[str, Any]:
    issued = int(NOW.timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "client_id": "skolesystemet",
        "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{SCHOOL_SYSTEM}"},
        "scope": "sikkersak:status sikkersak:pupils other:mail",
        "iat": issued,
        "exp": issued + 120,
    } | other


def signed(key: RSAKey, said: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1"} | header, said, key, algorithms=["RS256", "HS256"])


async def test_a_good_token_is_a_machine_with_what_it_was_granted_and_no_more(key: RSAKey) -> None:
    machine = await tokens(key).verify(signed(key, claims()))
    assert (machine.organisation, machine.scopes) == (SCHOOL_SYSTEM, frozenset({"status", "pupils"}))
    actor = machine.actor
    assert (actor.kind, actor.roles, actor.schools) == (ActorKind.MACHINE, frozenset(), frozenset())
    again = await tokens(key).verify(signed(key, claims(jti="another")))
    assert again.actor.staff_id == actor.staff_id
    other = await tokens(key).verify(signed(key, claims(client_id="another")))
    assert other.actor.staff_id != actor.staff_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://maskinporten.example"},
        {"iss": "https://test.maskinporten.example/"},
        {"aud": "https://another.example"},
        {"aud": None},
        {"aud": ["https://another.example"]},
        {"exp": int(NOW.timestamp()) - 11},
        {"exp": None},
        {"iat": int(NOW.timestamp()) + 60},
        {"scope": ""},
        {"scope": "sikkersak:everything"},
        {"scope": "status"},
        {"scope": ["sikkersak:status"]},
        {"consumer": None},
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:310000027"}},
        {"consumer": {"authority": "another", "ID": f"0192:{SCHOOL_SYSTEM}"}},
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": SCHOOL_SYSTEM}},
    ],
)
async def test_one_wrong_claim_is_enough(key: RSAKey, wrong: dict[str, Any]) -> None:
    said = {name: value for name, value in claims(**wrong).items() if value is not None}
    with pytest.raises(TokenRefused):
        await tokens(key).verify(signed(key, said))


async def test_what_another_key_signed_or_nobody_is_refused(key: RSAKey) -> None:
    other = RSAKey.generate_key(2048)
    good = signed(key, claims())
    forged = [signed(other, claims()), signed(key, claims(), kid="k2"), f"{good.rsplit('.', 1)[0]}.", "x", ""]
    for token in forged:
        with pytest.raises(TokenRefused):
            await tokens(key).verify(token)


async def test_nobody_comes_where_no_organisation_is_named(key: RSAKey) -> None:
    with pytest.raises(TokenRefused):
        await replace(tokens(key), consumers=frozenset()).verify(signed(key, claims()))
