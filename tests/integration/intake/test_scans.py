"""The scan folder of the running service: half-written files, names and cover sheets that name a case, bad files (M6)."""

from __future__ import annotations

import fcntl
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from sikkersak.testing.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCHOOL, OTHER = "310000019", "310000027"


def cover_sheet(text: str) -> bytes:
    """A scanned page with a QR code on it."""
    code = memoryview(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=6))
    page = Image.new("L", (1240, 1754), 255)
    page.paste(Image.frombytes("L", (code.shape[1], code.shape[0]), bytes(code)), (150, 200))
    target = io.BytesIO()
    page.save(target, "PDF", resolution=150)
    return target.getvalue()


async def arrived(intake: Any, name: str) -> dict[str, Any]:
    async def look() -> Any:
        rows = await intake.rows(
            "select m.*, a.file, a.problem as file_problem from mail m join attachments a using (mail_id)"
            " where way = 'folder' and title = $1 and stored_at is not null",
            f"Skannet: {name}",
        )
        return rows[0] if rows else None

    found: dict[str, Any] = await eventually(look, what=f"the scan {name}")
    return found


async def is_gone(path: Path) -> None:
    async def look() -> bool:
        return not path.exists() and not (path.parent / ".under-arbeid" / path.name).exists()

    await eventually(look, what=f"the end of {path.name}")


async def test_a_scan_becomes_mail_for_its_organisation_and_is_then_removed(intake: Any) -> None:
    scans = intake.folder / "scans"
    (scans / "brev æøå.txt").write_bytes(b"Helt vanlig brev\n")
    (scans / OTHER / "annet.txt").write_bytes(b"Til den andre skolen\n")
    row = await arrived(intake, "brev æøå.txt")
    assert (row["receiver_organisation"], row["named_case"], row["state"]) == (SCHOOL, None, "stored")
    assert (await arrived(intake, "annet.txt"))["receiver_organisation"] == OTHER
    await is_gone(scans / "brev æøå.txt")


async def test_the_case_is_named_by_the_files_name_or_by_a_code_on_the_cover_sheet(intake: Any) -> None:
    scans = intake.folder / "scans"
    (scans / "2026-000123_ola.txt").write_bytes(b"x y z\n")
    (scans / "skann0001.pdf").write_bytes(cover_sheet("SAK:2026/456"))
    (scans / "skann 2026-09-01.txt").write_bytes(b"En dato er ingen sak\n")
    assert (await arrived(intake, "2026-000123_ola.txt"))["named_case"] == "2026/123"
    assert (await arrived(intake, "skann0001.pdf"))["named_case"] == "2026/456"
    assert (await arrived(intake, "skann 2026-09-01.txt"))["named_case"] is None


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not on this machine")
async def test_the_case_is_read_off_a_cover_sheet_of_plain_words(intake: Any) -> None:
    page = Image.new("L", (1240, 877), 250)
    face = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 44)
    ImageDraw.Draw(page).text((120, 150), "Forside for skanning\n\nSak: 2026/789", fill=15, font=face)
    target = io.BytesIO()
    page.save(target, "PDF", resolution=150)
    (intake.folder / "scans" / "skann0002.pdf").write_bytes(target.getvalue())
    row = await arrived(intake, "skann0002.pdf")
    assert (row["named_case"], row["belonging"]) == ("2026/789", "for_a_person")


async def test_a_file_is_left_alone_while_it_is_written_locked_or_named_as_unfinished(intake: Any) -> None:
    scans = intake.folder / "scans"
    (scans / "halv.pdf.part").write_bytes(b"%PDF-1.7 halv")
    with (scans / "sakte.txt").open("wb", buffering=0) as slow, (scans / "opptatt.txt").open("wb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        locked.write(b"ferdig skrevet, men fortsatt i bruk\n")
        locked.flush()
        for number in range(8):
            slow.write(f"side {number}\n".encode())
            (scans / f"puls{number}.txt").write_bytes(b"puls\n")
            await arrived(intake, f"puls{max(0, number - 3)}.txt")
        names = {row["title"] for row in await intake.rows("select title from mail where way = 'folder'")}
        assert not {"Skannet: opptatt.txt", "Skannet: halv.pdf.part", "Skannet: halv.pdf"} & names
    (scans / "halv.pdf.part").rename(scans / "halv.txt")
    assert (await arrived(intake, "opptatt.txt"))["file"]["ref"]["size"] == 36
    await arrived(intake, "halv.txt")
    rows = await intake.rows(
        "select a.file from mail m join attachments a using (mail_id) where title = 'Skannet: sakte.txt'"
    )
    assert sum(row["file"]["ref"]["size"] for row in rows) <= 8 * 7


async def test_what_cannot_be_taken_in_is_set_aside_with_why_and_a_link_is_never_followed(intake: Any) -> None:
    scans = intake.folder / "scans"
    (scans / "lenke.txt").symlink_to(intake.folder / "vault_keys.json")
    with (scans / "altfor-stor.tif").open("wb") as file:
        file.truncate(9_000_000)

    async def why_it_is_set_aside() -> str:
        why = scans / "feil" / "altfor-stor.tif.txt"
        return why.read_text() if (scans / "feil" / "altfor-stor.tif").exists() and why.exists() else ""

    assert "større enn" in await eventually(why_it_is_set_aside, what="the setting aside")
    (scans / "etterpå.txt").write_bytes(b"De andre kommer inn\n")
    await arrived(intake, "etterpå.txt")
    assert (scans / "lenke.txt").is_symlink()
    assert not await intake.rows("select 1 from mail where title = 'Skannet: lenke.txt'")


async def test_the_same_scan_after_a_crash_is_one_piece_of_mail(intake: Any) -> None:
    """As if the service died between the commit and the removal: the file lies among those begun."""
    scans = intake.folder / "scans"
    path = scans / "to-ganger.txt"
    path.write_bytes(b"Bare en gang\n")
    told = path.stat()
    await arrived(intake, "to-ganger.txt")
    await is_gone(path)
    import os

    again = scans / ".under-arbeid" / "to-ganger.txt"
    other = scans / "midlertidig.tmp"
    other.write_bytes(b"Bare en gang\n")
    os.utime(other, ns=(told.st_atime_ns, told.st_mtime_ns))
    other.rename(again)
    await is_gone(path)
    rows = await intake.rows("select 1 from mail where title = 'Skannet: to-ganger.txt'")
    assert len(rows) == 1
