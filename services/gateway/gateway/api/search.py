# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Search and saved views; text templates beside their main use (M11)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Key, tagged
from gateway.api.editions import AS_PDF, pdf_answer
from gateway.problems import ACT, documented
from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.cases_search import (
    DropView,
    ListViews,
    PutView,
    SavedViews,
    Search,
    SearchPage,
    ViewFilters,
)
from sikkersak.contracts.cases_templates import (
    ListMergeFields,
    MergeFields,
    ReadTemplate,
    TemplateVersions,
    TryTemplate,
)
from sikkersak.contracts.message import Empty

router = APIRouter()
Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]
Language = Annotated[str, Path(pattern=r"^(nb|nn|en)$")]


class SearchBody(Body):
    """What is looked for. It goes in the body: a pupil's name does not belong in an address that is logged."""

    query: str = Field(min_length=2, max_length=200)
    school_id: UUID | None = None
    status: CaseStatus | None = None
    cursor: str | None = Field(default=None, max_length=500)
    limit: int = Field(default=25, ge=1, le=100)


class ViewBody(Body):
    """A view under a name of one's own."""

    name: str = Field(min_length=1, max_length=100)
    filters: ViewFilters


class TryBody(Body):
    """A template's source, and other test data for it."""

    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200_000)
    values: dict[str, str] = Field(default_factory=dict)


@router.post("/search", tags=["search"], summary="Search", responses=documented(400))
async def search(body: SearchBody, asker: Asker, key: Key) -> SearchPage:
    """Titles, numbers, pupils and texts of what the person may see, the newest first."""
    del key  # nothing changes; asked like every POST
    return await asker.ask(Search(**dict(body)))


@router.get("/views", tags=["search"], summary="Saved views")
async def list_views(asker: Asker) -> SavedViews:
    """The person's own."""
    return await asker.ask(ListViews())


@router.post("/views", tags=["search"], summary="Save a view", responses=ACT)
async def put_view(body: ViewBody, asker: Asker, key: Key) -> SavedViews:
    """For oneself, under a name; the same name changes it."""
    return await asker.ask(PutView(**dict(body)), key)


@router.delete("/views/{view_id}", tags=["search"], summary="Delete a saved view", responses=documented(404))
async def drop_view(view_id: UUID, asker: Asker) -> Empty:
    """One's own only."""
    return await asker.ask(DropView(view_id=view_id))


@router.get("/merge-fields", tags=["templates"], summary="Merge fields")
async def list_merge_fields(asker: Asker) -> MergeFields:
    """What a template may use, each with an explanation."""
    return await asker.ask(ListMergeFields())


@router.get("/templates/{code}/{language}", tags=["templates"], summary="A template", responses=documented(404))
async def read_template(code: Code, language: Language, asker: Asker, response: Response) -> TemplateVersions:
    """Every version with its source, the newest one's number as ETag. For administrators."""
    found = await asker.ask(ReadTemplate(code=code, language=language))
    tagged(response, str(found.items[0].version))
    return found


@router.post("/templates/trial", tags=["templates"], summary="Try a template", **AS_PDF)
async def try_template(body: TryBody, asker: Asker, key: Key) -> Response:
    """The letter of test data as PDF; nothing is kept. For administrators."""
    del key  # nothing changes; asked like every POST
    made = await asker.ask(TryTemplate(**dict(body)))
    return pdf_answer(made.pdf, made.name)
