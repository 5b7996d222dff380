"""Keys change without a stop: what old keys wrapped stays readable, moves over, and the old key may go."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from sikkersak.vault import BadKeysFile, Rewrapped, Vault, VaultMissing
from sikkersak.vault.keys import KeyRing
from sikkersak.vault.sealing import CHUNK, key_id_of

PDF = "application/pdf"
WriteKeys = Callable[..., Path]


async def test_content_under_the_earlier_key_is_read_and_not_stored_twice(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    content = os.urandom(CHUNK + 1)
    ref = await vault.put(content, PDF)
    rotated = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    assert await rotated.read_bytes(ref, 2 * CHUNK) == content
    assert await rotated.put(content, PDF) == ref
    assert len(objects()) == 1


async def test_after_rewrapping_the_old_key_is_needed_no_more(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    contents = [os.urandom(size) for size in (0, 10, CHUNK, 2 * CHUNK + 3)]
    refs = [await vault.put(content, PDF) for content in contents]
    both = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    fresh = await both.put(b"under the new key", PDF)

    assert await both.rewrap() == Rewrapped(moved=4, kept=1)
    assert await both.rewrap() == Rewrapped(kept=5)

    only_new = await Vault.open(f"file://{folder}", write_keys("k2"))
    assert [await only_new.read_bytes(ref, 3 * CHUNK) for ref in refs] == contents
    assert await only_new.read_bytes(fresh, 100) == b"under the new key"
    assert {key_id_of(path.read_bytes()[:144]) for path in objects()} == {"k2"}
    with pytest.raises(VaultMissing):
        await vault.read_bytes(refs[1], 100)


async def test_a_damaged_object_is_counted_and_left_alone(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    await vault.put(os.urandom(50), PDF)
    (damaged,) = objects()
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    left = damaged.read_bytes()
    await vault.put(os.urandom(60), PDF)
    both = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    assert await both.rewrap() == Rewrapped(moved=1, damaged=1)
    assert damaged.read_bytes() == left


async def test_a_rewrap_that_broke_off_is_finished_by_the_next(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    """As after a crash between the new copy and the old one's removal: both lie there."""
    ref = await vault.put(b"innhold", PDF)
    (old,) = objects()
    kept = old.read_bytes()
    both = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    await both.rewrap()
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(kept)

    assert await both.rewrap() == Rewrapped(moved=1, kept=1)
    assert len(objects()) == 1
    assert await both.read_bytes(ref, 100) == b"innhold"


async def test_deleting_removes_what_lies_under_earlier_keys_too(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    ref = await vault.put(b"innhold", PDF)
    both = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    await both.delete(ref)
    assert objects() == []


GOOD = base64.b64encode(b"x" * 32).decode()
UNFIT: dict[str, object] = {
    "no keys": {"current": "k1", "keys": {}},
    "current is unknown": {"current": "k2", "keys": {"k1": GOOD}},
    "31 bytes": {"current": "k1", "keys": {"k1": base64.b64encode(b"x" * 31).decode()}},
    "33 bytes": {"current": "k1", "keys": {"k1": base64.b64encode(b"x" * 33).decode()}},
    "an earlier key is short": {"current": "k1", "keys": {"k1": GOOD, "k0": base64.b64encode(b"y" * 16).decode()}},
    "not base64": {"current": "k1", "keys": {"k1": "hemmelig!"}},
    "a bad id": {"current": "K 1", "keys": {"K 1": GOOD}},
    "an id too long": {"current": "k" * 33, "keys": {"k" * 33: GOOD}},
    "the same key twice": {"current": "k1", "keys": {"k1": GOOD, "k2": GOOD}},
    "not an object": ["k1"],
    "keys is a list": {"current": "k1", "keys": [GOOD]},
}


@pytest.mark.parametrize("case", UNFIT)
def test_an_unfit_keys_file_is_refused_without_showing_a_key(tmp_path: Path, case: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(UNFIT[case]))
    with pytest.raises(BadKeysFile) as refused:
        KeyRing.load(path)
    assert GOOD not in str(refused.value)
    assert "hemmelig" not in str(refused.value)


def test_a_keys_file_that_is_absent_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKeysFile, match="cannot be read"):
        KeyRing.load(tmp_path / "absent.json")
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(BadKeysFile, match="not of the form"):
        KeyRing.load(tmp_path / "keys.json")


async def test_a_holders_copy_moves_to_the_new_key_as_the_holders(
    vault: Vault, folder: Path, write_keys: WriteKeys, objects: Callable[[], list[Path]]
) -> None:
    shared, own = await vault.put(b"the same", PDF), await vault.put(b"the same", PDF, uuid4())
    both = await Vault.open(f"file://{folder}", write_keys("k2", "k1"))
    assert await both.rewrap() == Rewrapped(moved=2)
    only_new = await Vault.open(f"file://{folder}", write_keys("k2"))
    assert await only_new.read_bytes(own, 100) == b"the same"
    await only_new.delete(own)
    assert not await only_new.exists(own)
    assert await only_new.read_bytes(shared, 100) == b"the same"
    assert len(objects()) == 1
