"""Reads what the signing service answers, tolerantly: unknown elements and words are allowed, XML tricks are not."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from lxml import etree
from pydantic import ValidationError

from signing.digdir.names import API
from signing.portal import (
    ContactInformation,
    JobCreated,
    PortalJobState,
    SignerState,
    SignerStatus,
    StatusChange,
)

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
KNOWN_STATES: Final = {state.value: state for state in SignerState}


class Unreadable(Exception):
    """An answer that is not what the protocol says."""


def read_created(body: bytes) -> JobCreated:
    """`portal-signature-job-response`."""
    root = parse(body, "portal-signature-job-response")
    return JobCreated(
        job_id=job_id_of(root),
        reference=text_of(root, "reference"),
        cancellation_url=required(root, "cancellation-url"),
    )


def read_change(body: bytes) -> StatusChange:
    """`portal-signature-job-status-change-response`."""
    root = parse(body, "portal-signature-job-status-change-response")
    try:
        state = PortalJobState(required(root, "status"))
    except ValueError as error:
        raise Unreadable("unknown job status") from error
    return StatusChange(
        job_id=job_id_of(root),
        reference=text_of(root, "reference"),
        state=state,
        signers=tuple(_read_signer(element) for element in root.iterfind(f"{{{API}}}signatures/{{{API}}}signature")),
        confirmation_url=required(root, "confirmation-url"),
        cancellation_url=text_of(root, "cancellation-url"),
        delete_documents_url=text_of(root, "delete-documents-url"),
        pades_url=text_of(root, "signatures", "pades-url"),
        raw=body,
    )


def read_error_code(body: bytes) -> str | None:
    """The service's error code in kebab case, when the body is its `error`. The message may hold personal data."""
    try:
        root = parse(body, "error")
    except Unreadable:
        return None
    code = text_of(root, "error-code")
    return (_NOT_WORD.sub("-", code.lower()).strip("-")[:60] or None) if code else None


def _read_signer(element: etree._Element) -> SignerStatus:
    word = required(element, "status")
    status = element.find(f"{{{API}}}status")
    since = status.get("since") if status is not None else None
    return SignerStatus(
        state=KNOWN_STATES.get(word, SignerState.UNKNOWN),
        word=word,
        since=read_time(since) if since else None,
        national_id=text_of(element, "personal-identification-number"),
        contact=_read_contact(element),
        xades_url=text_of(element, "xades-url"),
    )


def _read_contact(signer: etree._Element) -> ContactInformation | None:
    email = signer.find(f"{{{API}}}identifier/{{{API}}}email")
    sms = signer.find(f"{{{API}}}identifier/{{{API}}}sms")
    if email is None and sms is None:
        return None
    try:
        return ContactInformation(
            email=email.get("address") if email is not None else None,
            mobile=sms.get("number") if sms is not None else None,
        )
    except ValidationError as error:
        raise Unreadable("contact information of a signer") from error


def read_time(text: str) -> datetime:
    """An xs:dateTime with zone; a time without one is refused (R12)."""
    try:
        moment = datetime.fromisoformat(text.strip().split("[", 1)[0])
    except ValueError as error:
        raise Unreadable("a point in time") from error
    if moment.tzinfo is None:
        raise Unreadable("a point in time without zone")
    return moment


def parse(body: bytes, expected: str) -> etree._Element:
    """The root of an answer that must be the element `expected`. Raises `Unreadable`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("not XML") from error
    if root.getroottree().docinfo.doctype:
        raise Unreadable("a document type is not allowed")
    if root.tag != f"{{{API}}}{expected}":
        raise Unreadable(f"not a {expected}")
    return root


def job_id_of(root: etree._Element) -> int:
    """The service's number of the job."""
    text = required(root, "signature-job-id")
    if not text.lstrip("-").isdecimal():
        raise Unreadable("signature-job-id")
    return int(text)


def text_of(element: etree._Element, *path: str) -> str | None:
    """The text at this path, without white space around; None where there is none."""
    text = element.findtext("/".join(f"{{{API}}}{name}" for name in path))
    return text.strip() or None if text else None


def required(element: etree._Element, name: str) -> str:
    """The text of an element that must be there."""
    text = text_of(element, name)
    if text is None:
        raise Unreadable(f"{name} is missing")
    return text
