"""Files made to do harm: each with the end it must come to, in how many seconds, and with how much memory.

The seconds are for a machine under load; a trap that is sprung takes minutes or gigabytes.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from archiver.rendition.refusals import DETAILS
from sikkersak.errors import Declined

pytestmark = pytest.mark.asyncio(loop_scope="session")
Change = Callable[[Pdf], None]
PIECE = 16 << 20
DELIVERED = frozenset({"kept", "mended", "ghostscript", "pictured"})
AS_IT_IS = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}


@dataclass(frozen=True)
class Case:
    """A hostile file: how it is made, how it may end, and what it may cost."""

    name: str
    make: Callable[..., Path]
    ends: frozenset[str]
    seconds: float
    megabytes: int


def _packed(size: int, layers: int = 1) -> bytes:
    """So many spaces, squeezed: one piece, again and again, because squeezing them all takes seconds."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = squeezer.compress(b" " * PIECE) + squeezer.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(size // PIECE):
        check = zlib.adler32(b" " * PIECE, check)
    packed = b"\x78\xda" + piece * (size // PIECE) + b"\x03\x00" + check.to_bytes(4, "big")
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    return packed


def bomb_as_content(papers) -> Path:
    def change(pdf: Pdf) -> None:
        bomb = Stream(pdf, b"")
        bomb.write(_packed(1 << 30, 2), filter=Array([Name.FlateDecode, Name.FlateDecode]))
        pdf.pages[0].obj["/Contents"] = bomb

    path = papers.pdf(change=change, **AS_IT_IS)
    assert path.stat().st_size < 20_000
    return path


def bomb_as_image(papers) -> Path:
    def change(pdf: Pdf) -> None:
        picture = Stream(
            pdf, b"", Type=Name.XObject, Subtype=Name.Image, Width=1 << 14, Height=1 << 14, BitsPerComponent=8,
            ColorSpace=Name.DeviceGray,
        )  # fmt: skip
        picture.write(_packed(1 << 28), filter=Name.FlateDecode)
        pdf.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(I=picture))
        pdf.pages[0].obj["/Contents"] = pdf.make_stream(b"200 0 0 200 50 50 cm /I Do")

    return papers.pdf(change=change, **AS_IT_IS)


def nested_forms(papers) -> Path:
    def change(pdf: Pdf) -> None:
        inner = _form(pdf, b"0 0 1 1 re f")
        for _ in range(9):
            names = Dictionary({f"/X{number}": inner for number in range(10)})
            drawing = b" ".join(b"/X%d Do" % number for number in range(10))
            inner = _form(pdf, drawing, Resources=Dictionary(XObject=names))
        pdf.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(X=inner))
        pdf.pages[0].obj["/Contents"] = pdf.make_stream(b"/X Do")

    return papers.pdf(change=change)


def form_that_draws_itself(papers) -> Path:
    def change(pdf: Pdf) -> None:
        form = pdf.make_indirect(_form(pdf, b"0 0 9 9 re f /X Do"))
        form["/Resources"] = Dictionary(XObject=Dictionary(X=form))
        pdf.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(X=form))
        pdf.pages[0].obj["/Contents"] = pdf.make_stream(b"/X Do")

    return papers.pdf(change=change)


def _form(pdf: Pdf, content: bytes, **entries: object) -> Stream:
    return pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), **entries)


def pages_that_share_a_leaf(claimed: int) -> Callable[..., Path]:
    def make(papers) -> Path:
        leaf = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n"
        kids = b"3 0 R " * 200_000
        tree = b"2 0 obj<</Type/Pages/Count %d/Kids[%b]>>endobj\n" % (claimed, kids)
        head = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        return papers.keep("shared.pdf", head + tree + leaf + b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n")

    return make


def page_of_two_million_points(papers) -> Path:
    def change(pdf: Pdf) -> None:
        pdf.pages[0].obj["/MediaBox"] = Array([0, 0, 2_000_000, 2_000_000])

    return papers.pdf(change=change)


def broken_xref(papers) -> Path:
    whole = papers.pdf(object_stream_mode=pikepdf.ObjectStreamMode.disable).read_bytes()
    return papers.keep("xref.pdf", whole.replace(b"startxref\n", b"startxref\n9"))


def external_content(papers) -> Path:
    def change(pdf: Pdf) -> None:
        stream = pdf.make_stream(b"")
        stream["/F"] = String("/etc/hostname")
        pdf.pages[0].obj["/Contents"] = stream

    return papers.pdf(change=change)


def outline_that_bites_its_tail(papers) -> Path:
    def change(pdf: Pdf) -> None:
        item = pdf.make_indirect(Dictionary(Title=String("a")))
        item["/Next"] = item
        item["/Parent"] = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))
        pdf.Root["/Outlines"] = item["/Parent"]

    return papers.pdf(change=change)


def deep_arrays(papers) -> Path:
    whole = papers.pdf(object_stream_mode=pikepdf.ObjectStreamMode.disable).read_bytes()
    return papers.keep("deep.pdf", whole.replace(b"/Type /Catalog", b"/Type /Catalog /X " + b"[" * 400 + b"]" * 400))


def blank(papers) -> Path:
    return papers.keep("zero.pdf", b"")


def user_password(papers) -> Path:
    return papers.pdf(encryption=pikepdf.Encryption(owner="eier", user="hemmelig"))


def only_a_user_password(papers) -> Path:
    return papers.pdf(encryption=pikepdf.Encryption(owner="", user="hemmelig"))


def truncated(papers) -> Path:
    return papers.keep("half.pdf", papers.pdf(pages=3).read_bytes()[:300])


def refused(*codes: str) -> frozenset[str]:
    return frozenset(f"rendition-{code}" for code in codes)


TABLE = (
    Case("zero bytes", blank, refused("empty"), 5, 120),
    Case("truncated", truncated, refused("damaged"), 5, 120),
    Case("user password", user_password, refused("password"), 5, 120),
    Case("user password and no owner password", only_a_user_password, refused("password") | {"mended"}, 30, 150),
    Case("broken table of contents", broken_xref, frozenset({"mended"}), 15, 150),
    Case("1 GiB as content", bomb_as_content, refused("too-large"), 10, 200),
    Case("256 MiB as a picture", bomb_as_image, DELIVERED, 40, 900),
    Case("a thousand million drawings", nested_forms, refused("too-large"), 5, 150),
    Case("a form that draws itself", form_that_draws_itself, DELIVERED | refused("not-valid"), 40, 400),
    Case("200,000 pages that share a leaf", pages_that_share_a_leaf(200_000), refused("too-large", "damaged"), 10, 400),
    Case("the same, said to be one", pages_that_share_a_leaf(1), refused("too-large", "damaged"), 70, 1600),
    Case("a page of 2,000,000 points", page_of_two_million_points, DELIVERED, 60, 600),
    Case("content from another file", external_content, frozenset({"mended"}), 15, 150),
    Case("bookmarks that bite their tail", outline_that_bites_its_tail, DELIVERED, 40, 200),
    Case("arrays 400 deep", deep_arrays, DELIVERED | refused("damaged", "not-valid"), 40, 300),
)


async def _ended(render, source: Path) -> tuple[str, str | None]:
    try:
        return str((await render(source)).rung), None
    except Declined as no:
        return no.code, no.detail


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
async def test_a_hostile_file_comes_to_its_end(renderer, render, papers, case: Case) -> None:
    source = case.make(papers)
    renderer._children.peak_mb = 0
    begun = time.monotonic()
    end, words = await _ended(render, source)
    taken = time.monotonic() - begun
    assert end in case.ends
    assert words in {None, DETAILS.get(end)}
    assert taken < case.seconds
    assert renderer.peak_mb < case.megabytes
    print(f"{case.name}: {end} in {taken:.1f} s with {renderer.peak_mb} MB")


async def test_after_all_this_an_ordinary_document_is_served(render, papers) -> None:
    assert str((await render(papers.pdf())).rung) == "mended"
