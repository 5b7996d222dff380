"""What the audit log is told of: changes by people and machines, and reads of pupils' content, outside cases.

The order leaves by the outbox of the act's own transaction: an act that is refused or undone says nothing, and a replay
under an idempotency key does nothing, so it says nothing either (M18, R9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from sikkersak.clock import now
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.contracts.message import Operation
from sikkersak.identity.actor import Actor, ActorKind
from sikkersak.identity.policy import Rule
from sikkersak.ids import new_id

KEEPER: Final = "cases"  # it has the log, and notes its own acts itself
MOST: Final = 100  # ids under one name: no operation takes more things at a time than a page shows


def is_told(asked: type[Operation[Any]], rule: Rule) -> bool:
    """Whether it stands in the audit log when a member of staff, or a machine, asks for it."""
    return asked.owner() != KEEPER and (asked.changes or rule.is_noted)


def order_to_note(asked: Operation[Any], rule: Rule, actor: Actor, reply: BaseModel) -> NoteAct | None:
    """What to say of it; nothing for what is not told of, or was asked by the product itself, on nobody's behalf."""
    if actor.kind is ActorKind.SYSTEM or not is_told(type(asked), rule):
        return None
    act_id = new_id()
    about = _ids(asked, reply)
    return NoteAct(
        act_id=act_id,
        operation=asked.operation,
        actor_id=actor.staff_id,
        session=actor.session,
        occurred_at=now(),
        case_id=_only(about.pop("case_id", ())),
        document_id=_only(about.pop("document_id", ())),
        about=about,
        chosen=dict(_choices(asked)),
        reason_sha256=digest_of(act_id, getattr(asked, "reason", None)),
        found=None if asked.changes else _found(reply),
    )


def digest_of(act_id: UUID, reason: str | None) -> str | None:
    """A reason's digest, different for each act: equal reasons do not show as equal."""
    return hashlib.sha256(f"{act_id}|{reason}".encode()).hexdigest() if reason else None


def _ids(asked: BaseModel, reply: BaseModel) -> dict[str, tuple[UUID, ...]]:
    """By name; what the request names stands before what the reply, or one model within it, shows."""
    inner = [value for _, value in reply if isinstance(value, BaseModel)]
    found: dict[str, tuple[UUID, ...]] = {}
    for model in (asked, reply, *inner):
        for name, value in model:
            several = value if isinstance(value, tuple | list) else (value,)
            ids = tuple(one for one in several if isinstance(one, UUID))[:MOST]
            if ids and name not in found:
                found[name] = ids
    return found


def _found(reply: BaseModel) -> int | None:
    """How many a list showed; which ones, is told when one is opened."""
    items = getattr(reply, "items", None)
    return len(items) if isinstance(items, tuple) else None


def _choices(asked: BaseModel) -> Iterator[tuple[str, str]]:
    """What was chosen among fixed values; free text is none of it."""
    for name, value in asked:
        if isinstance(value, Enum):
            yield name, str(value.value)
        elif isinstance(value, bool):
            yield name, str(value).lower()


def _only(ids: tuple[UUID, ...]) -> UUID | None:
    return ids[0] if len(ids) == 1 else None
