"""What the client sends and the stand-in answers, against the official schemas (when they are on this machine)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from signing.digdir.answers import Unreadable, read_change, read_created, read_error_code
from signing.digdir.asice import ContainerFile, signatures_xml
from signing.digdir.ceremony import (
    direct_manifest_xml,
    direct_request_xml,
    read_direct_created,
    read_direct_status,
    read_redirect,
    update_request_xml,
)
from signing.digdir.client import DigdirPortal
from signing.digdir.manifest import manifest_xml, request_xml
from signing.portal import Availability, ContactInformation, DirectSigner, OnBehalfOf, PortalSigner, ShownIdentifier
from sikkersak.contracts.signing import SigningFlow
from simulators.signing.grammar import parse_message
from simulators.signing.refusal import Refused, error_xml

StandIn = Any  # the fixture of conftest.py
SPECIFICATION = Path(__file__).resolve().parents[3].parent / "shared/specs/signature-api"
pytestmark = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="the official schemas of the signature API are not on this machine"
)
# The XAdES schema imports another without saying where it lies, so all three are imported by one that does.
WRAPPER = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/2000/09/xmldsig#" schemaLocation="xmldsig-core-schema.xsd"/>
<xs:import namespace="http://uri.etsi.org/2918/v1.2.1#" schemaLocation="ts_102918v010201.xsd"/>
<xs:import namespace="http://uri.etsi.org/01903/v1.3.2#" schemaLocation="XAdES.xsd"/></xs:schema>"""


@pytest.fixture(scope="module")
def api() -> etree.XMLSchema:
    """The schema of messages and manifests."""
    return etree.XMLSchema(etree.parse(SPECIFICATION / "xsd/direct-and-portal.xsd"))


@pytest.fixture(scope="module")
def signatures() -> etree.XMLSchema:
    """The schema of the container's signature."""
    folder = SPECIFICATION / "xsd/thirdparty/"
    return etree.XMLSchema(etree.parse(io.BytesIO(WRAPPER.encode()), base_url=f"{folder}/wrapper.xsd"))


def assert_valid(schema: etree.XMLSchema, content: bytes) -> None:
    """Valid, or the schema's own words why not."""
    schema.assertValid(etree.fromstring(content))


def test_the_manifest_of_a_plain_job_is_valid(api: etree.XMLSchema, stand_in: StandIn) -> None:
    assert_valid(api, manifest_xml(stand_in.new_job(), stand_in.sender))


def test_the_manifest_of_a_job_with_everything_is_valid(api: etree.XMLSchema, stand_in: StandIn) -> None:
    contacts = (ContactInformation(email="a@b.no"), ContactInformation(mobile="99999999"))
    others = (PortalSigner(notification=each, on_behalf_of=OnBehalfOf.OTHER, order=2) for each in contacts)
    job = stand_in.new_job(signers=(PortalSigner(national_id=stand_in.guardians[0]), *others)).model_copy(
        update={
            "description": "Les først",
            "availability": Availability(activation=datetime.now(UTC), duration=timedelta(days=14)),
            "shown_identifier": ShownIdentifier.NAME,
        }
    )
    assert_valid(api, manifest_xml(job, stand_in.sender))


@pytest.mark.parametrize("queue", [None, "school-cases"])
def test_the_request_is_valid(api: etree.XMLSchema, queue: str | None) -> None:
    assert_valid(api, request_xml("3f0c3a3e-6a47-4c6e-9d59-2a0d7c0a8e11", queue))


@pytest.mark.parametrize("queue", [None, "school-cases"])
def test_the_request_for_the_screen_is_valid(api: etree.XMLSchema, stand_in: StandIn, queue: str | None) -> None:
    assert_valid(
        api, direct_request_xml("3f0c3a3e-6a47-4c6e-9d59-2a0d7c0a8e11", stand_in.new_direct_job().exits, queue)
    )


def test_the_manifests_for_the_screen_are_valid(api: etree.XMLSchema, stand_in: StandIn) -> None:
    job = stand_in.new_direct_job()
    assert_valid(api, direct_manifest_xml(job, stand_in.sender))
    signers = (
        DirectSigner(national_id=stand_in.guardians[0], on_behalf_of=OnBehalfOf.OTHER),
        DirectSigner(identifier="signer-2"),
    )
    everything = {"signers": signers, "description": "Les først", "shown_identifier": ShownIdentifier.NAME}
    assert_valid(api, direct_manifest_xml(job.model_copy(update=everything), stand_in.sender))
    assert_valid(api, update_request_xml())


async def test_the_stand_ins_answers_about_the_screen_are_valid(
    api: etree.XMLSchema, stand_in: StandIn, portal: DigdirPortal
) -> None:
    created = await portal.create_direct(stand_in.new_direct_job())
    seen = []
    for address in created.signers:
        stand_in.in_browser(await portal.redirect(address))
        seen.append(await stand_in.next_change(portal, SigningFlow.DIRECT))
    for change in seen:
        assert_valid(api, change.raw)


def test_the_containers_signature_is_valid(signatures: etree.XMLSchema, stand_in: StandIn) -> None:
    files = [
        ContainerFile("0000_a.pdf", "application/pdf", b"1"),
        ContainerFile("manifest.xml", "application/xml", b"2"),
    ]
    assert_valid(signatures, signatures_xml(files, stand_in.identity(), datetime.now(UTC)))


@pytest.mark.parametrize("act", ["sign", "reject", "expire", "reserve", "contact-missing", "name-missing", "block"])
async def test_the_stand_ins_status_changes_are_valid(
    api: etree.XMLSchema, stand_in: StandIn, portal: DigdirPortal, act: str
) -> None:
    contact = ContactInformation(email="a@b.no")
    signers = (
        PortalSigner(national_id=stand_in.guardians[0]),
        PortalSigner(notification=contact, on_behalf_of=OnBehalfOf.OTHER),
    )
    created = await portal.create(stand_in.new_job(signers=signers))
    stand_in.act(created.job_id, 2)
    stand_in.act(created.job_id, 1, act)
    assert_valid(api, (await stand_in.next_change(portal)).raw)


def test_the_stand_ins_errors_are_valid(api: etree.XMLSchema) -> None:
    assert_valid(api, error_xml("SCHEMA_VALIDATION_ERROR", "Xml-message was not in accordance to schema"))


@pytest.mark.parametrize("name", ["portal/response.xml"])
def test_the_official_example_of_a_created_job_is_read(name: str) -> None:
    created = read_created((SPECIFICATION / "examples" / name).read_bytes())
    assert created.job_id == 1
    assert created.cancellation_url.endswith("/cancel")


@pytest.mark.parametrize(
    "name",
    [
        "portal/status-change-response.xml",
        "portal/status-change-response-signer-without-pin.xml",
        "dotnet-client-tests/portal-status-change-response.xml",
    ],
)
def test_the_official_examples_of_changes_are_read(name: str) -> None:
    change = read_change((SPECIFICATION / "examples" / name).read_bytes())
    assert change.signers
    assert all(signer.national_id or signer.contact for signer in change.signers)
    assert (change.confirmation_url or "").startswith("https://")


def test_the_official_examples_of_errors_are_read() -> None:
    folder = SPECIFICATION / "examples/dotnet-client-tests"
    assert read_error_code((folder / "error-broker-not-authorized.xml").read_bytes()) == "broker-not-authorized"
    assert read_error_code((folder / "error-schema-validation.xml").read_bytes()) == "schema-validation-error"


@pytest.mark.parametrize("read", [read_created, read_change])
def test_an_answer_of_another_kind_is_not_taken_for_one(read: Callable[[bytes], object]) -> None:
    for content in (b"", b"<html/>", error_xml("A", "b"), b"<!DOCTYPE a><a/>"):
        with pytest.raises(Unreadable):
            read(content)


def test_the_stand_ins_grammar_takes_the_official_manifest() -> None:
    """The other examples use the deprecated form with one document, which nobody should write."""
    content = (SPECIFICATION / "examples/portal/manifest.xml").read_bytes()
    parse_message(content, "portal-signature-job-manifest")


def test_grammar_and_schema_agree_on_what_is_wrong(api: etree.XMLSchema, stand_in: StandIn) -> None:
    right = manifest_xml(stand_in.new_job(), stand_in.sender).decode()
    for old, new in (
        ("<title>Samtykke</title><nonsensitive-title>", "<nonsensitive-title>"),
        ('order="0"', 'order="10"'),
        (">SELF<", ">NOBODY<"),
        ("<required-authentication>3", "<required-authentication>2"),
        ("<email/><sms/>", "<sms/><email/>"),
        (stand_in.sender, "12345678"),
    ):
        wrong = right.replace(old, new, 1).encode()
        assert wrong != right.encode()
        assert not api.validate(etree.fromstring(wrong))
        with pytest.raises(Refused):
            parse_message(wrong, "portal-signature-job-manifest")


# Of the examples, one is invalid on purpose, some are older than today's schema, and two are of other schemas.
NOT_VALID = {
    "direct-request-invalid.xml",
    "direct_signature_job_response_with_unexpected_element.xml",
    "dotnet-client-tests/direct-status-response.xml",
    "dotnet-client-tests/portal-manifest.xml",
    "dotnet-client-tests/portal-status-change-response.xml",
}
OF_OTHER_SCHEMAS = {"signatures.xml", "ltv-sdo-2016-test-person.xml"}


def examples() -> list[Path]:
    return sorted((SPECIFICATION / "examples").rglob("*.xml")) if SPECIFICATION.is_dir() else []


@pytest.mark.parametrize("path", examples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_official_example_parses_and_is_judged_as_its_name_says(
    api: etree.XMLSchema, signatures: etree.XMLSchema, path: Path
) -> None:
    root = etree.fromstring(path.read_bytes())
    if path.name == "signatures.xml":
        signatures.assertValid(root)
    elif path.name not in OF_OTHER_SCHEMAS:
        expected = not NOT_VALID & {path.name, f"{path.parent.name}/{path.name}"}
        assert api.validate(root) == expected, api.error_log


@pytest.mark.parametrize("path", examples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_official_answer_of_the_portal_flow_is_read(path: Path) -> None:
    content = path.read_bytes()
    name = etree.QName(etree.fromstring(content)).localname
    if name == "portal-signature-job-response":
        assert read_created(content).job_id
    elif name == "portal-signature-job-status-change-response":
        assert read_change(content).signers
    elif name == "error":
        assert read_error_code(content)


@pytest.mark.parametrize("path", examples(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_official_answer_of_the_direct_flow_is_read(path: Path) -> None:
    content = path.read_bytes()
    name = etree.QName(etree.fromstring(content)).localname
    if name == "direct-signature-job-response":
        assert all(url.startswith("https://") for url in read_direct_created(content).signers)
    elif name == "direct-signer-response":
        assert read_redirect(content).startswith("https://")
    elif name == "direct-signature-job-status-response":
        assert {signer.word for signer in read_direct_status(content).signers} == {"SIGNED", "REJECTED"} & {
            element.text for element in etree.fromstring(content).iter("{*}status")
        }
