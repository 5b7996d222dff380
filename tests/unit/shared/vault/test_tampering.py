"""What somebody changed in the folder is never given out as the content."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sikkersak.vault import Vault, VaultAway, VaultBusy, VaultCorrupt, VaultMissing, VaultRef
from sikkersak.vault.sealing import CHUNK, HEADER, TAG

PDF = "application/pdf"
SEALED = CHUNK + TAG
SIZE = 3 * CHUNK + 100


async def drained(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def chunk(content: bytes, number: int) -> bytes:
    return content[HEADER + number * SEALED : HEADER + (number + 1) * SEALED]


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "magic": lambda c: flipped(c, 0),
    "version": lambda c: flipped(c, 7),
    "key id": lambda c: flipped(c, 8),
    "key id that is unknown": lambda c: c[:8] + b"k9" + c[10:],
    "chunk size": lambda c: flipped(c, 43),
    "header nonce": lambda c: flipped(c, 44),
    "wrapped data key": lambda c: flipped(c, 60),
    "header tag": lambda c: flipped(c, HEADER - 1),
    "first byte of the first chunk": lambda c: flipped(c, HEADER),
    "tag of the first chunk": lambda c: flipped(c, HEADER + SEALED - 1),
    "middle chunk": lambda c: flipped(c, HEADER + SEALED + 5000),
    "last byte": lambda c: flipped(c, len(c) - 1),
    "two chunks exchanged": lambda c: c[:HEADER] + chunk(c, 1) + chunk(c, 0) + c[HEADER + 2 * SEALED :],
    "a chunk repeated": lambda c: c[:HEADER] + chunk(c, 0) + chunk(c, 0) + c[HEADER + 2 * SEALED :],
    "cut at a chunk's end": lambda c: c[: HEADER + 3 * SEALED],
    "cut by one byte": lambda c: c[:-1],
    "cut in the header": lambda c: c[:50],
    "nothing but the header": lambda c: c[:HEADER],
    "emptied": lambda _: b"",
    "something added": lambda c: c + b"\0",
    "a chunk added": lambda c: c + chunk(c, 0),
    "replaced by plaintext": lambda c: b"%PDF-1.7" + bytes(len(c) - 8),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_every_change_is_noticed(vault: Vault, objects: Callable[[], list[Path]], tampering: str) -> None:
    ref = await vault.put(os.urandom(SIZE), PDF)
    (stored,) = objects()
    stored.write_bytes(TAMPERINGS[tampering](stored.read_bytes()))
    with pytest.raises(VaultCorrupt):
        await drained(vault.read(ref))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, HEADER + 2 * TAG + CHUNK + 4999), bit=st.integers(0, 7))
def test_one_bit_anywhere_is_noticed(place: int, bit: int, write_keys: Callable[..., Path]) -> None:
    async def check(folder: Path) -> None:
        vault = await Vault.open(f"file://{folder}", write_keys("k1"))
        ref = await vault.put(os.urandom(CHUNK + 5000), PDF)
        (stored,) = (path for path in (folder / "objects").rglob("*") if path.is_file())
        content = bytearray(stored.read_bytes())
        content[place] ^= 1 << bit
        stored.write_bytes(content)
        with pytest.raises(VaultCorrupt):
            await drained(vault.read(ref))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


async def test_an_object_moved_to_anothers_name_is_noticed_even_by_a_range(
    vault: Vault, objects: Callable[[], list[Path]]
) -> None:
    wanted = await vault.put(os.urandom(SIZE), PDF)
    (first,) = objects()
    await vault.put(os.urandom(SIZE), PDF)
    (second,) = (path for path in objects() if path != first)
    shutil.copyfile(second, first)
    with pytest.raises(VaultCorrupt, match="another"):
        await drained(vault.read_range(wanted, 0, 1))


async def test_a_body_exchanged_under_its_header_is_noticed(vault: Vault, objects: Callable[[], list[Path]]) -> None:
    ref = await vault.put(os.urandom(SIZE), PDF)
    (first,) = objects()
    await vault.put(os.urandom(SIZE), PDF)
    (second,) = (path for path in objects() if path != first)
    first.write_bytes(first.read_bytes()[:HEADER] + second.read_bytes()[HEADER:])
    with pytest.raises(VaultCorrupt):
        await drained(vault.read(ref))


async def test_a_reference_with_another_length_is_refused(vault: Vault) -> None:
    ref = await vault.put(b"0123456789", PDF)
    with pytest.raises(VaultCorrupt):
        await drained(vault.read(VaultRef(sha256=ref.sha256, size=9, media_type=PDF)))


async def test_no_piece_of_a_damaged_chunk_is_given_out(vault: Vault, objects: Callable[[], list[Path]]) -> None:
    content = os.urandom(SIZE)
    ref = await vault.put(content, PDF)
    (stored,) = objects()
    stored.write_bytes(flipped(stored.read_bytes(), HEADER + 2 * SEALED))
    given_out = bytearray()
    with pytest.raises(VaultCorrupt):
        async for piece in vault.read(ref):
            given_out += piece
    assert given_out == content[: 2 * CHUNK]


async def test_a_damaged_file_never_appears_under_its_name(
    vault: Vault, tmp_path: Path, objects: Callable[[], list[Path]]
) -> None:
    ref = await vault.put(os.urandom(SIZE), PDF)
    (stored,) = objects()
    stored.write_bytes(flipped(stored.read_bytes(), len(stored.read_bytes()) - 1))
    with pytest.raises(VaultCorrupt):
        await vault.save(ref, tmp_path / "out.pdf")
    assert not (tmp_path / "out.pdf").exists()
    assert not list(tmp_path.glob(".*.part"))


async def test_putting_the_content_again_mends_a_damaged_object(
    vault: Vault, objects: Callable[[], list[Path]]
) -> None:
    content = os.urandom(SIZE)
    ref = await vault.put(content, PDF)
    (stored,) = objects()
    stored.write_bytes(flipped(stored.read_bytes(), HEADER + 10))
    assert await vault.put(content, PDF) == ref
    assert await vault.read_bytes(ref, SIZE) == content


async def test_an_object_that_is_gone_is_missing_but_a_vault_that_is_gone_is_away(
    vault: Vault, folder: Path, objects: Callable[[], list[Path]]
) -> None:
    ref = await vault.put(b"innhold", PDF)
    (stored,) = objects()
    stored.unlink()
    with pytest.raises(VaultMissing):
        await drained(vault.read(ref))

    folder.rename(folder.with_name("unmounted"))
    folder.mkdir()  # the empty mount point that is left
    for asked in (vault.read_bytes(ref, 100), vault.exists(ref), vault.put(b"nytt", PDF)):
        with pytest.raises(VaultAway):
            await asked
    assert not list(folder.iterdir())
    assert not await vault.answers()


async def test_a_backend_that_refuses_is_busy_not_broken(vault: Vault, folder: Path) -> None:
    (folder / "objects").write_bytes(b"a file where a folder must be")
    with pytest.raises(VaultBusy):
        await vault.put(b"innhold", PDF)
