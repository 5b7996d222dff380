"""How pages are rendered: Jinja2 with everything escaped, no scripts, no inline style."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from gateway.identities import NotStaff
from gateway.login.refusals import LoginRefused, Remedy
from gateway.problems import problem_of
from gateway.reception import LoginRequired, Reception

TEMPLATES: Final = Jinja2Templates(directory=Path(__file__).parent / "templates")
_WAYS_ON: Final = {
    Remedy.FORCED_LOGIN: ("/login?forced=true", "Logg inn på nytt"),
    Remedy.START_AGAIN: ("/login", "Logg inn på nytt"),
    Remedy.SUPPORT: ("/", "Til forsiden"),
}


def reception_of(request: Request) -> Reception:
    """What stands behind the counter."""
    reception: Reception = request.app.state.reception
    return reception


def page(request: Request, template: str, status: int = 200, **content: Any) -> Response:
    """A rendered page."""
    return TEMPLATES.TemplateResponse(request, template, content, status_code=status)


async def answer_with_page(request: Request, failure: Exception) -> Response:
    """The exception handler of the pages: what went wrong, what to do, and the reference for support."""
    problem, headers = problem_of(failure)
    address, text = _way_on(failure)
    answer = page(request, "message.html", problem.status, problem=problem, way_on=address, way_on_text=text)
    answer.headers.update(headers)
    return answer


def _way_on(failure: Exception) -> tuple[str, str]:
    if isinstance(failure, LoginRefused):
        return _WAYS_ON[failure.remedy]
    if isinstance(failure, NotStaff):
        return "/login?forced=true", "Logg inn som en annen"
    if isinstance(failure, LoginRequired):
        return "/login", "Logg inn"
    return "/", "Til forsiden"
