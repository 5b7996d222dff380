# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Who calls the API, and what every call carries beside its body."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from gateway.machines.tokens import Machine, TokenRefused
from gateway.problems import VERSION_REQUIRED
from gateway.reception import LoginRequired, Person, Reception
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined

Answer = TypeVar("Answer", bound=BaseModel)
Gathered = TypeVar("Gathered", bound=BaseModel)
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """A person with a living session, at the counter."""

    reception: Reception
    person: Person

    @property
    def own_id(self) -> UUID:
        """The actor's own id."""
        return self.person.staff.staff_id

    async def ask(self, operation: Operation[Answer], key: str | None = None) -> Answer:
        """The answer of the service that owns it, given to this person."""
        return await self.reception.ask(self.person, operation, key)


MASKINPORTEN: Final = HTTPBearer(
    scheme_name="maskinporten",
    bearerFormat="JWT",
    description="a token of Maskinporten's for our `resource`, with the scope that the operation names",
    auto_error=False,
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(MASKINPORTEN)]


@dataclass(frozen=True)
class MachineCaller:
    """Another system at the counter: what it may ask for, the owner of the answer decides by its scopes."""

    reception: Reception
    machine: Machine

    @property
    def own_id(self) -> UUID:
        """The actor's own id."""
        return self.machine.actor.staff_id

    async def ask(self, operation: Operation[Answer], key: str | None = None) -> Answer:
        """The answer of the service that owns it, given to this system."""
        within = self.reception.request_seconds
        return await self.reception.rpc.ask(operation, actor=self.machine.actor, idempotency_key=key, within=within)


async def caller_or_machine(request: Request, bearer: Bearer) -> Caller | MachineCaller:
    """A person, or a system with a token of Maskinporten's; 401 for a token that is none, never the session instead."""
    if bearer is None:
        if request.headers.get("Authorization", "").lower().startswith("bearer"):  # without a token
            raise TokenRefused
        return await caller(request)
    reception: Reception = request.app.state.reception
    if reception.machines is None:
        raise TokenRefused
    machine = await reception.machines.verify(bearer.credentials)
    reception.requests.take(f"machine:{machine.organisation}:{machine.client_id}")
    return MachineCaller(reception, machine)


async def caller(request: Request) -> Caller:
    """The caller; 401 without a session, 403 when a change comes without the session's own token (CSRF), 429 when too often."""
    reception: Reception = request.app.state.reception
    person = await reception.recognise(reception.cookies.session_of(request))
    if person is None:
        raise LoginRequired
    if request.method not in SAFE:
        person.secret.check_csrf(request.headers.get("X-CSRF-Token"))
    return Caller(reception, person)


class Body(BaseModel):
    """A request's body: a field that does not exist is said, not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Asker = Annotated[Caller, Depends(caller)]
AnyAsker = Annotated[Caller | MachineCaller, Depends(caller_or_machine)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="new for every act, the same when it is tried again",
    ),
]
IfMatch = Annotated[
    str, Header(alias="If-Match", pattern=r'^"[0-9]{1,9}"$', description='the ETag that was read, for example "3"')
]
IfRead = Annotated[
    str, Header(alias="If-Match", pattern=r'^"[0-9a-z]{1,64}"$', description="the ETag that was read; only if it holds")
]


class VersionRequired(Declined):
    """What is put may stand there already: it must be said what was read, or that nothing shall be there."""

    def __init__(self) -> None:
        super().__init__("version-required", VERSION_REQUIRED, status=428)


async def read_or_new(
    version: Annotated[
        str | None,
        Header(
            alias="If-Match",
            pattern=r'^"[0-9a-z]{1,64}"$',
            description="the ETag, or the quoted `version`, that was read; it is replaced if it is still that",
        ),
    ] = None,
    nothing: Annotated[
        Literal["*"] | None,
        Header(alias="If-None-Match", description="in the place of If-Match: it is created if it is not there"),
    ] = None,
) -> str:
    """What is replaced, as its owner knows it; empty for what must not be there yet. One of the two, never both."""
    if (version is None) == (nothing is None):
        raise VersionRequired
    return unquoted(version) if version else ""


ReadOrNew = Annotated[str, Depends(read_or_new)]


def unquoted(tag: str) -> str:
    """As the owner of the thing knows it."""
    return tag.strip('"')


def numbered(tag: str) -> int:
    """The version that a document's ETag, or a webhook's, is."""
    return int(unquoted(tag))


def tagged(response: Response, tag: str) -> None:
    """Says which version the answer is."""
    response.headers["ETag"] = f'"{tag}"'


def gathered(model: type[Gathered]) -> Callable[..., Awaitable[Gathered]]:
    """A dependency that makes the model of its fields in the query. A class itself would be called in a thread, each time."""

    async def gather(**given: object) -> Gathered:
        return model(**given)

    gather.__signature__ = inspect.signature(model)  # type: ignore[attr-defined]
    return gather


Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="at most this many")]
Position = Annotated[int, Path(ge=0, le=1000, description="the file's position in the document's `files`, from 0")]
