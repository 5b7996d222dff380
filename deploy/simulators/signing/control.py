"""What tests and demonstrations may see and do, under /_control on the plain port; beside the faults all have.

| call | does |
| --- | --- |
| POST /_control/jobs/{id}/signers/{n}/{act} | sign, reject, block, expire, reserve, contact-missing, name-missing |
| POST /_control/jobs/{id}/cancel | withdraws a job as the sender would |
| GET, PUT /_control/quirks | reads, replaces the ways to misbehave (see `Quirks`; what is left out is off) |
| PUT /_control/auto-sign `{"seconds": 5}` | signers sign so long after their turn has come; null stops it |
| POST /_control/clock `{"seconds": 3600}` | lets time pass for deadlines and deletion |
| POST /_control/leases/expire | changes handed out and not confirmed come back now, and every queue may be polled |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.signing.jobs import Act, NotPossible
from simulators.signing.service import Quirks, Service


class AutoSign(BaseModel):
    """How long after their turn signers sign by themselves."""

    model_config = ConfigDict(extra="forbid")

    seconds: float | None = Field(ge=0)


class Passing(BaseModel):
    """How much time passes."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(gt=0)


async def act(request: Request) -> Response:
    """POST /_control/jobs/{id}/signers/{n}/{act}: answers when the files of a signature are made."""
    service: Service = request.app.state.service
    try:
        what = Act(request.path_params["act"])
    except ValueError:
        return JSONResponse({"error": f"acts are {', '.join(Act)}"}, status_code=404)
    await service.act(int(request.path_params["job"]), int(request.path_params["signer"]), what)
    return JSONResponse(service.describe_job(int(request.path_params["job"])))


async def cancel(request: Request) -> Response:
    """POST /_control/jobs/{id}/cancel."""
    service: Service = request.app.state.service
    number = int(request.path_params["job"])
    service.cancel(service.jobs[number])
    return JSONResponse(service.describe_job(number))


async def quirks(request: Request) -> Response:
    """GET, PUT /_control/quirks."""
    service: Service = request.app.state.service
    if request.method == "PUT":
        service.quirks = Quirks.model_validate_json(await request.body())
    return JSONResponse(service.quirks.model_dump())


async def auto_sign(request: Request) -> Response:
    """PUT /_control/auto-sign."""
    service: Service = request.app.state.service
    service.auto_sign = AutoSign.model_validate_json(await request.body()).seconds
    return Response(status_code=204)


async def clock(request: Request) -> Response:
    """POST /_control/clock."""
    service: Service = request.app.state.service
    service.ahead += timedelta(seconds=Passing.model_validate_json(await request.body()).seconds)
    service.pass_time()
    return JSONResponse({"now": service.now().isoformat()})


async def expire_leases(request: Request) -> Response:
    """POST /_control/leases/expire."""
    service: Service = request.app.state.service
    service.queues.expire_leases()
    return Response(status_code=204)


async def refuse_order(request: Request, error: Exception) -> Response:
    """A control order that cannot be read is the tester's mistake and says so."""
    del request
    assert isinstance(error, ValidationError)
    return JSONResponse({"error": error.errors(include_url=False, include_context=False)}, status_code=422)


async def refuse_act(request: Request, error: Exception) -> Response:
    """What cannot happen now."""
    del request
    return JSONResponse({"error": str(error)}, status_code=409)


async def refuse_job(request: Request, error: Exception) -> Response:
    """A job that does not exist."""
    del request, error
    return JSONResponse({"error": "no such job"}, status_code=404)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    ValidationError: refuse_order,
    NotPossible: refuse_act,
    KeyError: refuse_job,
}
ROUTES = [
    Route("/_control/jobs/{job:int}/signers/{signer:int}/{act}", act, methods=["POST"]),
    Route("/_control/jobs/{job:int}/cancel", cancel, methods=["POST"]),
    Route("/_control/quirks", quirks, methods=["GET", "PUT"]),
    Route("/_control/auto-sign", auto_sign, methods=["PUT"]),
    Route("/_control/clock", clock, methods=["POST"]),
    Route("/_control/leases/expire", expire_leases, methods=["POST"]),
]
