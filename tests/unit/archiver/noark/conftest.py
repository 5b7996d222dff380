"""The stand-in of the archive core as a real process, and the product's client towards it."""

from __future__ import annotations

import hashlib
import io
import os
import select
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from pydantic import SecretStr

from archiver.core import (
    Address,
    CaseFile,
    CorrespondenceParty,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    MetadataScreening,
    RegistryEntry,
    Role,
    Screening,
    Variant,
)
from archiver.noark import NoarkAccess, NoarkCore
from sikkersak.contracts.archiver import RecordType

DEPLOY = Path(__file__).resolve().parents[4] / "deploy"
DEADLINE_SECONDS = 60
SECRET = "not-a-secret"
SCREENING = Screening(
    restriction="13",
    legal_basis="Offl. § 13 jf. fvl. § 13 (1) nr. 1",
    metadata=(MetadataScreening.RECORD_TITLE, MetadataScreening.RECEIVER_NAME),
)


def make_pdf(part: str = "2", conformance: str = "B", padding: int = 0) -> bytes:
    """A PDF that claims a PDF/A flavour, never the same twice."""
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.attachments["padding.bin"] = os.urandom(padding) if padding else b"-"
        with document.open_metadata() as metadata:
            metadata["pdfaid:part"] = part
            metadata["pdfaid:conformance"] = conformance
            metadata["dc:identifier"] = uuid.uuid4().hex
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()


def make_object(content: bytes, variant: Variant = Variant.ARCHIVE, **changed: Any) -> DocumentObject:
    """A file, given in small pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    given = DocumentObject(
        variant=variant,
        format="PDF/A-2b" if variant is Variant.ARCHIVE else "application/pdf",
        media_type="application/pdf",
        checksum=hashlib.sha256(content).hexdigest(),
        size=len(content),
        filename="Vedtak for Kari Eksempel.pdf",
        open=pieces,
    )
    return replace(given, **changed)


def make_document(kind: DocumentKind, *objects: DocumentObject) -> DocumentDescription:
    """A document under a new key."""
    held = objects or (make_object(make_pdf()),)
    return DocumentDescription(key=f"document:{uuid.uuid4()}", title="Sakkyndig vurdering", kind=kind, objects=held)


def make_case() -> CaseFile:
    """A new case."""
    return CaseFile(
        key=f"case:{uuid.uuid4()}",
        title="Elevsak - Kari Eksempel - spesialundervisning",
        public_title="Elevsak - ***** - *****",
        opened=date(2026, 9, 1),
        unit="Fjordvik skole",
        responsible="Ola Lærer",
        screening=replace(SCREENING, metadata=(MetadataScreening.CASE_TITLE,)),
    )


def make_entry(case: CaseFile | None = None, **changed: Any) -> RegistryEntry:
    """An outgoing letter with an attachment; two receivers have the same name."""
    receiver = CorrespondenceParty(
        role=Role.RECEIVER,
        name="Nora Eksempel",
        is_person=True,
        national_id="15926100175",
        address=Address(line="Skolevegen 1", postal_code="8610", city="Mo i Rana"),
    )
    entry = RegistryEntry(
        key=f"record:{uuid.uuid4()}",
        case_file=case or make_case(),
        type=RecordType.OUTGOING,
        title="Vedtak om spesialundervisning - Kari Eksempel",
        public_title="Vedtak om ***** - *****",
        document_date=date(2026, 9, 2),
        sent_at=datetime(2026, 9, 2, 8, 0, tzinfo=UTC),
        parties=(
            receiver,
            replace(receiver, national_id="15926100256"),
            CorrespondenceParty(role=Role.COPY_RECEIVER, name="PPT Rana", national_id="310000027"),
            CorrespondenceParty(role=Role.INTERNAL_SENDER, name="Fjordvik skole", caseworker="Ola Lærer"),
        ),
        screening=SCREENING,
        documents=(
            make_document(
                DocumentKind.MAIN, make_object(make_pdf()), make_object(make_pdf(), variant=Variant.PRODUCTION)
            ),
            make_document(DocumentKind.ATTACHMENT),
        ),
    )
    return replace(entry, **changed)


@dataclass(frozen=True)
class StandIn:
    """A running archive core."""

    root: str
    control: httpx.Client

    def access(self, **changed: Any) -> NoarkAccess:
        """What a client is told."""
        secret = SecretStr(SECRET)
        return NoarkAccess(
            root=f"{self.root}/api/", client_id="sikkersak", client_secret=secret, series="ELEVSAK"
        ).model_copy(update=changed)

    def faults(self, **settings: Any) -> None:
        """Orders misbehaviour; nothing means none."""
        self.control.put("/_control/faults", json=settings).raise_for_status()

    def state(self) -> dict[str, Any]:
        """Counts."""
        found: dict[str, Any] = self.control.get("/_control/state").json()
        return found

    def records(self) -> list[dict[str, Any]]:
        """Every registry entry."""
        found: list[dict[str, Any]] = self.control.get("/_control/records").json()["records"]
        return found

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of what was asked, log-in included."""
        return [(line["method"], line["path"]) for line in self.control.get("/_control/requests").json()]

    def archivist(self) -> httpx.Client:
        """Somebody else who works in the core."""
        with httpx.Client(base_url=f"{self.root}/api/") as client:
            form = {"grant_type": "client_credentials", "client_id": "arkivar", "client_secret": SECRET}
            token = client.post("oauth2/token", data=form).json()["access_token"]
        return httpx.Client(base_url=f"{self.root}/api/", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One stand-in for all tests; its upload limit is low, so that large files go in parts."""
    clients = ["--client", f"sikkersak:{SECRET}", "--client", f"arkivar:{SECRET}"]
    state = tmp_path_factory.mktemp("archive")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulators", "noark", "--port", "0", "--state", str(state), *clients),
            *("--bulk-limit", "65536", "--page-size", "3", "--series", "ELEVSAK", "--series", "ANNET"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(DEPLOY)},
    )
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], DEADLINE_SECONDS)
    line = process.stdout.readline() if readable else ""
    assert line.startswith("ready "), f"did not become ready: {line!r}"
    root = line.split()[1]
    with httpx.Client(base_url=root, timeout=60) as control:
        yield StandIn(root, control)
    process.terminate()
    process.wait(DEADLINE_SECONDS)


@pytest.fixture
def archive(running: StandIn) -> StandIn:
    """The stand-in, emptied."""
    running.control.post("/_control/reset").raise_for_status()
    return running


Connect = Callable[..., NoarkCore]


@pytest.fixture
async def connect(archive: StandIn) -> AsyncIterator[Connect]:
    """`connect()` gives a client that is new and has no memory."""
    made: list[NoarkCore] = []

    def new(**changed: Any) -> NoarkCore:
        made.append(NoarkCore(archive.access(**changed)))
        return made[-1]

    yield new
    for core in made:
        await core.close()


@pytest.fixture
def core(connect: Connect) -> NoarkCore:
    """A client."""
    return connect()


@pytest.fixture
def entry() -> RegistryEntry:
    """A letter to archive."""
    return make_entry()


class Make:
    """What tests make, by short names."""

    pdf = staticmethod(make_pdf)
    object = staticmethod(make_object)
    document = staticmethod(make_document)
    entry = staticmethod(make_entry)
    screening = SCREENING


@pytest.fixture
def make() -> Make:
    """What tests make."""
    return Make()
