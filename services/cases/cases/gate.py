"""The gate of cases: every operation is held against its rule before it does anything (M15–M17, R8).

Who somebody is comes from the service's own tables, never from the token: a leaver, a role that has run out or an access
that was taken away counts at once, whatever the session still believes.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from cases.domain.standing import Standing
from cases.store import access, audit, people
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity.actor import ActorKind
from sikkersak.identity.policy import Need, Place, Subject, Verdict, access_of, decide
from sikkersak.identity.policy.admission import admit_by_token
from sikkersak.messaging.operations import Ask, Request
from sikkersak.persistence.database import Transaction


async def gate(request: Request, ask: Ask) -> None:
    """Lets it pass, or raises what the asker shall read. Extraordinary access marks every row that follows."""
    if ask.actor.kind is not ActorKind.PERSON:
        admit_by_token(request.rule, request.asked, ask.actor)
        return
    standing = await people.asking(ask)
    verdict = await _verdict(ask.tx, standing, request)
    if verdict is Verdict.HIDDEN:
        raise NotFound(request.rule.subject.value)
    if verdict is Verdict.REFUSED:
        raise Forbidden(request.rule.refusal)
    if verdict is Verdict.CLOSED and not request.is_replay:
        raise access.CaseClosed
    if standing.full_access is not None:
        await audit.mark(ask.tx, standing.full_access)
        await audit.note(ask.tx, standing.staff_id, "full-access-used", operation=request.asked.operation)


async def _verdict(tx: Transaction, standing: Standing, request: Request) -> Verdict:
    rule, who = request.rule, standing.asker
    if rule.is_listing:  # what is listed, the listing's own query decides
        is_admitted = (
            rule.subject in access.CASE_OF
            or rule.is_for_all_staff
            or who.holds(rule.anywhere)
            or who.holds_somewhere(rule.at_school)
        )
        return Verdict.ALLOWED if who.is_active and is_admitted else Verdict.REFUSED
    if rule.subject is Subject.NOTHING:
        return decide(rule, who)
    subject_id = _subject_id(request)
    if rule.subject not in access.CASE_OF:
        return decide(rule, who, Place(school_id=subject_id if rule.subject is Subject.SCHOOL else None))
    found = await access.situation(tx, standing.staff_id, rule.subject, subject_id)
    place = found.place
    if found.emergency is not None and access_of(who, place) < Need.READ:
        await audit.mark(tx, found.emergency)
        place = replace(place, given=Need.READ)
    return decide(rule, who, place)


def _subject_id(request: Request) -> UUID:
    """The id that the rule is about, by the name it has in every contract."""
    named = getattr(request.asked, f"{request.rule.subject.value}_id", None)
    if not isinstance(named, UUID):
        raise Declined("subject-missing", "Det må stå hva forespørselen gjelder.", status=422)
    return named
