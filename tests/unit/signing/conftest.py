"""A stand-in of the signing service as a real process, and clients towards it over mutual TLS."""

from __future__ import annotations

import asyncio
import io
import os
import select
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest

from signing.digdir.client import DigdirPortal, PortalAccess
from signing.digdir.identity import ClientIdentity
from signing.evidence import EvidenceTrust
from signing.portal import DirectJob, DirectSigner, ExitUrls, PortalDocument, PortalJob, PortalSigner, StatusChange
from sikkersak.contracts.signing import SigningFlow
from sikkersak.errors import Transient

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
SENDER = "310000027"
GUARDIANS = ("15926100175", "15926100256")
DEADLINE_SECONDS = 60


def make_pdf() -> bytes:
    """A small PDF with one page."""
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        buffer = io.BytesIO()
        document.save(buffer, deterministic_id=True)
        return buffer.getvalue()


@dataclass(frozen=True)
class StandIn:
    """A running stand-in."""

    root: str
    control: httpx.Client
    certificates: Path
    client_certificate: Path
    sender: str = SENDER
    guardians: tuple[str, ...] = GUARDIANS

    @staticmethod
    def new_job(reference: str = "reference-1", signers: tuple[PortalSigner, ...] | None = None) -> PortalJob:
        """A job for both guardians unless others are given."""
        return PortalJob(
            reference=reference,
            title="Samtykke",
            nonsensitive_title="Skjema fra skolen",
            documents=(PortalDocument(title="Samtykke på nytt", content=make_pdf()),),
            signers=signers or tuple(PortalSigner(national_id=number) for number in GUARDIANS),
        )

    @staticmethod
    def new_direct_job(reference: str = "reference-1", signers: tuple[DirectSigner, ...] | None = None) -> DirectJob:
        """A job at the screen for both guardians unless others are given."""
        exits = {name: f"https://skolen.example/{name}?x=1" for name in ("completion", "rejection", "error")}
        return DirectJob(
            reference=reference,
            title="Samtykke",
            documents=(PortalDocument(title="Samtykke på nytt", content=make_pdf()),),
            exits=ExitUrls.model_validate(exits),
            signers=signers or tuple(DirectSigner(national_id=number) for number in GUARDIANS),
        )

    @staticmethod
    def in_browser(address: str, what: str = "sign") -> httpx.Response:
        """Opens the address, does what the signer does, and says where the browser is led."""
        with httpx.Client(trust_env=False, timeout=60) as browser:
            page = browser.get(address)
            if page.is_error:
                return page
            action = page.text.split(f'/{what}"')[0].rpartition('action="')[2]
            return browser.post(f"{httpx.URL(address).copy_with(path=f'{action}/{what}')}")

    @staticmethod
    async def poll(portal: DigdirPortal, flow: SigningFlow = SigningFlow.PORTAL) -> StatusChange | None:
        """Polls as soon as it is permitted."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                return (await portal.poll(flow=flow)).change
            except Transient as error:
                if error.retry_after is None or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(error.retry_after.total_seconds())

    async def next_change(self, portal: DigdirPortal, flow: SigningFlow = SigningFlow.PORTAL) -> StatusChange:
        """The next change, which must be there."""
        change = await self.poll(portal, flow)
        assert change is not None
        return change

    def state(self) -> dict[str, Any]:
        """What it holds."""
        found: dict[str, Any] = self.control.get("/_control/state").json()
        return found

    def act(self, job: int, signer: int, what: str = "sign") -> None:
        """Plays a signer."""
        self.control.post(f"/_control/jobs/{job}/signers/{signer}/{what}").raise_for_status()

    def put(self, path: str, **settings: object) -> None:
        """Replaces faults or quirks."""
        self.control.put(f"/_control/{path}", json=settings).raise_for_status()

    def requests(self, method: str) -> list[dict[str, Any]]:
        """The requests that reached the protocol, without the control calls."""
        return [line for line in self.control.get("/_control/requests").json() if line["method"] == method]

    def identity(self) -> ClientIdentity:
        """The sender's enterprise certificate."""
        return ClientIdentity.read(self.client_certificate)

    def portal(self, **changed: Any) -> DigdirPortal:
        """A client, new and without memory."""
        access = PortalAccess(f"{self.root}/api", SENDER, "school-cases", self.certificates / "ca.pem")
        return DigdirPortal(replace(access, **changed), self.identity())

    def trust(self) -> EvidenceTrust:
        """Whom clients trust to seal."""
        return EvidenceTrust.read(self.certificates / "signing-root.pem")


def run(*arguments: str) -> subprocess.Popen[str]:
    """Starts the stand-in's program."""
    command = [sys.executable, "-m", "simulators", "signing", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(DEPLOY)})


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in's certificates, with one issued to the sender."""
    folder = tmp_path_factory.mktemp("certificates")
    client = folder / "client.pem"
    assert run("--ca-dir", str(folder), "--issue-client", SENDER, str(client)).wait(DEADLINE_SECONDS) == 0
    return folder


Begin = Callable[..., StandIn]


@pytest.fixture(scope="module")
def begin(certificates: Path) -> Iterator[Begin]:
    """`begin("--pace", "60")` gives a running stand-in; all end with the test module."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> StandIn:
        process = run("--ca-dir", str(certificates), *arguments)
        running.append(process)
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], DEADLINE_SECONDS)
        words = process.stdout.readline().split() if readable else []
        assert words[:1] == ["ready"], f"did not become ready: {words}"
        return StandIn(words[1], httpx.Client(base_url=words[2], timeout=60), certificates, certificates / "client.pem")

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(DEADLINE_SECONDS)


@pytest.fixture(scope="module")
def running(begin: Begin) -> StandIn:
    """One stand-in for a module; it lets clients poll an empty queue again at once."""
    return begin("--pace", "0.05", "--calls-a-second", "200")


@pytest.fixture
def stand_in(running: StandIn) -> StandIn:
    """The module's stand-in, emptied."""
    running.control.post("/_control/reset").raise_for_status()
    return running


@pytest.fixture
async def portal(stand_in: StandIn) -> AsyncIterator[DigdirPortal]:
    """A client of the stand-in."""
    async with stand_in.portal() as client:
        yield client
