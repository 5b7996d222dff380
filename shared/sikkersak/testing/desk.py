"""A service's desk without a broker: its operations, its gate and its database, asked by somebody who is vouched for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Gate, _Desk, _Guard, gate_by_token
from sikkersak.persistence.database import Database

NEVER = 10**14


def desk_for(actor: Actor, answers: Any, room: Any, database: Database, gate: Gate = gate_by_token) -> _Desk:
    """Answers whatever comes as this actor's, by the real policy."""
    verifier: Any = SimpleNamespace(verify=lambda *_, **__: actor)
    return _Desk(answers, room, database, _Guard(verifier, gate, RULES))


def incoming(name: str, body: bytes, key: str | None = None) -> Any:
    """A request as it comes from the broker, in time."""
    headers = {"x-deadline": NEVER, **({"x-idempotency-key": key} if key else {})}
    return SimpleNamespace(type=name, headers=headers, body=body)
