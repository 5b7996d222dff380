"""Retries: publish-then-ack. What fails is copied to its ladder or to parking with a confirm, then acknowledged (R5, R6).

A crash between the two makes a duplicate, which the inbox absorbs. The broker's own dead-lettering is the safety net
only. Attempts are counted in our own header: `x-death` and `x-delivery-count` mean different things on 3.10 and 4.x.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import aio_pika
import asyncpg
import httpx
import structlog
from aio_pika.abc import DeliveryMode
from faststream import BaseMiddleware
from faststream.exceptions import AckMessage, HandlerException
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange
from pydantic import ValidationError

from sikkersak.clock import now
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.messaging.topology import DELAYS, LATE, WORK_QUEUES, WorkQueue
from sikkersak.observability.metrics import Metrics

log = structlog.get_logger(__name__)

RETRY: Final = RabbitExchange("retry", type=ExchangeType.TOPIC, declare=False)
PARKING: Final = RabbitExchange("parking", type=ExchangeType.DIRECT, declare=False)
BROKER_HEADERS: Final = ("x-death", "x-first-death", "x-last-death", "x-delivery-count", "x-acquired-count")
LARGEST_BODY: Final = 256 * 1024  # our messages carry ids; anything larger is not ours
CONFIRM_SECONDS: Final = 10.0


class UnknownMessage(Exception):
    """A message type that this queue does not hear."""


class OversizedMessage(Exception):
    """A body larger than any contract can be."""


class Verdict(StrEnum):
    """What kind of failure it was (R5), and so where the message goes."""

    WAITING = "waiting"  # the receiver is known to be away: come back, uncounted
    TRANSIENT = "transient"  # the next step of the ladder
    DECLINED = "declined"  # parked: a person must act
    BUG = "bug"  # parked and alarmed: replayable after the mend


NETWORK: Final = (httpx.TransportError, ConnectionError, TimeoutError, asyncpg.PostgresConnectionError)


def classify(failure: BaseException) -> Verdict:
    """The kind of a failure. What nobody foresaw is a bug, and is never tried for ever."""
    if isinstance(failure, CircuitOpen):
        return Verdict.WAITING
    if isinstance(failure, (Transient, *NETWORK)):
        return Verdict.TRANSIENT
    if isinstance(failure, Declined):
        return Verdict.DECLINED
    return Verdict.BUG


@dataclass(frozen=True)
class Step:
    """Where a failed message goes next: a delay of the ladder, or parking."""

    delay: str | None
    attempt: int
    outcome: str

    @property
    def is_parked(self) -> bool:
        """Whether a person must look at it."""
        return self.delay is None


def next_step(ladder: tuple[str, ...], attempts_before: int, failure: BaseException) -> Step:
    """The rule of the ladder, as a value: which delay comes after this failure."""
    verdict = classify(failure)
    if verdict is Verdict.WAITING:
        return Step(ladder[0], attempts_before, "waiting")
    attempt = attempts_before + 1
    if verdict in {Verdict.DECLINED, Verdict.BUG}:
        return Step(None, attempt, verdict.value)
    if attempt > len(ladder):
        return Step(None, attempt, "exhausted")
    asked = failure.retry_after if isinstance(failure, Transient) else None
    return Step(_at_least(ladder[attempt - 1 :], asked), attempt, "retry")


def _at_least(delays: tuple[str, ...], asked: timedelta | None) -> str:
    """The first delay that is as long as the other side asked for; the longest where none is."""
    if asked is None:
        return delays[0]
    enough = (delay for delay in delays if DELAYS[delay] >= asked.total_seconds() * 1000)
    return next(enough, delays[-1])


def spread(delay: str | None, queue: str) -> str:
    """The step's own queue or its later one, by chance: what failed together drifts apart a little at every step."""
    is_late = _known(queue).is_spread and secrets.randbelow(2) == 1
    return f"{delay}.{LATE}" if is_late else str(delay)


def fingerprint(queue: str, failure: BaseException) -> str:
    """Groups failures of one cause: queue, exception type, and the innermost line of our own code."""
    frames = traceback.extract_tb(failure.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    place = f"{own[-1].name}:{own[-1].lineno}" if own else ""
    return hashlib.sha256(f"{queue}|{type(failure).__name__}|{place}".encode()).hexdigest()[:16]


def describe(failure: BaseException) -> str:
    """Why it failed, without personal data: only our own errors have texts that are known to carry none."""
    if isinstance(failure, Transient | Declined | UnknownMessage | OversizedMessage):
        return str(failure)[:500]
    if isinstance(failure, ValidationError):
        places = [".".join(str(part) for part in error["loc"]) + " " + error["type"] for error in failure.errors()]
        return f"not of the contract: {', '.join(places)}"[:500]
    if isinstance(failure, json.JSONDecodeError | UnicodeDecodeError):
        return "not JSON"
    return type(failure).__name__


class RetryMiddleware(BaseMiddleware):
    """Sees every failure of a handler, of validation and of decoding, and decides where the message goes."""

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> Any:
        """Refuses giants before they are decoded, and never lets a failure end in an acknowledged loss."""
        try:
            if len(msg.raw_message.body) > LARGEST_BODY:
                raise OversizedMessage(f"{len(msg.raw_message.body)} bytes")
            return await call_next(msg)
        except HandlerException:  # the acknowledgement was decided already
            raise
        except Exception as failure:  # every kind: classify() says which of the three it is
            await self._move(msg.raw_message, failure)
            raise AckMessage from failure

    async def _move(self, raw: aio_pika.IncomingMessage, failure: Exception) -> None:
        queue = self.context.get_local("handler_").queue.name
        broker: RabbitBroker = self.context.get("broker")
        metrics: Metrics = self.context.get("metrics")
        step = next_step(_ladder_of(queue), int(raw.headers.get("x-attempt", 0) or 0), failure)  # type: ignore[arg-type]
        copy = _copy(raw, failure_headers(queue, raw.headers, failure, step))
        facts = {"queue": queue, "message_type": raw.type, "message_id": raw.message_id, "attempt": step.attempt}
        if step.is_parked:
            await broker.publish(copy, exchange=PARKING, routing_key=queue, timeout=CONFIRM_SECONDS)
            metrics.parked_total.labels(queue=queue, outcome=step.outcome).inc()
            log.error("message_parked", outcome=step.outcome, reason=describe(failure), exc_info=failure, **facts)
        else:
            key = f"{queue}.{spread(step.delay, queue)}"
            await broker.publish(copy, exchange=RETRY, routing_key=key, timeout=CONFIRM_SECONDS)
            metrics.retry_scheduled_total.labels(queue=queue, level=step.delay, exception=type(failure).__name__).inc()
            log.warning("message_retried", delay=step.delay, reason=describe(failure), **facts)


def failure_headers(queue: str, before: dict[str, Any], failure: BaseException, step: Step) -> dict[str, Any]:
    """What a failed copy carries: why, since when, how often. The message's own identity is untouched."""
    moment = now().isoformat()
    kept = {name: value for name, value in before.items() if not name.startswith(BROKER_HEADERS)}
    return kept | {
        "x-attempt": step.attempt,
        "x-outcome": step.outcome,
        "x-failed-queue": queue,
        "x-service": queue.split(".", 1)[0],
        "x-exception-type": type(failure).__name__,
        "x-exception-message": describe(failure),
        "x-exception-fingerprint": fingerprint(queue, failure),
        "x-first-failed-at": before.get("x-first-failed-at", moment),
        "x-last-failed-at": moment,
    }


def _copy(raw: aio_pika.IncomingMessage, headers: dict[str, Any]) -> aio_pika.Message:
    return aio_pika.Message(
        raw.body,
        headers=headers,
        content_type=raw.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=raw.message_id,
        correlation_id=raw.correlation_id,
        type=raw.type,
        timestamp=raw.timestamp,
    )


def _ladder_of(queue: str) -> tuple[str, ...]:
    return _known(queue).ladder


def _known(queue: str) -> WorkQueue:
    return next(known for known in WORK_QUEUES if known.name == queue)
