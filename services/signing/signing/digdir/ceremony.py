"""The direct flow's XML: what orders a job at the screen, and what is answered (Signature API, direct flow)."""

from __future__ import annotations

from lxml import etree

from signing.digdir.answers import KNOWN_STATES, Unreadable, job_id_of, parse, read_time, required, text_of
from signing.digdir.manifest import add, add_documents, as_bytes, message
from signing.digdir.names import API
from signing.portal import (
    DirectJob,
    DirectJobCreated,
    DirectSigner,
    ExitUrls,
    PortalJobState,
    SignerState,
    SignerStatus,
    StatusChange,
)


def direct_request_xml(reference: str, exits: ExitUrls, queue: str | None) -> bytes:
    """`direct-signature-job-request`. With a queue the result is known also when the browser never comes back."""
    root = message("direct-signature-job-request")
    add(root, "reference", reference)
    urls = add(root, "exit-urls")
    add(urls, "completion-url", exits.completion)
    add(urls, "rejection-url", exits.rejection)
    add(urls, "error-url", exits.error)
    add(root, "status-retrieval-method", "WAIT_FOR_CALLBACK" if queue is None else "POLLING")
    if queue is not None:
        add(root, "polling-queue", queue)
    return as_bytes(root)


def direct_manifest_xml(job: DirectJob, sender: str) -> bytes:
    """`direct-signature-job-manifest`, its elements in the order that the schema demands."""
    root = message("direct-signature-job-manifest")
    for signer in job.signers:
        _add_signer(root, signer)
    add(add(root, "sender"), "organization-number", sender)
    add(root, "title", job.title)
    if job.description:
        add(root, "description", job.description)
    add_documents(root, job.documents)
    add(root, "required-authentication", job.security_level.value)
    if job.shown_identifier is not None:
        add(root, "identifier-in-signed-documents", job.shown_identifier.value)
    return as_bytes(root)


def update_request_xml() -> bytes:
    """`direct-signer-update-request`: asks for a fresh address for the browser."""
    root = message("direct-signer-update-request")
    add(root, "redirect-url")
    return as_bytes(root)


def read_direct_created(body: bytes) -> DirectJobCreated:
    """`direct-signature-job-response`. The addresses for browsers in it are not kept: each click asks for its own."""
    root = parse(body, "direct-signature-job-response")
    signers = tuple(element.get("href", "").strip() for element in root.iterfind(f"{{{API}}}signer"))
    if not signers or not all(signers):
        raise Unreadable("a signer without an address")
    return DirectJobCreated(
        job_id=job_id_of(root),
        reference=text_of(root, "reference"),
        status_url=text_of(root, "status-url"),
        signers=signers,
    )


def read_redirect(body: bytes) -> str:
    """`direct-signer-response`: the address for the browser."""
    return required(parse(body, "direct-signer-response"), "redirect-url")


def read_direct_status(body: bytes) -> StatusChange:
    """`direct-signature-job-status-response`. Older answers leave out whose a status is when there is one signer."""
    root = parse(body, "direct-signature-job-status-response")
    try:
        state = PortalJobState(required(root, "signature-job-status"))
    except ValueError as error:
        raise Unreadable("unknown job status") from error
    evidence = list(root.iterfind(f"{{{API}}}xades-url"))
    return StatusChange(
        job_id=job_id_of(root),
        reference=text_of(root, "reference"),
        state=state,
        signers=tuple(_signer(element, evidence) for element in root.iterfind(f"{{{API}}}status")),
        confirmation_url=text_of(root, "confirmation-url"),
        delete_documents_url=text_of(root, "delete-documents-url"),
        pades_url=text_of(root, "pades-url"),
        raw=body,
    )


def _signer(status: etree._Element, evidence: list[etree._Element]) -> SignerStatus:
    word, who, since = (status.text or "").strip(), status.get("signer"), status.get("since")
    own = [one for one in evidence if one.get("signer") == who]
    is_number = who is not None and len(who) == 11 and who.isdecimal()
    return SignerStatus(
        state=KNOWN_STATES.get(word, SignerState.UNKNOWN),
        word=word,
        since=read_time(since) if since else None,
        national_id=who if is_number else None,
        identifier=None if is_number else who,
        xades_url=(own[0].text or "").strip() or None if own else None,
    )


def _add_signer(root: etree._Element, signer: DirectSigner) -> None:
    element = add(root, "signer")
    if signer.national_id is not None:
        add(element, "personal-identification-number", signer.national_id)
    else:
        add(element, "signer-identifier", signer.identifier)
    add(element, "signature-type", signer.signature_type.value)
    add(element, "on-behalf-of", signer.on_behalf_of.value)
