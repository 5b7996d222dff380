"""Requests for access: registered, seen, finished, handed out (M19). What is collected stands in `collecting`."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from cases import handouts, request_entries
from cases.domain import workdays
from cases.domain.collected import demand_ready, view
from cases.domain.insight import NothingFound, RequestChanged, RequestMoveIllegal, move
from cases.domain.standing import Standing
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import operations
from cases.store import audit, insight, people, tasks
from sikkersak.clock import OSLO, local_date, now
from sikkersak.contracts.cases_access_requests import (
    AnswerAccessRequest,
    EntryKind,
    FinishAccessRequest,
    ListAccessRequests,
    ReadAccessRequest,
    ReadRequestAnswer,
    RegisterAccessRequest,
    ReopenAccessRequest,
    RequestDetail,
    RequestDossier,
    RequestFile,
    RequestPage,
    RequestState,
    RequestSummary,
    WithdrawAccessRequest,
)
from sikkersak.contracts.cases_casework import TaskKind
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, NotFound
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef

DONE: Final = frozenset({RequestState.ANSWERED.value, RequestState.WITHDRAWN.value})


class ItemsUnseen(Declined):
    """Whoever answers for it must be able to see it."""

    def __init__(self) -> None:
        super().__init__(
            "items-unseen", "Du har ikke tilgang til alle sakene. La en som har det, fullføre.", status=403
        )


class ReceivedLater(Declined):
    """A day that has not come."""

    def __init__(self) -> None:
        super().__init__("received-later", "Kravet kan ikke være mottatt senere enn i dag.", status=422)


@operations.answers(RegisterAccessRequest)
async def register_access_request(asked: RegisterAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """The clock starts the day that it was received; the school's leaders have a task, and the archive an entry."""
    moment = now()
    if asked.received_on is not None and asked.received_on > local_date(moment):
        raise ReceivedLater
    if asked.received_on is not None and asked.received_on != local_date(moment):
        moment = datetime.combine(asked.received_on, time(12), OSLO)
    await people.school(ask.tx, asked.school_id)
    sealed = await Sealed(office).keep(RequestDossier(requester=asked.requester, wanted=asked.wanted))
    fields: dict[str, Any] = {
        "year": local_date(now()).year,
        "school_id": asked.school_id,
        "basis": asked.basis.value,
        "language": asked.language,
        "received_at": moment,
        "deadline": workdays.after(local_date(moment), asked.working_days),
        "dossier": sealed.model_dump(mode="json"),
        "registered_by": ask.actor.staff_id,
    }
    request_id = await insight.register(ask.tx, fields)
    await tasks.add(ask.tx, TaskKind.ACCESS_REQUEST, asked.school_id, request_id=request_id)
    request = await insight.request(ask.tx, asked.school_id, request_id)
    who = await people.asking(ask)
    await request_entries.file_request(ask.tx, office, request, who.staff_id)
    detail = await noted(ask, office, who, request_id, "access-request-registered")
    await request_entries.note(ask.tx, request_id, who.staff_id, EntryKind.REQUEST)
    return detail


@operations.answers(ListAccessRequests)
async def list_access_requests(asked: ListAccessRequests, ask: Ask, office: Office) -> RequestPage:
    """The school's, newest first."""
    del office
    found = await insight.page(ask.tx, asked)
    following = str(found[-1]["request_id"]) if len(found) == asked.limit else None
    return RequestPage(items=tuple(map(_summary, found)), next=following)


@operations.answers(ReadAccessRequest)
async def read_access_request(asked: ReadAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """One of the school's."""
    await insight.request(ask.tx, asked.school_id, asked.request_id)
    return await noted(ask, office, await people.asking(ask), asked.request_id, "access-request-read")


@operations.answers(FinishAccessRequest)
async def finish_access_request(asked: FinishAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """Locks what was decided, once nothing stands in the way of handing it out."""
    who, request = await people.asking(ask), await held(ask, asked, RequestState.DECIDED)
    rows = await _seen(ask, who, request)
    if not rows and not asked.remark.strip():
        raise NothingFound
    demand_ready(rows)
    decided = {"decided_by": who.staff_id, "decided_at": now(), "remark": asked.remark}
    await insight.change(ask.tx, asked.request_id, state=RequestState.DECIDED.value, **decided)
    return await noted(ask, office, who, asked.request_id, "access-request-decided")


@operations.answers(ReopenAccessRequest)
async def reopen_access_request(asked: ReopenAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """Back to deciding; nobody has got anything yet."""
    who, request = await people.asking(ask), await held(ask, asked, RequestState.IN_PROGRESS)
    if request["state"] != RequestState.DECIDED.value:
        raise RequestMoveIllegal(RequestState(request["state"]))
    await insight.change(
        ask.tx, asked.request_id, state=RequestState.IN_PROGRESS.value, decided_by=None, decided_at=None
    )
    return await noted(ask, office, who, asked.request_id, "access-request-reopened")


@operations.answers(AnswerAccessRequest)
async def answer_access_request(asked: AnswerAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """The answer is made of what stands now, and is on its way to the archive; a document withdrawn since stops it."""
    who, request = await people.asking(ask), await held(ask, asked, RequestState.ANSWERED)
    rows = await _seen(ask, who, request)
    demand_ready(rows)
    files = await handouts.answer(office, request, rows)
    file = await handouts.package(office, request, files)
    answered = {"answered_by": who.staff_id, "answered_at": now(), "channel": asked.channel.value}
    state, kept = RequestState.ANSWERED.value, file.model_dump(mode="json")
    await insight.change(ask.tx, asked.request_id, state=state, package=kept, **answered)
    await tasks.settle_request(ask.tx, asked.request_id, who.staff_id, "Besvart")
    await request_entries.file_answer(ask.tx, office, request, who.staff_id, list(files))
    detail = await noted(ask, office, who, asked.request_id, "access-request-answered")
    await request_entries.note(ask.tx, asked.request_id, who.staff_id, EntryKind.ANSWER)
    for row in rows:
        said = {"request_id": str(asked.request_id), "decision": row["decision"], "position": row["position"]}
        about = {"case_id": row["case_id"], "document_id": row["document_id"]}
        await audit.note(ask.tx, who.staff_id, "document-access-answered", **about, **said)
    return detail


@operations.answers(ReadRequestAnswer)
async def read_request_answer(asked: ReadRequestAnswer, ask: Ask, office: Office) -> RequestFile:
    """The package, for whoever may see everything that it was made of."""
    del office
    who, request = await people.asking(ask), await insight.request(ask.tx, asked.school_id, asked.request_id)
    if request["package"] is None:
        raise NotFound("answer")
    await _seen(ask, who, request)
    await audit.note(ask.tx, who.staff_id, "access-answer-fetched", request_id=str(asked.request_id))
    return RequestFile(file=File.model_validate(request["package"]))


@operations.answers(WithdrawAccessRequest)
async def withdraw_access_request(asked: WithdrawAccessRequest, ask: Ask, office: Office) -> RequestDetail:
    """Nobody waits for it any more; it is kept."""
    who, request = await people.asking(ask), await held(ask, asked, RequestState.WITHDRAWN)
    state = RequestState.WITHDRAWN.value
    await insight.change(ask.tx, asked.request_id, state=state, withdrawn_at=now(), remark=asked.remark)
    await tasks.settle_request(ask.tx, asked.request_id, who.staff_id, "Trukket")
    await request_entries.note_withdrawal(ask.tx, office, request, who.staff_id, asked.remark)
    return await noted(ask, office, who, asked.request_id, "access-request-withdrawn")


async def held(ask: Ask, asked: Any, wanted: RequestState) -> Row:
    """The request, locked for this transaction, as it was read, and able to go there."""
    request = await insight.request(ask.tx, asked.school_id, asked.request_id, for_update=True)
    if request["version"] != asked.version:
        raise RequestChanged
    move(RequestState(request["state"]), wanted)
    return request


async def noted(ask: Ask, office: Office, who: Standing, request_id: UUID, act: str, **details: Any) -> RequestDetail:
    """The request as it is now, and the row in the audit log."""
    row = await insight.counted(ask.tx, request_id)
    dossier = await Sealed(office).read(VaultRef.model_validate(row["dossier"]), RequestDossier)
    items = await insight.items(ask.tx, who, request_id)
    kept = {name: row[name] for name in RequestDetail.model_fields if name in row and name != "items"}
    made = {"summary": _summary(row), "items": tuple(map(view, items)), **dict(dossier)}
    made["entries"] = await insight.entries(ask.tx, request_id)
    await audit.note(ask.tx, who.staff_id, act, request_id=str(request_id), **details)
    return RequestDetail.model_validate(kept | made)


async def _seen(ask: Ask, who: Standing, request: Row) -> list[dict[str, Any]]:
    rows = await insight.items(ask.tx, who, request["request_id"])
    if not all(row["is_visible"] for row in rows):
        raise ItemsUnseen
    return rows


def _summary(row: Row) -> RequestSummary:
    """The clock stops with the answer."""
    stopped = row["answered_at"] or row["withdrawn_at"] if row["state"] in DONE else None
    today: date = local_date(stopped or now())
    fields = {name: row[name] for name in RequestSummary.model_fields if name in row}
    left = workdays.between(today, row["deadline"])
    return RequestSummary.model_validate(
        fields | {"number": f"{row['year']}/{row['running']}", "working_days_left": left}
    )
