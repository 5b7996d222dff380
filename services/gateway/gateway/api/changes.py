# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Server-Sent Events: what a person at the screen waits for, as it happens (finished, archived, signed, delivered)."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import StreamingResponse

from gateway import store
from gateway.api.caller import Asker, Caller
from gateway.limits import TooMany
from gateway.problems import documented
from sikkersak.contracts.cases import ReadCase
from sikkersak.contracts.cases_documents import ReadDocument

router = APIRouter(tags=["changes"])
EVENT_STREAM: Final = "text/event-stream"
LIFE_SECONDS: Final = 300.0  # then the browser comes again by itself, and whether it may is asked anew
BEAT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 15.0
MOST_OPEN: Final = 12
STREAM: Final[dict[str, Any]] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "`event` is finished, archive, signing or letter; `data` is JSON with ids and the new state",
            "content": {
                EVENT_STREAM: {
                    "schema": {"type": "string"},
                    "example": 'id: 17\nevent: archive\ndata: {"document_id": "…", "state": "archived"}\n\n',
                }
            },
        },
        **documented(404),
    },
}
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$", description="what was seen last; browsers send it"),
]
_open: Counter[UUID] = Counter()


@router.get("/documents/{document_id}/changes", summary="Follow a document", **STREAM)
async def follow_document(document_id: UUID, asker: Asker, last: LastEventId = None) -> StreamingResponse:
    """For those who may read it; the stream ends after five minutes, and the browser's next try is asked about anew."""
    await asker.ask(ReadDocument(document_id=document_id))
    return await _stream(asker, store.Wanted(document_id=document_id), last)


@router.get("/cases/{case_id}/changes", summary="Follow a case", **STREAM)
async def follow_case(case_id: UUID, asker: Asker, last: LastEventId = None) -> StreamingResponse:
    """Everything about its documents, for those who may read it."""
    await asker.ask(ReadCase(case_id=case_id))
    return await _stream(asker, store.Wanted(case_id=case_id), last)


async def _stream(asker: Caller, wanted: store.Wanted, last: str | None) -> StreamingResponse:
    if _open[asker.person.staff.staff_id] >= MOST_OPEN:
        raise TooMany(SILENCE_SECONDS)
    start = int(last) if last is not None else await store.newest_change(asker.reception.database)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(asker, wanted, start), media_type=EVENT_STREAM, headers=headers)


async def _events(asker: Caller, wanted: store.Wanted, sequence: int) -> AsyncIterator[str]:
    watch, who = asker.reception.watch, asker.person.staff.staff_id
    ends, silent_since = time.monotonic() + LIFE_SECONDS, time.monotonic()
    _open[who] += 1
    try:
        yield f"retry: 2000\nid: {sequence}\n\n"
        while time.monotonic() < ends and not watch.is_leaving():
            if await watch.after(sequence, BEAT_SECONDS):
                newest = watch.newest
                rows = await store.changes_after(asker.reception.database, wanted, sequence)
                for row in rows:
                    yield _event(row)
                    silent_since = time.monotonic()
                seen = rows[-1].sequence if rows else sequence
                sequence = seen if len(rows) == store.CHANGES_AT_ONCE else max(seen, newest)
            if time.monotonic() - silent_since > SILENCE_SECONDS:  # a proxy closes what is silent for long
                silent_since = time.monotonic()
                yield ": still here\n\n"
    finally:
        _open[who] -= 1
        if not _open[who]:
            del _open[who]


def _event(row: store.ChangeRow) -> str:
    data = {"document_id": str(row.change.document_id), "state": row.change.state}
    return f"id: {row.sequence}\nevent: {row.change.kind}\ndata: {json.dumps(data)}\n\n"
