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
_KNOWN_STATES: Final = {state.value: state for state in SignerState}


class Unreadable(Exception):
    """An answer that is not what the protocol says."""


def read_created(body: bytes) -> JobCreated:
    """`portal-signature-job-response`."""
    root = _parse(body, "portal-signature-job-response")
    return JobCreated(
        job_id=_job_id(root),
        reference=_text(root, "reference"),
        cancellation_url=_required(root, "cancellation-url"),
    )


def read_change(body: bytes) -> StatusChange:
    """`portal-signature-job-status-change-response`."""
    root = _parse(body, "portal-signature-job-status-change-response")
    try:
        state = PortalJobState(_required(root, "status"))
    except ValueError as error:
        raise Unreadable("unknown job status") from error
    return StatusChange(
        job_id=_job_id(root),
        reference=_text(root, "reference"),
        state=state,
        signers=tuple(_read_signer(element) for element in root.iterfind(f"{{{API}}}signatures/{{{API}}}signature")),
        confirmation_url=_required(root, "confirmation-url"),
        cancellation_url=_text(root, "cancellation-url"),
        delete_documents_url=_text(root, "delete-documents-url"),
        pades_url=_text(root, "signatures", "pades-url"),
        raw=body,
    )


def read_error_code(body: bytes) -> str | None:
    """The service's error code in kebab case, when the body is its `error`. The message may hold personal data."""
    try:
        root = _parse(body, "error")
    except Unreadable:
        return None
    code = _text(root, "error-code")
    return (_NOT_WORD.sub("-", code.lower()).strip("-")[:60] or None) if code else None


def _read_signer(element: etree._Element) -> SignerStatus:
    word = _required(element, "status")
    status = element.find(f"{{{API}}}status")
    since = status.get("since") if status is not None else None
    return SignerStatus(
        state=_KNOWN_STATES.get(word, SignerState.UNKNOWN),
        word=word,
        since=read_time(since) if since else None,
        national_id=_text(element, "personal-identification-number"),
        contact=_read_contact(element),
        xades_url=_text(element, "xades-url"),
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


def _parse(body: bytes, expected: str) -> etree._Element:
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


def _job_id(root: etree._Element) -> int:
    text = _required(root, "signature-job-id")
    if not text.lstrip("-").isdecimal():
        raise Unreadable("signature-job-id")
    return int(text)


def _text(element: etree._Element, *path: str) -> str | None:
    text = element.findtext("/".join(f"{{{API}}}{name}" for name in path))
    return text.strip() or None if text else None


def _required(element: etree._Element, name: str) -> str:
    text = _text(element, name)
    if text is None:
        raise Unreadable(f"{name} is missing")
    return text
