"""A deposit of everything that was archived: whole, verified, valid by the National Archives' own schemas (M28)."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archiver import extraction
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryKind
from sikkersak.errors import Declined
from sikkersak.ids import new_id

SPECS = Path(__file__).resolve().parents[3].parent / "shared" / "specs" / "noark5"
SCHEMAS = SPECS / "uttrekk-v5.0"
Room = Any


async def made(room: Room, folder: Path, schemas: Path | None = None) -> extraction.Written:
    deposit = await extraction.deposit(
        room.database,
        room.archive.vault,
        now() + timedelta(hours=1),
        municipality="Eksempel kommune",
        organisation="310000027",
        series="ELEVSAK",
        class_id="B31",
    )
    return await extraction.write(deposit, folder, schemas)


async def fill(room: Room) -> None:
    case, document = new_id(), new_id()
    for row in (
        await room.order(case_id=case, document_id=document),
        await room.order(DeliveryKind.EVIDENCE, case_id=case, document_id=document),
        await room.order(case_id=case),
        await room.order(),
    ):
        await room.bring(row)
    await room.order()  # not archived: no part of it


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the official schemas of the deposit are not on this machine")
async def test_every_part_is_valid_by_the_official_schemas(room: Room, tmp_path: Path) -> None:
    await fill(room)
    told = await made(room, tmp_path / "out", SCHEMAS)
    assert (told.cases, told.entries, told.files, told.validated) == (2, 3, 4, True)
    addml = etree.XMLSchema(etree.parse(SPECS / "addml-v8.3" / "addml.xsd"))
    addml.assertValid(etree.parse(told.folder / "arkivuttrekk.xml"))


async def test_counts_and_checksums_are_those_of_the_files_and_the_public_journal_hides(
    room: Room, tmp_path: Path
) -> None:
    await fill(room)
    told = await made(room, tmp_path / "out")
    text = (told.folder / "arkivuttrekk.xml").read_text()
    assert "<value>4</value>" in text
    public = (told.folder / "offentligJournal.xml").read_text()
    assert "Kari" in (told.folder / "loependeJournal.xml").read_text()
    assert "Kari" not in public
    assert "Notat *****" in public


@pytest.mark.parametrize("harm", ["lost", "changed", "stranger"])
async def test_a_package_that_is_harmed_is_not_verified(room: Room, tmp_path: Path, harm: str) -> None:
    await fill(room)
    told = await made(room, tmp_path / "out")
    deposit = await extraction.deposit(
        room.database,
        room.archive.vault,
        now() + timedelta(hours=1),
        municipality="Eksempel kommune",
        organisation="310000027",
        series="ELEVSAK",
        class_id="B31",
    )
    extraction.verify(told.folder, deposit)
    first = min((told.folder / "dokumenter").iterdir())
    if harm == "lost":
        first.unlink()
    elif harm == "changed":
        first.write_bytes(b"something else")
    else:
        shutil.copy(first, first.with_name("stranger.pdf"))
    with pytest.raises(extraction.PackageWrong, match="dokumenter/"):
        extraction.verify(told.folder, deposit)


async def test_nothing_archived_is_said_in_plain_words(room: Room, tmp_path: Path) -> None:
    with pytest.raises(Declined, match="extraction-empty"):
        await made(room, tmp_path / "out")
