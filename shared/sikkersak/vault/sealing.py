"""How an object is stored: a header that only the key opens, and chunks that cannot be cut, moved or exchanged.

    header  magic 6 | version 2 | key id 32 | chunk size 4 | nonce 12 | sealed 88
    body    chunk 0 | chunk 1 | … , each chunk's ciphertext followed by its tag of 16 bytes

`sealed` is AES-256-GCM under the wrapping key, with the fields before the nonce as associated data, of: the object's
own random data key, the plaintext's SHA-256 and its length. So an object copied to another's name is refused before a
byte is given out. Every chunk is AES-256-GCM under the data key; its nonce is its number and its associated data says
whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A data key is used for
one object only, so a nonce never returns.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sikkersak.vault.errors import VaultCorrupt
from sikkersak.vault.keys import KeyRing, VaultKey

MAGIC = b"SSVALT"
VERSION = 1
CHUNK = 1024 * 1024
TAG = 16
NONCE = 12
PREFIX = struct.Struct(">6sH32sI")
SECRETS = struct.Struct(">32s32sQ")
HEADER = PREFIX.size + NONCE + SECRETS.size + TAG
LAST, MORE = b"last", b"more"


@dataclass(frozen=True, repr=False)
class Sealing:
    """The secrets of one object: its data key, and what its plaintext must be."""

    data_key: bytes
    sha256: str
    size: int
    chunk: int = CHUNK

    @property
    def chunks(self) -> int:
        """How many chunks the body has; empty content has one, so that its end is authenticated too."""
        return max(1, -(-self.size // self.chunk))

    @property
    def stored_size(self) -> int:
        """The whole object's length, header included, in bytes."""
        return HEADER + self.size + self.chunks * TAG

    def stored_at(self, chunk: int) -> int:
        """Where chunk number `chunk` begins; one past the last gives the end of the object."""
        return min(HEADER + chunk * (self.chunk + TAG), self.stored_size)

    def stored_length(self, chunk: int) -> int:
        """The length of chunk number `chunk` as stored, tag included."""
        return self.stored_at(chunk + 1) - self.stored_at(chunk)


class ChunkCipher:
    """Seals and opens the chunks of one object."""

    def __init__(self, data_key: bytes) -> None:
        self._aead = AESGCM(data_key)

    def seal(self, number: int, plain: bytes, *, is_last: bool) -> bytes:
        """One chunk's ciphertext and tag."""
        return self._aead.encrypt(number.to_bytes(NONCE, "big"), plain, LAST if is_last else MORE)

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        """One chunk's plaintext; `VaultCorrupt` unless it is this chunk of this object, whole and in its place."""
        try:
            return self._aead.decrypt(number.to_bytes(NONCE, "big"), sealed, LAST if is_last else MORE)
        except InvalidTag:
            raise VaultCorrupt(f"chunk {number} does not verify") from None


def new_data_key() -> bytes:
    """A fresh key for one object."""
    return AESGCM.generate_key(256)


def pack_header(sealing: Sealing, key: VaultKey) -> bytes:
    """The header of an object, `HEADER` bytes."""
    prefix = PREFIX.pack(MAGIC, VERSION, key.key_id.encode(), sealing.chunk)
    nonce = os.urandom(NONCE)
    secrets = SECRETS.pack(sealing.data_key, bytes.fromhex(sealing.sha256), sealing.size)
    return prefix + nonce + AESGCM(key.wrapping).encrypt(nonce, secrets, prefix)


def key_id_of(header: bytes) -> str:
    """Which key an object says that it was wrapped with; `VaultCorrupt` when it is no object of ours."""
    if len(header) != HEADER:
        raise VaultCorrupt("the object is shorter than its header")
    magic, version, key_id, _ = PREFIX.unpack_from(header)
    if magic != MAGIC or version != VERSION:
        raise VaultCorrupt("the object does not begin as a vault object of a known version does")
    return bytes(key_id).rstrip(b"\0").decode("ascii", "replace")


def open_header(header: bytes, keys: KeyRing) -> Sealing:
    """The object's secrets, authenticated; `VaultCorrupt` when its key is not in the file or it was changed."""
    key = keys.find(key_id_of(header))
    if key is None:
        raise VaultCorrupt("the object is wrapped with a key that the keys file does not have")
    prefix, rest = header[: PREFIX.size], header[PREFIX.size :]
    try:
        secrets = AESGCM(key.wrapping).decrypt(rest[:NONCE], rest[NONCE:], prefix)
    except InvalidTag:
        raise VaultCorrupt("the header does not verify") from None
    data_key, sha256, size = SECRETS.unpack(secrets)
    return Sealing(data_key, sha256.hex(), size, PREFIX.unpack(prefix)[3])
