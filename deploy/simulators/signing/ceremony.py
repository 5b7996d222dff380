"""The direct flow: jobs for people at the screen, addresses that open once, and what the browser shows.

Browsers have no enterprise certificate, so they are served on the plain port: `/redirect/<token>` opens the ceremony
once; its form posts to `/redirect/<ceremony>/<act>` and leads back to the sender with `status_query_token`.
"""

from __future__ import annotations

import hmac
import html
import secrets
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.signing import messages
from simulators.signing.exchange import as_xml, holder_of, job_of, jobs_url
from simulators.signing.grammar import parse_message
from simulators.signing.jobs import Act, AtScreen, Job, NotPossible
from simulators.signing.refusal import Refused
from simulators.signing.service import Service

BROWSER = "/redirect"
EXITS = {Act.SIGN: "completion", Act.REJECT: "rejection", Act.FAIL: "error"}
LABELS = {Act.SIGN: "Signer", Act.REJECT: "Avslå", Act.FAIL: "La det gå galt"}


async def create(request: Request, service: Service, organisation: str) -> Response:
    """POST …/direct/signature-jobs."""
    content_type = request.headers.get("content-type", "")
    job = await service.create_direct(organisation, holder_of(request), content_type, await request.body())
    addresses = [_address(service, job, signer.number) for signer in job.signers]
    return as_xml(messages.direct_created(job, jobs_url(request, organisation), addresses))


async def renew(request: Request, service: Service, organisation: str) -> Response:
    """POST …/direct/…/{id}/signers/{n}: a fresh address; an empty body asks for the same."""
    body = await request.body()
    if body:
        parse_message(body, "direct-signer-update-request")
    job = job_of(request, service, organisation)
    try:
        signer = job.signer(int(request.path_params["signer"]))
    except NotPossible as error:
        raise Refused("SIGNER_NOT_FOUND", str(error), 404) from error
    address = _address(service, job, signer.number)
    return as_xml(messages.direct_signer(job, signer, jobs_url(request, organisation), address))


async def status(request: Request, service: Service, organisation: str) -> Response:
    """GET …/direct/…/{id}/status with the token that the browser brought."""
    job = job_of(request, service, organisation)
    if job.at_screen is None or job.at_screen.status_token is None:
        raise Refused("SIGNING_CEREMONY_NOT_COMPLETED", "The signer is not done", 404)
    if not hmac.compare_digest(request.query_params.get("status_query_token", ""), job.at_screen.status_token):
        raise Refused("INVALID_STATUS_QUERY_TOKEN", "The token is wrong, old or missing", 403)
    return as_xml(messages.direct_status(job, jobs_url(request, organisation), service.now()))


def _address(service: Service, job: Job, signer: int) -> str:
    """A new address for a signer's browser; those before it open no more."""
    at_screen = _at_screen(job)
    at_screen.tokens = {token: other for token, other in at_screen.tokens.items() if other != signer}
    token = secrets.token_hex(32)
    at_screen.tokens[token] = signer
    return f"{service.browser_url}{BROWSER}/{token}"


async def open_ceremony(request: Request) -> Response:
    """The page of one signer, the first time; after that the address is dead."""
    service: Service = request.app.state.service
    token = request.path_params["token"]
    for job in service.jobs.values():
        if job.at_screen is not None and token in job.at_screen.tokens:
            signer = job.at_screen.tokens.pop(token)
            own = secrets.token_hex(16)
            job.at_screen.ceremonies[own] = signer
            return HTMLResponse(_page(job, own))
    return HTMLResponse("<h1>Lenken er brukt eller finnes ikke</h1>", 410)


async def act(request: Request) -> Response:
    """What the signer does; the browser is led back to the sender."""
    service: Service = request.app.state.service
    own, what = request.path_params["ceremony"], request.path_params["act"]
    if what not in {known.value for known in EXITS}:
        return HTMLResponse("<h1>Finnes ikke</h1>", 404)
    for job in service.jobs.values():
        if job.at_screen is not None and own in job.at_screen.ceremonies:
            signer = job.at_screen.ceremonies.pop(own)
            try:
                await service.act(job.number, signer, Act(what))
            except NotPossible:
                return HTMLResponse("<h1>Oppdraget er avsluttet</h1>", 410)
            job.at_screen.status_token = secrets.token_hex(24)
            exit_url = getattr(job.at_screen, EXITS[Act(what)])
            query = urlencode({"status_query_token": job.at_screen.status_token})
            return RedirectResponse(f"{exit_url}{'&' if '?' in exit_url else '?'}{query}", 303)
    return HTMLResponse("<h1>Lenken er brukt eller finnes ikke</h1>", 410)


def _at_screen(job: Job) -> AtScreen:
    if job.at_screen is None:
        raise Refused("SIGNATURE_JOB_NOT_FOUND", "There is no such signature job", 404)
    return job.at_screen


def _page(job: Job, own: str) -> str:
    forms = "".join(
        f'<form method="post" action="{BROWSER}/{own}/{known.value}"><button>{label}</button></form>'
        for known, label in LABELS.items()
    )
    documents = "".join(f"<li>{html.escape(document.title)}</li>" for document in job.documents)
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><title>Simulert signering</title>'
        f"<h1>Simulert signering – uten rettsvirkning</h1><ul>{documents}</ul>{forms}</html>"
    )


PAGES = [
    Route(BROWSER + "/{token}", open_ceremony, methods=["GET"]),
    Route(BROWSER + "/{ceremony}/{act}", act, methods=["POST"]),
]
