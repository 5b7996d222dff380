"""The signed document: its seal, that the seal covers all of it, and the signers' evidence attached inside (PAdES)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from signing.digdir.identity import organisation_of
from signing.evidence.long_term import missing_long_term_data
from signing.evidence.trust import SEAL_USAGE, EvidenceTrust
from signing.evidence.verdict import DocumentVerdict, NotVerified

_DEEPEST_NAME_TREE: Final = 8
_MOST_ATTACHMENTS: Final = 100


@dataclass(frozen=True)
class SealedDocument:
    """A verified document, and the SHA-256 (hex) of every file attached under its seal."""

    verdict: DocumentVerdict
    attachments: frozenset[str]


async def verify_pades(content: bytes, trust: EvidenceTrust, moment: datetime) -> SealedDocument:
    """Verify the seal: intact, over the whole file, from somebody we trust. `NotVerified` otherwise. Blocking."""
    try:
        return await _verify(content, trust, moment)
    except NotVerified:
        raise
    except Exception as error:  # declined: whatever the parsers choke on in a foreign file is not verified evidence
        raise NotVerified("Det signerte dokumentet kan ikke leses eller kontrolleres.") from error


async def _verify(content: bytes, trust: EvidenceTrust, moment: datetime) -> SealedDocument:
    reader = PdfFileReader(io.BytesIO(content))
    seals = reader.embedded_regular_signatures
    if not seals:
        raise NotVerified("Det signerte dokumentet har ingen forsegling.")
    seal = seals[-1]
    context = _context(reader, trust, moment)
    status = await async_validate_pdf_signature(
        seal, context, ts_validation_context=context, key_usage_settings=SEAL_USAGE
    )
    _require_whole(status)
    certificate = x509.load_der_x509_certificate(status.signing_cert.dump())
    trust.verify_organisation(certificate)
    missing = await missing_long_term_data(reader, status, trust)
    if missing and trust.demands_long_term:
        raise NotVerified(" ".join(missing))
    verdict = DocumentVerdict(
        sha256=hashlib.sha256(content).hexdigest(),
        sealed_by=certificate.subject.rfc4514_string(),
        organisation=organisation_of(certificate),
        signed_at=_signed_at(status),
        timestamped=status.timestamp_validity is not None,
        long_term_data=not missing,
        summary=status.summary(),
    )
    return SealedDocument(verdict, frozenset(_attachments(reader, seal)))


def _require_whole(status: PdfSignatureStatus) -> None:
    if not (status.intact and status.valid):
        raise NotVerified("Det signerte dokumentet er endret etter at det ble forseglet.")
    is_whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    is_extended = (
        status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
        and status.modification_level is not None
        and status.modification_level <= ModificationLevel.LTA_UPDATES
    )
    if not (is_whole or is_extended):
        raise NotVerified("Forseglingen dekker ikke hele det signerte dokumentet.")
    if not status.bottom_line:
        raise NotVerified("Forseglingen er ikke gjort med et sertifikat vi stoler på.")


def _context(reader: PdfFileReader, trust: EvidenceTrust, moment: datetime) -> ValidationContext:
    """A validator fed with the certificates and revocation answers that the file itself carries (DSS), if any."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return trust.context(moment)
    settings = {"trust_roots": trust.roots, "allow_fetching": False, "moment": moment}
    return store.as_validation_context(settings)


def _signed_at(status: PdfSignatureStatus) -> datetime | None:
    timestamp = status.timestamp_validity
    return timestamp.timestamp if timestamp is not None else status.signer_reported_dt


def _attachments(reader: PdfFileReader, seal: EmbeddedPdfSignature) -> Iterator[str]:
    """Digests of the attached files, read from the very revision that the seal covers."""
    root = reader.get_historical_root(seal.signed_revision)
    names = _followed(root, "/Names")
    tree = _followed(names, "/EmbeddedFiles") if names is not None else None
    if tree is None:
        return
    for count, specification in enumerate(_leaves(tree, _DEEPEST_NAME_TREE)):
        if count >= _MOST_ATTACHMENTS:
            raise NotVerified("Det signerte dokumentet har urimelig mange vedlegg.")
        stream = specification["/EF"]["/F"]
        yield hashlib.sha256(stream.data).hexdigest()


def _leaves(node: generic.DictionaryObject, depth: int) -> Iterator[generic.DictionaryObject]:
    if depth == 0:
        raise NotVerified("Vedleggene i det signerte dokumentet kan ikke leses.")
    # By index throughout: indexing follows references, iteration and get() do not.
    names = node["/Names"] if "/Names" in node else generic.ArrayObject()
    yield from (names[index] for index in range(1, len(names), 2))
    kids = node["/Kids"] if "/Kids" in node else generic.ArrayObject()
    for index in range(len(kids)):
        yield from _leaves(kids[index], depth - 1)


def _followed(parent: generic.DictionaryObject, name: str) -> generic.DictionaryObject | None:
    if name not in parent:
        return None
    found = parent[name]
    return found if isinstance(found, generic.DictionaryObject) else None
