"""What a request for access gets: collected, decided file by file, redacted (M19)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from cases.domain.collected import Collected, original
from cases.domain.insight import demand_sound
from cases.domain.standing import Standing
from cases.office import Office
from cases.operations import operations
from cases.operations.insight import held, noted
from cases.papers import desk
from cases.papers.redaction import Box
from cases.store import audit, insight, people, search
from sikkersak.contracts.cases_access_requests import (
    CollectDocuments,
    DecideItem,
    ReadRequestItem,
    RedactItem,
    RemoveItem,
    RequestBasis,
    RequestDetail,
    RequestFile,
    RequestState,
)
from sikkersak.contracts.cases_search import Search
from sikkersak.contracts.values import AccessAssessment, File
from sikkersak.errors import Declined, NotFound
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row

MOST_DOCUMENTS: Final = 200
MOST_HITS: Final = 100
LARGEST: Final = 100 << 20
PDF: Final = "application/pdf"
IN_PROGRESS: Final = RequestState.IN_PROGRESS


class NoneCollected(Declined):
    """Nothing finished that this person may see was found."""

    def __init__(self) -> None:
        super().__init__(
            "none-collected", "Ingen ferdigstilte dokumenter ved skolen ble funnet blant dem du har tilgang til."
        )


class TooManyDocuments(Declined):
    """More at once than anybody looks through."""

    def __init__(self) -> None:
        super().__init__("too-many-documents", f"Det ble mer enn {MOST_DOCUMENTS} dokumenter. Velg færre om gangen.")


class NothingToRedact(Declined):
    """Neither words nor areas."""

    def __init__(self) -> None:
        super().__init__("nothing-to-redact", "Oppgi ord eller områder som skal sladdes.", status=422)


class NotPdf(Declined):
    """Only a PDF is redacted."""

    def __init__(self) -> None:
        super().__init__("not-pdf", "Filen er ikke PDF og kan ikke sladdes. Avslå den, eller gi den som den er.")


class AreaOutside(Declined):
    """An area that is not on its page would shield nothing."""

    def __init__(self, places: list[int]) -> None:
        numbers = ", ".join(str(place + 1) for place in places)
        super().__init__("area-outside", f"Disse områdene ligger utenfor siden: nr. {numbers}.", status=422)


class WordUnseen(Declined):
    """A word that the file does not have as text may stand there as a picture."""

    def __init__(self, places: list[int]) -> None:
        numbers = ", ".join(str(place + 1) for place in places)
        super().__init__(
            "word-unseen",
            f"Disse ordene finnes ikke som tekst: nr. {numbers}. Er siden skannet, merk områder i stedet.",
            status=422,
        )


class RedactionLeaks(Declined):
    """Something can be read out of the redacted file: it is thrown away."""

    def __init__(self) -> None:
        super().__init__("redaction-leaks", "Sladdingen holdt ikke, og filen er forkastet. Meld fra til drift.")


@operations.answers(CollectDocuments)
async def collect_documents(asked: CollectDocuments, ask: Ask, office: Office) -> RequestDetail:
    """Every file of what was found, once each; each document leaves a row."""
    who, request = await people.asking(ask), await held(ask, asked, IN_PROGRESS)
    _demand_open(request)
    document_ids = (*asked.document_ids, *await _hits(asked, ask, who))
    found = await insight.find(ask.tx, who, asked, document_ids, MOST_DOCUMENTS + 1)
    if not found:
        raise NoneCollected
    if len(found) > MOST_DOCUMENTS:
        raise TooManyDocuments
    last = await insight.add_items(ask.tx, asked.request_id, found, who.staff_id, request["last_item"])
    await insight.change(ask.tx, asked.request_id, state=IN_PROGRESS.value, last_item=last)
    detail = await noted(ask, office, who, asked.request_id, "access-request-collected")
    for row in found:
        about = {"case_id": row["case_id"], "document_id": row["document_id"]}
        await audit.note(ask.tx, who.staff_id, "document-collected", **about, request_id=str(asked.request_id))
    return detail


@operations.answers(RemoveItem)
async def remove_item(asked: RemoveItem, ask: Ask, office: Office) -> RequestDetail:
    """Its number is not used again."""
    who, _, row = await _item(ask, asked)
    await insight.remove_item(ask.tx, asked.request_id, asked.item)
    await insight.change(ask.tx, asked.request_id)
    return await _noted(ask, office, who, row, asked, "request-item-removed")


@operations.answers(DecideItem)
async def decide_item(asked: DecideItem, ask: Ask, office: Office) -> RequestDetail:
    """One file; a decision made before is replaced, and the audit log has both."""
    who, request, row = await _item(ask, asked)
    demand_sound(asked, AccessAssessment.model_validate(row["access"]), RequestBasis(request["basis"]))
    decided = {
        "decision": asked.decision.value,
        "legal_basis": asked.legal_basis.strip(),
        "reason": asked.reason.strip(),
        "is_extended_considered": asked.is_extended_considered,
        "decided_by": who.staff_id,
    }
    await insight.decide(ask.tx, asked.request_id, asked.item, **decided)
    await insight.change(ask.tx, asked.request_id, state=IN_PROGRESS.value)
    return await _noted(ask, office, who, row, asked, "request-item-decided", decision=asked.decision.value)


@operations.answers(RedactItem)
async def redact_item(asked: RedactItem, ask: Ask, office: Office) -> RequestDetail:
    """Made before anything is locked: drawing takes time, and who was faster meanwhile is seen by the version."""
    who = await people.asking(ask)
    row = await _visible(ask, who, asked)
    if not any(word.strip() for word in asked.words) and not asked.areas:
        raise NothingToRedact
    file = original(row)
    if file.media_type != PDF:
        raise NotPdf
    made = await _redacted(await office.vault.read_bytes(file.ref, limit=LARGEST), asked)
    await _item(ask, asked)
    kept = File(name=f"sladdet-{asked.item}.pdf", media_type=PDF, ref=await office.vault.put(made, PDF))
    await insight.keep_redacted(ask.tx, asked.request_id, asked.item, kept, file.ref.sha256, who.staff_id)
    await insight.change(ask.tx, asked.request_id, state=IN_PROGRESS.value)
    return await _noted(ask, office, who, row, asked, "request-item-redacted", sha256=kept.ref.sha256)


@operations.answers(ReadRequestItem)
async def read_request_item(asked: ReadRequestItem, ask: Ask, office: Office) -> RequestFile:
    """As it is, or as it was redacted."""
    del office
    who = await people.asking(ask)
    row = await _visible(ask, who, asked)
    if asked.is_redacted and row["redacted"] is None:
        raise NotFound("redaction")
    file = File.model_validate(row["redacted"]) if asked.is_redacted else original(row)
    about = {"case_id": row["case_id"], "document_id": row["document_id"], "request_id": str(asked.request_id)}
    await audit.note(ask.tx, who.staff_id, "document-read", **about)
    return RequestFile(file=file)


async def _hits(asked: CollectDocuments, ask: Ask, who: Standing) -> tuple[Any, ...]:
    if asked.query is None:
        return ()
    wanted = Search(query=asked.query, school_id=asked.school_id, limit=MOST_HITS)
    hits, _ = await search.search(ask.tx, who, wanted)
    return tuple(hit.document_id for hit in hits if hit.document_id is not None)


async def _redacted(pdf: bytes, asked: RedactItem) -> bytes:
    boxes = [asdict(Box(area.page - 1, area.x, area.y, area.width, area.height)) for area in asked.areas]
    words = [word for word in asked.words if word.strip()]
    said, _, made = (await desk.handle("shield", pdf, words=words, boxes=boxes)).partition(b"\n")
    found = json.loads(said)
    if found["outside"]:
        raise AreaOutside(found["outside"])
    if found["unseen"]:
        raise WordUnseen(found["unseen"])
    if found["left"]:
        raise RedactionLeaks
    return made


async def _item(ask: Ask, asked: Any) -> tuple[Standing, Row, Collected]:
    """The file, if the actor may see it and the request takes decisions; the request is locked."""
    who, request = await people.asking(ask), await held(ask, asked, IN_PROGRESS)
    _demand_open(request)
    return who, request, await _visible(ask, who, asked)


async def _visible(ask: Ask, who: Standing, asked: Any) -> Collected:
    await insight.request(ask.tx, asked.school_id, asked.request_id)
    for row in await insight.items(ask.tx, who, asked.request_id):
        if row["item"] == asked.item and row["is_visible"]:
            return row
    raise NotFound("item")


def _demand_open(request: Row) -> None:
    """What was decided is opened again before it is changed."""
    if request["state"] == RequestState.DECIDED.value:
        raise DecidedAlready


class DecidedAlready(Declined):
    """It is locked until it is opened again."""

    def __init__(self) -> None:
        super().__init__("request-decided", "Innsynskravet er ferdig vurdert. Åpne det igjen for å endre.")


async def _noted(
    ask: Ask, office: Office, who: Standing, row: Collected, asked: Any, act: str, **details: Any
) -> RequestDetail:
    detail = await noted(ask, office, who, asked.request_id, "access-request-changed", item=asked.item)
    about = {"case_id": row["case_id"], "document_id": row["document_id"], "request_id": str(asked.request_id)}
    await audit.note(ask.tx, who.staff_id, act, **about, item=asked.item, **details)
    return detail
