"""The SCIM service: addresses, who may ask, and every error in SCIM's own form (RFC 7644 §3.12)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    InvalidSyntaxException,
    ListResponse,
    NotFoundException,
    PatchOp,
    ResourceType,
    ResponseParameters,
    Schema,
    SCIMException,
    SearchRequest,
    UnauthorizedException,
)
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.reception import Reception
from gateway.scim.desk import Desk
from gateway.scim.filters import criteria
from gateway.scim.users import MOST, PROVIDER, SchoolUser
from sikkersak.errors import Declined, Transient

PREFIX: Final = "/scim/v2"
MEDIA_TYPE: Final = "application/scim+json"
ACCEPTED: Final = frozenset({MEDIA_TYPE, "application/json"})
CREATED, NO_CONTENT, CONFLICT = 201, 204, 409
UNAUTHORIZED, TOO_BUSY, BUG = 401, 503, 500
SCIM_TYPES: Final = {
    "employee-taken": "uniqueness",
    "unknown-school": "invalidValue",
    "national-id-missing": "invalidValue",
}
DETAILS: Final = {
    "employee-taken": "userName, externalId or the person is registered already.",
    "unknown-school": "schools names an organisation number that is no school here.",
    "national-id-missing": "nationalId is needed to create a user.",
    "employee-not-found": "There is no such user.",
    "stale-employee": "The user was changed by another.",
}
Answering = Callable[[Request, Desk], Awaitable[Response]]


def mount(app: FastAPI) -> None:
    """Adds the service to the application, under its own errors and media type."""
    service = Starlette(
        routes=_routes(),
        exception_handlers={
            SCIMException: _refused,
            ValidationError: _invalid,
            Declined: _declined,
            Transient: _busy,
            HTTPException: _elsewhere,
            Exception: _bug,
        },
    )
    service.state.reception = app.state.reception
    app.mount(PREFIX, service)


def _routes() -> list[Route]:
    addresses: dict[tuple[str, str], Answering] = {
        ("GET", "/Users"): _list,
        ("POST", "/Users"): _create,
        ("POST", "/Users/.search"): _search,
        ("GET", "/Users/{id}"): _read,
        ("PUT", "/Users/{id}"): _replace,
        ("PATCH", "/Users/{id}"): _patch,
        ("DELETE", "/Users/{id}"): _remove,
        ("GET", "/ServiceProviderConfig"): _config,
        ("GET", "/ResourceTypes"): _resource_types,
        ("GET", "/ResourceTypes/{id}"): _resource_type,
        ("GET", "/Schemas"): _schemas,
        ("GET", "/Schemas/{id}"): _schema,
    }
    by_path: dict[str, dict[str, Answering]] = {}
    for (method, path), answering in addresses.items():
        by_path.setdefault(path, {})[method] = answering
    return [Route(path, _guarded(methods), methods=list(methods)) for path, methods in by_path.items()]


def _guarded(methods: Mapping[str, Answering]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        reception: Reception = request.app.state.reception
        _demand_token(reception.scim_tokens, request.headers.get("Authorization", ""))
        method = "GET" if request.method == "HEAD" else request.method
        return await methods[method](request, Desk(reception, f"{reception.base_url}{PREFIX}"))

    return answer


def _demand_token(known: tuple[str, ...], given: str) -> None:
    """Only the token's SHA-256 is known here; every hash is compared, and each in constant time."""
    scheme, _, token = given.partition(" ")
    hashed = hashlib.sha256(token.strip().encode()).hexdigest()
    matches = [hmac.compare_digest(hashed, one) for one in known]
    if scheme.lower() != "bearer" or not any(matches):
        raise UnauthorizedException(detail="A valid bearer token is needed.")


# --- users


async def _list(request: Request, desk: Desk) -> Response:
    asked = SearchRequest[SchoolUser].model_validate(dict(request.query_params))
    return await _found(asked, desk)


async def _search(request: Request, desk: Desk) -> Response:
    """The same without the filter in the address, where logs could keep it (RFC 7644 §3.4.3)."""
    asked = SearchRequest[SchoolUser].model_validate(await _body(request), scim_ctx=Context.SEARCH_REQUEST)
    return await _found(asked, desk)


async def _found(asked: Any, desk: Desk) -> Response:
    start = max(1, asked.start_index or 1)
    count = MOST if asked.count is None else max(0, min(MOST, asked.count))
    users, total = await desk.find(criteria(str(asked.filter)) if asked.filter else {}, start, count)
    page = ListResponse[SchoolUser](
        total_results=total, start_index=start, items_per_page=len(users), resources=users or None
    )
    return _answer(page.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked))


async def _create(request: Request, desk: Desk) -> Response:
    user = SchoolUser.model_validate(await _body(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    return _user(request, await desk.create(user), Context.RESOURCE_CREATION_RESPONSE, CREATED)


async def _read(request: Request, desk: Desk) -> Response:
    return _user(request, await desk.read(request.path_params["id"]), Context.RESOURCE_QUERY_RESPONSE)


async def _replace(request: Request, desk: Desk) -> Response:
    user = SchoolUser.model_validate(await _body(request), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    made = await desk.replace(request.path_params["id"], user, request.headers.get("If-Match"))
    return _user(request, made, Context.RESOURCE_REPLACEMENT_RESPONSE)


async def _patch(request: Request, desk: Desk) -> Response:
    change = PatchOp[SchoolUser].model_validate(await _body(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    made = await desk.patch(request.path_params["id"], change, request.headers.get("If-Match"))
    return _user(request, made, Context.RESOURCE_PATCH_RESPONSE)


async def _remove(request: Request, desk: Desk) -> Response:
    await desk.remove(request.path_params["id"], request.headers.get("If-Match"))
    return Response(status_code=NO_CONTENT)


# --- what the service says of itself


async def _config(request: Request, desk: Desk) -> Response:
    del request, desk
    return _answer(PROVIDER.config.model_dump() if PROVIDER.config else {})


async def _resource_types(request: Request, desk: Desk) -> Response:
    del request, desk
    return _answer(_all(ListResponse[ResourceType], PROVIDER.resource_types))


async def _resource_type(request: Request, desk: Desk) -> Response:
    del desk
    return _answer(_one(PROVIDER.resource_types, request.path_params["id"]))


async def _schemas(request: Request, desk: Desk) -> Response:
    del request, desk
    return _answer(_all(ListResponse[Schema], PROVIDER.schemas))


async def _schema(request: Request, desk: Desk) -> Response:
    del desk
    return _answer(_one(PROVIDER.schemas, request.path_params["id"]))


def _all(model: Any, found: tuple[Any, ...]) -> dict[str, Any]:
    page = model(total_results=len(found), start_index=1, items_per_page=len(found), resources=list(found))
    said: dict[str, Any] = page.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return said


def _one(found: tuple[Any, ...], wanted: str) -> dict[str, Any]:
    for one in found:
        if str(one.id) == wanted:
            said: dict[str, Any] = one.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
            return said
    raise NotFoundException(detail="There is no such description.")


# --- how things are said


async def _body(request: Request) -> Any:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in ACCEPTED:
        raise HTTPException(415)
    try:
        return json.loads(await request.body())
    except ValueError as wrong:
        raise InvalidSyntaxException(detail="The body is not JSON.") from wrong


def _user(request: Request, user: Any, context: Context, status: int = 200) -> Response:
    wanted = {
        name: request.query_params[name]
        for name in ("attributes", "excludedAttributes")
        if name in request.query_params
    }
    chosen = ResponseParameters[SchoolUser].model_validate(wanted)
    headers = {"Location": user.meta.location, "ETag": user.meta.version}
    return _answer(user.model_dump(scim_ctx=context, response_parameters=chosen), status, headers)


def _answer(said: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(said, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _error(
    status: int, detail: str, scim_type: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    return _answer(Error(status=status, scim_type=scim_type, detail=detail).model_dump(), status, headers)


async def _refused(request: Request, failure: Exception) -> Response:
    del request
    if not isinstance(failure, SCIMException):
        raise failure
    error = failure.to_error()
    headers = {"WWW-Authenticate": 'Bearer realm="Sikker Sak"'} if failure.status == UNAUTHORIZED else None
    return _answer(error.model_dump(), failure.status, headers)


async def _invalid(request: Request, failure: Exception) -> Response:
    """The first thing that is wrong, by its place; never the value."""
    del request
    if not isinstance(failure, ValidationError):
        raise failure
    first = Error.from_validation_error(failure.errors(include_url=False)[0])
    return _answer(first.model_dump(), first.status or 400)


async def _declined(request: Request, failure: Exception) -> Response:
    """What cases says no to, in SCIM's words."""
    del request
    if not isinstance(failure, Declined):
        raise failure
    status = 400 if SCIM_TYPES.get(failure.code) == "invalidValue" else failure.status
    return _error(status, DETAILS.get(failure.code, "The request cannot be carried out."), SCIM_TYPES.get(failure.code))


async def _busy(request: Request, failure: Exception) -> Response:
    del request, failure
    return _error(TOO_BUSY, "Try again.", headers={"Retry-After": "5"})


async def _elsewhere(request: Request, failure: Exception) -> Response:
    del request
    status = failure.status_code if isinstance(failure, HTTPException) else BUG
    return _error(status, "There is nothing here, or not in this way.")


async def _bug(request: Request, failure: Exception) -> Response:
    """Alarmed in the log further out; the other side gets no details."""
    del request, failure
    return _error(BUG, "Something went wrong here; it was noted.")
