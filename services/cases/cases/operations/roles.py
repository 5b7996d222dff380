"""Roles: what each may do, who has it, where, from when to when (M16). Who may ask, the access policy says."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cases.domain.standing import LastAdministrator
from cases.domain.validity import validity
from cases.office import Office
from cases.operations import operations
from cases.store import audit, people, roles
from cases.telling import ROLE_NOTICES, tell_role
from sikkersak.clock import local_date, now
from sikkersak.contracts.cases_roles import (
    Assignment,
    AssignmentPage,
    GiveRole,
    ListAssignments,
    ListRoles,
    PermissionText,
    PutRole,
    RoleContent,
    RoleList,
    RolesChanged,
    TakeRole,
)
from sikkersak.errors import Declined
from sikkersak.identity.explanations import explanations
from sikkersak.identity.permissions import BY_VALUE, DEFAULTS, KEPT, Permission, permission_of
from sikkersak.identity.roles import Role, role_of
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row
from sikkersak.persistence.unchanged import demand_unchanged

NO_SCHOOL: Final = frozenset({Role.ADMINISTRATOR, Role.MAIL_DISTRIBUTOR, Role.OPERATIONS})


@operations.answers(ListRoles)
async def list_roles(asked: ListRoles, ask: Ask, office: Office) -> RoleList:
    """Every role with every permission, held or not, and its explanation."""
    del asked, office
    edited, counted = await roles.contents(ask.tx), await roles.people(ask.tx)
    return RoleList(items=tuple(_content(role, edited.get(role.value), counted) for role in Role))


@operations.answers(PutRole)
async def put_role(asked: PutRole, ask: Ask, office: Office) -> RoleContent:
    """What the role may do from now on; the log says what came and what went."""
    del office
    role = role_of(asked.role)
    wanted = frozenset(permission_of(value) for value in asked.permissions)
    missing = KEPT.get(role, frozenset()) - wanted
    if missing:
        raise Declined("permission-is-kept", f"Rollen må beholde: {_sentences(missing)}", status=422)

    async def tag() -> str:
        return _content(role, (await roles.contents(ask.tx)).get(role.value), {}).tag

    await demand_unchanged(ask.tx, f"role:{role.value}", asked.if_match, tag)
    before = _held(role, (await roles.contents(ask.tx)).get(role.value))
    await roles.put_content(ask.tx, role, wanted, ask.actor.staff_id)
    gained, lost = sorted(wanted - before), sorted(before - wanted)
    await say(ask.tx, RolesChanged())
    await audit.note(ask.tx, ask.actor.staff_id, "role-edited", role=role.value, gained=gained, lost=lost)
    return _content(role, (await roles.contents(ask.tx))[role.value], await roles.people(ask.tx))


@operations.answers(ListAssignments)
async def list_assignments(asked: ListAssignments, ask: Ask, office: Office) -> AssignmentPage:
    """Who has, had or will have which role."""
    del office
    found = await roles.page(ask.tx, asked)
    following = f"{found[-1].name}|{found[-1].assignment_id}" if len(found) == asked.limit else None
    return AssignmentPage(items=tuple(found), next=following)


@operations.answers(GiveRole)
async def give_role(asked: GiveRole, ask: Ask, office: Office) -> Assignment:
    """Gives a role from a day to a day. Roles that span all schools cannot be bound to one."""
    del office
    role = role_of(asked.role)
    if asked.school_id is not None and role in NO_SCHOOL:
        raise Declined("role-has-no-school", "Denne rollen gjelder hele kommunen, ikke én skole.", status=422)
    validity(asked.from_date, asked.to_date)
    await people.colleague(ask.tx, asked.staff_id)
    if asked.school_id is not None:
        await people.school(ask.tx, asked.school_id)
    days = (asked.from_date or local_date(now()), asked.to_date)
    if days[1] is not None and days[1] < days[0]:
        raise Declined("backward-period", "Til-datoen er før fra-datoen.", status=422)
    if await roles.overlapping(ask.tx, asked.staff_id, role, asked.school_id, days):
        raise Declined("role-already-given", "Personen har allerede rollen der i hele eller deler av perioden.")
    made = await roles.add(ask.tx, asked.staff_id, role, asked.school_id, days, ask.actor.staff_id)
    given = await roles.assignment(ask.tx, made)
    await _note(ask, "role-given", given)
    return given


@operations.answers(TakeRole)
async def take_role(asked: TakeRole, ask: Ask, office: Office) -> AssignmentPage:
    """Ends it: at once, or after a last day that is still to come."""
    del office
    given = await roles.assignment(ask.tx, asked.assignment_id)
    today = local_date(now())
    last = asked.to_date if asked.to_date is not None else today - timedelta(days=1)
    if asked.to_date is not None and asked.to_date < today:
        raise Declined("day-is-past", "Datoen er passert. La den stå tom for å fjerne rollen med én gang.", status=422)
    if given.role == Role.ADMINISTRATOR and not await roles.has_another_administrator(ask.tx, asked.assignment_id):
        raise LastAdministrator
    await roles.end(ask.tx, asked.assignment_id, last)
    await _note(ask, "role-taken", given.model_copy(update={"to_date": last}))
    left = await roles.page(ask.tx, ListAssignments(staff_id=given.staff_id))
    return AssignmentPage(items=tuple(left))


async def _note(ask: Ask, act: str, given: Assignment) -> None:
    await say(ask.tx, RolesChanged(staff_id=given.staff_id))
    await tell_role(ask.tx, ROLE_NOTICES[act], given.staff_id, given.school_id)
    await audit.note(
        ask.tx,
        ask.actor.staff_id,
        act,
        staff_id=str(given.staff_id),
        role=given.role,
        school_id=str(given.school_id) if given.school_id else None,
        first=given.from_date.isoformat(),
        last=given.to_date.isoformat() if given.to_date else None,
    )


def _held(role: Role, row: Row | None) -> frozenset[Permission]:
    if row is None:
        return DEFAULTS[role]
    return frozenset(BY_VALUE[value] for value in row["permissions"] if value in BY_VALUE)


def _content(role: Role, row: Row | None, counted: dict[str, int]) -> RoleContent:
    held, kept = _held(role, row), KEPT.get(role, frozenset())
    texts = tuple(
        PermissionText(permission=one.value, explanation=explanations(one), is_held=one in held, is_kept=one in kept)
        for one in Permission
    )
    return RoleContent(
        role=role.value,
        display=role.display,
        is_edited=row is not None,
        changed_by=row["changed_by"] if row else None,
        changed_at=row["changed_at"] if row else None,
        people=counted.get(role.value, 0),
        permissions=texts,
    )


def _sentences(permissions: frozenset[Permission]) -> str:
    return " ".join(sorted(permission.explanation for permission in permissions))
