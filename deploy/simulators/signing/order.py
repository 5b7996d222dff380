"""From a manifest and files to a job, refusing what the service refuses when a job is created."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pikepdf
from lxml import etree

from simulators.signing.container import MANIFEST
from simulators.signing.grammar import all_of, parse_message, text
from simulators.signing.jobs import DEFAULT_AVAILABILITY, AtScreen, Document, Job, Signer
from simulators.signing.refusal import CONTAINER, NAMESPACE, SCHEMA, Refused

MOST_DOCUMENTS, MOST_SIGNERS, BYTES_IN_ALL = 20, 10, 10_485_760
LONGEST_AVAILABILITY = 7_776_000
_ADVANCED = "ADVANCED_ELECTRONIC_SIGNATURE"
_AUTHENTICATED = "AUTHENTICATED_ELECTRONIC_SIGNATURE"


def read_request(content: bytes) -> tuple[str | None, str]:
    """Reference and queue of a `portal-signature-job-request`; the default queue has an empty name."""
    root = parse_message(content, "portal-signature-job-request")
    return text(root, "reference"), text(root, "polling-queue") or ""


def read_direct_request(content: bytes) -> tuple[str | None, str, AtScreen]:
    """Reference, queue and what concerns browsers, of a `direct-signature-job-request`."""
    root = parse_message(content, "direct-signature-job-request")
    at_screen = AtScreen(
        completion=text(root, "exit-urls/completion-url") or "",
        rejection=text(root, "exit-urls/rejection-url") or "",
        error=text(root, "exit-urls/error-url") or "",
        is_polled=text(root, "status-retrieval-method") == "POLLING",
    )
    return text(root, "reference"), text(root, "polling-queue") or "", at_screen


def read_direct_order(files: dict[str, bytes], organisation: str, number: int, moment: datetime) -> Job:
    """The job for the screen that the container's manifest orders: active at once, open for thirty days."""
    root = parse_message(files[MANIFEST], "direct-signature-job-manifest")
    _verify_sender(root, organisation)
    documents = _documents(root, {name: content for name, content in files.items() if name != MANIFEST})
    signers = tuple(_direct_signer(element, index) for index, element in enumerate(all_of(root, "signer"), 1))
    if len({signer.name_in_answers for signer in signers}) != len(signers):
        raise Refused(SCHEMA, "A signer is named twice")
    _verify_together(documents, signers, text(root, "identifier-in-signed-documents"))
    return Job(
        number=number,
        organisation=organisation,
        reference=None,
        queue="",
        title=text(root, "title") or "",
        level=text(root, "required-authentication") or "4",
        documents=documents,
        signers=signers,
        created_at=moment,
        activation=moment,
    )


def _direct_signer(element: etree._Element, number: int) -> Signer:
    return Signer(
        number=number,
        order=0,
        national_id=text(element, "personal-identification-number"),
        email=None,
        mobile=None,
        uses_lookup=False,
        signature_type=text(element, "signature-type") or _AUTHENTICATED,
        on_behalf_of=text(element, "on-behalf-of") or "SELF",
        identifier=text(element, "signer-identifier"),
    )


def _verify_sender(root: etree._Element, organisation: str) -> None:
    if text(root, "sender/organization-number") != organisation:
        raise Refused("BROKER_NOT_AUTHORIZED", "The manifest's sender is not the organisation in the address")


def read_order(files: dict[str, bytes], organisation: str, number: int, moment: datetime) -> Job:
    """The job that the container's manifest orders, without reference and queue."""
    root = parse_message(files[MANIFEST], "portal-signature-job-manifest")
    _verify_sender(root, organisation)
    documents = _documents(root, {name: content for name, content in files.items() if name != MANIFEST})
    signers = tuple(_signer(element, index) for index, element in enumerate(all_of(root, "signers/signer"), 1))
    level = text(root, "required-authentication") or "4"
    _verify_together(documents, signers, text(root, "identifier-in-signed-documents"))
    activation, availability = _availability(root, moment)
    return Job(
        number=number,
        organisation=organisation,
        reference=None,
        queue="",
        title=text(root, "title") or "",
        level=level,
        documents=documents,
        signers=signers,
        created_at=moment,
        activation=activation,
        availability=availability,
    )


def _documents(root: etree._Element, files: dict[str, bytes]) -> tuple[Document, ...]:
    elements = all_of(root, "documents/document")
    names = [element.get("href", "") for element in elements]
    if len(elements) > MOST_DOCUMENTS:
        raise Refused(SCHEMA, f"At most {MOST_DOCUMENTS} documents are allowed")
    if sorted(names) != sorted(files):
        raise Refused(CONTAINER, "The documents of the manifest are not exactly the files of the container")
    if sum(len(content) for content in files.values()) > BYTES_IN_ALL:
        raise Refused(CONTAINER, f"The documents exceed {BYTES_IN_ALL} bytes")
    for element in elements:
        _verify_pdf(element.get("mime", ""), files[element.get("href", "")])
    return tuple(
        Document(name, text(element, "title") or "", files[name]) for name, element in zip(names, elements, strict=True)
    )


def _verify_pdf(mime: str, content: bytes) -> None:
    if mime != "application/pdf" or not content.startswith(b"%PDF-1."):
        raise Refused(CONTAINER, "Only PDF 1.1 to 1.7 can be signed")
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if document.is_encrypted or len(document.pages) == 0:
                raise Refused(CONTAINER, "A document is protected or has no pages")
    except pikepdf.PdfError as error:
        raise Refused(CONTAINER, "A document cannot be read as PDF") from error


def _signer(element: etree._Element, number: int) -> Signer:
    email = next(iter(all_of(element, "notifications/email")), None)
    sms = next(iter(all_of(element, "notifications/sms")), None)
    signer = Signer(
        number=number,
        order=int(element.get("order", "0")),
        national_id=text(element, "personal-identification-number"),
        email=email.get("address") if email is not None else None,
        mobile=sms.get("number") if sms is not None else None,
        uses_lookup=element.find(f"{{{NAMESPACE}}}notifications-using-lookup") is not None,
        signature_type=text(element, "signature-type") or _AUTHENTICATED,
        on_behalf_of=text(element, "on-behalf-of") or "SELF",
    )
    if signer.uses_lookup and (signer.national_id is None or signer.on_behalf_of == "OTHER"):
        raise Refused(SCHEMA, "Lookup in the contact register needs an identification number and SELF")
    return signer


def _verify_together(documents: tuple[Document, ...], signers: tuple[Signer, ...], identifier: str | None) -> None:
    if len(signers) > MOST_SIGNERS:
        raise Refused(SCHEMA, f"At most {MOST_SIGNERS} signers are allowed")
    numbers = [signer.national_id for signer in signers if signer.national_id is not None]
    if len(set(numbers)) != len(numbers):
        raise Refused(SCHEMA, "A signer is named twice")
    is_advanced = any(signer.signature_type == _ADVANCED for signer in signers)
    if is_advanced and len(documents) > 1:
        raise Refused(SCHEMA, "A public sender's advanced signature takes one document")
    if identifier == "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME" and len(numbers) != len(signers):
        raise Refused(SCHEMA, "The number cannot be shown for signers addressed by contact information")
    if identifier in ("DATE_OF_BIRTH_AND_NAME", "NAME") and is_advanced:
        raise Refused(SCHEMA, "This identifier needs authenticated signatures")


def _availability(root: etree._Element, moment: datetime) -> tuple[datetime, timedelta]:
    seconds = text(root, "availability/available-seconds")
    if seconds is not None and int(seconds) > LONGEST_AVAILABILITY:
        raise Refused(SCHEMA, f"available-seconds exceeds {LONGEST_AVAILABILITY}")
    activation = text(root, "availability/activation-time")
    wished = datetime.fromisoformat(activation.strip()) if activation else moment
    wished = wished if wished.tzinfo is not None else wished.replace(tzinfo=UTC)
    return max(wished, moment), timedelta(seconds=int(seconds)) if seconds is not None else DEFAULT_AVAILABILITY
