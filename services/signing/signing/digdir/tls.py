"""The connection's identity: who we show, whom we trust, and that the other end is the signing service itself.

The service's certificate is an enterprise certificate, not bound to a host name. Any Norwegian organisation could show
one, so its organisation number is checked inside the handshake: before a byte of content can leave (R13).
"""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from signing.digdir.identity import ClientIdentity, organisation_of
from sikkersak.errors import Declined


def verify_organisation(certificate: bytes | None, expected: str) -> None:
    """Refuse a peer whose certificate (DER) belongs to another organisation than `expected`."""
    found = organisation_of(x509.load_der_x509_certificate(certificate)) if certificate else None
    if found != expected:
        raise Declined(
            "signing-wrong-organisation",
            "Signeringstjenesten viste et sertifikat fra en annen virksomhet enn den som er satt opp. "
            "Ingenting er sendt. Kontroller adressen og organisasjonsnummeret.",
        )


def checked_socket(expected: str) -> type[ssl.SSLObject]:
    """A TLS connection type whose handshake fails unless the peer is the organisation `expected`."""

    class CheckedSocket(ssl.SSLObject):
        """Ends the handshake with a refusal when the organisation is wrong."""

        def do_handshake(self) -> None:
            """Complete the handshake, then look at who answered."""
            super().do_handshake()
            verify_organisation(self.getpeercert(binary_form=True), expected)

    return CheckedSocket


def client_context(identity: ClientIdentity, trusted_roots: Path, server_organisation: str) -> ssl.SSLContext:
    """Mutual TLS 1.2 (the service takes no other version) towards one organisation, trusting `trusted_roots` only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # not bound to a host name; the organisation is checked instead
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=str(trusted_roots))
    context.load_cert_chain(str(identity.certificate_file), str(identity.key_file), identity.password)
    context.sslobject_class = checked_socket(server_organisation)
    return context
