"""What stands around a message: who it is, what caused it, when it happened. Field names follow CloudEvents."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from faststream.rabbit import RabbitMessage

from sikkersak.clock import now
from sikkersak.ids import new_id
from sikkersak.observability.tracing import current_traceparent


@dataclass(frozen=True)
class Envelope:
    """The identity of one message, kept the same however often it is sent again."""

    message_id: UUID
    message_type: str
    occurred_at: datetime
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None

    @classmethod
    def around(cls, message_type: str) -> Envelope:
        """A new envelope; inside a handler it continues the message that is being handled."""
        cause = _current.get()
        message_id = new_id()
        return cls(
            message_id=message_id,
            message_type=message_type,
            occurred_at=now(),
            correlation_id=cause.correlation_id if cause else str(message_id),
            causation_id=str(cause.message_id) if cause else None,
            traceparent=current_traceparent(),
        )

    def headers(self) -> dict[str, Any]:
        """The AMQP headers; what has an AMQP property of its own is not repeated."""
        known = {
            "ce-time": self.occurred_at.isoformat(),
            "ce-correlationid": self.correlation_id,
            "ce-causationid": self.causation_id,
            "traceparent": self.traceparent,
        }
        return {name: value for name, value in known.items() if value is not None}


_current: ContextVar[Envelope | None] = ContextVar("envelope", default=None)


def handling(envelope: Envelope) -> None:
    """From here on, what this task says was caused by `envelope`."""
    _current.set(envelope)


async def whole(raw: RabbitMessage) -> RabbitMessage:
    """The message itself, for FastStream to hand on as it came: its body is read once, by the model that it is of."""
    return raw
