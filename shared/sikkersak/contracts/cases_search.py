"""Search over what the actor may see, and views that they saved."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases import CaseStatus
from sikkersak.contracts.message import Contract, Empty, Operation


class SearchHit(Contract):
    """A case or a document in which the words were found."""

    case_id: UUID
    document_id: UUID | None
    number: str
    title: str
    status: CaseStatus
    school_id: UUID
    excerpt: str | None = Field(description="where in the text, the words between « and »; none for a case")


class SearchPage(Contract):
    """Hits, the newest first."""

    items: tuple[SearchHit, ...]
    next: str | None = None


class Search(Operation[SearchPage], name="cases.search.v1"):
    """Titles, numbers, pupils and texts. Quotes make a phrase, `or` a choice, a minus leaves out."""

    query: str = Field(min_length=2, max_length=200)
    school_id: UUID | None = None
    status: CaseStatus | None = None
    cursor: str | None = None
    limit: int = Field(default=25, ge=1, le=100)


class ViewFilters(Contract):
    """What a view shows: a search, or a list of cases."""

    query: str | None = Field(default=None, max_length=200)
    school_id: UUID | None = None
    pupil_id: UUID | None = None
    status: CaseStatus | None = None


class SavedView(Contract):
    """A view that somebody saved for themselves."""

    view_id: UUID
    name: str
    filters: ViewFilters


class SavedViews(Contract):
    """One's own, by name."""

    items: tuple[SavedView, ...]


class ListViews(Operation[SavedViews], name="cases.list_views.v1"):
    """The actor's own views."""


class PutView(Operation[SavedViews], name="cases.put_view.v1", changes=True):
    """Save a view for oneself, by its name."""

    name: str = Field(min_length=1, max_length=100)
    filters: ViewFilters


class DropView(Operation[Empty], name="cases.drop_view.v1", changes=True):
    """One's own view is no longer wanted."""

    view_id: UUID
