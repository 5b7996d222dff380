"""Where the browser lands after signing at the screen: fixed words, and nothing of the case (M20)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.identities import ITSELF
from gateway.pages.view import page, reception_of
from sikkersak.contracts.signing import ReturnFromCeremony
from sikkersak.errors import Declined, Transient

router = APIRouter(include_in_schema=False)
log = structlog.get_logger(__name__)
LONGEST_TOKEN: Final = 200
WORDS: Final = {
    "completion": ("Takk", "Signeringen er mottatt hos signeringstjenesten."),
    "rejection": ("Du har ikke signert", "Skolen får vite at du har avslått å signere."),
    "error": ("Noe gikk galt", "Signeringen ble ikke gjennomført. Be skolen om å åpne den på nytt."),
}


@router.get("/signering/{job_id}/{outcome}")
async def landed(request: Request, job_id: UUID, outcome: str) -> Response:
    """Passes the token on to signing, which asks the signing service itself; the landing proves nothing.

    Whoever signs may have no session here, and the one at the screen may be another than the caseworker: the page is
    the same for everybody. A token that cannot be passed on is no loss, for the result is polled for as well.
    """
    heading, text = WORDS.get(outcome, WORDS["error"])
    token = request.query_params.get("status_query_token", "")
    if 0 < len(token) <= LONGEST_TOKEN:
        reception = reception_of(request)
        asked = ReturnFromCeremony(job_id=job_id, token=token)
        try:
            await reception.rpc.ask(asked, actor=ITSELF, within=reception.request_seconds)
        except (Declined, Transient) as trouble:
            log.warning("ceremony_return_not_passed_on", reason=type(trouble).__name__)
    return page(request, "signed_here.html", heading=heading, text=text)
