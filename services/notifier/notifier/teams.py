"""Notices in Teams: an adaptive card to the channel's Workflows webhook (M22)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx

from notifier.channels import Channels
from notifier.domain import DELIVERED
from notifier.notices import WORDINGS
from notifier.postroom import Carried
from notifier.trouble import NotLetIn, asked_pause, passes
from sikkersak.contracts.notifier import Notice, NoticeText
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.observability.metrics import Metrics
from sikkersak.persistence.database import Row
from sikkersak.vault import Vault, VaultRef, unseal

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
VERSION: Final = "1.4"
TIMEOUT_SECONDS: Final = 30.0
SPACING_SECONDS: Final = 0.25  # Teams takes four messages a second
LOCKED_OUT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class NoticeCarrier:
    """Posts notices to channels. At worst, after a lost answer, the same card stands there twice."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        channels: Channels,
        vault: Vault,
        public_url: str,
        metrics: Metrics,
        probe_every: float,
    ) -> None:
        self._http = http
        self._channels = channels
        self._vault = vault
        self._turn = asyncio.Lock()
        self._public_url = public_url
        self._circuit = Circuit("teams", self._probe, metrics, probe_every=probe_every)

    @property
    def circuit(self) -> Circuit:
        """The channel's."""
        return self._circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Posts the card of one notice. Key: consignment_id and its state."""
        del is_repeated
        webhook = self._channels.webhook(row["school_id"])
        if webhook is None:
            raise Declined("no-channel", "Det er ikke satt opp noen Teams-kanal for varsler.")
        notice, school = Notice(row["notice"]), self._channels.name(row["school_id"])
        text = WORDINGS[notice].sentence(row["count"])
        if row["dossier"] is not None:
            text = (await unseal(self._vault, VaultRef.model_validate(row["dossier"]), NoticeText)).text
        async with self._turn:  # one at a time, and never more than the channel takes
            async with self._circuit.attempt():
                response = await self._post(webhook, card(notice, text, self._public_url, school))
                _judge(response)
            await asyncio.sleep(SPACING_SECONDS)
        return Carried(DELIVERED)

    async def _post(self, webhook: str, message: dict[str, Any]) -> httpx.Response:
        try:
            return await self._http.post(webhook, json=message, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as away:
            raise Transient(f"Teams: {type(away).__name__}") from away

    async def _probe(self) -> None:
        """Any answer that is no server error says that somebody is there; nothing is posted."""
        try:
            anywhere = self._channels.common or next(map(self._channels.webhook, self._channels.of_their_own()), "")
            response = await self._http.head(anywhere or "", timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as away:
            raise Transient(f"Teams: {type(away).__name__}") from away
        if passes(response.status_code):
            raise Transient(f"Teams answered {response.status_code}")


def card(notice: Notice, text: str, public_url: str, school: str | None = None) -> dict[str, Any]:
    """The message for one notice: its heading, what it says, and the school it is for where that is known."""
    wording = WORDINGS[notice]
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": wording.heading, "weight": "Bolder", "size": "Medium", "color": wording.colour},
        {"type": "TextBlock", "text": text, "wrap": True},
    ]
    if school is not None:
        body.append({"type": "TextBlock", "text": school, "isSubtle": True, "wrap": True})
    return _message(body, public_url)


def digest_card(heading: str, lines: Sequence[str], public_url: str) -> dict[str, Any]:
    """The message for a person's digest: a heading, and a paragraph for each kind of news."""
    first: list[dict[str, Any]] = [{"type": "TextBlock", "text": heading, "weight": "Bolder", "size": "Medium"}]
    return _message([*first, *({"type": "TextBlock", "text": line, "wrap": True} for line in lines)], public_url)


def _message(body: Sequence[dict[str, Any]], public_url: str) -> dict[str, Any]:
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "body": list(body),
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
