"""The front page: who is logged in, and the ways on."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.pages.view import page, reception_of
from gateway.protection import PAGE_POLICY
from gateway.reception import Reception
from sikkersak.errors import Declined, Transient
from sikkersak.identity import Role

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(request: Request) -> Response:
    """Says who is logged in, or offers to log in."""
    reception = reception_of(request)
    person = await reception.recognise(reception.cookies.session_of(request))
    if person is None:
        return page(request, "start.html", person=None)
    roles = [role.display for role in Role if role in person.staff.roles]
    answer = page(request, "start.html", person=person.staff, roles=roles, csrf=person.secret.csrf_token())
    answer.headers["Content-Security-Policy"] = await _policy(reception)
    return answer


@router.get("/logged-out")
async def logged_out(request: Request) -> Response:
    """Where ID-porten sends the browser after log-out."""
    return page(request, "logged_out.html")


async def _policy(reception: Reception) -> str:
    """Lets the log-out form end at ID-porten: browsers apply `form-action` to the redirect too."""
    try:
        address = urlsplit(await reception.provider.logout_address(None, ""))
    except (Transient, Declined):  # ID-porten is away or set up wrongly; logging out here works all the same
        return PAGE_POLICY
    return PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {address.scheme}://{address.netloc}")
