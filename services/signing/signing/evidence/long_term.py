"""What lets a seal be verified in many years: a trusted timestamp, and revocation answers inside the file (PAdES B-LT).

The profile leaves the index of those answers for each seal (VRI) to whoever seals, so it is not asked for: the answers
themselves must cover every certificate of the seal and of the timestamp, whatever the file says about them.
"""

from __future__ import annotations

from typing import Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.validate import async_validate_path

from signing.evidence.trust import EvidenceTrust

NO_TIMESTAMP: Final = "Forseglingen mangler et tidsstempel vi stoler på."
NO_REVOCATIONS: Final = "Det signerte dokumentet mangler opplysninger om at sertifikatene ikke var tilbakekalt."


async def missing_long_term_data(
    reader: PdfFileReader, status: PdfSignatureStatus, trust: EvidenceTrust
) -> tuple[str, ...]:
    """What the file lacks, in the reader's words; nothing when the seal can be verified when its certificates are gone."""
    timestamp = status.timestamp_validity
    if timestamp is None or not (timestamp.intact and timestamp.valid and timestamp.trusted):
        return (NO_TIMESTAMP,)
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return (NO_REVOCATIONS,)
    context = store.as_validation_context(
        {
            "trust_roots": list(trust.roots),
            "allow_fetching": False,
            "moment": timestamp.timestamp,
            "revocation_mode": "require",
            # answers are gathered after sealing: they speak of the moment before them too
            "retroactive_revinfo": True,
        }
    )
    for path in (status.validation_path, timestamp.validation_path):
        try:
            if path is None:
                return (NO_REVOCATIONS,)
            await async_validate_path(context, path)
        except (PathError, ValidationError):
            return (NO_REVOCATIONS,)
    return ()
