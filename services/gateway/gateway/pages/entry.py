"""The way in from the school system: a link with the pupil's reference there opens that pupil's cases (M15).

The reference is neither a name nor a national identity number. Unknown, without cases, and not for this person look the
same; so does what is no reference at all.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.pages.view import page, reception_of
from sikkersak.contracts.cases_references import FindPupilCases
from sikkersak.errors import NotFound

router = APIRouter(include_in_schema=False)
ADDRESS: Final = "/entry"
REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{4,64}")
SEE_OTHER: Final = 303


@router.get(ADDRESS)
async def enter(request: Request, reference: str = "") -> Response:
    """Log-in first, then the pupil's cases that this person may see."""
    reception = reception_of(request)
    is_readable = REFERENCE.fullmatch(reference) is not None
    person = await reception.recognise(reception.cookies.session_of(request))
    if person is None:
        back = f"{ADDRESS}?reference={reference}" if is_readable else ADDRESS
        return RedirectResponse(f"/login?return_to={quote(back, safe='')}", SEE_OTHER)
    if not is_readable:
        raise NotFound("pupil")
    found = await reception.ask(person, FindPupilCases(reference=reference))
    return page(request, "entry.html", cases=found.items)
