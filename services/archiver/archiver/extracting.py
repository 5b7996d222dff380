"""Ordered extractions are made one at a time, verified, and kept as one zip in the vault (M28)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import structlog

from archiver import extraction
from archiver.archive import Archive
from archiver.store import orders
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row

log = structlog.get_logger(__name__)
MEDIA_TYPE: Final = "application/zip"
SHARE_LEFT: Final = 0.1


async def extract(archive: Archive) -> None:
    """Makes the oldest that is ordered. One that was cut off is begun anew; the vault keeps it only when it is whole."""
    async with archive.database.transaction() as tx:
        row = await orders.next_to_make(tx)
    if row is None:
        return
    try:
        await _make(archive, row)
    except Declined as no:
        await _fail(archive, row, no.code, no.detail)
    except extraction.PackageWrong as wrong:
        log.exception("extraction_wrong", problems=wrong.problems[:20])
        await _fail(archive, row, "extraction-wrong", "Pakken ble ikke slik den skulle. Drift må se på det.")


async def _make(archive: Archive, row: Row) -> None:
    deposit = await extraction.deposit(
        archive.database,
        archive.vault,
        row["until"],
        municipality=row["municipality"],
        organisation=row["organisation"],
        series=archive.series,
        class_id=archive.class_id,
    )
    with tempfile.TemporaryDirectory(dir=archive.work_folder, prefix="extraction-") as name:
        _require_room(Path(name), 2 * sum(file.size for file in deposit.files))
        made = await extraction.write(deposit, Path(name), archive.schemas)
        zipped = await asyncio.to_thread(_zipped, made.folder, Path(name) / "package.zip")
        ref = await archive.vault.put(zipped, MEDIA_TYPE)
    counts = {"cases": made.cases, "entries": made.entries, "files": made.files, "bytes": made.bytes}
    async with archive.database.transaction() as tx:
        told = counts | {"validated": int(made.validated)}
        await orders.done(tx, row["extraction_id"], ref, told, ref.sha256)
    log.info("extraction_done", extraction_id=str(row["extraction_id"]), **counts)


def _require_room(folder: Path, wanted: int) -> None:
    """An extraction never takes the disk that deliveries need."""
    usage = shutil.disk_usage(folder)
    if usage.free - wanted < usage.total * SHARE_LEFT:
        raise Declined("extraction-no-room", "Det er ikke plass på disken til uttrekket. Drift må gjøre plass.")


def _zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as package:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            package.write(path, path.relative_to(folder.parent))
    return target


async def _fail(archive: Archive, row: Row, code: str, detail: str) -> None:
    async with archive.database.transaction() as tx:
        await orders.failed(tx, row["extraction_id"], code, detail)
