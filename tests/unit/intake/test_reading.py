"""What can be read of a file, and that nothing unread is taken for read."""

from __future__ import annotations

import io
import shutil
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from intake.inspector import Inspector
from intake.sorting.reading import MOST_CHARACTERS, NOTHING, Reading, read

WORDS = "Vi søker om permisjon"


def written(tmp_path: Path, content: bytes) -> Reading:
    path = tmp_path / "file"
    path.write_bytes(content)
    return read(path)


def word(document: str, **others: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document><w:body>{document}</w:body></w:document>")
        for name, content in others.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


def pdf(*pages: str, notes: bool = False) -> bytes:
    made = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    for text in pages:
        made.add_blank_page(page_size=(595, 842))
        page = made.pages[-1]
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = made.make_stream(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode("latin-1"))
        if notes:
            note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 50, 50])
            page.Annots = made.make_indirect(pikepdf.Array([made.make_indirect(note)]))
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


def mail(*, attached: bool) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "kim@example.test", "Søknad"
    message.set_content(f"{WORDS}.")
    if attached:
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


@pytest.mark.parametrize(
    "content",
    [
        WORDS.encode(),
        WORDS.encode("cp1252"),
        WORDS.encode("utf-16"),
        b"<!doctype html><html><p>Vi s&oslash;ker</p><script>x</script> om perm<b>isjon</b></html>",
        word(
            "<w:p><w:r><w:t>Vi søker</w:t></w:r><w:r><w:tab/><w:t>om perm</w:t></w:r><w:r><w:t>isjon</w:t></w:r></w:p>"
        ),
        mail(attached=False),
        pdf("Vi søker om permisjon"),
    ],
    ids=["utf-8", "cp1252", "utf-16", "html", "word", "e-mail", "pdf"],
)
def test_text_is_read_whole(content: bytes, tmp_path: Path) -> None:
    found = written(tmp_path, content)
    assert WORDS in " ".join(found.text.split())
    assert found.is_whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(range(256)),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"{\\rtf1 Vi s\\'f8ker}",
        b"%PDF-1.7 broken",
        b"PK\x03\x04 broken",
        pdf(WORDS, notes=True),
        pdf(*[WORDS] * 11),
        word(f"<w:p><w:t>{WORDS}</w:t></w:p>", word__media__image1=b"x"),
        mail(attached=True),
        ("Vi " * MOST_CHARACTERS).encode(),
        f"<html><p>{WORDS}</p><img src=x></html>".encode(),
    ],
    ids=[
        "empty",
        "bytes",
        "png",
        "rtf",
        "bad pdf",
        "bad zip",
        "notes",
        "11 pages",
        "picture",
        "attached",
        "long",
        "image",
    ],
)
def test_what_may_hold_more_is_never_whole(content: bytes, tmp_path: Path) -> None:
    assert not written(tmp_path, content).is_whole


async def test_the_cage_reads_many_files_and_bears_with_one_that_is_gone(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(19)]
    for path in paths[:-1]:
        path.write_text(f"{WORDS} {path.stem}")
    inspector = Inspector()
    try:
        found = await inspector.read(paths)
    finally:
        await inspector.close()
    assert [one.text for one in found[:-1]] == [f"{WORDS} {number}" for number in range(18)]
    assert found[-1] == NOTHING


def scan(path: Path, *lines: str) -> Path:
    """A sheet as a printer scans it, without a word in the file."""
    paper = Image.new("L", (1240, 877), 250)
    face = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 40)
    ImageDraw.Draw(paper).multiline_text((100, 120), "\n\n".join(lines), fill=10, font=face)
    paper.save(path, resolution=150)
    return path


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not on this machine")
async def test_a_scan_is_read_where_a_language_is_given_and_is_never_taken_for_whole(tmp_path: Path) -> None:
    papers = [scan(tmp_path / name, "Bekymringsmelding om fravær", "Åse ved skolen") for name in ("a.pdf", "b.tiff")]
    bomb = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(bomb)
    reading, blind = Inspector("nor"), Inspector()
    try:
        found, unread = await reading.read([*papers, bomb]), await blind.read(papers)
    finally:
        await reading.close()
        await blind.close()
    assert [("Bekymringsmelding om fravær" in one.text, "Åse" in one.text) for one in found[:2]] == [(True, True)] * 2
    assert [(one.is_scan, one.is_whole) for one in found] == [(True, False)] * 3
    assert [one.text.strip() for one in (found[2], *unread)] == [""] * 3
