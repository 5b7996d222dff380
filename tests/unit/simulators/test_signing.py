"""The signing stand-in refuses what the real service refuses, and can be played through its control port."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pikepdf
import pytest
from lxml import etree

from signing.digdir.asice import ContainerFile, container
from signing.digdir.envelope import envelope
from signing.digdir.identity import ClientIdentity
from signing.digdir.manifest import manifest_xml, request_xml
from signing.digdir.tls import client_context
from signing.portal import PortalDocument, PortalJob, PortalSigner
from simulators.signing.__main__ import main

SENDER, BROKER, STRANGER = "310000027", "310000035", "310000043"
POSTEN_BRING = "984661185"
API = "{http://signering.posten.no/schema/v1}"
Start = Callable[..., list[str]]


def make_pdf() -> bytes:
    """A small PDF."""
    with pikepdf.new() as document:
        document.add_blank_page()
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()


PDF = make_pdf()
JOB = PortalJob(
    reference="r",
    title="Samtykke",
    nonsensitive_title="Skjema",
    documents=(PortalDocument(title="a", content=PDF),),
    signers=(PortalSigner(national_id="15926100175"), PortalSigner(national_id="15926100256")),
)
MANIFEST = manifest_xml(JOB, SENDER)


@dataclass(frozen=True)
class Running:
    """The stand-in, and who may talk to it."""

    root: str
    control: httpx.Client
    certificates: Path

    def identity(self, organisation: str) -> ClientIdentity:
        """An enterprise certificate, issued at the first use."""
        file = self.certificates / f"{organisation}.pem"
        if not file.exists():
            main(["--ca-dir", str(self.certificates), "--issue-client", organisation, str(file)])
        return ClientIdentity.read(file)

    def client(self, organisation: str = SENDER, address: str = SENDER) -> httpx.Client:
        """A plain HTTP client with the organisation's certificate, at the address of a sender."""
        context = client_context(self.identity(organisation), self.certificates / "ca.pem", POSTEN_BRING)
        return httpx.Client(verify=context, base_url=f"{self.root}/api/{address}", trust_env=False, timeout=60)

    def send(self, container: bytes, organisation: str = SENDER, request: bytes | None = None) -> httpx.Response:
        """Orders a job."""
        made = envelope(request or request_xml("r", None), container)
        with self.client(organisation) as client:
            return client.post("/portal/signature-jobs", content=made.body, headers={"Content-Type": made.content_type})

    def order(self, **changed: object) -> httpx.Response:
        """Orders a job whose container differs from a right one as told."""
        return self.send(Order(**changed).container(self.identity(SENDER)))  # type: ignore[arg-type]


@dataclass
class Order:
    """A container and the ways it can be wrong."""

    manifest: bytes = MANIFEST
    files: dict[str, bytes] = field(default_factory=lambda: {"0000_a.pdf": PDF})
    signed_ago: timedelta = timedelta()
    afterwards: dict[str, bytes] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def container(self, identity: ClientIdentity) -> bytes:
        """The container; `afterwards` and `without` change it behind the signature's back."""
        files = [ContainerFile(name, "application/pdf", content) for name, content in self.files.items()]
        files.append(ContainerFile("manifest.xml", "application/xml", self.manifest))
        made = container(files, identity, datetime.now(UTC) - self.signed_ago)
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(made)) as before, zipfile.ZipFile(buffer, "w") as after:
            entries = {name: before.read(name) for name in before.namelist()} | self.afterwards
            for name, content in entries.items():
                if name not in self.without:
                    after.writestr(name, content)
        return buffer.getvalue()


@pytest.fixture(scope="module")
def stand_in(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """One stand-in for the module."""
    folder = tmp_path_factory.mktemp("certificates")
    broker = f"{BROKER}:{SENDER}"
    secure, plain = start("signing", "--ca-dir", str(folder), "--calls-a-second", "100", "--broker", broker)
    return Running(secure, httpx.Client(base_url=plain, timeout=60), folder)


@pytest.fixture(autouse=True)
def emptied(stand_in: Running) -> None:
    """Starts each test afresh."""
    stand_in.control.post("/_control/reset").raise_for_status()


def code(response: httpx.Response) -> str:
    """The error code in the service's own form."""
    root = etree.fromstring(response.content)
    assert root.tag == f"{API}error"
    assert root.findtext(f"{API}error-type") == "CLIENT"
    return root.findtext(f"{API}error-code") or ""


def test_a_right_order_is_taken(stand_in: Running) -> None:
    response = stand_in.order()
    assert response.status_code == 200
    assert etree.fromstring(response.content).tag == f"{API}portal-signature-job-response"


def told(changed: dict[str, object]) -> str:
    """What is changed, without the content: that is another each time."""
    return ", ".join(f"{what} {' '.join(how)}" if isinstance(how, dict) else what for what, how in changed.items())


@pytest.mark.parametrize(
    "changed",
    [
        {"afterwards": {"0000_a.pdf": make_pdf() + b"\n"}},
        {"afterwards": {"extra.pdf": PDF}},
        {"afterwards": {"META-INF/manifest.xml": b"<manifest/>"}},
        {"without": ("META-INF/signatures.xml",)},
        {"without": ("manifest.xml",)},
        {"without": ("0000_a.pdf",)},
        {"signed_ago": timedelta(seconds=20)},
        {"signed_ago": timedelta(seconds=-20)},
        {"files": {"0000_a.pdf": b"not a PDF"}},
        {"files": {"0000_a.pdf": b"%PDF-1.7 but no more"}},
        {"files": {"0000_b.pdf": PDF}},
        {"manifest": b'<!DOCTYPE a [<!ENTITY b "c">]>' + MANIFEST.split(b"?>", 1)[1]},
        {"files": {"0000_a.pdf": PDF + b"\n" * 10_485_760}},
    ],
    ids=told,
)
def test_a_wrong_container_is_refused(stand_in: Running, changed: dict[str, object]) -> None:
    response = stand_in.order(**changed)
    assert response.status_code == 400
    assert code(response) == "ASICE_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sender>", b"<sendr>"),
        (b">15926100256<", b">15926100175<"),
        (
            b"</required-authentication>",
            b"</required-authentication><availability><available-seconds>7776001</available-seconds></availability>",
        ),
        (b">SELF<", b">OTHER<"),
    ],
)
def test_a_wrong_manifest_is_refused(stand_in: Running, old: bytes, new: bytes) -> None:
    wrong = MANIFEST.replace(old, new).replace(b"</sender>", b"</sendr>" if new == b"<sendr>" else b"</sender>")
    response = stand_in.order(manifest=wrong)
    assert response.status_code == 400
    assert code(response) == "SCHEMA_VALIDATION_ERROR"


def test_a_container_signed_by_another_organisation_is_refused(stand_in: Running) -> None:
    response = stand_in.send(Order().container(stand_in.identity(STRANGER)))
    assert code(response) == "ASICE_VALIDATION_FAILED"


def test_only_the_sender_and_its_broker_may_use_an_address(stand_in: Running) -> None:
    assert stand_in.send(Order().container(stand_in.identity(BROKER)), BROKER).status_code == 200
    assert code(stand_in.send(Order().container(stand_in.identity(STRANGER)), STRANGER)) == "BROKER_NOT_AUTHORIZED"


def test_without_a_certificate_there_is_no_connection(stand_in: Running) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{stand_in.root}/api/{SENDER}", verify=False)


def test_the_control_port_does_not_speak_the_protocol(stand_in: Running) -> None:
    assert stand_in.control.get(f"/api/{SENDER}").status_code == 404


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/xml", request_xml("r", None)),
        ("multipart/mixed", b"--\r\n"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n--b--\r\n"),
        ("multipart/mixed; boundary=b", envelope(b"<a/>", b"PK").body),
    ],
)
def test_a_wrong_envelope_is_refused(stand_in: Running, content_type: str, body: bytes) -> None:
    with stand_in.client() as client:
        response = client.post("/portal/signature-jobs", content=body, headers={"Content-Type": content_type})
    assert response.status_code in (400, 415)
    assert code(response) == "SCHEMA_VALIDATION_ERROR"


def test_a_signer_acts_once_and_only_as_a_signer_can(stand_in: Running) -> None:
    stand_in.order()
    job = stand_in.control.get("/_control/state").json()["jobs"][0]["id"]
    signer = f"/_control/jobs/{job}/signers/1"
    assert stand_in.control.post(f"{signer}/sign").status_code == 200
    assert stand_in.control.post(f"{signer}/sign").status_code == 409
    assert stand_in.control.post(f"{signer}/dance").status_code == 404
    assert stand_in.control.post("/_control/jobs/1/signers/1/sign").status_code == 404
    assert stand_in.control.put("/_control/quirks", json={"tamper": "everything"}).status_code == 422


def test_documents_are_deleted_a_day_after_the_last_signature_and_not_before(stand_in: Running) -> None:
    stand_in.order()
    job = stand_in.control.get("/_control/state").json()["jobs"][0]["id"]
    for signer in (1, 2):
        stand_in.control.post(f"/_control/jobs/{job}/signers/{signer}/sign").raise_for_status()
    with stand_in.client() as client:
        documents = f"/portal/signature-jobs/{job}/documents"
        assert client.delete(documents).status_code == 409
        assert client.get(f"/portal/signature-jobs/{job}/pades").content.startswith(b"%PDF")
        stand_in.control.post("/_control/clock", json={"seconds": 86_401}).raise_for_status()
        change = etree.fromstring(client.get("/portal/signature-jobs").content)
        assert (change.findtext(f"{API}delete-documents-url") or "").endswith(documents)
        assert client.delete(documents).status_code == 204
        assert client.get(f"/portal/signature-jobs/{job}/pades").status_code == 410


def test_signers_sign_by_themselves_when_so_ordered(stand_in: Running) -> None:
    stand_in.order()
    stand_in.control.put("/_control/auto-sign", json={"seconds": 0}).raise_for_status()
    deadline = time.monotonic() + 60
    while stand_in.control.get("/_control/state").json()["counts"]["COMPLETED_SUCCESSFULLY"] == 0:
        assert time.monotonic() < deadline, "nobody signed"
        time.sleep(0.1)
