"""The envelope that shipments come in: CMS EnvelopedData, RSA key transport, AES-CBC (SvarInn, encryption profile).

Reads what KS writes: BER with indefinite lengths, RSAES-OAEP with SHA-256; and what older senders write: PKCS#1 v1.5.
The container has no integrity of its own; the hashes in the list are checked afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from intake.reasons import ContentTrouble
from intake.svarinn.ber import Ber, Header, NotBer, Truncated
from sikkersak.errors import Declined

log = structlog.get_logger(__name__)

SEQUENCE: Final = 0x30
SET: Final = 0x31
EXPLICIT_0: Final = 0xA0
CONTENT_TAGS: Final = frozenset({0x80, 0xA0})
HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - what the sender chose for the mask; decryption cannot choose another
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class ForeignKey(Declined):
    """Encrypted for a key that we do not have: the certificate at KS and our keys differ."""

    def __init__(self) -> None:
        super().__init__(
            "foreign-key", "Forsendelsen er kryptert for en annen nøkkel enn våre. Kontroller sertifikatet hos KS."
        )


class BrokenEnvelope(Declined):
    """Not a CMS envelope, or one that its own key does not open."""

    def __init__(self) -> None:
        super().__init__("broken-envelope", "Innholdet i forsendelsen lar seg ikke dekryptere.")


@dataclass(frozen=True)
class ReceiverKey:
    """One of our keys, known to senders by the certificate's issuer and serial number."""

    issuer: Any
    serial: int
    private: RSAPrivateKey


def load_keys(folder: Path) -> list[ReceiverKey]:
    """Every NAME.key.pem with its NAME.crt.pem; several while keys are rotated."""
    keys = []
    for path in sorted(folder.glob("*.key.pem")):
        private = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(private, RSAPrivateKey):
            raise TypeError(f"{path.name} is not an RSA key")
        certificate = _certificate(path.with_name(path.name.replace(".key.pem", ".crt.pem")))
        keys.append(ReceiverKey(certificate.issuer, certificate.serial_number, private))
    if not keys:
        raise FileNotFoundError("no receiver keys: put NAME.key.pem and NAME.crt.pem in the folder SVARINN_KEYS")
    return keys


def _certificate(path: Path) -> asn1_x509.Certificate:
    from asn1crypto import pem

    _, _, der = pem.unarmor(path.read_bytes())
    return asn1_x509.Certificate.load(der)


def decrypt(source: Path, destination: Path, keys: list[ReceiverKey]) -> None:
    """Decrypts from file to file, a piece at a time. A cut-off download is `Transient`: it is fetched again."""
    try:
        with source.open("rb") as encrypted, destination.open("wb") as clear:
            _decrypt(Ber(encrypted), clear, keys)
    except Truncated as cut:
        raise ContentTrouble("cut-off", "the envelope is cut off") from cut
    except (NotBer, ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as broken:
        log.warning("envelope_broken", exception_type=type(broken).__name__)
        raise BrokenEnvelope from broken


def _decrypt(ber: Ber, clear: Any, keys: list[ReceiverKey]) -> None:
    recipients, algorithm, content = _open(ber)
    content_key = _content_key(recipients, keys)
    if algorithm.encryption_cipher != "aes" or algorithm.encryption_mode != "cbc":
        raise NotBer("not AES-CBC")
    decryptor = Cipher(algorithms.AES(content_key), modes.CBC(algorithm.encryption_iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    for piece in ber.octets(content):
        clear.write(unpadder.update(decryptor.update(piece)))
    clear.write(unpadder.update(decryptor.finalize()) + unpadder.finalize())


def _open(ber: Ber) -> tuple[Any, Any, Header]:
    """Walks to the encrypted octets: ContentInfo, EnvelopedData, EncryptedContentInfo (RFC 5652 §6.1)."""
    ber.enter(SEQUENCE)
    kind = core.ObjectIdentifier.load(ber.element())
    if kind.dotted != "1.2.840.113549.1.7.3":
        raise NotBer("not EnvelopedData")
    ber.enter(EXPLICIT_0)
    ber.enter(SEQUENCE)
    ber.element()  # version
    header = ber.header()
    if header.tag == EXPLICIT_0:  # originatorInfo, optional
        ber.element(header)
        header = ber.header()
    if header.tag != SET:
        raise NotBer("no recipients")
    recipients = cms.RecipientInfos.load(ber.element(header))
    ber.enter(SEQUENCE)
    ber.element()  # the inner content type: always data
    algorithm = algos.EncryptionAlgorithm.load(ber.element())
    content = ber.header()
    if content.tag not in CONTENT_TAGS:
        raise NotBer("no encrypted content")
    return recipients, algorithm, content


def _content_key(recipients: Any, keys: list[ReceiverKey]) -> bytes:
    """The key of the content, for the first recipient that is one of ours."""
    for recipient in recipients:
        info = recipient.chosen
        if not isinstance(info, cms.KeyTransRecipientInfo) or info["rid"].name != "issuer_and_serial_number":
            continue
        rid = info["rid"].chosen
        for key in keys:
            if rid["serial_number"].native == key.serial and rid["issuer"] == key.issuer:
                return key.private.decrypt(info["encrypted_key"].native, _padding(info["key_encryption_algorithm"]))
    raise ForeignKey


def _padding(algorithm: Any) -> rsa_padding.AsymmetricPadding:
    name = algorithm["algorithm"].native
    if name in {"rsaes_pkcs1v15", "rsa"}:
        return rsa_padding.PKCS1v15()
    if name != "rsaes_oaep":
        raise NotBer("unknown key transport")
    parameters = algorithm["parameters"]
    digest = HASHES[parameters["hash_algorithm"]["algorithm"].native]
    mask = HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]
    return rsa_padding.OAEP(rsa_padding.MGF1(mask), digest, None)
