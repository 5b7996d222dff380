"""One exchange with the signing service, and its failures sorted into the three kinds (R5)."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx

from signing.digdir.answers import read_error_code
from signing.digdir.pacing import BLOCKED, names_next_poll, next_poll
from signing.portal import OutcomeUnknown
from sikkersak.errors import Declined, Transient

XML: Final = {"Accept": "application/xml"}
CONNECT_SECONDS: Final = 5.0
# They describe the body as it travelled, not as it was read.
_OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Exchange:
    """A request. `unrepeatable` marks the one whose lost answer must not lead to a second sending."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None = None
    timeout_seconds: float = 10.0
    unrepeatable: bool = False
    largest_answer: int = 1024 * 1024


class Connection:
    """Sends exchanges over mutual TLS, each on a connection of its own.

    A fresh connection means that the peer's organisation is checked every time and that a kept connection which the
    server has just closed cannot leave the creation of a job in doubt. The traffic is far too thin to notice.
    """

    def __init__(self, context: ssl.SSLContext, clock: Callable[[], datetime], calls_a_second: float) -> None:
        self._spacing = 1 / calls_a_second
        self._next_call = 0.0
        self._http = httpx.AsyncClient(
            verify=context,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=10, max_keepalive_connections=0),
        )
        self._clock = clock
        self._blocked_until: datetime | None = None

    async def aclose(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    async def send(self, exchange: Exchange) -> httpx.Response:
        """The answer, whatever its status, except 408, 429 and 5xx, which are raised as `Transient`."""
        self._refuse_while_blocked()
        await self._take_turn()
        self._refuse_while_blocked()  # the block may have come while others were let before
        lost = OutcomeUnknown if exchange.unrepeatable else Transient
        try:
            response = await self._exchange(exchange)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise unconnected(error) from error
        except httpx.TransportError as error:
            raise lost(f"the signing service did not answer: {type(error).__name__}") from error
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self._too_many(response)
        if response.status_code == httpx.codes.REQUEST_TIMEOUT or response.is_server_error:
            raise lost(f"the signing service answered HTTP {response.status_code}")
        return response

    async def _exchange(self, exchange: Exchange) -> httpx.Response:
        """The answer with its whole body, which is never read further than it may be large."""
        async with self._http.stream(
            exchange.method,
            exchange.url,
            headers=exchange.headers,
            content=exchange.content,
            timeout=httpx.Timeout(exchange.timeout_seconds, connect=CONNECT_SECONDS),
        ) as answer:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > exchange.largest_answer:
                    raise httpx.ReadError("the answer is larger than it can be")
            headers = [(name, value) for name, value in answer.headers.multi_items() if name not in _OF_THE_WIRE]
            return httpx.Response(answer.status_code, headers=headers, content=bytes(body), request=answer.request)

    async def _take_turn(self) -> None:
        """Calls are spaced evenly below the service's limit: over it, it blocks everything for half a minute."""
        moment = time.monotonic()
        turn = max(self._next_call, moment)
        self._next_call = turn + self._spacing
        if turn > moment:
            await asyncio.sleep(turn - moment)

    def _refuse_while_blocked(self) -> None:
        if self._blocked_until is not None and (left := self._blocked_until - self._clock()) > timedelta():
            raise Transient("blocked by the signing service's rate limit", retry_after=left)

    def _too_many(self, response: httpx.Response) -> Transient:
        """With a next poll time: polled too early. Without: ten calls a second exceeded, everything is blocked."""
        now = self._clock()
        if names_next_poll(response):
            return Transient("polled before the permitted time", retry_after=next_poll(response, now) - now)
        asked = response.headers.get("Retry-After", "")
        pause = timedelta(seconds=int(asked)) if asked.isdecimal() else BLOCKED
        self._blocked_until = now + pause
        return Transient("blocked by the signing service's rate limit", retry_after=pause)


def refusal(response: httpx.Response) -> Declined:
    """A 4xx as `Declined`. The service's own message is left out: it may quote personal data."""
    code = read_error_code(response.content) or f"refused-{response.status_code}"
    return Declined(
        f"signing-{code}",
        f"Signeringstjenesten avviste forespørselen (HTTP {response.status_code}, {code}).",
    )


def unconnected(error: httpx.TransportError) -> Transient | Declined:
    """No connection, so nothing was sent. A certificate that is refused will be refused again: a person must act."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Declined(
                "signing-untrusted-server",
                "Signeringstjenestens sertifikat er ikke utstedt av noen vi stoler på. Ingenting er sendt.",
            )
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
            return Declined(
                "signing-certificate-refused",
                "Signeringstjenesten godtok ikke virksomhetssertifikatet vårt. Kontroller sertifikatet og gyldigheten.",
            )
    return Transient(f"no connection to the signing service: {type(error).__name__}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
