# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Schools, staff, pupils, templates: kept by administrators (M11, M16)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Cursor, Limit, ReadOrNew, tagged
from gateway.problems import documented
from sikkersak.contracts.cases_documents import EventKind
from sikkersak.contracts.cases_people import (
    Guardian,
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
from sikkersak.contracts.cases_templates import ListTemplates, PutTemplate, Template, TemplateList
from sikkersak.contracts.values import PostalAddress
from sikkersak.errors import NotFound
from sikkersak.identity.national_number import lookup

router = APIRouter()
NATIONAL_ID = r"^[0-9]{11}$"
SchoolId = Annotated[UUID | None, Query(description="only this school's")]


class SchoolBody(Body):
    """A school, found by its organisation number."""

    name: str = Field(min_length=1, max_length=200)
    organisation: str = Field(pattern=r"^[0-9]{9}$")


class StaffBody(Body):
    """A member of staff. The national identity number goes no further than here: a keyed hash is kept (M29)."""

    national_id: str = Field(pattern=NATIONAL_ID, repr=False)
    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    roles: frozenset[str]
    schools: frozenset[UUID]
    is_active: bool = True


class PupilBody(Body):
    """A pupil, found by national identity number, with guardians."""

    name: str = Field(min_length=1, max_length=200)
    national_id: str = Field(pattern=NATIONAL_ID, repr=False)
    school_id: UUID
    address: PostalAddress = PostalAddress()
    has_protected_address: bool = False
    guardians: tuple[Guardian, ...] = ()


class TemplateBody(Body):
    """A new version of a text template; `source` is Typst with merge fields (M11)."""

    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str = Field(min_length=1, max_length=200)
    kind: EventKind
    needs_approval: bool
    source: str = Field(min_length=1, max_length=200_000)


@router.get("/schools", tags=["people"], summary="All schools")
async def list_schools(asker: Asker) -> SchoolList:
    """All schools with their organisation numbers."""
    return await asker.ask(ListSchools())


@router.get("/schools/{school_id}", tags=["people"], summary="One school", responses=documented(404))
async def read_school(school_id: UUID, asker: Asker, response: Response) -> School:
    """With its version as ETag."""
    found = next((one for one in (await asker.ask(ListSchools())).items if one.school_id == school_id), None)
    if found is None:
        raise NotFound("school")
    tagged(response, found.tag)
    return found


@router.put("/schools", tags=["people"], summary="Create or rename a school", responses=documented(412, 428))
async def put_school(body: SchoolBody, asker: Asker, response: Response, version: ReadOrNew) -> School:
    """For administrators."""
    kept = await asker.ask(PutSchool(**dict(body), if_match=version))
    tagged(response, kept.tag)
    return kept


@router.get("/staff", tags=["people"], summary="Members of staff")
async def list_staff(asker: Asker, school_id: SchoolId = None, cursor: Cursor = None, limit: Limit = 100) -> StaffPage:
    """Everyone for administrators and distributors, colleagues at the own schools for others."""
    return await asker.ask(ListStaff(school_id=school_id, cursor=cursor, limit=limit))


@router.put("/staff", tags=["people"], summary="Create or change a member of staff", responses=documented(412, 428))
async def put_staff(body: StaffBody, asker: Asker, response: Response, version: ReadOrNew) -> StaffMember:
    """For administrators. The number is hashed here and forgotten. `version` in the list is what If-Match names."""
    fields = dict(body)
    hashed = lookup(fields.pop("national_id"), asker.reception.lookup_key)
    kept = await asker.ask(PutStaff(pid_lookup=hashed, if_match=version, **fields))
    tagged(response, kept.version or "")
    return kept


@router.get("/pupils", tags=["people"], summary="Pupils")
async def list_pupils(
    asker: Asker,
    school_id: SchoolId = None,
    query: Annotated[str | None, Query(max_length=100, description="part of the name")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PupilPage:
    """Pupils of the schools that the person may create cases for, without national numbers."""
    return await asker.ask(ListPupils(school_id=school_id, query=query, cursor=cursor, limit=limit))


@router.put("/pupils", tags=["people"], summary="Create or change a pupil", responses=documented(412, 428))
async def put_pupil(body: PupilBody, asker: Asker, response: Response, version: ReadOrNew) -> Pupil:
    """For administrators and distributors. `version` in the list is what If-Match names."""
    kept = await asker.ask(PutPupil(**dict(body), if_match=version))
    tagged(response, kept.version or "")
    return kept


@router.get("/templates", tags=["templates"], summary="Text templates")
async def list_templates(asker: Asker) -> TemplateList:
    """The newest version of every template that can be written from."""
    return await asker.ask(ListTemplates())


@router.put(
    "/templates", tags=["templates"], summary="A new version of a text template", responses=documented(412, 428)
)
async def put_template(body: TemplateBody, asker: Asker, response: Response, version: ReadOrNew) -> Template:
    """For administrators. A template that cannot be made into a letter is refused with the reason."""
    kept = await asker.ask(PutTemplate(**dict(body), if_match=version or "0"))
    tagged(response, str(kept.version))
    return kept
