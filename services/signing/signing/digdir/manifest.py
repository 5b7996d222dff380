"""The XML that describes a job: the request beside the container and `manifest.xml` inside it (portal flow)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lxml import etree

from signing.digdir.names import API
from signing.portal import ContactInformation, PortalDocument, PortalJob, PortalSigner, RegisterLookup

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_NORWEGIAN: Final = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "Æ": "Ae", "Ø": "O", "Å": "A"})
_LONGEST_STEM: Final = 60


def file_names(documents: Sequence[PortalDocument]) -> list[str]:
    """Unique plain ASCII names in the container, in the documents' order."""
    return [f"{index:04d}_{_stem(document.title)}.pdf" for index, document in enumerate(documents)]


def request_xml(reference: str, queue: str | None) -> bytes:
    """`portal-signature-job-request`. The reference is shown outside secure context: no personal data."""
    root = message("portal-signature-job-request")
    add(root, "reference", reference)
    if queue is not None:
        add(root, "polling-queue", queue)
    return as_bytes(root)


def manifest_xml(job: PortalJob, sender: str) -> bytes:
    """`portal-signature-job-manifest`, its elements in the order that the schema demands."""
    root = message("portal-signature-job-manifest")
    signers = add(root, "signers")
    for signer in job.signers:
        _add_signer(signers, signer)
    add(add(root, "sender"), "organization-number", sender)
    add(root, "title", job.title)
    add(root, "nonsensitive-title", job.nonsensitive_title)
    if job.description:
        add(root, "description", job.description)
    add_documents(root, job.documents)
    add(root, "required-authentication", job.security_level.value)
    _add_availability(root, job)
    if job.shown_identifier is not None:
        add(root, "identifier-in-signed-documents", job.shown_identifier.value)
    return as_bytes(root)


def add_documents(root: etree._Element, documents: Sequence[PortalDocument]) -> None:
    """The documents under their names in the container."""
    element = add(root, "documents")
    for document, name in zip(documents, file_names(documents), strict=True):
        add(add(element, "document", href=name, mime="application/pdf"), "title", document.title)


def _add_signer(signers: etree._Element, signer: PortalSigner) -> None:
    element = add(signers, "signer", order=str(signer.order))
    if signer.national_id is not None:
        add(element, "personal-identification-number", signer.national_id)
    else:
        add(element, "identified-by-contact-information")
    add(element, "signature-type", signer.signature_type.value)
    _add_notification(element, signer.notification)
    add(element, "on-behalf-of", signer.on_behalf_of.value)


def _add_notification(signer: etree._Element, notification: RegisterLookup | ContactInformation) -> None:
    if isinstance(notification, RegisterLookup):
        lookup = add(signer, "notifications-using-lookup")
        add(lookup, "email")
        if notification.sms:
            add(lookup, "sms")
        return
    own = add(signer, "notifications")
    if notification.email is not None:
        add(own, "email", address=notification.email)
    if notification.mobile is not None:
        add(own, "sms", number=notification.mobile)


def _add_availability(root: etree._Element, job: PortalJob) -> None:
    activation, duration = job.availability.activation, job.availability.duration
    if activation is None and duration is None:
        return
    availability = add(root, "availability")
    if activation is not None:
        add(availability, "activation-time", activation.isoformat(timespec="seconds"))
    if duration is not None:
        add(availability, "available-seconds", str(int(duration.total_seconds())))


def _stem(title: str) -> str:
    return _UNSAFE.sub("_", title.translate(_NORWEGIAN)).strip("_")[:_LONGEST_STEM].lower() or "dokument"


def message(name: str) -> etree._Element:
    """The root of a message of the API."""
    return etree.Element(f"{{{API}}}{name}", nsmap={None: API})


def add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Adds an element of the API's namespace."""
    element = etree.SubElement(parent, f"{{{API}}}{name}", attrib=attributes)
    element.text = text
    return element


def as_bytes(root: etree._Element) -> bytes:
    """The message as it is sent."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
