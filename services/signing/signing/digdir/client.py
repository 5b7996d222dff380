"""The signing service as a `SigningPortal`: Digdir's Signature API, portal and direct flow, over mutual TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import httpx
import structlog

from signing.digdir.answers import Unreadable, read_change, read_created
from signing.digdir.asice import MANIFEST, ContainerFile, container
from signing.digdir.ceremony import (
    direct_manifest_xml,
    direct_request_xml,
    read_direct_created,
    read_direct_status,
    read_redirect,
    update_request_xml,
)
from signing.digdir.connection import XML, Connection, Exchange, refusal
from signing.digdir.envelope import envelope
from signing.digdir.identity import ClientIdentity
from signing.digdir.manifest import file_names, manifest_xml, request_xml
from signing.digdir.pacing import CLOCK_TOLERANCE, clock_off, next_poll
from signing.digdir.tls import client_context
from signing.portal import (
    DirectJob,
    DirectJobCreated,
    JobCreated,
    OutcomeUnknown,
    Poll,
    PortalDocument,
    PortalJob,
    StatusChange,
)
from sikkersak.clock import now
from sikkersak.contracts.signing import SigningFlow
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)

POSTEN_BRING: Final = "984661185"
# Up to 10 MB leave us and the service looks at all of it. Waiting costs little, an unknown outcome a person's time.
_CREATION_SECONDS: Final = 60.0
_DOWNLOAD_SECONDS: Final = 60.0
_LARGEST_DOWNLOAD: Final = 64 * 1024 * 1024
_FILE: Final = {"Accept": "application/octet-stream, application/xml"}


@dataclass(frozen=True)
class PortalAccess:
    """Where the service is, who we are there, and whom we trust to be it.

    `root` ends with `/api`. `queue` is ours alone: applications that share a queue steal each other's answers.
    `calls_a_second` keeps below the service's limit of ten for an organisation, over all replicas.
    `trusted_roots` is a PEM file for one environment; test and production roots are never mixed.
    """

    root: str
    organisation: str
    queue: str | None
    trusted_roots: Path
    server_organisation: str = POSTEN_BRING
    calls_a_second: float = 50.0


class DigdirPortal:
    """The client. Keeps to the permitted poll time by itself while it lives; keep `next_poll_at` to survive a restart.

    Building the container and signing it block, so they run in a thread. Never logs, never keeps content.
    """

    def __init__(self, access: PortalAccess, identity: ClientIdentity, clock: Callable[[], datetime] = now) -> None:
        context = client_context(identity, access.trusted_roots, access.server_organisation)
        self._connection = Connection(context, clock, access.calls_a_second)
        self._identity = identity
        self._access = access
        self._clock = clock
        self._next_poll_at: dict[str, datetime] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    @property
    def _home(self) -> str:
        return f"{self._access.root.rstrip('/')}/{self._access.organisation}"

    async def describe_access(self) -> str:
        """GET the root: a short text that tells who the service takes us for."""
        response = await self._connection.send(Exchange("GET", self._home, XML))
        text = _accepted(response).text
        self._refuse_skew(response)
        return text

    async def create(self, job: PortalJob) -> JobCreated:
        """POST the job. Not idempotent: see `OutcomeUnknown`."""
        manifest = manifest_xml(job, self._access.organisation)
        request = request_xml(job.reference, self._access.queue)
        answer = await self._order(SigningFlow.PORTAL, request, manifest, job.documents)
        try:
            return read_created(answer)
        except Unreadable as error:
            raise _taken_but_unreadable(error) from error

    async def create_direct(self, job: DirectJob) -> DirectJobCreated:
        """POST a job for the screen. Its changes come in our queue too, for the browser may never come back."""
        manifest = direct_manifest_xml(job, self._access.organisation)
        request = direct_request_xml(job.reference, job.exits, self._access.queue)
        answer = await self._order(SigningFlow.DIRECT, request, manifest, job.documents)
        try:
            return read_direct_created(answer)
        except Unreadable as error:
            raise _taken_but_unreadable(error) from error

    async def _order(
        self, flow: SigningFlow, request: bytes, manifest: bytes, documents: Sequence[PortalDocument]
    ) -> bytes:
        body = envelope(request, await asyncio.to_thread(self._seal, manifest, documents))
        headers = {**XML, "Content-Type": body.content_type}
        exchange = Exchange("POST", self._jobs(flow), headers, body.body, _CREATION_SECONDS, unrepeatable=True)
        response = await self._connection.send(exchange)
        if response.is_client_error:  # the service says no more than that the container is not valid
            self._refuse_skew(response)
        return _accepted(response).content

    async def redirect(self, signer_url: str) -> str:
        """POST for a fresh address for the signer's browser."""
        headers = {**XML, "Content-Type": "application/xml"}
        response = await self._connection.send(Exchange("POST", _opaque(signer_url), headers, update_request_xml()))
        address = read_redirect(_accepted(response).content)
        if urlsplit(address).scheme not in {"http", "https"}:  # it is opened by somebody's browser
            raise Unreadable("an address that no browser should open")
        return address

    async def look(self, status_url: str, token: str) -> StatusChange:
        """GET the status of a job at the screen with the browser's token.

        `Declined` for a token that is none, or one before the signer is done: the poll brings what it would have.
        """
        url = httpx.URL(_opaque(status_url)).copy_merge_params({"status_query_token": token})
        if self._access.queue is not None:
            url = url.copy_merge_params({"polling_queue": self._access.queue})
        response = await self._connection.send(Exchange("GET", str(url), XML))
        return read_direct_status(_accepted(response).content)

    async def poll(self, queue: str | None = None, flow: SigningFlow = SigningFlow.PORTAL) -> Poll:
        """GET one change from a queue (our own where none is named), never before the permitted time.

        Raises `Transient` with `retry_after` when it is too early, by our own reckoning or the service's.
        """
        name = self._access.queue if queue is None else queue
        url = self._queue_url(name, flow)
        moment = self._clock()
        permitted = self._next_poll_at.get(url)
        if permitted is not None and moment < permitted:
            raise Transient("the permitted poll time has not come", retry_after=permitted - moment)
        try:
            response = _accepted(await self._connection.send(Exchange("GET", url, XML)))
        except Transient as error:
            self._next_poll_at[url] = self._clock() + (error.retry_after or timedelta())
            raise
        at = self._next_poll_at[url] = next_poll(response, self._clock())
        if response.status_code == httpx.codes.NO_CONTENT:
            return Poll(change=None, next_poll_at=at)
        read = read_direct_status if flow is SigningFlow.DIRECT else read_change
        return Poll(change=read(response.content), next_poll_at=at)

    async def download(self, url: str) -> bytes:
        """GET a signed file. `Declined("signing-files-gone")` when the service has deleted it."""
        exchange = Exchange(
            "GET", _opaque(url), _FILE, timeout_seconds=_DOWNLOAD_SECONDS, largest_answer=_LARGEST_DOWNLOAD
        )
        response = await self._connection.send(exchange)
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise Declined("signing-files-gone", "Signeringstjenesten har ikke lenger det signerte dokumentet.")
        content = _accepted(response).content
        if not content:
            raise Transient("the signed file is empty")
        return content

    async def confirm(self, change: StatusChange) -> None:
        """POST an empty request to the change's confirmation URL, where it has one. May be repeated."""
        if change.confirmation_url is None:
            return
        _accepted(await self._connection.send(Exchange("POST", _opaque(change.confirmation_url), XML, b"")))

    async def cancel(self, cancellation_url: str) -> None:
        """POST an empty request to the job's cancellation URL. May be repeated."""
        response = await self._connection.send(Exchange("POST", _opaque(cancellation_url), XML, b""))
        if response.status_code == httpx.codes.CONFLICT:
            raise Declined(
                "signing-job-finished", "Oppdraget er avsluttet hos signeringstjenesten og kan ikke avbrytes."
            )
        _accepted(response)

    def _refuse_skew(self, response: httpx.Response) -> None:
        off = clock_off(response, self._clock())
        if off > CLOCK_TOLERANCE:
            log.error("signing_clock_skew", seconds=round(off.total_seconds()))
            raise Declined(
                "signing-clock-skew",
                f"Klokken vår og signeringstjenestens er {off.total_seconds():.0f} sekunder fra hverandre; høyst 5 er tillatt.",
            )

    def _jobs(self, flow: SigningFlow) -> str:
        return f"{self._home}/{flow.value}/signature-jobs"

    def _queue_url(self, queue: str | None, flow: SigningFlow) -> str:
        jobs = self._jobs(flow)
        return jobs if queue is None else str(httpx.URL(jobs, params={"polling_queue": queue}))

    def _seal(self, manifest: bytes, documents: Sequence[PortalDocument]) -> bytes:
        files = [
            ContainerFile(name, "application/pdf", document.content)
            for name, document in zip(file_names(documents), documents, strict=True)
        ]
        described = ContainerFile(MANIFEST, "application/xml", manifest)
        return container([*files, described], self._identity, self._clock())


def _taken_but_unreadable(error: Unreadable) -> OutcomeUnknown:
    return OutcomeUnknown(f"the signing service took the job, but its answer is unreadable: {error}")


def _accepted(response: httpx.Response) -> httpx.Response:
    """Any 2xx is success: the service answers 204 where one expects 200."""
    if not response.is_success:
        raise refusal(response)
    return response


def _opaque(url: str) -> str:
    """A URL the service gave us, used as it is; only that it keeps to TLS is looked at."""
    if urlsplit(url).scheme != "https":
        raise Unreadable("a URL without TLS")
    return url
