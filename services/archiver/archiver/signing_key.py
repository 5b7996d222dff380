"""What our reports are signed with: an Ed25519 key that is made at the first report, its private half sealed in the vault."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from archiver.store import reconciliation as store
from sikkersak.persistence.database import Transaction
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef

ALGORITHM = "Ed25519"
MEDIA_TYPE = "application/x-pem-file"


@dataclass(frozen=True)
class Signature:
    """A JWS in compact form (RFC 7515) and the key that it verifies against."""

    jws: str
    key_id: str


async def signed(tx: Transaction, vault: Vault, report: str) -> Signature:
    """The report with our signature."""
    row = await store.report_key(tx)
    if row is None:
        await _make(tx, vault)
        row = await store.report_key(tx)
        assert row is not None
    pem = await vault.read_bytes(VaultRef.model_validate(row["private_key"]), 10_000)
    header = {"alg": ALGORITHM, "kid": row["key_id"], "typ": "sikkersak-reconciliation+json"}
    compact = jws.serialize_compact(header, report.encode(), OKPKey.import_key(pem), algorithms=[ALGORITHM])
    return Signature(compact, row["key_id"])


def is_genuine(signature: str, public_key: str, report: str) -> bool:
    """Whether the signature is of this report, by this key."""
    try:
        read = jws.deserialize_compact(signature, OKPKey.import_key(public_key), algorithms=[ALGORITHM])
    except ValueError:
        return False
    return read.payload == report.encode()


async def _make(tx: Transaction, vault: Vault) -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = OKPKey.import_key(pem)
    ref = await vault.put(pem, MEDIA_TYPE)
    public = key.as_pem(private=False).decode()
    await store.keep_report_key(tx, key.thumbprint(), public, ref.model_dump(mode="json"))
