"""A vault in a folder, with keys of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sikkersak.vault import Vault

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}


@pytest.fixture
def write_keys(tmp_path: Path) -> Callable[..., Path]:
    """Writes a keys file: `write_keys("k2", "k1")` has k2 as the current key and knows k1."""

    def write(current: str, *others: str) -> Path:
        keys = {name: base64.b64encode(KEYS[name]).decode() for name in (current, *others)}
        path = tmp_path / f"keys-{'-'.join(keys)}.json"
        path.write_text(json.dumps({"current": current, "keys": keys}))
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the vault lies."""
    return tmp_path / "vault"


@pytest.fixture
async def vault(folder: Path, write_keys: Callable[..., Path]) -> Vault:
    """An empty vault under k1."""
    return await Vault.open(f"file://{folder}", write_keys("k1"))


@pytest.fixture
def objects(folder: Path) -> Callable[[], list[Path]]:
    """The files that the vault has stored."""
    return lambda: sorted(path for path in (folder / "objects").rglob("*") if path.is_file())
