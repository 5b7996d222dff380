"""What a file is depends on what is in it."""

from __future__ import annotations

import pytest

from archiver.rendition.content import Kind, decide


@pytest.mark.parametrize(
    ("content", "hint", "kind"),
    [
        (b"%PDF-1.7 and so on", None, Kind.PDF),
        (b"junk before\n%PDF-1.4", "text/plain", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n....", "application/pdf", Kind.PNG),
        (b"\xff\xd8\xff\xe0....", None, Kind.JPEG),
        (b"II*\x00....", None, Kind.TIFF),
        (b"MM\x00*....", None, Kind.TIFF),
        (b"{\\rtf1 Hei}", None, Kind.RTF),
        (b"<!DOCTYPE html><p>Hei", None, Kind.HTML),
        (b"\xef\xbb\xbf  <HTML><body>", None, Kind.HTML),
        (b"Hei <p>du</p>", None, Kind.TEXT),
        (b"Hei <p>du</p>", "text/html", Kind.HTML),
        ("Hei på deg".encode(), None, Kind.TEXT),
        ("Hei på deg".encode("cp1252"), "application/pdf", Kind.TEXT),
        ("Hei på deg".encode("utf-16"), None, Kind.TEXT),
        (b"From: a@b.no\r\nSubject: Hei\r\n\r\nHei", None, Kind.MAIL),
        (b"Received: from x\r\n by y\r\nMIME-Version: 1.0\r\n\r\n", None, Kind.MAIL),
        (b"Til: Kari\nFra: Ola\n\nHei", None, Kind.TEXT),
        (b"<?xml version='1.0'?><melding/>", None, Kind.UNKNOWN),
        (b"\x00\x01\x02\x03binary", "text/plain", Kind.UNKNOWN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99 + "WordDocument".encode("utf-16-le"), None, Kind.DOC),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99 + "Workbook".encode("utf-16-le"), None, Kind.UNKNOWN),
        (b"", None, Kind.EMPTY),
        (b"\r\n \t", None, Kind.EMPTY),
        (b"\0" * 9000 + b"x", None, Kind.UNKNOWN),
    ],
)
def test_the_content_decides(papers, content: bytes, hint: str | None, kind: Kind) -> None:
    assert decide(papers.keep("file", content), hint) is kind


def test_packages_are_told_apart_by_what_they_hold(papers) -> None:
    assert decide(papers.docx()) is Kind.DOCX
    odt = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}
    assert decide(papers.zipped("a.odt", odt)) is Kind.ODT
    locked = odt | {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    assert decide(papers.zipped("b.odt", locked)) is Kind.LOCKED
    sheet = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    assert decide(papers.zipped("c.ods", sheet)) is Kind.UNKNOWN
    assert decide(papers.zipped("d.zip", {"a": b"a"})) is Kind.UNKNOWN
