"""Schools, staff, roles, pupils."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cases.domain.standing import Standing
from sikkersak.contracts.cases_people import PutSchool, PutStaff, School, StaffMember
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity.permissions import BY_VALUE, Permission, default_permissions
from sikkersak.identity.roles import role_of
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault.reference import VaultRef
from sikkersak.versions import tag_of

TODAY = "(now() at time zone 'Europe/Oslo')::date"
# A role without a school counts at every school of the person's; one with a school counts there only.
STAFF = f"""
select s.staff_id, s.name, s.email, s.is_active, held.roles, held.everywhere, held.bound, own.schools as own_schools,
  array(select unnest(own.schools) union select (pair->>0)::uuid from jsonb_array_elements(held.bound) pair) as schools,
  (select jsonb_object_agg(role, permissions) from role_contents c where c.role = any(held.roles)) as contents,
  (select g.grant_id from full_access g where g.staff_id = s.staff_id and g.ended_at is null
   and g.valid_from <= now() and g.valid_to > now() order by g.valid_to desc limit 1) as full_access
from staff s cross join lateral (
  select coalesce(array_agg(distinct role), '{{}}') as roles,
    coalesce(array_agg(distinct role) filter (where school_id is null), '{{}}') as everywhere,
    coalesce(jsonb_agg(jsonb_build_array(school_id, role)) filter (where school_id is not null), '[]') as bound
  from staff_roles r where r.staff_id = s.staff_id and s.is_active
    and {TODAY} between valid_from and coalesce(valid_to, 'infinity')
) held cross join lateral (
  select array(select school_id from staff_schools x where x.staff_id = s.staff_id and s.is_active) as schools
) own
"""


async def standing(tx: Transaction, staff_id: UUID) -> Standing:
    """What this person is now, by our own tables: a leaver loses everything at once, whatever their session says."""
    row = await tx.fetchrow(f"{STAFF} where s.staff_id = $1 and s.is_active", staff_id)
    if row is None:
        raise Forbidden("Du er ikke registrert som bruker.")
    return _standing(row)


async def holders_at(tx: Transaction, permission: Permission, school_id: UUID) -> list[UUID]:
    """Who holds it at this school now, whoever was registered first before the others."""
    sql = f"""{STAFF} where s.is_active and s.staff_id in (
      select staff_id from staff_schools where school_id = $1 union select staff_id from staff_roles where school_id = $1
    ) order by s.staff_id"""
    found = map(_standing, await tx.fetch(sql, school_id))
    return [one.staff_id for one in found if one.holds_at(permission, school_id)]


def _standing(row: Row) -> Standing:
    roles = frozenset(role_of(role) for role in row["roles"])
    everywhere = held_by(row, row["everywhere"])
    grant = row["full_access"]
    return Standing(
        row["staff_id"], row["name"], roles, frozenset(row["schools"]), everywhere, grant, held_at_schools(row)
    )


async def asking(ask: Ask) -> Standing:
    """What the person who asks is now. The gate has just asked, in the same transaction: it is asked once."""
    if Standing not in ask.known:
        ask.known[Standing] = await standing(ask.tx, ask.actor.staff_id)
    found: Standing = ask.known[Standing]
    return found


class NotWorkingHere(Declined):
    """The other person whom it is about is not known, or has left."""

    def __init__(self) -> None:
        super().__init__("not-working-here", "Personen finnes ikke eller har sluttet.")


async def colleague(tx: Transaction, staff_id: UUID) -> Standing:
    """What somebody else is now, who is to be given something; the no is about them, not about who asks."""
    try:
        return await standing(tx, staff_id)
    except Forbidden:
        raise NotWorkingHere from None


def held_by(row: Row, roles: Iterable[str]) -> frozenset[Permission]:
    """What these roles of a row of staff hold: as administrators edited them, else as they are delivered."""
    edited: dict[str, list[str]] = row["contents"] or {}
    delivered = default_permissions(frozenset(roles) - edited.keys())
    kept = [value for role in roles for value in edited.get(role, ())]
    return delivered | {BY_VALUE[value] for value in kept if value in BY_VALUE}


def held_at_schools(row: Row) -> dict[UUID, frozenset[Permission]] | None:
    """What a row of staff holds at each school; none where no role is bound to one."""
    if not row["bound"]:
        return None
    at: dict[UUID, list[str]] = {school_id: list(row["everywhere"]) for school_id in row["own_schools"]}
    for school_id, role in row["bound"]:
        at.setdefault(UUID(school_id), []).append(role)
    return {school_id: held_by(row, roles) for school_id, roles in at.items()}


def member(row: Row) -> StaffMember:
    """A row of staff as others see it."""
    at = held_at_schools(row)
    return StaffMember(
        staff_id=row["staff_id"],
        name=row["name"],
        roles=frozenset(row["roles"]),
        schools=frozenset(row["schools"]),
        is_active=row["is_active"],
        permissions=_values(held_by(row, row["everywhere"])),
        by_school={school_id: _values(held) for school_id, held in at.items()} if at is not None else None,
        version=_version(row),
    )


def _version(row: Row) -> str:
    """Of what an administrator puts as a whole."""
    schools = sorted(map(str, row["own_schools"]))
    return tag_of([row["name"], row["email"], row["is_active"], sorted(row["everywhere"]), schools])


def _values(held: frozenset[Permission]) -> frozenset[str]:
    return frozenset(permission.value for permission in held)


async def staff_by_lookup(tx: Transaction, pid_lookup: str) -> StaffMember | None:
    """Who has this keyed hash."""
    row = await tx.fetchrow(f"{STAFF} where s.pid_lookup = $1", pid_lookup)
    return member(row) if row else None


async def everybody(tx: Transaction) -> list[tuple[StaffMember, str | None]]:
    """All who work or have worked here, each with the address that is known. For what is told to other services."""
    emails = {row["staff_id"]: row["email"] for row in await tx.fetch("select staff_id, email from staff")}
    return [(member(row), emails[row["staff_id"]]) for row in await tx.fetch(STAFF)]


async def told(tx: Transaction) -> dict[UUID, str]:
    """What others were told last of each, as a fingerprint."""
    return {row["staff_id"]: row["fingerprint"] for row in await tx.fetch("select * from staff_told")}


async def note_told(tx: Transaction, staff_id: UUID, fingerprint: str) -> None:
    """Keeps what others are told now."""
    sql = """
    insert into staff_told (staff_id, fingerprint) values ($1, $2)
    on conflict (staff_id) do update set fingerprint = excluded.fingerprint, told_at = now()
    """
    await tx.execute(sql, staff_id, fingerprint)


async def staff_name(tx: Transaction, staff_id: UUID) -> str:
    """The name to put under a letter."""
    name: str | None = await tx.fetchval("select name from staff where staff_id = $1", staff_id)
    if name is None:
        raise NotFound("staff")
    return name


async def staff_page(tx: Transaction, schools: list[UUID] | None, after: str | None, limit: int) -> list[StaffMember]:
    """Staff by name; of these schools, or of all where none are given."""
    sql = f"""{STAFF}
    where ($1::uuid[] is null
           or exists (select from staff_schools x where x.staff_id = s.staff_id and x.school_id = any($1))
           or exists (select from staff_roles x where x.staff_id = s.staff_id and x.school_id = any($1)))
      and ($2::text is null or (s.name, s.staff_id::text) > (split_part($2, '|', 1), split_part($2, '|', 2)))
    order by s.name, s.staff_id::text limit $3"""
    return [member(row) for row in await tx.fetch(sql, schools, after, limit)]


async def put_staff(tx: Transaction, wanted: PutStaff) -> StaffMember:
    """Creates or changes; schools, and roles that are bound to no school, become exactly those that are given.

    Roles at one school, and what the HR system gives, are kept: they are given and taken by their own operations.
    """
    sql = """
    insert into staff (staff_id, pid_lookup, name, email, is_active) values ($1, $2, $3, $4, $5)
    on conflict (pid_lookup) do update set name = excluded.name, email = excluded.email, is_active = excluded.is_active,
      left_at = case when not excluded.is_active then coalesce(staff.left_at, now()) end
    returning staff_id
    """
    staff_id = await tx.fetchval(sql, new_id(), wanted.pid_lookup, wanted.name, wanted.email, wanted.is_active)
    roles = sorted(role_of(role).value for role in wanted.roles)
    await _put_roles(tx, staff_id, roles)
    await tx.execute("delete from staff_schools where staff_id = $1", staff_id)
    await tx.execute(
        "insert into staff_schools (staff_id, school_id) select $1, unnest($2::uuid[])",
        staff_id,
        sorted(wanted.schools),
    )
    return member(present(await tx.fetchrow(f"{STAFF} where s.staff_id = $1", staff_id), "staff"))


async def _put_roles(tx: Transaction, staff_id: UUID, roles: list[str]) -> None:
    """What is no longer wanted ends yesterday, or never began; what is in force already stays as it is."""
    bound_to_none = "staff_id = $1 and school_id is null and source = 'manual'"
    unwanted = f"{bound_to_none} and not (role = any($2)) and coalesce(valid_to, 'infinity') >= {TODAY}"
    await tx.execute(f"delete from staff_roles where {unwanted} and valid_from >= {TODAY}", staff_id, roles)
    await tx.execute(f"update staff_roles set valid_to = {TODAY} - 1 where {unwanted}", staff_id, roles)
    in_force = f"{bound_to_none} and role = one and {TODAY} between valid_from and coalesce(valid_to, 'infinity')"
    sql = f"""
    insert into staff_roles (staff_id, role, valid_from) select $1, one, {TODAY} from unnest($2::text[]) one
    where not exists (select from staff_roles where {in_force})"""
    await tx.execute(sql, staff_id, roles)


async def has_administrator(tx: Transaction) -> bool:
    """Whether anyone can administer yet; only then may nobody be appointed from the command line."""
    sql = (
        "select exists (select from staff_roles join staff using (staff_id) where role = 'administrator' and is_active)"
    )
    return bool(await tx.fetchval(sql))


async def put_school(tx: Transaction, wanted: PutSchool) -> School:
    """Creates or renames by organisation number."""
    sql = """
    insert into schools (school_id, name, organisation) values ($1, $2, $3)
    on conflict (organisation) do update set name = excluded.name returning *
    """
    return School.model_validate(
        dict(present(await tx.fetchrow(sql, new_id(), wanted.name, wanted.organisation), "school"))
    )


async def schools(tx: Transaction) -> tuple[School, ...]:
    """All schools by name."""
    return tuple(School.model_validate(dict(row)) for row in await tx.fetch("select * from schools order by name"))


async def school(tx: Transaction, school_id: UUID) -> School:
    """One school."""
    row = await tx.fetchrow("select * from schools where school_id = $1", school_id)
    return School.model_validate(dict(present(row, "school")))


async def put_pupil(tx: Transaction, fields: dict[str, Any], dossier: VaultRef) -> UUID:
    """Creates or changes by the keyed hash of the national number."""
    sql = """
    insert into pupils (pupil_id, school_id, pid_lookup, name, has_protected_address, dossier)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (pid_lookup) do update set school_id = excluded.school_id, name = excluded.name,
      has_protected_address = excluded.has_protected_address, dossier = excluded.dossier
    returning pupil_id
    """
    values = (fields["school_id"], fields["pid_lookup"], fields["name"], fields["has_protected_address"])
    pupil_id: UUID = await tx.fetchval(sql, new_id(), *values, dossier.model_dump(mode="json"))
    return pupil_id


PUPIL_VERSION = """
encode(sha256(convert_to(jsonb_build_array(school_id, name, has_protected_address, dossier)::text, 'utf8')), 'hex')"""


async def pupil_version(tx: Transaction, pid_lookup: str) -> str | None:
    """What a change of the pupil with this keyed hash must have read; what is sealed counts too."""
    sql = f"select {PUPIL_VERSION} from pupils where pid_lookup = $1"
    version: str | None = await tx.fetchval(sql, pid_lookup)
    return version


async def school_of_pupil(tx: Transaction, pid_lookup: str) -> UUID | None:
    """Where the pupil with this keyed hash goes to school, if there is one."""
    school_id: UUID | None = await tx.fetchval("select school_id from pupils where pid_lookup = $1", pid_lookup)
    return school_id


async def pupil(tx: Transaction, pupil_id: UUID) -> Row:
    """One pupil; the caller has shown that the actor may know of them."""
    row = await tx.fetchrow("select * from pupils where pupil_id = $1", pupil_id)
    return present(row, "pupil")


async def pupil_page(
    tx: Transaction, schools: list[UUID] | None, query: str | None, after: str | None, limit: int
) -> list[Row]:
    """Pupils by name; of these schools, or of all where none are given."""
    sql = f"""
    select pupil_id, school_id, name, has_protected_address, {PUPIL_VERSION} as version from pupils
    where ($1::uuid[] is null or school_id = any($1))
      and ($2::text is null or name ilike '%' || replace(replace($2, '%', ''), '_', '') || '%')
      and ($3::text is null or (name, pupil_id::text) > (split_part($3, '|', 1), split_part($3, '|', 2)))
    order by name, pupil_id::text limit $4"""
    return await tx.fetch(sql, schools, query, after, limit)
