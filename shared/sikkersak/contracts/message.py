"""The base of everything that is said: messages between services, and operations asked by the gateway."""

from __future__ import annotations

import re
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

MESSAGE_NAME = re.compile(r"^[a-z]+(\.[a-z_]+){1,2}\.v[1-9][0-9]*$")

Reply = TypeVar("Reply", bound=BaseModel)


class Contract(BaseModel):
    """Frozen, and tolerant of fields that a newer sender added (R14)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def __init_subclass__(cls, **names: object) -> None:
        """Lets a subclass say its name in the class statement; pydantic hands it to `__pydantic_init_subclass__`."""
        del names
        super().__init_subclass__()


class Message(Contract):
    """A fact or an order that travels through RabbitMQ. Never personal data in its fields (R3)."""

    message_type: ClassVar[str]
    catalogue: ClassVar[dict[str, type[Message]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str = "", **kwargs: object) -> None:  # noqa: A002 - AMQP's own word
        super().__pydantic_init_subclass__(**kwargs)
        _refuse_bad_name(type, type in Message.catalogue)
        cls.message_type = type
        Message.catalogue[type] = cls


class Operation(Contract, Generic[Reply]):
    """A question or a command from a person, put to the service that owns the answer; always with a deadline.

    `changes` says whether it may change anything: only then does an idempotency key mean something.
    """

    operation: ClassVar[str]
    reply: ClassVar[type[BaseModel]]
    changes: ClassVar[bool]
    catalogue: ClassVar[dict[str, type[Operation[BaseModel]]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, *, name: str | None = None, changes: bool = False, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if name is None:  # the parametrised base itself, Operation[SomeReply]
            return
        _refuse_bad_name(name, name in Operation.catalogue)
        cls.operation = name
        cls.changes = changes
        cls.reply = cls.__mro__[1].__pydantic_generic_metadata__["args"][0]  # type: ignore[attr-defined]
        Operation.catalogue[name] = cls  # type: ignore[assignment]  # the catalogue forgets which reply it is

    @classmethod
    def owner(cls) -> str:
        """The service that answers: the first word of the name."""
        return cls.operation.split(".", 1)[0]


def _refuse_bad_name(name: str, is_taken: bool) -> None:
    if not MESSAGE_NAME.match(name):
        raise ValueError(f"{name!r} is not of the form owner.subject.fact.vN")
    if is_taken:
        raise ValueError(f"{name!r} is declared twice")


class Empty(Contract):
    """The reply of an operation that has nothing to say but that it is done."""
