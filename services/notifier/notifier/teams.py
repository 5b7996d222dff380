"""Notices in Teams: an adaptive card to the channel's Workflows webhook (M22)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import httpx

from notifier.domain import DELIVERED
from notifier.notices import WORDINGS
from notifier.postroom import Carried
from notifier.trouble import NotLetIn, asked_pause, passes
from sikkersak.contracts.notifier import Notice
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Row

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
VERSION: Final = "1.4"
TIMEOUT_SECONDS: Final = 30.0
LOCKED_OUT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class NoticeCarrier:
    """Posts notices to one channel. At worst, after a lost answer, the same card stands there twice."""

    def __init__(
        self, http: httpx.AsyncClient, webhook: str | None, public_url: str, metrics: Metrics, probe_every: float
    ) -> None:
        self._http = http
        self._webhook = webhook
        self._public_url = public_url
        self._circuit = Circuit("teams", self._probe, metrics, probe_every=probe_every)

    @property
    def circuit(self) -> Circuit:
        """The channel's."""
        return self._circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Posts the card of one notice. Key: consignment_id and its state."""
        del is_repeated
        if self._webhook is None:
            raise Declined("no-channel", "Det er ikke satt opp noen Teams-kanal for varsler.")
        message = card(Notice(row["notice"]), row["count"], self._public_url)
        async with self._circuit.attempt():
            response = await self._post(self._webhook, message)
            _judge(response)
        return Carried(DELIVERED)

    async def _post(self, webhook: str, message: dict[str, Any]) -> httpx.Response:
        try:
            return await self._http.post(webhook, json=message, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as away:
            raise Transient(f"Teams: {type(away).__name__}") from away

    async def _probe(self) -> None:
        """Any answer that is no server error says that somebody is there; nothing is posted."""
        try:
            response = await self._http.head(self._webhook or "", timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as away:
            raise Transient(f"Teams: {type(away).__name__}") from away
        if passes(response.status_code):
            raise Transient(f"Teams answered {response.status_code}")


def card(notice: Notice, count: int, public_url: str) -> dict[str, Any]:
    """The message for one notice."""
    wording = WORDINGS[notice]
    body = [
        {"type": "TextBlock", "text": wording.heading, "weight": "Bolder", "size": "Medium", "color": wording.colour},
        {"type": "TextBlock", "text": wording.sentence(count), "wrap": True},
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Åpne Sikker Sak", "url": public_url}],
    }
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "contentUrl": None, "content": content}]}


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    if passes(status):
        raise Transient(f"Teams answered {status}", retry_after=asked_pause(response))
    if status in LOCKED_OUT:
        raise NotLetIn(f"Teams answered {status}")
    raise Declined("notice-refused", f"Teams tok ikke imot varselet (svar {status}).")
