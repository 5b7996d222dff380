"""Schools, staff, pupils, templates: kept by administrators (M11, M16)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from cases.domain.standing import LastAdministrator, Permission
from cases.dossiers import Sealed
from cases.office import Office
from cases.operations import operations
from cases.operations.templates import TEST_DATA, tried
from cases.store import audit, people, templates
from sikkersak.contracts.cases_people import (
    Guardian,
    Identify,
    ListPupils,
    ListSchools,
    ListStaff,
    Pupil,
    PupilPage,
    PutPupil,
    PutSchool,
    PutStaff,
    School,
    SchoolList,
    StaffMember,
    StaffPage,
)
from sikkersak.contracts.cases_roles import RolesChanged
from sikkersak.contracts.cases_templates import ListTemplates, PutTemplate, Template, TemplateList
from sikkersak.errors import Declined, Forbidden
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.messaging.outbox import say
from sikkersak.persistence.unchanged import demand_unchanged

Listed = TypeVar("Listed")


@operations.answers(Identify)
async def identify(asked: Identify, ask: Ask, office: Office) -> StaffMember:
    """Who has logged in. Asked by the gateway itself; a person nobody registered is refused, and the refusal is kept."""
    del office
    if ask.actor.kind != "system":
        raise Forbidden("Bare innloggingen selv kan spørre om dette.")
    found = await people.staff_by_lookup(ask.tx, asked.pid_lookup)
    is_known = found is not None and found.is_active and bool(found.roles)
    act = "login" if is_known else "login-refused"
    session = hashlib.sha256(asked.session_id.encode()).hexdigest()[:16]  # recognisable, not usable
    if not await audit.has_login(ask.tx, act, session):
        await audit.note(ask.tx, found.staff_id if found else None, act, level=asked.level, session=session)
    if found is None or not is_known:
        return StaffMember(
            staff_id=found.staff_id if found else new_id(),
            name="",
            roles=frozenset(),
            schools=frozenset(),
            is_active=False,
        )
    return found


@operations.answers(ListSchools)
async def list_schools(asked: ListSchools, ask: Ask, office: Office) -> SchoolList:
    """All schools."""
    del asked, office
    return SchoolList(items=await people.schools(ask.tx))


@operations.answers(PutSchool)
async def put_school(asked: PutSchool, ask: Ask, office: Office) -> School:
    """Creates or renames a school."""
    del office
    await _administer(ask)

    async def tag() -> str:
        return next((one.tag for one in await people.schools(ask.tx) if one.organisation == asked.organisation), "")

    await demand_unchanged(ask.tx, f"school:{asked.organisation}", asked.if_match, tag)
    school = await people.put_school(ask.tx, asked)
    await audit.note(ask.tx, ask.actor.staff_id, "school-kept", school_id=str(school.school_id))
    return school


@operations.answers(PutStaff)
async def put_staff(asked: PutStaff, ask: Ask, office: Office) -> StaffMember:
    """Creates or changes a member of staff."""
    del office
    await _administer(ask)

    async def version() -> str:
        known = await people.staff_by_lookup(ask.tx, asked.pid_lookup)
        return (known.version or "") if known else ""

    await demand_unchanged(ask.tx, f"staff:{asked.pid_lookup}", asked.if_match, version)
    kept = await people.put_staff(ask.tx, asked)
    if not await people.has_administrator(ask.tx):
        raise LastAdministrator
    await say(ask.tx, RolesChanged(staff_id=kept.staff_id))
    await audit.note(ask.tx, ask.actor.staff_id, "staff-kept", staff_id=str(kept.staff_id), roles=sorted(kept.roles))
    return kept


@operations.answers(ListStaff)
async def list_staff(asked: ListStaff, ask: Ask, office: Office) -> StaffPage:
    """Staff: everyone for administrators and distributors, colleagues at the own schools for others."""
    del office
    standing = await people.asking(ask)
    sees_all = standing.holds(Permission.ADMINISTER) or standing.lists_every_case
    schools = None if sees_all else sorted(standing.schools)
    if asked.school_id is not None:
        schools = [asked.school_id] if sees_all or asked.school_id in standing.schools else []
    found = await people.staff_page(ask.tx, schools, asked.cursor, asked.limit)
    return StaffPage(items=tuple(found), next=_after(found, asked.limit, lambda one: f"{one.name}|{one.staff_id}"))


@operations.answers(PutPupil)
async def put_pupil(asked: PutPupil, ask: Ask, office: Office) -> Pupil:
    """Creates or changes a pupil; the national number, address and guardians are sealed."""
    standing = await people.asking(ask)
    standing.demand(Permission.KEEP_PUPILS)
    await people.school(ask.tx, asked.school_id)
    pupil = Pupil(
        pupil_id=new_id(),
        name=asked.name,
        national_id=asked.national_id,
        school_id=asked.school_id,
        has_protected_address=asked.has_protected_address,
        guardians=tuple(Guardian.model_validate(guardian) for guardian in asked.guardians),
    )
    fields = asked.model_dump() | {"pid_lookup": office.pupil_lookup(asked.national_id)}
    goes_to = await people.school_of_pupil(ask.tx, fields["pid_lookup"])
    if goes_to is not None and goes_to != asked.school_id:
        raise Declined("pupil-moves", "Eleven går på en annen skole. Bruk skolebytte, så følger sakene med.")

    async def version() -> str:
        return await people.pupil_version(ask.tx, fields["pid_lookup"]) or ""

    await demand_unchanged(ask.tx, f"pupil:{fields['pid_lookup']}", asked.if_match, version)
    pupil_id = await people.put_pupil(ask.tx, fields, await Sealed(office).keep(pupil))
    await audit.note(ask.tx, ask.actor.staff_id, "pupil-kept", pupil_id=str(pupil_id))
    return pupil.model_copy(update={"pupil_id": pupil_id, "national_id": None, "version": await version()})


@operations.answers(ListPupils)
async def list_pupils(asked: ListPupils, ask: Ask, office: Office) -> PupilPage:
    """Pupils of the schools that the actor may create cases for; never their national numbers."""
    del office
    standing = await people.asking(ask)
    sees_all = standing.holds(Permission.KEEP_PUPILS)
    own = standing.schools_with(Permission.OPEN_CASE)
    schools = None if sees_all else own
    if asked.school_id is not None:
        schools = [asked.school_id] if sees_all or asked.school_id in own else []
    rows = await people.pupil_page(ask.tx, schools, asked.query, asked.cursor, asked.limit)
    found = [Pupil.model_validate(dict(row)) for row in rows]
    return PupilPage(items=tuple(found), next=_after(found, asked.limit, lambda one: f"{one.name}|{one.pupil_id}"))


@operations.answers(PutTemplate)
async def put_template(asked: PutTemplate, ask: Ask, office: Office) -> Template:
    """A new version; one that does not make a PDF/A with test data is refused with the reason (M11)."""
    del office
    await _administer(ask)
    await tried(asked.source, TEST_DATA, asked.language, asked.name)

    async def version() -> str:
        return await templates.version(ask.tx, asked.code, asked.language)

    await demand_unchanged(ask.tx, f"template:{asked.code}:{asked.language}", asked.if_match, version)
    kept = await templates.put(ask.tx, asked)
    await audit.note(ask.tx, ask.actor.staff_id, "template-kept", code=kept.code, version=kept.version)
    return kept


@operations.answers(ListTemplates)
async def list_templates(asked: ListTemplates, ask: Ask, office: Office) -> TemplateList:
    """The templates that can be written from."""
    del asked, office
    await people.asking(ask)
    return TemplateList(items=await templates.all_newest(ask.tx))


async def _administer(ask: Ask) -> None:
    (await people.asking(ask)).demand(Permission.ADMINISTER)


def _after(found: Sequence[Listed], limit: int, place: Callable[[Listed], str]) -> str | None:
    """Where the next page starts, when this one was full."""
    return place(found[-1]) if len(found) == limit else None
