"""Access out of the ordinary: always with a reason, for hours, told to others, and marked on what is read by it (M17)."""

from __future__ import annotations

from uuid import UUID

from cases.office import Office
from cases.operations import operations
from cases.store import access, audit, extraordinary, people
from sikkersak.contracts.cases_extraordinary import (
    ConfirmFullAccess,
    EmergencyGrant,
    EmergencyPage,
    EndFullAccess,
    FindUnseenCases,
    FullAccessGrant,
    FullAccessPage,
    FullAccessState,
    ListEmergencyAccess,
    ListFullAccess,
    ProposeFullAccess,
    TakeEmergencyAccess,
    UnseenCaseList,
)
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.errors import Declined
from sikkersak.identity.policy import Need, Subject, access_of
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say


class NotForOneself(Declined):
    """Three persons are in it: one proposes, another confirms, a third gets it."""

    def __init__(self) -> None:
        super().__init__(
            "two-persons-needed", "«Tilgang til alt» må foreslås av én og bekreftes av en annen, og aldri for en selv."
        )


class GrantNotOpen(Declined):
    """It was decided, ended or has lapsed."""

    def __init__(self) -> None:
        super().__init__("grant-not-open", "Forslaget er allerede avgjort, trukket eller utløpt.")


@operations.answers(FindUnseenCases)
async def find_unseen_cases(asked: FindUnseenCases, ask: Ask, office: Office) -> UnseenCaseList:
    """Which case is it? Number and type only; who asked, and for which pupil, stands in the log."""
    del office
    if asked.number is None and asked.pupil_id is None:
        raise Declined("case-not-named", "Oppgi saksnummer eller elev.", status=422)
    found = await extraordinary.unseen_cases(ask.tx, asked)
    await audit.note(
        ask.tx,
        ask.actor.staff_id,
        "unseen-cases-listed",
        school_id=str(asked.school_id),
        pupil_id=str(asked.pupil_id) if asked.pupil_id else None,
        found=len(found),
    )
    return UnseenCaseList(items=found)


@operations.answers(TakeEmergencyAccess)
async def take_emergency_access(asked: TakeEmergencyAccess, ask: Ask, office: Office) -> EmergencyGrant:
    """One case, for hours; the school's leaders are told in the same transaction."""
    del office
    standing = await people.asking(ask)
    found = await access.situation(ask.tx, standing.staff_id, Subject.CASE, asked.case_id)
    if found.emergency is not None or access_of(standing.asker, found.place) >= Need.READ:
        raise Declined("access-already", "Du har allerede tilgang til saken.")
    grant_id = await extraordinary.take_emergency(ask.tx, standing.staff_id, asked)
    grant = await extraordinary.emergency(ask.tx, grant_id)
    order = Announce(notice_id=grant_id, notice=Notice.EMERGENCY_ACCESS, school_id=grant.school_id)
    await say(ask.tx, order)
    await audit.mark(ask.tx, grant_id)
    await audit.note(ask.tx, standing.staff_id, "emergency-access-taken", case_id=asked.case_id, hours=asked.hours)
    return grant


@operations.answers(ListEmergencyAccess)
async def list_emergency_access(asked: ListEmergencyAccess, ask: Ask, office: Office) -> EmergencyPage:
    """Who took it at this school, why, and how much was read."""
    del office
    found = await extraordinary.emergencies(ask.tx, asked)
    return EmergencyPage(items=tuple(found), next=_after([one.grant_id for one in found], asked.limit))


@operations.answers(ProposeFullAccess)
async def propose_full_access(asked: ProposeFullAccess, ask: Ask, office: Office) -> FullAccessGrant:
    """A proposal for somebody else, who must work here."""
    del office
    if asked.staff_id == ask.actor.staff_id:
        raise NotForOneself
    person = await people.colleague(ask.tx, asked.staff_id)
    if not person.roles:
        raise Declined("person-without-role", "Personen har ingen rolle i Sikker Sak.")
    grant_id = await extraordinary.propose(ask.tx, asked.staff_id, asked.reason, asked.hours, ask.actor.staff_id)
    return await _decided(ask, grant_id, "full-access-proposed", asked.staff_id)


@operations.answers(ConfirmFullAccess)
async def confirm_full_access(asked: ConfirmFullAccess, ask: Ask, office: Office) -> FullAccessGrant:
    """Another than who proposed it and who gets it; the administrators are told in the same transaction."""
    del office
    grant = await extraordinary.lock_full(ask.tx, asked.grant_id)
    if ask.actor.staff_id in {grant.proposed_by, grant.staff_id}:
        raise NotForOneself
    if grant.state is not FullAccessState.PROPOSED:
        raise GrantNotOpen
    await people.colleague(ask.tx, grant.staff_id)
    await extraordinary.confirm(ask.tx, asked.grant_id, ask.actor.staff_id)
    await say(ask.tx, Announce(notice_id=asked.grant_id, notice=Notice.FULL_ACCESS))
    return await _decided(ask, asked.grant_id, "full-access-confirmed", grant.staff_id)


@operations.answers(EndFullAccess)
async def end_full_access(asked: EndFullAccess, ask: Ask, office: Office) -> FullAccessGrant:
    """Ends or withdraws it; any of those who may grant it can."""
    del office
    grant = await extraordinary.lock_full(ask.tx, asked.grant_id)
    if grant.state not in {FullAccessState.PROPOSED, FullAccessState.IN_FORCE}:
        raise GrantNotOpen
    await extraordinary.end_full(ask.tx, asked.grant_id, ask.actor.staff_id)
    return await _decided(ask, asked.grant_id, "full-access-ended", grant.staff_id)


@operations.answers(ListFullAccess)
async def list_full_access(asked: ListFullAccess, ask: Ask, office: Office) -> FullAccessPage:
    """All there have been."""
    del office
    found = await extraordinary.fulls(ask.tx, asked)
    return FullAccessPage(items=tuple(found), next=_after([one.grant_id for one in found], asked.limit))


async def _decided(ask: Ask, grant_id: UUID, act: str, staff_id: UUID) -> FullAccessGrant:
    grant = await extraordinary.full(ask.tx, grant_id)
    by = ask.actor.staff_id
    await audit.note(ask.tx, by, act, staff_id=str(staff_id), grant_id=str(grant_id), hours=grant.hours)
    return grant


def _after(ids: list[UUID], limit: int) -> str | None:
    return str(ids[-1]) if len(ids) == limit else None
