"""Which tokens of Maskinporten's open what: issuer, audience, life, scope and the organisation that consumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from gateway.login.signatures import KeySource, read_signed
from sikkersak.errors import Declined
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.policy.rules import Scope

AUTHORITY: Final = "iso6523-actorid-upis"
NORWEGIAN: Final = "0192:"
LEEWAY_SECONDS: Final = 10
KNOWN: Final = frozenset(scope.value for scope in Scope)


class TokenRefused(Declined):
    """The token opens nothing here. What is wrong with it is said to nobody but the log of whoever issued it."""

    def __init__(self) -> None:
        text = "Tokenet gjelder ikke her: utsteder, mottaker, levetid, scope eller organisasjon stemmer ikke."
        super().__init__("token-refused", text, status=401)


@dataclass(frozen=True)
class Machine:
    """A system of an organisation, and what it was granted here."""

    organisation: str
    client_id: str
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """How owners of answers see it: an id of its own that follows from who it is, no roles, no school."""
        own: UUID = uuid5(NAMESPACE_URL, f"maskinporten:{self.organisation}:{self.client_id}")
        return Actor(
            staff_id=own, level="high", session=f"maskinporten:{own}", kind=ActorKind.MACHINE, scopes=self.scopes
        )


@dataclass(frozen=True)
class MachineTokens:
    """Verifies them. `consumers` are the organisations that may come at all; the scopes say what each may do."""

    issuer: str
    audience: str
    prefix: str
    consumers: frozenset[str]
    keys: KeySource
    clock: Callable[[], datetime]

    async def verify(self, token: str) -> Machine:
        """Who it is. `TokenRefused`, or `Transient` while the issuer's keys were never seen."""
        signed = await read_signed(token, self.keys)
        if signed is None:
            raise TokenRefused
        claims = signed.claims
        organisation = _organisation(claims.get("consumer"))
        scopes = self._scopes(claims.get("scope"))
        is_good = (
            claims.get("iss") == self.issuer
            and self.audience in _several(claims.get("aud"))
            and self._is_living(claims)
            and organisation in self.consumers
            and bool(scopes)
        )
        if not is_good or organisation is None:
            raise TokenRefused
        return Machine(organisation, str(claims.get("client_id", "")), scopes)

    def _is_living(self, claims: dict[str, Any]) -> bool:
        moment = self.clock().timestamp()
        begins, ends = claims.get("nbf", claims.get("iat")), claims.get("exp")
        if not isinstance(begins, int | float) or not isinstance(ends, int | float):
            return False
        return begins - LEEWAY_SECONDS <= moment < ends + LEEWAY_SECONDS

    def _scopes(self, said: object) -> frozenset[str]:
        given = said.split() if isinstance(said, str) else []
        return frozenset(one.removeprefix(self.prefix) for one in given if one.startswith(self.prefix)) & KNOWN


def _several(said: object) -> list[object]:
    return list(said) if isinstance(said, list) else [said]


def _organisation(consumer: object) -> str | None:
    """Nine digits, from the form that Maskinporten gives them (ISO 6523)."""
    told = consumer if isinstance(consumer, dict) else {}
    number = str(told.get("ID", ""))
    return (
        number.removeprefix(NORWEGIAN) if told.get("authority") == AUTHORITY and number.startswith(NORWEGIAN) else None
    )
