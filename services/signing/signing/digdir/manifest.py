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
    root = _root("portal-signature-job-request")
    _add(root, "reference", reference)
    if queue is not None:
        _add(root, "polling-queue", queue)
    return _bytes(root)


def manifest_xml(job: PortalJob, sender: str) -> bytes:
    """`portal-signature-job-manifest`, its elements in the order that the schema demands."""
    root = _root("portal-signature-job-manifest")
    signers = _add(root, "signers")
    for signer in job.signers:
        _add_signer(signers, signer)
    _add(_add(root, "sender"), "organization-number", sender)
    _add(root, "title", job.title)
    _add(root, "nonsensitive-title", job.nonsensitive_title)
    if job.description:
        _add(root, "description", job.description)
    documents = _add(root, "documents")
    for document, name in zip(job.documents, file_names(job.documents), strict=True):
        _add(_add(documents, "document", href=name, mime="application/pdf"), "title", document.title)
    _add(root, "required-authentication", job.security_level.value)
    _add_availability(root, job)
    if job.shown_identifier is not None:
        _add(root, "identifier-in-signed-documents", job.shown_identifier.value)
    return _bytes(root)


def _add_signer(signers: etree._Element, signer: PortalSigner) -> None:
    element = _add(signers, "signer", order=str(signer.order))
    if signer.national_id is not None:
        _add(element, "personal-identification-number", signer.national_id)
    else:
        _add(element, "identified-by-contact-information")
    _add(element, "signature-type", signer.signature_type.value)
    _add_notification(element, signer.notification)
    _add(element, "on-behalf-of", signer.on_behalf_of.value)


def _add_notification(signer: etree._Element, notification: RegisterLookup | ContactInformation) -> None:
    if isinstance(notification, RegisterLookup):
        lookup = _add(signer, "notifications-using-lookup")
        _add(lookup, "email")
        if notification.sms:
            _add(lookup, "sms")
        return
    own = _add(signer, "notifications")
    if notification.email is not None:
        _add(own, "email", address=notification.email)
    if notification.mobile is not None:
        _add(own, "sms", number=notification.mobile)


def _add_availability(root: etree._Element, job: PortalJob) -> None:
    activation, duration = job.availability.activation, job.availability.duration
    if activation is None and duration is None:
        return
    availability = _add(root, "availability")
    if activation is not None:
        _add(availability, "activation-time", activation.isoformat(timespec="seconds"))
    if duration is not None:
        _add(availability, "available-seconds", str(int(duration.total_seconds())))


def _stem(title: str) -> str:
    return _UNSAFE.sub("_", title.translate(_NORWEGIAN)).strip("_")[:_LONGEST_STEM].lower() or "dokument"


def _root(name: str) -> etree._Element:
    return etree.Element(f"{{{API}}}{name}", nsmap={None: API})


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{API}}}{name}", attrib=attributes)
    element.text = text
    return element


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
