"""Operations: what a service answers. Each runs in one transaction, as one verified actor, before one deadline.

A change that is asked under an idempotency key is made once: the key, the request's fingerprint and the reply are a
row of the same transaction, and the same request gets the same reply.

What members of staff do in services other than cases is told to the audit log in the same transaction (`telling`).

Before anything is done the gate keeps to the operation's row in the access policy; an operation without one is refused.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aio_pika
import asyncpg
import structlog
from aio_pika.abc import DeliveryMode
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from pydantic import BaseModel, ValidationError

from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, Transient
from sikkersak.identity import Actor, ActorVerifier
from sikkersak.identity.policy import RULES, Rule
from sikkersak.identity.policy.admission import admit_by_token
from sikkersak.messaging.envelope import Envelope, handling, whole
from sikkersak.messaging.outbox import say
from sikkersak.messaging.rpc import YES
from sikkersak.messaging.telling import order_to_note
from sikkersak.persistence.database import Database, Transaction

log = structlog.get_logger(__name__)

PREFETCH = 10
NUL = b"\\u0000"  # PostgreSQL stores every character but this one
Room = TypeVar("Room")
Asked = TypeVar("Asked", bound=Operation[Any])
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Ask:
    """The circumstances of one request: who asks, and the transaction that everything it does belongs to.

    `known` is what the gate found out about who asks: the operation need not ask for it again in the same transaction.
    """

    actor: Actor
    tx: Transaction
    known: dict[type, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Request:
    """What the gate looks at. A replay asks for the reply of what was done: what it changed is no reason to refuse it."""

    rule: Rule
    asked: Operation[Any]
    is_replay: bool = False


Answering = Callable[[Any, Ask, Any], Awaitable[BaseModel]]
Gate = Callable[[Request, Ask], Awaitable[None]]


class NoRule(LookupError):
    """The operation has no row in the access policy: a bug, and nobody gets in by it."""


async def gate_by_token(request: Request, ask: Ask) -> None:
    """The gate of services that know people by their token only."""
    admit_by_token(request.rule, request.asked, ask.actor)


class Operations(Generic[Room]):
    """The operations that one service answers, by name, each behind `gate` with its rule of the access policy."""

    def __init__(self, service: str, gate: Gate = gate_by_token, rules: Mapping[str, Rule] = RULES) -> None:
        self.service = service
        self._gate = gate
        self._rules = rules
        self._answers: dict[str, tuple[type[Operation[Any]], Answering]] = {}

    def answers(
        self, asked: type[Asked]
    ) -> Callable[[Callable[[Asked, Ask, Room], Awaitable[Answer]]], Callable[[Asked, Ask, Room], Awaitable[Answer]]]:
        """Registers `async def operation(request, ask, room) -> reply`."""
        if asked.owner() != self.service:
            raise ValueError(f"{asked.operation} is not for {self.service} to answer")

        def keep(
            answering: Callable[[Asked, Ask, Room], Awaitable[Answer]],
        ) -> Callable[[Asked, Ask, Room], Awaitable[Answer]]:
            self._answers[asked.operation] = (asked, answering)
            return answering

        return keep

    @property
    def names(self) -> frozenset[str]:
        """The names of all operations that are answered."""
        return frozenset(self._answers)

    def serve(self, broker: RabbitBroker, room: Room, database: Database, verifier: ActorVerifier) -> None:
        """Consumes the service's request queue. Errors become problems in the reply; nothing is ever redelivered by error."""
        desk = _Desk(self._answers, room, database, _Guard(verifier, self._gate, self._rules))

        @broker.subscriber(
            RabbitQueue(f"rpc.{self.service}", declare=False),
            channel=Channel(prefetch_count=PREFETCH, on_return_raises=True),
            ack_policy=AckPolicy.ACK,  # a request is transient: its asker asks again, under the same key
            no_reply=True,
            decoder=whole,
        )
        async def receive(raw: Any) -> None:
            incoming = raw.raw_message
            reply = await desk.reply(incoming)
            if reply is not None and incoming.reply_to:
                await broker.publish(_reply(reply, incoming.correlation_id), queue=incoming.reply_to, mandatory=False)


@dataclass(frozen=True)
class _Guard:
    """Who asks, and whether they may."""

    verifier: ActorVerifier
    gate: Gate
    rules: Mapping[str, Rule]

    async def admit(self, asked: Operation[Any], ask: Ask, *, is_replay: bool = False) -> Rule:
        rule = self.rules.get(asked.operation)
        if rule is None:
            raise NoRule(asked.operation)
        await self.gate(Request(rule, asked, is_replay), ask)
        return rule


class _Desk:
    def __init__(self, answers: dict[str, Any], room: Any, database: Database, guard: _Guard) -> None:
        self._answers = answers
        self._room = room
        self._database = database
        self._guard = guard

    async def reply(self, incoming: Any) -> bytes | None:
        """The reply, or nothing when nobody waits for it any more."""
        left = float(incoming.headers.get("x-deadline", 0)) / 1000 - time.time()
        if left <= 0:
            log.info("request_too_late", operation=incoming.type)
            return None
        try:
            async with asyncio.timeout(left):
                return YES + await self._answer(incoming) + b"}"
        except Declined as no:
            return _problem(no.code, no.detail, no.status)
        except ValidationError as wrong:
            return _problem("invalid-request", _places(wrong), 422)
        except (Transient, TimeoutError) as later:
            log.warning("request_not_answered", operation=incoming.type, exception_type=type(later).__name__)
            return _problem("try-again", "Tjenesten er opptatt. Prøv igjen om litt.", 503)
        except (
            Exception
        ) as bug:  # a bug: alarmed in the log, and said as such; the gateway shows a reference, no details
            log.exception("request_failed", operation=incoming.type, exception_type=type(bug).__name__)
            return _problem("internal-error", "Noe gikk galt hos oss. Feilen er meldt.", 500)

    async def _answer(self, incoming: Any) -> bytes:
        known = self._answers.get(str(incoming.type))
        if known is None:
            raise Declined("unknown-operation", "Denne tjenesten kjenner ikke forespørselen.", status=404)
        asked, answering = known
        actor = self._guard.verifier.verify(
            str(incoming.headers.get("x-actor", "")), operation=asked.operation, request=incoming.body
        )
        if NUL in incoming.body:
            raise Declined("invalid-request", "Teksten inneholder et tegn som ikke kan lagres.", status=422)
        request = asked.model_validate_json(incoming.body)
        handling(Envelope.around(asked.operation))
        key = incoming.headers.get("x-idempotency-key")
        async with self._database.transaction() as tx:
            ask = Ask(actor, tx)
            if not asked.changes or key is None:
                return (await self._done(request, ask, answering)).model_dump_json().encode()
            return await self._once(request, str(key), ask, answering)

    async def _done(self, request: Operation[Any], ask: Ask, answering: Answering) -> BaseModel:
        """Admitted, answered, and told to the audit log where it is one of the acts that stand there."""
        rule = await self._guard.admit(request, ask)
        reply = await _answered(answering, request, ask, self._room)
        order = order_to_note(request, rule, ask.actor, reply)
        if order is not None:
            await say(ask.tx, order)
        return reply

    async def _once(self, request: Operation[Any], key: str, ask: Ask, answering: Answering) -> bytes:
        fingerprint = hashlib.sha256(request.model_dump_json().encode()).digest()
        mine = (ask.actor.staff_id, request.operation, key)
        claim = "insert into answers (actor_id, operation, key, fingerprint) values ($1, $2, $3, $4) on conflict do nothing returning true"
        if not await ask.tx.fetchval(claim, *mine, fingerprint):
            given = await ask.tx.fetchrow(
                "select fingerprint, reply from answers where actor_id = $1 and operation = $2 and key = $3", *mine
            )
            if given is None or given["fingerprint"] != fingerprint:
                raise Declined("idempotency-key-reused", "Nøkkelen er brukt til en annen forespørsel.", status=422)
            await self._guard.admit(request, ask, is_replay=True)
            return json.dumps(given["reply"]).encode()
        reply = (await self._done(request, ask, answering)).model_dump_json()
        # written once: the same text is kept and sent
        keep = "update answers set reply = $4::text::jsonb where actor_id = $1 and operation = $2 and key = $3"
        await ask.tx.execute(keep, *mine, reply)
        return reply.encode()


async def _answered(answering: Answering, request: Operation[Any], ask: Ask, room: Any) -> BaseModel:
    """The owner's answer; what only the database finds wrong with the request is the asker's to mend, not a bug (R11)."""
    try:
        return await answering(request, ask, room)
    except asyncpg.ForeignKeyViolationError as unknown:
        raise Declined("reference-unknown", "Noe du viste til, finnes ikke.", status=422) from unknown
    except ValidationError:
        raise
    except ValueError as wrong:
        if getattr(request, "cursor", None) is None:
            raise
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422) from wrong


def _reply(said: bytes, correlation_id: str | None) -> aio_pika.Message:
    return aio_pika.Message(
        said,
        content_type="application/json",
        delivery_mode=DeliveryMode.NOT_PERSISTENT,
        correlation_id=correlation_id,
    )


def _problem(code: str, detail: str, status: int) -> bytes:
    return json.dumps({"problem": {"code": code, "detail": detail, "status": status}}).encode()


def _places(wrong: ValidationError) -> str:
    """Which fields are wrong and how, without the values: they may be somebody's name."""
    return "; ".join(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in wrong.errors())[
        :500
    ]
