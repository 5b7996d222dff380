"""Search over what the actor may see, and their saved views."""

from __future__ import annotations

from uuid import UUID

from cases.office import Office
from cases.operations import operations
from cases.store import audit, people, search
from sikkersak.contracts.cases_search import DropView, ListViews, PutView, SavedViews, Search, SearchPage
from sikkersak.contracts.message import Empty
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask

MOST_VIEWS = 100


@operations.answers(Search)
async def search_everything(asked: Search, ask: Ask, office: Office) -> SearchPage:
    """Hits that the actor may see; that something was searched for is in the audit log, what it was is not."""
    del office
    standing = await people.asking(ask)
    _demand_cursor(asked.cursor)
    found, following = await search.search(ask.tx, standing, asked)
    await audit.note(ask.tx, standing.staff_id, "searched", hits=len(found))
    return SearchPage(items=tuple(found), next=str(following) if following else None)


@operations.answers(ListViews)
async def list_views(asked: ListViews, ask: Ask, office: Office) -> SavedViews:
    """The actor's own."""
    del asked, office
    standing = await people.asking(ask)
    return SavedViews(items=await search.views(ask.tx, standing.staff_id))


@operations.answers(PutView)
async def put_view(asked: PutView, ask: Ask, office: Office) -> SavedViews:
    """Saves it for the actor alone; what it shows is filtered each time it is opened."""
    del office
    standing = await people.asking(ask)
    await search.put_view(ask.tx, standing.staff_id, asked)
    kept = await search.views(ask.tx, standing.staff_id)
    if len(kept) > MOST_VIEWS:
        raise Declined("too-many-views", f"Du kan ha høyst {MOST_VIEWS} lagrede visninger. Slett en først.")
    return SavedViews(items=kept)


@operations.answers(DropView)
async def drop_view(asked: DropView, ask: Ask, office: Office) -> Empty:
    """One's own only; one that is gone already is no failure."""
    del office
    standing = await people.asking(ask)
    await search.drop_view(ask.tx, standing.staff_id, asked.view_id)
    return Empty()


def _demand_cursor(cursor: str | None) -> None:
    try:
        UUID(cursor or "00000000-0000-0000-0000-000000000000")
    except ValueError:
        raise Declined("bad-cursor", "Listen kan ikke fortsette herfra. Hent den på nytt.", status=422) from None
