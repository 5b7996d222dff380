"""The archive core's own deposit: valid by the official schemas, and held against what we delivered (M28)."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import etree

from archiver import extraction
from archiver.core import RegistryEntry
from archiver.extraction.model import Deposit, DepositCase, DepositDocument, DepositEntry, DepositFile

SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "specs" / "noark5" / "uttrekk-v5.0"


def ours(entries: list[RegistryEntry]) -> Deposit:
    """Our own records of what was delivered, as the extraction tells them."""
    told = []
    for number, entry in enumerate(entries, start=1):
        documents = tuple(
            DepositDocument(
                key=UUID(document.key.partition(":")[2]),
                title=document.title,
                kind="Brev",
                is_main=True,
                files=tuple(
                    DepositFile(
                        system_id=uuid4(),
                        variant="Arkivformat",
                        format="pdf",
                        detail="PDF/A-2b",
                        checksum=one.checksum,
                        size=one.size,
                        path=f"dokumenter/{one.checksum}.pdf",
                        open=one.open,
                    )
                    for one in document.objects
                ),
            )
            for document in entry.documents
        )
        moment = datetime(2026, 9, 2, tzinfo=UTC)
        told.append(
            DepositCase(
                entries=(
                    DepositEntry(
                        dossier=None,  # type: ignore[arg-type]
                        journal_year=2026,
                        journal_sequence=number,
                        number=1,
                        journal_date=date(2026, 9, 2),
                        archived_at=moment,
                        documents=documents,
                    ),
                ),
                closed_at=moment,
            )
        )
    names = {"municipality": "Eksempel kommune", "organisation": "310000027", "archive": "x", "series": "ELEVSAK"}
    return Deposit(**names, class_id="B31", made_at=datetime.now(UTC), cases=tuple(told))


async def deposited(core: Any, archive: Any, make: Any, folder: Path) -> list[RegistryEntry]:
    entries = [make.entry(), make.entry()]
    for entry in entries:
        await core.ensure_registry_entry(entry)
        await core.close_case_file(entry.case_file.key, "Ferdig")
    await core.ensure_registry_entry(make.entry())  # its case is open: no part of a deposit
    content = archive.control.get("/_control/deposit").raise_for_status().content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        package.extractall(folder)
    return entries


async def test_the_cores_package_has_all_that_we_delivered_and_is_valid(
    core: Any, archive: Any, make: Any, tmp_path: Path
) -> None:
    entries = await deposited(core, archive, make, tmp_path)
    schemas = SCHEMAS if SCHEMAS.exists() else None
    assert extraction.verify_received(tmp_path / "avleveringspakke", ours(entries), schemas) == []


@pytest.mark.parametrize("harm", ["lost", "changed", "never there", "not in the journal", "no public journal"])
async def test_a_package_that_lacks_something_of_ours_is_found(
    core: Any, archive: Any, make: Any, tmp_path: Path, harm: str
) -> None:
    entries = await deposited(core, archive, make, tmp_path)
    folder = tmp_path / "avleveringspakke"
    first = min((folder / "dokumenter").iterdir())
    if harm == "lost":
        first.unlink()
    elif harm == "changed":
        first.write_bytes(b"something else")
    elif harm == "not in the journal":
        journal = folder / "loependeJournal.xml"
        tree = etree.parse(journal)
        tree.getroot().remove(tree.getroot()[-1])
        tree.write(journal)
    elif harm == "no public journal":
        (folder / "offentligJournal.xml").unlink()
    else:
        main = replace(entries[0].documents[0], objects=(make.object(make.pdf()),))
        entries[0] = replace(entries[0], documents=(main, *entries[0].documents[1:]))
    assert extraction.verify_received(folder, ours(entries))
