"""What the service answers, as XML."""

from __future__ import annotations

from datetime import datetime, timedelta

from lxml import etree

from simulators.signing.jobs import Job, JobState, Signer
from simulators.signing.refusal import NAMESPACE

DELETABLE_AFTER = timedelta(hours=24)


def created(job: Job, jobs_url: str) -> bytes:
    """`portal-signature-job-response`."""
    root = _root("portal-signature-job-response")
    _head(root, job)
    _add(root, "cancellation-url", f"{jobs_url}/{job.number}/cancel")
    return _bytes(root)


def status_change(job: Job, jobs_url: str, moment: datetime) -> bytes:
    """`portal-signature-job-status-change-response`: the job's whole present state."""
    url = f"{jobs_url}/{job.number}"
    root = _root("portal-signature-job-status-change-response")
    _head(root, job)
    _add(root, "status", job.state.value)
    _add(root, "confirmation-url", f"{url}/complete")
    if job.state is JobState.IN_PROGRESS:
        _add(root, "cancellation-url", f"{url}/cancel")
    if is_deletable(job, moment):
        _add(root, "delete-documents-url", f"{url}/documents")
    signatures = _add(root, "signatures")
    for signer in job.signers:
        _signature(signatures, job, signer, url)
    if job.pades is not None and not job.files_gone:
        _add(signatures, "pades-url", f"{url}/pades")
    return _bytes(root)


def direct_created(job: Job, jobs_url: str, addresses: list[str]) -> bytes:
    """`direct-signature-job-response`, with one address for a browser for each signer."""
    url = f"{jobs_url}/{job.number}"
    root = _root("direct-signature-job-response")
    _head(root, job)
    for signer, address in zip(job.signers, addresses, strict=True):
        _add(root, "redirect-url", address, signer=signer.name_in_answers)
    _add(root, "status-url", f"{url}/status")
    for signer, address in zip(job.signers, addresses, strict=True):
        _describe_signer(_add(root, "signer", href=f"{url}/signers/{signer.number}"), signer, address)
    return _bytes(root)


def direct_signer(job: Job, signer: Signer, jobs_url: str, address: str) -> bytes:
    """`direct-signer-response`: a fresh address for the browser. There is white space around it, as in the real one."""
    root = _root("direct-signer-response")
    root.set("href", f"{jobs_url}/{job.number}/signers/{signer.number}")
    _describe_signer(root, signer, f"\n    {address}\n")
    return _bytes(root)


def direct_status(job: Job, jobs_url: str, moment: datetime) -> bytes:
    """`direct-signature-job-status-response`: the job's whole present state."""
    url = f"{jobs_url}/{job.number}"
    root = _root("direct-signature-job-status-response")
    _head(root, job)
    _add(root, "signature-job-status", job.state.value)
    for signer in job.signers:
        since = signer.since or job.created_at
        known = {"signer": signer.name_in_answers, "since": since.isoformat(timespec="milliseconds")}
        _add(root, "status", signer.state, **known)
    _add(root, "confirmation-url", f"{url}/complete")
    if is_deletable(job, moment):
        _add(root, "delete-documents-url", f"{url}/documents")
    for signer in job.signers:
        if signer.xades is not None and not job.files_gone:
            _add(root, "xades-url", f"{url}/xades/{signer.number}", signer=signer.name_in_answers)
    if job.pades is not None and not job.files_gone:
        _add(root, "pades-url", f"{url}/pades")
    return _bytes(root)


def _describe_signer(parent: etree._Element, signer: Signer, address: str) -> None:
    if signer.national_id is not None:
        _add(parent, "personal-identification-number", signer.national_id)
    else:
        _add(parent, "signer-identifier", signer.identifier)
    _add(parent, "redirect-url", address)


def is_deletable(job: Job, moment: datetime) -> bool:
    """Whether the sender may delete the signed files: a day after the last signature."""
    is_kept = job.state is JobState.COMPLETED and not job.files_gone
    return is_kept and job.completed_at is not None and moment - job.completed_at >= DELETABLE_AFTER


def _signature(parent: etree._Element, job: Job, signer: Signer, url: str) -> None:
    element = _add(parent, "signature")
    since = signer.since or signer.opened_at or job.created_at
    _add(element, "status", signer.state, since=since.isoformat(timespec="milliseconds"))
    if signer.national_id is not None:
        _add(element, "personal-identification-number", signer.national_id)
    else:
        identifier = _add(element, "identifier")
        if signer.email is not None:
            _add(identifier, "email", address=signer.email)
        if signer.mobile is not None:
            _add(identifier, "sms", number=signer.mobile)
    if signer.xades is not None and not job.files_gone:
        _add(element, "xades-url", f"{url}/xades/{signer.number}")


def _head(root: etree._Element, job: Job) -> None:
    if job.reference is not None:
        _add(root, "reference", job.reference)
    _add(root, "signature-job-id", str(job.number))


def _root(name: str) -> etree._Element:
    return etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attrib=attributes)
    element.text = text
    return element


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def disturbed(body: bytes, *, signer_status: str | None, unknown_element: bool) -> bytes:
    """A status change with a word or an element that clients have not heard of, on order."""
    if signer_status is None and not unknown_element:
        return body
    root = etree.fromstring(body)
    if signer_status is not None:
        for status in root.findall(f"{{{NAMESPACE}}}signatures/{{{NAMESPACE}}}signature/{{{NAMESPACE}}}status"):
            status.text = signer_status
    if unknown_element:
        _add(root, "element-of-the-future", "?")
    return _bytes(root)
