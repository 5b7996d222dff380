"""The service's own addresses, under `/api/{organisation}`, for clients with an enterprise certificate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from simulators.signing import ceremony, control, messages
from simulators.signing.exchange import as_xml, flow_of, holder_of, job_of, jobs_url
from simulators.signing.jobs import Job, NotPossible
from simulators.signing.refusal import Refused, error_xml
from simulators.signing.service import Service
from simulators.signing.tampering import tampered_pades, tampered_xades

NEXT_POLL = "X-Next-permitted-poll-time"
Handler = Callable[[Request, Service, str], Awaitable[Response]]


def protected(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Puts the rate limit, the check of the certificate's organisation, and the errors' form around a handler."""

    async def checked(request: Request) -> Response:
        service: Service = request.app.state.service
        organisation = request.path_params["organisation"]
        holder = holder_of(request)
        if not service.limiter.admits(holder or organisation):
            return Response(status_code=429, headers={"DoSFilter": "blocked"})
        try:
            service.require_permission(holder, organisation)
            service.pass_time()
            response = await handler(request, service, organisation)
        except Refused as refused:
            body = b"" if service.quirks.empty_error else error_xml(refused.code, refused.message)
            response = Response(body, refused.status, media_type="application/xml")
        response.headers["Date"] = format_datetime(service.wall_clock(), usegmt=True)
        return response

    return checked


async def describe(request: Request, service: Service, organisation: str) -> Response:
    """GET /api/{organisation}."""
    del service
    holder = holder_of(request)
    broker = "" if holder == organisation else f", operated on behalf of by {holder}"
    return PlainTextResponse(f"You are {organisation}{broker}")


async def create(request: Request, service: Service, organisation: str) -> Response:
    """POST …/portal/signature-jobs. There is no protection against creating twice, as in the real service."""
    content_type = request.headers.get("content-type", "")
    job = await service.create(organisation, holder_of(request), content_type, await request.body())
    return as_xml(messages.created(job, jobs_url(request, organisation)))


async def poll(request: Request, service: Service, organisation: str) -> Response:
    """GET …/portal/signature-jobs: one change, or none; never before the permitted time."""
    is_direct = flow_of(request) == "direct"
    name = ("direct:" if is_direct else "") + request.query_params.get("polling_queue", "")
    permitted, number, permitted_at = service.queues.poll(organisation, name)
    shown = datetime.fromtimestamp(permitted_at, UTC) + timedelta(seconds=service.quirks.clock_seconds)
    headers = {NEXT_POLL: shown.isoformat(timespec="milliseconds")}
    if not permitted:
        return Response(status_code=429, headers=headers)
    job = service.jobs.get(number) if number is not None else None
    if job is None:
        return Response(status_code=204, headers=headers)
    quirks = service.quirks
    describe_job = messages.direct_status if is_direct else messages.status_change
    body = describe_job(job, jobs_url(request, organisation), service.now())
    return as_xml(
        messages.disturbed(body, signer_status=quirks.signer_status, unknown_element=quirks.unknown_element), headers
    )


async def confirm(request: Request, service: Service, organisation: str) -> Response:
    """POST …/{id}/complete."""
    service.confirm(job_of(request, service, organisation))
    return Response(status_code=200)


async def cancel(request: Request, service: Service, organisation: str) -> Response:
    """POST …/{id}/cancel: 204, or 409 when the job has ended."""
    try:
        service.cancel(job_of(request, service, organisation))
    except NotPossible:
        return Response(status_code=409)
    return Response(status_code=204)


async def delete(request: Request, service: Service, organisation: str) -> Response:
    """DELETE …/{id}/documents, a day after the last signature."""
    job = job_of(request, service, organisation)
    if not messages.is_deletable(job, service.now()):
        raise Refused("DOCUMENTS_NOT_DELETABLE", "The documents cannot be deleted yet", 409)
    job.files_gone = True
    return Response(status_code=204)


async def pades(request: Request, service: Service, organisation: str) -> Response:
    """GET …/{id}/pades."""
    job = job_of(request, service, organisation)
    if job.pades is None or job.files_gone:
        raise _gone(job)
    return Response(tampered_pades(job.pades, service.quirks.tamper), media_type="application/octet-stream")


async def xades(request: Request, service: Service, organisation: str) -> Response:
    """GET …/{id}/xades/{n}."""
    job = job_of(request, service, organisation)
    number = int(request.path_params["signer"])
    found = job.signers[number - 1].xades if 1 <= number <= len(job.signers) else None
    if found is None or job.files_gone:
        raise _gone(job)
    return as_xml(tampered_xades(found, service.quirks.tamper))


def _gone(job: Job) -> Refused:
    return Refused("DOCUMENTS_NOT_AVAILABLE", "The signed documents are not available", 410 if job.files_gone else 404)


def build(service: Service) -> Starlette:
    """The application around one service, without the faults."""
    portal, direct = (f"/api/{{organisation}}/{flow}/signature-jobs" for flow in ("portal", "direct"))
    app = Starlette(
        routes=[
            Route("/api/{organisation}", protected(describe), methods=["GET"]),
            Route(portal, protected(create), methods=["POST"]),
            Route(portal + "/{job:int}/cancel", protected(cancel), methods=["POST"]),
            Route(direct, protected(ceremony.create), methods=["POST"]),
            Route(direct + "/{job:int}/signers/{signer:int}", protected(ceremony.renew), methods=["POST"]),
            Route(direct + "/{job:int}/status", protected(ceremony.status), methods=["GET"]),
            *(route for jobs in (portal, direct) for route in _of_both_flows(jobs)),
            *ceremony.PAGES,
            *control.ROUTES,
        ],
        exception_handlers=control.HANDLERS,
    )
    app.state.service = service
    return app


def _of_both_flows(jobs: str) -> list[Route]:
    return [
        Route(jobs, protected(poll), methods=["GET"]),
        Route(jobs + "/{job:int}/complete", protected(confirm), methods=["POST"]),
        Route(jobs + "/{job:int}/documents", protected(delete), methods=["DELETE"]),
        Route(jobs + "/{job:int}/pades", protected(pades), methods=["GET"]),
        Route(jobs + "/{job:int}/xades/{signer:int}", protected(xades), methods=["GET"]),
    ]
