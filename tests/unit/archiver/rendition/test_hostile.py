"""Bad and hostile files get a clear answer, and the next document is served as if nothing had happened."""

from __future__ import annotations

import random
import zlib
from datetime import timedelta

import pikepdf
import pytest
from pikepdf import Array

from archiver.rendition.refusals import DETAILS
from sikkersak.clock import now
from sikkersak.errors import Declined, Transient

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def refused(render, path, hint: str | None = None) -> str:
    """The code of the refusal; its words are the product's own, never the file's."""
    with pytest.raises(Declined) as no:
        await render(path, hint)
    assert no.value.detail == DETAILS[no.value.code]
    assert not (path.parent.parent / f"{path.name}.rendition").exists(), "nothing is delivered"
    return no.value.code


async def test_a_password_is_for_a_person(render, papers) -> None:
    locked = papers.pdf(encryption=pikepdf.Encryption(owner="eier", user="hemmelig"))
    assert await refused(render, locked) == "rendition-password"


async def test_an_office_file_behind_a_password_too(render, papers) -> None:
    stream = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 900
    assert await refused(render, papers.keep("locked.docx", stream)) == "rendition-password"


@pytest.mark.parametrize("content", [b"", b"   \r\n\t  ", b"\x00" * 10_000])
async def test_nothing_is_empty(render, papers, content: bytes) -> None:
    assert await refused(render, papers.keep("nothing.pdf", content)) == "rendition-empty"


async def test_a_pdf_cut_off_half_way_gives_no_blank_page(render, papers) -> None:
    whole = papers.pdf(pages=3).read_bytes()
    assert await refused(render, papers.keep("half.pdf", whole[:200])) == "rendition-damaged"


async def test_a_head_without_a_body_is_damaged(render, papers) -> None:
    noise = random.Random(1).randbytes(4000)
    assert await refused(render, papers.keep("noise.pdf", b"%PDF-1.7\n" + noise)) == "rendition-damaged"


async def test_a_pdf_without_pages_is_damaged(render, papers) -> None:
    assert await refused(render, papers.pdf(pages=0)) == "rendition-damaged"


async def test_unknown_bytes_are_an_unknown_format_whatever_they_call_themselves(render, papers) -> None:
    noise = random.Random(2).randbytes(4000)
    assert await refused(render, papers.keep("letter.pdf", noise), "application/pdf") == "rendition-unknown-format"


async def test_a_zip_is_an_unknown_format(render, papers) -> None:
    assert await refused(render, papers.zipped("all.docx", {"a.txt": b"a"})) == "rendition-unknown-format"


async def test_a_word_file_that_is_cut_off_is_damaged(render, papers) -> None:
    whole = papers.docx().read_bytes()
    assert await refused(render, papers.keep("half.docx", whole[: len(whole) // 2])) == "rendition-damaged"


async def test_a_word_file_that_unpacks_to_gigabytes_is_too_large(render, papers) -> None:
    parts = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}
    parts |= {f"word/media/{number}.bin": b"\0" * (100 << 20) for number in range(11)}
    assert await refused(render, papers.zipped("bomb.docx", parts)) == "rendition-too-large"


async def test_a_tree_of_pages_that_bites_its_tail_is_refused(render, papers) -> None:
    def loop(pdf: pikepdf.Pdf) -> None:
        pages = pdf.Root.Pages
        pages.Kids = Array([pages])

    assert await refused(render, papers.pdf(change=loop)) in {"rendition-damaged", "rendition-not-valid"}


async def test_a_picture_that_claims_billions_of_points_is_too_large(render, papers) -> None:
    small = bytearray(papers.picture("huge.png", "1").read_bytes())
    small[16:24] = (60_000).to_bytes(4, "big") * 2
    small[29:33] = zlib.crc32(bytes(small[12:29])).to_bytes(4, "big")
    assert await refused(render, papers.keep("huge.png", bytes(small))) == "rendition-too-large"


async def test_content_outside_the_file_is_never_fetched(render, papers, tmp_path) -> None:
    secret = papers.keep("secret.txt", b"BT /F 40 Tf 72 300 Td (HEMMELIG) Tj ET")

    def point(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0].obj
        page["/Contents"] = pdf.make_stream(b"BT /F 18 Tf 72 720 Td (Synlig) Tj ET", F=pikepdf.String(str(secret)))

    made = await render(papers.pdf(change=point))
    assert b"HEMMELIG" not in made.path.read_bytes()


async def test_a_deadline_that_has_passed_is_tried_again_later(renderer, papers, tmp_path) -> None:
    late = now() - timedelta(seconds=1)
    with pytest.raises(Transient) as later:
        await renderer.render(papers.pdf(), None, language="nb", destination=tmp_path / "x.pdf", deadline=late)
    assert later.value.reason == "rendition-deadline"


async def test_after_all_this_an_ordinary_document_is_served(renderer, render, papers) -> None:
    assert (await render(papers.pdf())).pages == 1
    assert renderer.capabilities()["nursery"]


async def test_scratch_files_are_gone_afterwards(renderer, render, papers) -> None:
    await render(papers.pdf())
    assert not list(renderer._scratch.glob("document-*"))


async def test_every_refusal_says_what_to_do() -> None:
    assert all(detail.endswith(".") and len(detail) > 40 for detail in DETAILS.values())
