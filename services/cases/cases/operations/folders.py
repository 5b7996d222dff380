"""Case types and phases, parties, related cases, and cases that follow a pupil to another school (M10)."""

from __future__ import annotations

from cases.domain.folders import demand_phase
from cases.domain.standing import Permission
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import operations
from cases.operations.casework import detail
from cases.store import access, audit, cases, folders, people
from sikkersak.contracts.cases import CaseDetail, CaseSummary
from sikkersak.contracts.cases_casework import (
    AddCaseParty,
    CaseType,
    CaseTypeList,
    ListCaseTypes,
    MovePupil,
    MoveResult,
    PutCaseType,
    RelateCases,
    RemoveCaseParty,
    SetPhase,
)
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.unchanged import demand_unchanged


@operations.answers(ListCaseTypes)
async def list_case_types(asked: ListCaseTypes, ask: Ask, office: Office) -> CaseTypeList:
    """For everybody who works here."""
    del asked, office
    await people.asking(ask)
    return CaseTypeList(items=await folders.case_types(ask.tx))


@operations.answers(PutCaseType)
async def put_case_type(asked: PutCaseType, ask: Ask, office: Office) -> CaseType:
    """For administrators. Cases that are in a phase which is taken away stay in it until they are moved."""
    del office
    standing = await people.asking(ask)
    standing.demand(Permission.ADMINISTER)

    async def tag() -> str:
        known = await folders.case_type(ask.tx, asked.code)
        return known.tag if known else ""

    await demand_unchanged(ask.tx, f"case-type:{asked.code}", asked.if_match, tag)
    kept = await folders.put_case_type(ask.tx, asked)
    await audit.note(ask.tx, standing.staff_id, "case-type-kept", code=kept.code)
    return kept


@operations.answers(SetPhase)
async def set_phase(asked: SetPhase, ask: Ask, office: Office) -> CaseSummary:
    """Moves the case to a working status of its type."""
    del office
    standing = await people.asking(ask)
    case = await access.writable_case(ask.tx, standing, asked.case_id)
    demand_phase(await folders.case_type(ask.tx, case["case_type"]), asked.phase)

    async def tag() -> str:
        return (await cases.case_summary(ask.tx, asked.case_id)).tag

    await demand_unchanged(ask.tx, f"case:{asked.case_id}", asked.if_match, tag)
    await folders.set_phase(ask.tx, asked.case_id, asked.phase)
    moved = await cases.case_summary(ask.tx, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, "phase-set", case_id=asked.case_id)
    return moved


@operations.answers(AddCaseParty)
async def add_case_party(asked: AddCaseParty, ask: Ask, office: Office) -> CaseDetail:
    """Number and address are sealed; the name and the part are shown."""
    standing = await people.asking(ask)
    await access.writable_case(ask.tx, standing, asked.case_id)
    await folders.add_party(ask.tx, asked, await Sealed(office).keep(asked.party))
    shown = await detail(ask.tx, standing, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, "party-added", case_id=asked.case_id, role=asked.role.value)
    return shown


@operations.answers(RemoveCaseParty)
async def remove_case_party(asked: RemoveCaseParty, ask: Ask, office: Office) -> CaseDetail:
    """Ends the part; the row stays."""
    del office
    standing = await people.asking(ask)
    await access.writable_case(ask.tx, standing, asked.case_id)
    if not await folders.remove_party(ask.tx, asked.case_id, asked.party_id):
        raise Declined("party-gone", "Parten er ikke i saken.")
    shown = await detail(ask.tx, standing, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, "party-removed", case_id=asked.case_id, party_id=str(asked.party_id))
    return shown


@operations.answers(RelateCases)
async def relate_cases(asked: RelateCases, ask: Ask, office: Office) -> CaseDetail:
    """Writes in the one, reads the other; each is shown to those only who may read it."""
    del office
    standing = await people.asking(ask)
    await access.writable_case(ask.tx, standing, asked.case_id)
    if asked.other_id == asked.case_id:
        raise Declined("related-to-itself", "En sak kan ikke knyttes til seg selv.", status=422)
    await access.readable_case(ask.tx, standing, asked.other_id)
    await folders.relate(ask.tx, asked.case_id, asked.other_id, is_related=asked.is_related)
    act = "cases-related" if asked.is_related else "cases-parted"
    shown = await detail(ask.tx, standing, asked.case_id)
    await audit.note(ask.tx, standing.staff_id, act, case_id=asked.case_id, other_id=str(asked.other_id))
    return shown


@operations.answers(MovePupil)
async def move_pupil(asked: MovePupil, ask: Ask, office: Office) -> MoveResult:
    """Open cases follow the pupil with a new caseworker; those who do not work at the new school lose access to them."""
    del office
    standing = await people.asking(ask)
    standing.demand(Permission.KEEP_PUPILS)
    pupil = await people.pupil(ask.tx, asked.pupil_id)
    await people.school(ask.tx, asked.to_school_id)
    if pupil["school_id"] == asked.to_school_id:
        raise Declined("pupil-there-already", "Eleven går allerede på denne skolen.")
    if asked.to_school_id not in (await people.standing(ask.tx, asked.responsible_id)).schools:
        raise Declined("responsible-elsewhere", "Den nye hovedsaksbehandleren må arbeide ved den nye skolen.")
    await folders.move_pupil(ask.tx, asked.pupil_id, asked.to_school_id)
    rows = await folders.move_open_cases(ask.tx, asked.pupil_id, asked.to_school_id, asked.responsible_id)
    moved = tuple(row["case_id"] for row in rows)
    lost = await folders.drop_members_elsewhere(ask.tx, list(moved), asked.to_school_id)
    for case_id in moved:
        await audit.note(ask.tx, standing.staff_id, "case-moved", case_id=case_id, school_id=str(asked.to_school_id))
    await audit.note(ask.tx, standing.staff_id, "pupil-moved", pupil_id=str(asked.pupil_id))
    return MoveResult(pupil_id=asked.pupil_id, school_id=asked.to_school_id, moved_cases=moved, lost_access=lost)
