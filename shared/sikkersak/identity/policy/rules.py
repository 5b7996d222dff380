"""What a rule of the access policy is, and the one function that decides by it (M15–M17, R8).

The services ask `decide` before an operation does anything, and `./dev access-matrix` asks it what it should find when
it tries every operation as everyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID

from sikkersak.identity.actor import ActorKind
from sikkersak.identity.permissions import Permission


class Subject(StrEnum):
    """What an operation is about; its id is the request's field `<subject>_id`."""

    NOTHING = "nothing"
    SCHOOL = "school"
    CASE = "case"
    DOCUMENT = "document"  # its access is its case's
    MAIL = "mail"
    DELIVERY = "delivery"
    JOB = "job"
    CONSIGNMENT = "consignment"


class Scope(StrEnum):
    """What a machine can be granted at Maskinporten; there it has the prefix of the setting."""

    STATUS = "status"  # how far a document is
    MAIL = "mail"  # bring in mail
    PUPILS = "pupils"  # the school system's references of pupils


class Need(IntEnum):
    """How much access to a case; each includes those before it."""

    NONE = 0
    READ = 1
    WRITE = 2
    MANAGE = 3  # its main caseworker, or who holds the rule's permission at its school


class Verdict(StrEnum):
    """What comes of it. `HIDDEN`: as if it did not exist; in a listing, it is not there."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    HIDDEN = "hidden"
    CLOSED = "closed"


IN_CASES: Final = frozenset({Subject.CASE, Subject.DOCUMENT})
PEOPLE: Final = frozenset({ActorKind.PERSON})


@dataclass(frozen=True)
class Rule:
    """What one operation asks of whoever asks for it. Made with the words below, never by hand.

    `anywhere` is enough wherever it is; `at_school` is enough at the subject's school; with neither, every member of
    staff will do. For a case, `need` is the access and `beside` what must be held at its school beside the access.
    `is_open_by_document`: any member of staff may ask about one document by its id, after cases has shown it to them.
    `is_emergency`: about a case that is not seen, for whoever holds `at_school` there; being on the case is no reason.
    `is_noted`: a read of pupils' content outside cases, which the audit log is told of as it is of every change there.
    `scope`: what a machine must have been granted; with none, the HR system, which is granted nothing by scopes.
    """

    subject: Subject = Subject.NOTHING
    anywhere: frozenset[Permission] = frozenset()
    at_school: frozenset[Permission] = frozenset()
    need: Need = Need.NONE
    beside: frozenset[Permission] = frozenset()
    is_for_open_cases: bool = False
    is_listing: bool = False
    is_open_by_document: bool = False
    is_emergency: bool = False
    is_noted: bool = False
    kinds: frozenset[ActorKind] = PEOPLE
    scope: Scope | None = None
    refusal: str = "Rollen din gir ikke rett til dette."

    @property
    def is_for_all_staff(self) -> bool:
        """Whether no permission is asked for."""
        return not (self.anywhere or self.at_school)


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as the policy cares. Someone who has left is nobody: not active, without permissions.

    `permissions` come from roles that are bound to no school. `by_school`, where it is known, is what is held at each
    school; where it is not, all of `permissions` are held at all `schools`.
    """

    permissions: frozenset[Permission]
    schools: frozenset[UUID] = frozenset()
    kind: ActorKind = ActorKind.PERSON
    is_active: bool = True
    reads_everything: bool = False
    by_school: Mapping[UUID, frozenset[Permission]] | None = None
    scopes: frozenset[str] = frozenset()

    def is_granted(self, rule: Rule) -> bool:
        """Whether this machine may ask for it."""
        return not self.scopes if rule.scope is None else rule.scope.value in self.scopes

    def holds(self, any_of: frozenset[Permission]) -> bool:
        """Whether one of these is held, anywhere. What a role gives at one school only does not count."""
        return bool(any_of & self.permissions)

    def holds_somewhere(self, any_of: frozenset[Permission]) -> bool:
        """Whether one of these is held at any school at all."""
        return any(self.holds_at(any_of, school_id) for school_id in self.schools)

    def holds_at(self, any_of: frozenset[Permission], school_id: UUID | None) -> bool:
        """Whether one of these is held at this school. No school means nobody (R8)."""
        if school_id is None or school_id not in self.schools:
            return False
        held = self.permissions if self.by_school is None else self.by_school.get(school_id, frozenset())
        return bool(any_of & held)


@dataclass(frozen=True)
class Place:
    """Where the subject is: its school, what this person was given in the case, whether the case is open."""

    school_id: UUID | None = None
    given: Need = Need.NONE
    is_open: bool = True


NOWHERE: Final = Place()


def decide(rule: Rule, who: Asker, place: Place = NOWHERE) -> Verdict:
    """What the policy says. The answer for somebody who may not know of a thing is `HIDDEN`, not `REFUSED`."""
    if who.kind not in rule.kinds:
        return Verdict.REFUSED
    if who.kind is ActorKind.MACHINE:
        return Verdict.ALLOWED if who.is_granted(rule) else Verdict.REFUSED
    if who.kind is not ActorKind.PERSON:
        return Verdict.ALLOWED
    if not who.is_active:
        return Verdict.REFUSED
    if rule.subject in IN_CASES:
        return _in_case(rule, who, place)
    if rule.is_for_all_staff or who.holds(rule.anywhere) or who.holds_at(rule.at_school, place.school_id):
        return Verdict.ALLOWED
    may_ask = who.holds_somewhere(rule.at_school) or (rule.is_open_by_document and not rule.is_listing)
    is_known_elsewhere = may_ask and rule.subject is not Subject.SCHOOL
    return Verdict.HIDDEN if is_known_elsewhere else Verdict.REFUSED


def access_of(who: Asker, place: Place) -> Need:
    """How much access to a case somebody has, whatever it comes from."""
    if place.given >= Need.WRITE:
        return place.given
    if who.holds_at(frozenset({Permission.WRITE_SCHOOL}), place.school_id):
        return Need.WRITE
    reads = who.reads_everything or who.holds_at(frozenset({Permission.READ_SCHOOL}), place.school_id)
    return max(place.given, Need.READ if reads else Need.NONE)


def _in_case(rule: Rule, who: Asker, place: Place) -> Verdict:
    access = access_of(who, place)
    if rule.is_listing and who.holds(rule.anywhere):
        return Verdict.ALLOWED
    if rule.is_emergency and who.holds_at(rule.at_school, place.school_id):
        return Verdict.ALLOWED
    if access < Need.READ:
        return Verdict.HIDDEN
    if rule.is_emergency:
        return Verdict.REFUSED
    is_enough = access >= rule.need or (rule.need is Need.MANAGE and who.holds_at(rule.at_school, place.school_id))
    if not is_enough or (rule.beside and not who.holds_at(rule.beside, place.school_id)):
        return Verdict.REFUSED
    return Verdict.CLOSED if rule.is_for_open_cases and not place.is_open else Verdict.ALLOWED


# --- the words that rules are declared with


def staff(refusal: str = "Du har ingen rolle i Sikker Sak.") -> Rule:
    """Every member of staff who works here now."""
    return Rule(refusal=refusal)


def gateway_itself() -> Rule:
    """The product itself, on nobody's behalf."""
    return Rule(kinds=frozenset({ActorKind.SYSTEM}), refusal="Bare innloggingen selv kan spørre om dette.")


def machine() -> Rule:
    """An API client with credentials of its own, e.g. the HR system."""
    return Rule(kinds=frozenset({ActorKind.MACHINE}), refusal="Bare personalsystemet kan gjøre dette.")


def or_machine(rule: Rule, scope: Scope) -> Rule:
    """The same, and a machine that was granted this scope."""
    return replace(rule, kinds=PEOPLE | {ActorKind.MACHINE}, scope=scope)


def noted(rule: Rule) -> Rule:
    """The same, and the audit log is told whenever a member of staff reads by it."""
    return replace(rule, is_noted=True)


def holding(*any_of: Permission, refusal: str, subject: Subject = Subject.NOTHING) -> Rule:
    """Whoever holds one of these, wherever it is."""
    return Rule(subject=subject, anywhere=frozenset(any_of), refusal=refusal)


def at_school(
    *any_of: Permission, refusal: str, or_anywhere: Permission | None = None, subject: Subject = Subject.SCHOOL
) -> Rule:
    """Whoever holds one of these at the subject's school; `or_anywhere` is enough at every school."""
    everywhere = frozenset({or_anywhere} if or_anywhere else ())
    return Rule(subject=subject, at_school=frozenset(any_of), anywhere=everywhere, refusal=refusal)


def listing(
    subject: Subject,
    *own_school: Permission,
    everything: Permission,
    refusal: str = "Du har ingen rolle i Sikker Sak.",
    or_by_document: bool = False,
) -> Rule:
    """A list that shows what the actor may see: all with `everything`, else the own schools' or the own cases."""
    return Rule(
        subject=subject,
        at_school=frozenset(own_school),
        anywhere=frozenset({everything}),
        is_listing=True,
        is_open_by_document=or_by_document,
        refusal=refusal,
    )


def reading(*, subject: Subject = Subject.CASE, beside: Permission | None = None, refusal: str = "") -> Rule:
    """Whoever may read the case; `beside` must be held at its school too."""
    return _on_case(Need.READ, subject, beside=beside, refusal=refusal)


def writing(
    *,
    subject: Subject = Subject.DOCUMENT,
    beside: Permission | None = None,
    refusal: str = "",
    closed_too: bool = False,
) -> Rule:
    """Whoever may write in the case, while it is open."""
    return _on_case(Need.WRITE, subject, beside=beside, refusal=refusal, is_for_open_cases=not closed_too)


def managing(or_at_school: Permission, *, refusal: str, is_for_open_cases: bool = False) -> Rule:
    """The main caseworker, or whoever reads the case and holds the permission at its school."""
    return _on_case(
        Need.MANAGE, Subject.CASE, at_school=or_at_school, refusal=refusal, is_for_open_cases=is_for_open_cases
    )


def emergency(permission: Permission, *, refusal: str) -> Rule:
    """Whoever holds the permission at the case's school, also when the case is not theirs to see (M17)."""
    return Rule(
        subject=Subject.CASE,
        need=Need.MANAGE,
        at_school=frozenset({permission}),
        is_emergency=True,
        refusal=refusal,
    )


def _on_case(
    need: Need,
    subject: Subject,
    *,
    beside: Permission | None = None,
    at_school: Permission | None = None,
    refusal: str = "",
    is_for_open_cases: bool = False,
) -> Rule:
    return Rule(
        subject=subject,
        need=need,
        at_school=frozenset({at_school} if at_school else ()),
        beside=frozenset({beside} if beside else ()),
        is_for_open_cases=is_for_open_cases,
        refusal=refusal or "Du har bare lesetilgang til saken.",
    )
