"""One logged-in connection to the core: discovery, token, its renewal, and every request (R10).

Shared by all deliveries of a process. The token is renewed a little before it runs out, and once more when the core
answers 401 all the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from archiver.core import AccessRefused, Content, Observer, OutcomeUnknown, Step
from archiver.noark.access import NoarkAccess
from archiver.noark.links import find_link
from archiver.noark.refusals import asked_wait, judge
from sikkersak.errors import Declined, Transient

MEDIA_TYPE = "application/vnd.noark5+json"
EARLY_SECONDS = 30.0
REFUSED_WAIT = timedelta(minutes=1)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Call:
    """One request to be made; `sent` is what it carries, to be kept out of error texts."""

    step: str
    method: str
    href: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Content | None = None
    sent: object = None

    def body(self) -> Any:
        """The content, from its start."""
        return self.content() if callable(self.content) else self.content


class Session:
    """The connection. `send` is safe for many at a time."""

    def __init__(self, access: NoarkAccess) -> None:
        self.access = access
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(access.answer_seconds, connect=access.connect_seconds),
            limits=httpx.Limits(max_connections=access.connections),
            follow_redirects=False,
        )
        self._token = ""
        self._until = 0.0
        self._login = asyncio.Lock()

    async def close(self) -> None:
        """Gives back connections."""
        await self._http.aclose()

    async def send(self, call: Call, on_step: Observer) -> httpx.Response:
        """The good answer to a request; logs in as needed.

        :raises AccessRefused: the core does not take us.
        :raises Transient, Declined: as `refusals.judge` says; `OutcomeUnknown` when a change got no answer.
        """
        if not self.access.is_trusted(call.href):
            raise Declined("archive-setup", "Arkivet viser til en annen tjener enn den som er satt opp.")
        token = await self._current_token(on_step)
        response = await self._with_token(call, token, on_step)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._forget(token)
            response = await self._with_token(call, await self._current_token(on_step), on_step)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise AccessRefused("archive: token refused", retry_after=REFUSED_WAIT)
        judge(response, call.step, call.sent)
        return response

    async def _with_token(self, call: Call, token: str, on_step: Observer) -> httpx.Response:
        headers = {"Accept": MEDIA_TYPE, **call.headers, "Authorization": f"Bearer {token}"}
        return await self._exchange(call.step, on_step, call.method, call.href, headers=headers, content=call.body())

    async def _exchange(self, step: str, on_step: Observer, method: str, href: str, **more: Any) -> httpx.Response:
        """One request and its answer, whatever it says; tells the observer."""
        begun = time.perf_counter()
        try:
            response = await self._http.request(method, href, **more)
        except NOT_SENT as away:
            on_step(Step(step, None, "unreachable", time.perf_counter() - begun))
            raise Transient(f"archive: {type(away).__name__} at {step}") from away
        except httpx.TransportError as lost:
            on_step(Step(step, None, "no-answer", time.perf_counter() - begun))
            raise self._unanswered(step, method, lost) from lost
        outcome = "ok" if response.is_success else "refused"
        on_step(Step(step, response.status_code, outcome, time.perf_counter() - begun))
        return response

    def _unanswered(self, step: str, method: str, lost: httpx.TransportError) -> Transient:
        reason = f"archive: {type(lost).__name__} at {step}"
        if method == "GET":
            return Transient(reason)
        is_slow = isinstance(lost, httpx.TimeoutException)
        wait = timedelta(seconds=self.access.settle_seconds) if is_slow else None
        return OutcomeUnknown(step, reason, retry_after=wait)

    def _forget(self, token: str) -> None:
        """The token is not used again, unless another request has renewed it meanwhile."""
        if token == self._token:
            self._until = 0.0

    async def _current_token(self, on_step: Observer) -> str:
        async with self._login:
            if time.monotonic() >= self._until:
                await self._log_in(on_step)
            return self._token

    async def _log_in(self, on_step: Observer) -> None:
        """Client credentials, at the token endpoint that discovery names."""
        root = await self._open_page("find-login", self.access.root, on_step)
        discovery = find_link(root, "login/oidc/")
        if discovery is None:
            raise Declined("archive-setup", "Arkivet tilbyr ikke innlogging med OpenID Connect.")
        endpoint = (await self._open_page("discover-login", discovery, on_step)).get("token_endpoint")
        if not isinstance(endpoint, str) or not self.access.is_trusted(endpoint):
            raise Declined("archive-setup", "Arkivets innlogging ligger hos en tjener som ikke er satt opp.")
        auth = httpx.BasicAuth(self.access.client_id, self.access.client_secret.get_secret_value())
        form = {"grant_type": "client_credentials"}
        response = await self._exchange("login", on_step, "POST", endpoint, data=form, auth=auth)
        if response.status_code in {400, 401, 403}:
            raise AccessRefused("archive: log-in refused", retry_after=REFUSED_WAIT)
        judge(response, "login", None)
        self._take(response)

    async def _open_page(self, step: str, href: str, on_step: Observer) -> Mapping[str, Any]:
        """A page that needs no log-in."""
        response = await self._exchange(
            step, on_step, "GET", href, headers={"Accept": f"{MEDIA_TYPE}, application/json"}
        )
        judge(response, step, None)
        return understood(response, step)

    def _take(self, response: httpx.Response) -> None:
        granted = understood(response, "login")
        token, lifetime = granted.get("access_token"), granted.get("expires_in", 60)
        if not isinstance(token, str) or not isinstance(lifetime, int | float):
            raise Transient("archive: no token in the answer", retry_after=asked_wait(response))
        self._token = token
        self._until = time.monotonic() + max(lifetime - EARLY_SECONDS, lifetime / 2)


def understood(response: httpx.Response, step: str) -> Mapping[str, Any]:
    """The answer's JSON object.

    :raises Transient: something between us and the core answered in its place; after a change its outcome is unknown.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, Mapping):
        return body
    reason = f"archive: answer not understood at {step}"
    raise Transient(reason) if response.request.method == "GET" else OutcomeUnknown(step, reason)
