"""Cases: listed, opened, read, shared (M10, M15)."""

from __future__ import annotations

from uuid import UUID

from cases.domain.folders import demand_fit
from cases.domain.standing import Permission, Standing
from cases.domain.titles import public_title
from cases.domain.validity import validity
from cases.office import Office
from cases.operations import operations
from cases.store import access, audit, cases, documents, folders, listing, people
from sikkersak.contracts.cases import (
    CaseDetail,
    CasePage,
    CaseSummary,
    EventView,
    GiveAccess,
    ListCases,
    Member,
    OpenCase,
    ReadCase,
)
from sikkersak.contracts.cases_audit import AuditEntry, AuditPage, ReadAudit
from sikkersak.contracts.cases_documents import DocumentView
from sikkersak.errors import Declined, Forbidden
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction


@operations.answers(ListCases)
async def list_cases(asked: ListCases, ask: Ask, office: Office) -> CasePage:
    """The cases that the actor may see (R8); a look at those of every school leaves a row (R9)."""
    del office
    standing = await people.asking(ask)
    found, total = await listing.case_page(ask.tx, standing, asked)
    if standing.lists_every_case:
        wanted = asked.model_dump(mode="json", include={"status", "school_id", "pupil_id"}, exclude_none=True)
        await audit.note(ask.tx, standing.staff_id, "cases-listed", found=len(found), wanted=wanted)
    following = str(found[-1].case_id) if len(found) == asked.limit else None
    return CasePage(items=tuple(found), total=total, next=following)


@operations.answers(ReadCase)
async def read_case(asked: ReadCase, ask: Ask, office: Office) -> CaseDetail:
    """One case with its timeline; the reading is a row in the audit log (R9)."""
    del office
    standing = await people.asking(ask)
    await access.readable_case(ask.tx, standing, asked.case_id)
    shown = await detail(ask.tx, standing, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, "case-read", case_id=asked.case_id)
    return shown


@operations.answers(OpenCase)
async def open_case(asked: OpenCase, ask: Ask, office: Office) -> CaseSummary:
    """Creates a case; its opener is responsible unless another is named (M10)."""
    del office
    standing = await people.asking(ask)
    standing.demand_opening_at(asked.school_id)
    await people.school(ask.tx, asked.school_id)
    demand_fit(await folders.case_type(ask.tx, asked.case_type), has_pupil=asked.pupil_id is not None)
    pupil = await _pupil_at(ask.tx, asked.pupil_id, asked.school_id)
    responsible = asked.responsible_id or standing.staff_id
    await people.standing(ask.tx, responsible)
    fields = {
        "title": asked.title,
        "public_title": asked.public_title or public_title(asked.title, (pupil["name"],) if pupil else ()),
        "case_type": asked.case_type,
        "school_id": asked.school_id,
        "pupil_id": asked.pupil_id,
        "responsible_id": responsible,
        "access": asked.access.model_dump(mode="json"),
    }
    case_id = await cases.open_case(ask.tx, fields)
    opened = await cases.case_summary(ask.tx, case_id)
    await audit.note(ask.tx, standing.staff_id, "case-opened", case_id=case_id)
    return opened


@operations.answers(GiveAccess)
async def give_access(asked: GiveAccess, ask: Ask, office: Office) -> CaseDetail:
    """Puts someone on a case or takes them off; by its school's leaders or its main caseworker (M15)."""
    del office
    standing = await people.asking(ask)
    case = await access.readable_case(ask.tx, standing, asked.case_id)
    is_responsible = case["responsible_id"] == standing.staff_id
    if not (is_responsible or standing.holds_at(Permission.GIVE_ACCESS, case["school_id"])):
        raise Forbidden("Bare skoleleder eller hovedsaksbehandler kan gi tilgang til saken.")
    valid_from, valid_to = validity(asked.from_date, asked.to_date)
    if asked.right is not None:  # access can be taken from somebody who has left, not given
        await people.standing(ask.tx, asked.staff_id)
    await access.put_member(
        ask.tx, asked.case_id, asked.staff_id, asked.right, standing.staff_id, (valid_from, valid_to)
    )
    given = await detail(ask.tx, standing, asked.case_id)
    await audit.note(
        ask.tx,
        standing.staff_id,
        "access-given" if asked.right else "access-taken",
        case_id=asked.case_id,
        staff_id=str(asked.staff_id),
        right=asked.right.value if asked.right else None,
        first=asked.from_date.isoformat() if asked.from_date else None,
        last=asked.to_date.isoformat() if asked.to_date else None,
    )
    return given


@operations.answers(ReadAudit)
async def read_audit(asked: ReadAudit, ask: Ask, office: Office) -> AuditPage:
    """Who has seen and done what in this case; looking leaves a row too."""
    del office
    standing = await people.asking(ask)
    case = await access.readable_case(ask.tx, standing, asked.case_id)
    standing.demand_at(Permission.READ_AUDIT, case["school_id"])
    rows = await audit.of_case(ask.tx, asked.case_id, int(asked.cursor) if asked.cursor else None, asked.limit)
    await audit.note(ask.tx, standing.staff_id, "audit-read", case_id=asked.case_id)
    entries = tuple(AuditEntry.model_validate(dict(row)) for row in rows)
    return AuditPage(items=entries, next=str(entries[-1].sequence) if len(entries) == asked.limit else None)


async def _pupil_at(tx: Transaction, pupil_id: UUID | None, school_id: UUID) -> Row | None:
    if pupil_id is None:
        return None
    pupil = await people.pupil(tx, pupil_id)
    if pupil["school_id"] != school_id:
        raise Declined("pupil-not-at-school", "Eleven går ikke på denne skolen.")
    return pupil


async def detail(tx: Transaction, standing: Standing, case_id: UUID) -> CaseDetail:
    """The whole case; the caller has shown that the actor may read it."""
    by_event: dict[UUID, list[DocumentView]] = {}
    for view in await documents.views(tx, case_id):
        by_event.setdefault(view.event_id, []).append(view)
    timeline = tuple(
        EventView(
            event_id=row["event_id"],
            kind=row["kind"],
            happened_at=row["happened_at"],
            title=row["title"],
            documents=tuple(by_event.get(row["event_id"], ())),
            mail_id=row["mail_id"],
        )
        for row in await cases.events(tx, case_id)
    )
    return CaseDetail(
        summary=await cases.case_summary(tx, case_id),
        events=timeline,
        members=tuple(Member.model_validate(dict(row)) for row in await access.members(tx, case_id)),
        parties=await folders.parties(tx, case_id),
        related=await folders.related(tx, standing, case_id),
    )
