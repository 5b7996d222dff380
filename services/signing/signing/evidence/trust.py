"""Whom we trust to seal signed documents and signers' evidence: roots, and organisations under them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from signing.digdir.identity import organisation_of
from signing.evidence.verdict import NotVerified

POSTEN_BRING: Final = "984661185"
SIGNICAT: Final = "989584022"
# Enterprise seals carry digitalSignature, not always nonRepudiation, which the validator demands unless told.
SEAL_USAGE: Final = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


@dataclass(frozen=True)
class EvidenceTrust:
    """Trust anchors as data, for one environment (test and production roots are never mixed).

    A public root vouches for every enterprise it has certified, so a seal must also belong to one of `organisations`.
    An empty set switches that check off: only for an environment whose root issues nothing but seals.
    `demands_long_term` refuses a document without timestamp and revocation answers; without it their absence is noted.
    """

    roots: tuple[asn1.Certificate, ...]
    organisations: frozenset[str] = frozenset({POSTEN_BRING, SIGNICAT})
    demands_long_term: bool = True

    @classmethod
    def read(cls, roots: Path, *, demands_long_term: bool = True) -> Self:
        """Read a PEM file of roots. Raises ValueError when it holds none."""
        found = tuple(asn1.Certificate.load(der) for _, _, der in pem.unarmor(roots.read_bytes(), multiple=True))
        if not found:
            raise ValueError("the file of trusted roots for evidence is empty")
        return cls(found, demands_long_term=demands_long_term)

    def context(self, moment: datetime | None = None) -> ValidationContext:
        """A validator that never fetches anything: what it needs is in the file or in the configuration."""
        return ValidationContext(trust_roots=self.roots, allow_fetching=False, moment=moment)

    async def verify_chain(
        self, certificate: x509.Certificate, others: tuple[x509.Certificate, ...], moment: datetime
    ) -> None:
        """Refuse a seal whose certificate does not lead to a trusted root, or was not valid at `moment`."""
        validator = CertificateValidator(
            _asn1(certificate),
            intermediate_certs=[_asn1(other) for other in others],
            validation_context=self.context(moment),
        )
        try:
            await validator.async_validate_path()
        except (PathError, ValidationError) as error:
            raise NotVerified("Et bevis er forseglet med et sertifikat vi ikke stoler på.") from error
        self.verify_organisation(certificate)

    def verify_organisation(self, certificate: x509.Certificate) -> None:
        """Refuse a seal from an organisation that has no business sealing."""
        if self.organisations and organisation_of(certificate) not in self.organisations:
            raise NotVerified("Et bevis er forseglet av en annen virksomhet enn signeringstjenesten.")


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
