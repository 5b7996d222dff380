"""Server-Sent Events: who may read a document sees it come further, from where they left off (R8)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryChanged, DeliveryKind, DeliveryState
from sikkersak.contracts.cases import DocumentFinished
from sikkersak.contracts.cases_documents import DocumentView
from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import ConsignmentState, LetterChanged
from sikkersak.contracts.signing import JobChanged, JobState
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database
from sikkersak.testing.waiting import eventually

Site = Any


@pytest.fixture
def document(site: Site) -> DocumentView:
    made = DocumentView.model_validate(
        {
            **{name: new_id() for name in ("document_id", "event_id", "case_id")},
            "title": "Vedtak",
            "public_title": "Vedtak",
            "kind": "decision",
            "record_type": "U",
            "state": "draft",
            "version": 1,
            "needs_approval": False,
            "remark": None,
            "access": {},
            "files": [],
            "archive": None,
            "signing": None,
        }
    )
    site.cases.document = made
    return made


async def told(site: Site, *facts: Message) -> None:
    """The facts come by way of the broker and are kept."""
    before = len(await site.rows("select 1 from changes"))
    database = await Database.connect(site.database_url, application="test", size=2)
    for fact in facts:
        async with database.transaction() as tx:
            await say(tx, fact)
    await database.close()

    async def kept() -> bool:
        return len(await site.rows("select 1 from changes")) == before + len(facts)

    await eventually(kept, what="the changes")


async def events(lines: AsyncIterator[str], count: int) -> list[tuple[str, str]]:
    """The next so many events, kind and data."""
    found: list[tuple[str, str]] = []
    kind = ""
    async with asyncio.timeout(60):
        async for line in lines:
            name, _, value = line.partition(": ")
            kind = value if name == "event" else kind
            if name == "data":
                found.append((kind, value))
            if len(found) == count:
                break
    return found


def finished(document: DocumentView) -> DocumentFinished:
    return DocumentFinished(document_id=document.document_id, case_id=document.case_id, school_id=new_id())


class TestFollowing:
    async def test_a_document_is_seen_to_come_further(self, site: Site, document: DocumentView) -> None:
        other = document.model_copy(update={"document_id": new_id()})
        letter = LetterChanged(
            letter_id=new_id(), document_id=document.document_id, state=ConsignmentState.DELIVERED, changed_at=now()
        )
        path = f"/api/v1/documents/{document.document_id}/changes"
        async with site.logged_in() as browser, browser.stream("GET", path) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            lines = stream.aiter_lines()
            await told(site, finished(other), finished(document))
            await told(site, letter)
            seen = await events(lines, 2)
        assert [kind for kind, _ in seen] == ["finished", "letter"]
        assert '"state": "delivered"' in seen[1][1]

    async def test_a_case_is_seen_to_come_further_whatever_comes_first(
        self, site: Site, document: DocumentView
    ) -> None:
        """Facts of different services come in any order, and long after the document was finished."""
        ids = {"document_id": document.document_id, "case_id": document.case_id}
        letter = LetterChanged(letter_id=new_id(), state=ConsignmentState.DELIVERED, changed_at=now(), **ids)
        job = JobChanged(job_id=new_id(), state=JobState.SIGNED, changed_at=now(), **ids)
        path = f"/api/v1/cases/{document.case_id}/changes"
        async with site.logged_in() as browser, browser.stream("GET", path) as stream:
            lines = stream.aiter_lines()
            await told(site, job, letter, finished(document.model_copy(update={"case_id": new_id()})))
            seen = await events(lines, 2)
        assert {kind for kind, _ in seen} == {"letter", "signing"}

    async def test_who_comes_again_gets_what_happened_meanwhile(self, site: Site, document: DocumentView) -> None:
        archived = DeliveryChanged(
            delivery_id=new_id(),
            document_id=document.document_id,
            case_id=document.case_id,
            school_id=new_id(),
            kind=DeliveryKind.RECORD,
            state=DeliveryState.ARCHIVED,
            changed_at=now(),
        )
        await told(site, finished(document), archived)
        first, second = await site.rows("select sequence, kind from changes order by sequence")  # in either order
        path = f"/api/v1/documents/{document.document_id}/changes"
        headers = {"Last-Event-ID": str(first["sequence"])}
        async with site.logged_in() as browser, browser.stream("GET", path, headers=headers) as stream:
            seen = await events(stream.aiter_lines(), 1)
        assert {first["kind"], second["kind"]} == {"finished", "archive"}
        assert [kind for kind, _ in seen] == [second["kind"]]

    async def test_who_may_not_read_it_is_told_nothing(self, site: Site, document: DocumentView) -> None:
        del document
        async with site.logged_in() as browser:
            answer = await browser.get(f"/api/v1/documents/{new_id()}/changes")
        assert (answer.status_code, answer.json()["code"]) == (404, "document-not-found")
