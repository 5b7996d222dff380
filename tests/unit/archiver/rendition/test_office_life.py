"""LibreOffice's no is believed of a fresh one only: a disk that was full for a moment spoils a warm one (M24, M25)."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from archiver.rendition.cage import Cage, Limits
from archiver.rendition.content import Kind
from archiver.rendition.office import Office
from sikkersak.errors import Declined

# In LibreOffice's place: spoilt for good by a document that says so, until its profile is gone.
DESK = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[-1])
(folder / "profile").mkdir(exist_ok=True)
with (folder / "starts").open("a") as starts:
    starts.write("x")
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    text = pathlib.Path(asked["source"]).read_text()
    is_good = not (folder / "profile" / "spoilt").exists() and "bad" not in text
    if is_good:
        pathlib.Path(asked["destination"]).write_text("made of " + text)
    if "spoils" in text:
        (folder / "profile" / "spoilt").touch()
    print(json.dumps({"ok": is_good, "memory": 1}), flush=True)
"""


class Door(Cage):
    """Lets our own desk run in place of LibreOffice's."""

    def command(
        self, program: Sequence[str], limits: Limits, *, readable: Sequence[Path] = (), writable: Sequence[Path] = ()
    ) -> list[str]:
        del limits, readable, writable
        return [sys.executable, "-c", DESK, program[-1]]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(Door(has_walls=False), tmp_path)
    yield made
    await made.stop()


async def convert(office: Office, folder: Path, text: str) -> str:
    (folder / "source").write_text(text)
    await office.convert(folder / "source", folder / "made", Kind.TEXT, 20)
    return (folder / "made").read_text()


def starts(folder: Path) -> int:
    (counted,) = folder.glob("office-*/starts")
    return len(counted.read_text())


async def test_a_spoilt_office_is_replaced_and_the_document_converted(office: Office, tmp_path: Path) -> None:
    assert await convert(office, tmp_path, "spoils the next") == "made of spoils the next"
    assert await convert(office, tmp_path, "good") == "made of good"
    assert starts(tmp_path) == 2


async def test_a_document_that_a_fresh_office_refuses_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(Declined, match="rendition-not-converted"):
        await convert(office, tmp_path, "bad")
    assert starts(tmp_path) == 1
    with pytest.raises(Declined, match="rendition-not-converted"):
        await convert(office, tmp_path, "bad")
    assert starts(tmp_path) == 2
    assert await convert(office, tmp_path, "good") == "made of good"
