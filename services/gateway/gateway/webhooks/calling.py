"""The call itself: to an address that was looked up and judged here, never where an answer leads."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from gateway.webhooks.domain import Address, Outcome, Targets, literal_address

SECONDS: Final = 15.0
GONE: Final = 410


def targets_client() -> httpx.AsyncClient:
    """Without cookies, proxies of the environment, or redirects."""
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS)


@dataclass(frozen=True)
class Answer:
    """What came of a call."""

    outcome: Outcome
    status: int | None
    milliseconds: int


@dataclass(frozen=True)
class Caller:
    """Calls targets. The client follows no redirects and knows no proxy."""

    http: httpx.AsyncClient
    targets: Targets

    async def call(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One try, at most fifteen seconds; nothing of the answer but its status is looked at."""
        began = time.monotonic()
        status = None
        try:
            async with asyncio.timeout(SECONDS):
                outcome, status = await self._post(url, body, headers)
        except TimeoutError:
            outcome = Outcome.TIMEOUT
        except (httpx.HTTPError, OSError):  # transient: the ladder tries again
            outcome = Outcome.UNREACHABLE
        return Answer(outcome, status, int((time.monotonic() - began) * 1000))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[Outcome, int | None]:
        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = await _look_up(host, parts.port or (443 if parts.scheme == "https" else 80))
        if not addresses or not all(self.targets.allows(one) for one in addresses):
            return Outcome.FORBIDDEN, None
        # the very address that was judged is called: the name could lead elsewhere when it is looked up once more
        literal = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
        netloc = f"{literal}:{parts.port}" if parts.port else literal
        target = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
        request = self.http.build_request("POST", target, content=body, headers=headers | {"Host": parts.netloc})
        if parts.scheme == "https":
            request.extensions["sni_hostname"] = host
        answer = await self.http.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        if answer.is_success:
            return Outcome.DELIVERED, answer.status_code
        return Outcome.GONE if answer.status_code == GONE else Outcome.REFUSED, answer.status_code


async def _look_up(host: str, port: int) -> list[Address]:
    """Every address of a name; all of them are judged, because any of them could be the one."""
    literal = literal_address(host)
    if literal is not None:
        return [literal]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [literal_address(str(one[4][0]).partition("%")[0]) for one in found]
    return [one for one in addresses if one is not None]
