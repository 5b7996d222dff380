"""The signing service behind its two ports: jobs, queues, clock and quirks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simulators.signing.authority import Authority
from simulators.signing.container import open_container
from simulators.signing.envelope import open_envelope
from simulators.signing.jobs import Act, Document, Job, JobState, NotPossible
from simulators.signing.order import read_direct_order, read_direct_request, read_order, read_request
from simulators.signing.queues import Queues, RateLimiter
from simulators.signing.refusal import Refused
from simulators.signing.sealing import seal
from simulators.signing.signer_evidence import make_evidence


class Quirks(BaseModel):
    """Ways to misbehave that only this service has. What is left out is off.

    `tamper`: `pades` changes a byte under the seal, `pades-append` adds a page after it, `pades-truncate` cuts the
    file, `xades` changes a byte of the signers' evidence, `other-document` seals evidence of another document,
    `no-timestamp` and `no-revocations` seal without what lets the seal be verified later.
    `clock_seconds` sets the service's own clock so far ahead, as a sender sees it whose clock is slow.
    `signer_status` gives signers that word in answers; `unknown_element` adds one; `empty_error` leaves bodies out.
    """

    model_config = ConfigDict(extra="forbid")

    tamper: (
        Literal["pades", "pades-append", "pades-truncate", "xades", "other-document", "no-timestamp", "no-revocations"]
        | None
    ) = None
    signer_status: str | None = None
    unknown_element: bool = False
    empty_error: bool = False
    clock_seconds: float = 0.0


@dataclass
class Traffic:
    """What has reached the TLS port: connections through the handshake, and bytes after it."""

    connections: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Rules:
    """What the command line decides."""

    pace: float = 5.0
    lease: float = 600.0
    calls_a_second: int = 10
    block: float = 30.0
    auto_sign: float | None = None
    keeps_files: bool = False
    brokers: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    state: Path | None = None


class Service:
    """All that the stand-in holds. Changes go through one lock, for sealing runs in a thread."""

    def __init__(self, authority: Authority, rules: Rules) -> None:
        self.authority, self.rules = authority, rules
        self.browser_url = ""
        self.traffic = Traffic()
        self._lock = asyncio.Lock()
        self._number = 1000
        self.reset()

    def reset(self) -> None:
        """Empties everything but the certificates. Numbers of jobs are never used again."""
        self.jobs: dict[int, Job] = {}
        self.queues = Queues(self.rules.pace, self.rules.lease)
        self.limiter = RateLimiter(self.rules.calls_a_second, self.rules.block)
        self.quirks = Quirks()
        self.ahead = timedelta()
        self.traffic.connections = self.traffic.bytes = 0
        self.auto_sign = self.rules.auto_sign

    def now(self) -> datetime:
        """The stand-in's clock, which tests may advance."""
        return datetime.now(UTC) + self.ahead

    def wall_clock(self) -> datetime:
        """What the service's own clock shows: the true time, unless it was ordered to differ from the senders'."""
        return datetime.now(UTC) + timedelta(seconds=self.quirks.clock_seconds)

    async def create(self, organisation: str, holder: str | None, content_type: str, body: bytes) -> Job:
        """Takes an order; `holder` is the organisation of the client certificate."""
        parts = open_envelope(content_type, body)
        reference, queue = read_request(parts.request)
        files = await self._open(parts.container, holder)
        job = read_order(files, organisation, self._number, self.now())
        job.reference, job.queue = reference, queue
        return self._take(job, files)

    async def create_direct(self, organisation: str, holder: str | None, content_type: str, body: bytes) -> Job:
        """Takes an order of signatures at the screen."""
        parts = open_envelope(content_type, body)
        reference, queue, at_screen = read_direct_request(parts.request)
        files = await self._open(parts.container, holder)
        job = read_direct_order(files, organisation, self._number, self.now())
        job.reference, job.queue, job.at_screen = reference, f"direct:{queue}", at_screen
        return self._take(job, files)

    async def _open(self, container: bytes, holder: str | None) -> dict[str, bytes]:
        trusted = self.authority.enterprises.certificate
        files = await asyncio.to_thread(open_container, container, trusted, holder, self.wall_clock())
        self._number += 1
        return files

    def _take(self, job: Job, files: dict[str, bytes]) -> Job:
        self.jobs[job.number] = job
        job.pass_time(self.now())
        self._keep(job, "manifest.xml", files["manifest.xml"])
        for document in job.documents:
            self._keep(job, document.name, document.content)
        return job

    async def act(self, number: int, signer: int, act: Act) -> Job:
        """Plays a signer. `NotPossible` when it is not the signer's turn, KeyError when there is no such job."""
        async with self._lock:
            job = self.jobs[number]
            self._pass_time(job)
            job.act(signer, act, self.now())
            if act is Act.SIGN:
                await asyncio.to_thread(self._make_files, job, signer)
            self._changed(job)
            return job

    def cancel(self, job: Job) -> None:
        """The sender withdraws a job, which makes a change in the queue."""
        self._pass_time(job)
        job.cancel(self.now())
        self._changed(job)

    def confirm(self, job: Job) -> None:
        """The sender has dealt with a change; a finished job's files may be gone after that."""
        job.confirmations += 1
        self.queues.named(job.organisation, job.queue).confirm(job.number)
        if job.state is not JobState.IN_PROGRESS and not self.rules.keeps_files:
            job.files_gone = True

    def pass_time(self) -> None:
        """Lets what is due happen to all jobs."""
        for job in self.jobs.values():
            self._pass_time(job)

    @asynccontextmanager
    async def signing_by_itself(self) -> AsyncIterator[None]:
        """While open, signers sign some seconds after their turn has come, when so ordered."""
        task = asyncio.create_task(self._sign_by_itself())
        try:
            yield
        finally:
            task.cancel()

    async def _sign_by_itself(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            if self.auto_sign is None:
                continue
            self.pass_time()
            before = self.now() - timedelta(seconds=self.auto_sign)
            due = [
                (job.number, signer.number)
                for job in self.jobs.values()
                for signer in job.signers
                if job.at_screen is None
                and signer.state == "WAITING"
                and signer.opened_at is not None
                and signer.opened_at <= before
            ]
            for number, signer in due:
                try:
                    await self.act(number, signer, Act.SIGN)
                except (NotPossible, KeyError):
                    continue  # somebody else acted, or everything was emptied, in the meantime

    def _make_files(self, job: Job, number: int) -> None:
        signer, root = job.signer(number), self.authority.signing.certificate
        shown = _with_other_document(job) if self.quirks.tamper == "other-document" else job
        signer.xades = make_evidence(shown, signer, self.authority.evidence_seal, root, self.now())
        self._keep(job, f"xades_{number}.xml", signer.xades)
        if job.state is JobState.COMPLETED:
            job.pades = seal(job, self.authority, self.quirks.tamper)
            self._keep(job, "pades.pdf", job.pades)

    def _pass_time(self, job: Job) -> None:
        if job.pass_time(self.now()):
            self._changed(job)

    def _changed(self, job: Job) -> None:
        if job.at_screen is not None and not job.at_screen.is_polled:
            return  # asked for with the token that the browser brings
        self.queues.named(job.organisation, job.queue).push(job.number)

    def _keep(self, job: Job, name: str, content: bytes) -> None:
        if self.rules.state is not None:
            folder = self.rules.state / str(job.number)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    def describe(self) -> dict[str, Any]:
        """What `GET /_control/state` shows. Numbers of persons are left out."""
        self.pass_time()
        return {
            "counts": {
                "jobs": len(self.jobs),
                **{state.value: sum(job.state is state for job in self.jobs.values()) for state in JobState},
            },
            "traffic": {"connections": self.traffic.connections, "bytes": self.traffic.bytes},
            "queues": self.queues.describe(),
            "auto_sign": self.auto_sign,
            "jobs": [_describe(job) for job in self.jobs.values()],
        }

    def describe_job(self, number: int) -> dict[str, Any]:
        """One job of the state; KeyError when there is none."""
        return _describe(self.jobs[number])

    def require_permission(self, holder: str | None, organisation: str) -> None:
        """A certificate's organisation may use its own address, and those it is a broker for."""
        if holder is None or (holder != organisation and (holder, organisation) not in self.rules.brokers):
            message = f"The certificate's organisation may not act for {organisation}"
            raise Refused("BROKER_NOT_AUTHORIZED", message)


def _with_other_document(job: Job) -> Job:
    changed = tuple(Document(each.name, each.title, each.content + b"\n") for each in job.documents)
    return replace(job, documents=changed)


def _describe(job: Job) -> dict[str, Any]:
    return {
        "id": job.number,
        "organisation": job.organisation,
        "reference": job.reference,
        "queue": job.queue,
        "flow": "direct" if job.at_screen is not None else "portal",
        "title": job.title,
        "state": job.state.value,
        "documents": [document.name for document in job.documents],
        "confirmations": job.confirmations,
        "cancelled": job.cancelled,
        "files_gone": job.files_gone,
        "signers": [
            {
                "n": signer.number,
                "order": signer.order,
                "state": signer.state,
                "open": signer.opened_at is not None,
                "identified_by": "number" if signer.national_id is not None else "contact information",
                "deadline": job.deadlines[signer.order].isoformat() if signer.order in job.deadlines else None,
            }
            for signer in job.signers
        ],
    }
