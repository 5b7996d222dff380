"""A deposit of everything that was archived: whole, verified, valid by the National Archives' own schemas (M28)."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archiver import extraction
from archiver.extracting import extract
from archiver.operations import operations
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryKind
from sikkersak.contracts.extraction import FetchExtraction, ListExtractions, OrderExtraction, ReadExtraction
from sikkersak.errors import Declined, Forbidden
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


async def ask(room: Room, operation: Any, role: str = "administrator") -> Any:
    return await room.ask(operation, operations._answers[operation.operation][1], role)


async def test_an_ordered_package_is_made_followed_and_fetched_with_a_line_for_whoever_got_it(
    room: Room, tmp_path: Path
) -> None:
    await fill(room)
    order = OrderExtraction(municipality="Eksempel kommune", organisation="310000027", until=now() + timedelta(hours=1))
    made = await ask(room, order)
    assert made.state == "ordered"
    with pytest.raises(Declined, match="extraction-not-done"):
        await ask(room, FetchExtraction(extraction_id=made.extraction_id))
    await extract(room.archive)
    told = await ask(room, ReadExtraction(extraction_id=made.extraction_id))
    assert (told.state, told.counts["cases"], told.counts["entries"], told.counts["files"]) == ("done", 2, 3, 4)
    (listed,) = (await ask(room, ListExtractions())).items
    assert listed == told
    package = await ask(room, FetchExtraction(extraction_id=made.extraction_id))
    content = await room.archive.vault.read_bytes(package.file.ref, 50_000_000)
    assert hashlib.sha256(content).hexdigest() == told.checksum
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        names = held.namelist()
    assert "avleveringspakke/arkivstruktur.xml" in names
    assert sum(name.startswith("avleveringspakke/dokumenter/") for name in names) == 4
    assert len(await room.rows("select * from extraction_fetches")) == 1
    assert not list(tmp_path.glob("extraction-*")), "nothing is left in plain"


async def test_an_extraction_that_cannot_be_made_says_why_and_others_come_after_it(room: Room) -> None:
    order = OrderExtraction(municipality="Eksempel kommune", organisation="310000027")
    empty = await ask(room, order)
    await extract(room.archive)
    told = await ask(room, ReadExtraction(extraction_id=empty.extraction_id))
    assert (told.state, told.code) == ("failed", "extraction-empty")
    await fill(room)
    later = await ask(room, order.model_copy(update={"until": now() + timedelta(hours=1)}))
    await extract(room.archive)
    assert (await ask(room, ReadExtraction(extraction_id=later.extraction_id))).state == "done"


@pytest.mark.parametrize("role", ["mail_distributor", "school_leader", "operations"])
async def test_a_package_of_every_case_is_for_administrators_only(room: Room, role: str) -> None:
    with pytest.raises(Forbidden):
        await ask(room, ListExtractions(), role)
