"""The vault's keys: one wraps what is stored now, earlier ones still open what was stored before."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
HOLDER = re.compile(r"-([0-9a-f]{32})$")
KEY_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,31}$")


class BadKeysFile(ValueError):
    """The keys file cannot be used; the text says why and never shows a key."""


class VaultKey:
    """One master key. Its uses are kept apart by deriving a key for each (HKDF-SHA-256, RFC 5869)."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        if not KEY_ID.match(key_id):
            raise BadKeysFile("a key id is 1-32 characters of a-z, 0-9 and hyphen")
        if len(secret) != KEY_BYTES:
            raise BadKeysFile(f"key {key_id} is {len(secret)} bytes; it must be {KEY_BYTES}")
        self.key_id = key_id
        self.wrapping = _derived(secret, b"sikkersak vault: wrap data keys")
        self._addressing = _derived(secret, b"sikkersak vault: name objects")
        self._blinding = _derived(secret, b"sikkersak vault: blind dossiers")

    def name_of(self, sha256: str, holder: UUID | None = None) -> str:
        """Where content with this checksum lies, or the holder's own copy of it.

        Without the key nobody can ask whether a known file is here.
        """
        address = hmac.new(self._addressing, bytes.fromhex(sha256), hashlib.sha256).hexdigest()
        return f"objects/{address[:2]}/{address}{f'-{holder.hex}' if holder else ''}"

    def blind(self, content: bytes) -> str:
        """A value that depends on the content and cannot be guessed from it, hex."""
        return hmac.new(self._blinding, content, hashlib.sha256).hexdigest()


class KeyRing:
    """The keys of one keys file: `{"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}`.

    Rotation: add the new key to every service's file; then make it `current` everywhere; then run `Vault.rewrap()`;
    then take the old key out.
    """

    def __init__(self, current: VaultKey, earlier: tuple[VaultKey, ...]) -> None:
        self.current = current
        self.all = (current, *earlier)

    @classmethod
    def load(cls, keys_file: Path) -> KeyRing:
        """Reads the file; raises `BadKeysFile` when anything about it is doubtful."""
        try:
            said: Any = json.loads(keys_file.read_bytes())
            keys = {str(key_id): _secret(key_id, text) for key_id, text in said["keys"].items()}
            current = str(said["current"])
        except OSError as trouble:
            raise BadKeysFile(f"the keys file cannot be read: {trouble.strerror}") from None
        except (KeyError, TypeError, AttributeError, ValueError) as wrong:
            if isinstance(wrong, BadKeysFile):
                raise
            raise BadKeysFile("the keys file is not of the form {current, keys: {id: base64}}") from None
        if current not in keys:
            raise BadKeysFile("the current key is not among the keys")
        if len(set(keys.values())) != len(keys):
            raise BadKeysFile("two key ids have the same key: that is no rotation")
        ring = {key_id: VaultKey(key_id, secret) for key_id, secret in keys.items()}
        return cls(ring.pop(current), tuple(ring.values()))

    def find(self, key_id: str) -> VaultKey | None:
        """The key with this id, if the file has it."""
        return next((key for key in self.all if key.key_id == key_id), None)

    def names_of(self, sha256: str, holder: UUID | None = None) -> tuple[str, ...]:
        """Every place where content with this checksum may lie, the present one first."""
        return tuple(key.name_of(sha256, holder) for key in self.all)


def holder_of(name: str) -> UUID | None:
    """Whose copy the object of this name is; none for what is shared."""
    found = HOLDER.search(name)
    return UUID(found[1]) if found else None


def _secret(key_id: object, text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise BadKeysFile(f"key {key_id} is not base64") from None


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)
