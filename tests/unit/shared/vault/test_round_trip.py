"""What is put in comes out again: every size, every way in and out, in bounded memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sikkersak.vault import ContentTooLarge, Vault, VaultMissing, VaultRef
from sikkersak.vault.sealing import CHUNK, HEADER, TAG

PDF = "application/pdf"
AROUND_BORDERS = st.builds(
    lambda chunks, offset: max(0, chunks * CHUNK + offset), st.integers(0, 3), st.integers(-2, 2)
) | st.integers(0, 4096)


async def in_pieces(content: bytes, length: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=AROUND_BORDERS, piece=st.sampled_from([1000, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK]), cut=st.data())
def test_any_content_comes_back_whole_and_in_part(
    size: int, piece: int, cut: st.DataObject, write_keys: Callable[..., Path]
) -> None:
    content = os.urandom(size)
    start = cut.draw(st.integers(0, size))
    end = cut.draw(st.integers(start, size))

    async def check(folder: str) -> None:
        vault = await Vault.open(f"file://{folder}", write_keys("k1"))
        ref = await vault.put(in_pieces(content, piece), PDF)
        assert ref == VaultRef(sha256=hashlib.sha256(content).hexdigest(), size=size, media_type=PDF)
        assert await vault.read_bytes(ref, size) == content
        assert await joined(vault.read_range(ref, start, end)) == content[start:end]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(folder))


async def test_bytes_files_and_streams_of_the_same_content_are_one_object(
    vault: Vault, tmp_path: Path, objects: Callable[[], list[Path]]
) -> None:
    content = os.urandom(CHUNK + 17)
    (tmp_path / "in").write_bytes(content)
    refs = {
        await vault.put(content, PDF),
        await vault.put(tmp_path / "in", PDF),
        await vault.put(in_pieces(content, 4711), PDF),
    }
    assert len(refs) == 1
    assert [path.stat().st_size for path in objects()] == [HEADER + len(content) + 2 * TAG]


async def test_many_putting_the_same_content_at_once_store_it_once(
    vault: Vault, objects: Callable[[], list[Path]]
) -> None:
    content = os.urandom(CHUNK * 2)
    refs = await asyncio.gather(*(vault.put(content, PDF) for _ in range(8)))
    assert len(set(refs)) == 1
    assert len(objects()) == 1
    assert await vault.read_bytes(refs[0], len(content)) == content


async def test_nothing_on_disk_shows_the_content_or_its_checksum(
    vault: Vault, folder: Path, objects: Callable[[], list[Path]]
) -> None:
    content = b"Bekymringsmelding om en elev. " * 200
    ref = await vault.put(content, "text/plain")
    (stored,) = objects()
    assert b"elev" not in stored.read_bytes()
    assert bytes.fromhex(ref.sha256) not in stored.read_bytes()
    assert not [path for path in folder.rglob("*") if ref.sha256 in path.name]


async def test_a_saved_file_appears_whole_and_private(vault: Vault, tmp_path: Path) -> None:
    content = os.urandom(CHUNK * 2 + 1)
    ref = await vault.put(content, PDF)
    await vault.save(ref, tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes() == content
    assert (tmp_path / "out.pdf").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.part"))


async def test_what_was_deleted_is_missing_and_may_be_deleted_again(vault: Vault) -> None:
    ref = await vault.put(b"utkast", "text/plain")
    assert await vault.exists(ref)
    await vault.delete(ref)
    await vault.delete(ref)
    assert not await vault.exists(ref)
    with pytest.raises(VaultMissing):
        await vault.read_bytes(ref, 100)


async def test_content_above_the_limit_is_not_read_into_memory(vault: Vault) -> None:
    ref = await vault.put(b"x" * 101, PDF)
    with pytest.raises(ContentTooLarge) as refused:
        await vault.read_bytes(ref, 100)
    assert refused.value.status == 413


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 11)])
async def test_a_range_outside_the_content_is_a_mistake(vault: Vault, start: int, end: int) -> None:
    ref = await vault.put(b"0123456789", PDF)
    with pytest.raises(ValueError, match="not inside"):
        await joined(vault.read_range(ref, start, end))


async def test_a_source_that_breaks_off_stores_nothing(vault: Vault, folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield os.urandom(CHUNK * 2)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await vault.put(broken(), PDF)
    assert not (folder / "objects").exists()


MEMORY = """
import asyncio, os, resource, sys
from pathlib import Path
from uuid import uuid4
from sikkersak.vault import Vault

async def much(megabytes):
    block = os.urandom(1024 * 1024)
    for number in range(megabytes):
        yield number.to_bytes(8, "big") + block[8:]

async def main():
    vault = await Vault.open(sys.argv[1], Path(sys.argv[2]))
    await vault.read_bytes(await vault.put(much(4), "application/pdf"), 4 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ref = await vault.put(much(200), "application/pdf")
    length = 0
    async for piece in vault.read(ref):
        length += len(piece)
    assert length == 200 << 20
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main())
"""


def test_200_megabytes_pass_through_less_than_50_of_memory(folder: Path, write_keys: Callable[..., Path]) -> None:
    """Measured in a process of its own: the peak of this one belongs to all tests."""
    command = [sys.executable, "-c", textwrap.dedent(MEMORY), f"file://{folder}", str(write_keys("k1"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    grown_kib = int(done.stdout)
    assert grown_kib < 50 * 1024


async def test_a_holders_copy_is_deleted_and_everybody_elses_stays(vault: Vault) -> None:
    one, other = uuid4(), uuid4()
    shared, ours, theirs = [await vault.put(b"the same", PDF, holder) for holder in (None, one, other)]
    assert await vault.put(b"the same", PDF, one) == ours
    assert (shared.holder, ours.holder, shared.sha256) == (None, one, ours.sha256)
    assert "holder" not in shared.model_dump()
    assert VaultRef.model_validate_json(ours.model_dump_json()) == ours
    await vault.delete(ours)
    assert not await vault.exists(ours)
    for ref in (shared, theirs):
        assert await vault.read_bytes(ref, 100) == b"the same"
    await vault.delete(shared)
    assert await vault.exists(theirs)


async def test_the_disk_keeps_every_object_and_once_the_folders_made_for_it(
    vault: Vault, folder: Path, objects: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda handle: kept.append(Path(f"/proc/self/fd/{handle}").readlink()))
    for number in range(40):
        await vault.put(str(number).encode(), PDF)
    made = objects()
    assert len(made) == 40
    assert [path for path in kept if path.is_file()] == sorted(made, key=kept.index)
    assert [path for path in kept if path.parent == folder / "objects"] == [
        path.parent for path in sorted(made, key=kept.index)
    ]
    assert kept.count(folder / "objects") == kept.count(folder) == len({path.parent for path in made})


async def test_what_is_small_is_fetched_with_one_question(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = await vault.put(b"x" * CHUNK, PDF)
    asked: list[str] = []

    def counted(name: str) -> Callable[..., object]:
        real = getattr(obstore, name)
        return lambda *given, **named: asked.append(name) or real(*given, **named)

    for name in ("head_async", "get_async", "get_range_async"):
        monkeypatch.setattr(obstore, name, counted(name))
    assert await vault.read_bytes(ref, CHUNK) == b"x" * CHUNK
    assert asked == ["get_async"]
