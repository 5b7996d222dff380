"""What a token alone lets somebody ask for. Which things they then see is decided where the things are (R8)."""

from __future__ import annotations

from pydantic import BaseModel

from sikkersak.errors import Forbidden
from sikkersak.identity.actor import Actor, ActorKind
from sikkersak.identity.permissions import BY_VALUE, Permission
from sikkersak.identity.policy.rules import IN_CASES, Asker, Rule


def asker_of(actor: Actor) -> Asker:
    """The actor as the policy sees them; a person without a role works here no more."""
    by_school = None
    if actor.by_school is not None:
        by_school = {school_id: _known(held) for school_id, held in actor.by_school.items()}
    return Asker(
        _known(actor.held),
        actor.schools,
        actor.kind,
        is_active=bool(actor.roles),
        by_school=by_school,
        scopes=actor.scopes,
    )


def _known(held: frozenset[str]) -> frozenset[Permission]:
    return frozenset(BY_VALUE[value] for value in held if value in BY_VALUE)


def admit_by_token(rule: Rule, asked: BaseModel, actor: Actor) -> None:
    """Refuses whoever may not ask for this of any school or case at all; `Forbidden` with the rule's own words."""
    who = asker_of(actor)
    if who.kind not in rule.kinds:
        raise Forbidden(rule.refusal)
    if who.kind is ActorKind.MACHINE and not who.is_granted(rule):
        raise Forbidden(rule.refusal)
    if who.kind is not ActorKind.PERSON:
        return
    if not who.is_active:
        raise Forbidden("Du har ingen rolle i Sikker Sak.")
    names_a_document = rule.is_open_by_document and getattr(asked, "document_id", None) is not None
    is_by_case = rule.subject in IN_CASES
    if not (
        is_by_case
        or names_a_document
        or rule.is_for_all_staff
        or who.holds(rule.anywhere)
        or who.holds_somewhere(rule.at_school)
    ):
        raise Forbidden(rule.refusal)
