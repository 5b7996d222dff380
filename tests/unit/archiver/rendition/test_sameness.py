"""A rendition that lost a page, a word or a mark is seen to differ; one that did not is not."""

from __future__ import annotations

from collections import Counter

import pytest

from archiver.rendition.outcome import Sameness
from archiver.rendition.pictures import picture_pages
from archiver.rendition.sameness import chosen, compare, recall

BOX = b"0 0 0 rg %d 100 200 200 re f"


def same(before, after, looks: int = 50) -> Sameness:
    return Sameness(**compare(str(before), str(after), max_looks=looks))


def test_a_document_is_the_same_as_itself(papers) -> None:
    source = papers.pdf(pages=3)
    found = same(source, source)
    assert (found.has_same_pages, found.looks_same, found.reads_same) == (True, True, True)
    assert found.pages_looked_at == 3


def test_a_lost_page_is_seen(papers) -> None:
    found = same(papers.pdf("a.pdf", pages=2), papers.pdf("b.pdf", pages=1))
    assert not found.has_same_pages
    assert not found.looks_same


def test_a_blank_page_is_not_a_page_with_words(papers) -> None:
    found = same(papers.pdf("a.pdf", text=b"Vedtak " * 10), papers.pdf("b.pdf", content=b""))
    assert not found.reads_same
    assert found.recall == 0.0


def test_a_moved_mark_is_seen_where_there_are_no_words(papers) -> None:
    found = same(papers.pdf("a.pdf", content=BOX % 50), papers.pdf("b.pdf", content=BOX % 250))
    assert found.recall is None
    assert not found.looks_same


def test_a_change_on_the_last_page_is_seen_when_only_some_are_looked_at(papers) -> None:
    def change(pdf) -> None:
        pdf.pages[-1].obj["/Contents"] = pdf.make_stream(BOX % 50)

    found = same(papers.pdf("a.pdf", pages=30), papers.pdf("b.pdf", pages=30, change=change), looks=5)
    assert (found.pages_looked_at, found.pages_that_differ) == (5, 1)


def test_another_paper_size_is_another_look(papers) -> None:
    def widen(pdf) -> None:
        pdf.pages[0].obj["/MediaBox"] = [0, 0, 842, 595]

    assert not same(papers.pdf("a.pdf"), papers.pdf("b.pdf", change=widen)).looks_same


def test_a_picture_of_a_page_looks_and_reads_like_the_page(papers, tmp_path) -> None:
    lines = b"".join(
        b"BT /F 11 Tf 72 %d Td (Eleven har krav p\xe5 oppl\xe6ring) Tj ET\n" % (80 + 14 * n) for n in range(48)
    )
    source = papers.pdf(content=lines)
    picture_pages(str(source), str(tmp_path / "p.pdf"), with_text=True)
    found = same(source, tmp_path / "p.pdf")
    assert found.looks_same
    assert found.reads_same


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ({}, {}, None),
        ({}, {"a": 1}, 1.0),
        ({"a": 2}, {"a": 1}, 0.5),
        ({"a": 1, "b": 1}, {"a": 5}, 0.5),
        ({"a": 1}, {}, 0.0),
    ],
)
def test_words_are_counted_each_as_often_as_it_stands(before, after, share) -> None:
    assert recall(Counter(before), Counter(after)) == share


def test_the_first_and_the_last_page_are_always_looked_at() -> None:
    assert chosen(1000, 10)[0] == 0
    assert chosen(1000, 10)[-1] == 999
    assert len(chosen(1000, 10)) == 10
    assert chosen(3, 10) == [0, 1, 2]
