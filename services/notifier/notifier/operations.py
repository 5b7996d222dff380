"""What notifier answers when the gateway asks for a person: where consignments stand, and trying one again (M21)."""

from __future__ import annotations

from uuid import UUID

from notifier import resolving, store
from notifier.changes import order_carrying
from notifier.domain import WAITING, move
from notifier.notices import check_text
from notifier.postroom import Postroom
from notifier.restarting import restart
from sikkersak.contracts.notifier import (
    AnnounceOutage,
    ConsignmentDetail,
    ConsignmentKind,
    ConsignmentPage,
    ConsignmentState,
    ConsignmentView,
    ListConsignments,
    Notice,
    NoticeText,
    ReadConsignment,
    ResolveLetter,
    RetryConsignment,
)
from sikkersak.errors import Declined
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.vault import seal

operations: Operations[Postroom] = Operations("notifier")


@operations.answers(ListConsignments)
async def list_consignments(asked: ListConsignments, ask: Ask, postroom: Postroom) -> ConsignmentPage:
    """Newest first: all for those who watch them, a school's for its leader, one document's letters for anyone else.

    Access to the document is not decided here: the gateway asks only after cases has allowed it.
    """
    del postroom
    sight = _sight(ask.actor)
    if asked.document_id is not None:
        sight = store.Sight(sight.everything, sight.schools, asked.document_id)
    rows = await store.page(ask.tx, sight, asked, _number(asked.cursor))
    following = str(rows[-1]["number"]) if len(rows) == asked.limit else None
    return ConsignmentPage(items=tuple(store.view(row) for row in rows), next=following)


@operations.answers(RetryConsignment)
async def retry_consignment(asked: RetryConsignment, ask: Ask, postroom: Postroom) -> ConsignmentView:
    """Tries what failed again, now. A forwarding went back to the distributor, who forwards it anew."""
    row = await store.visible(ask.tx, _sight(ask.actor), asked.consignment_id)
    move(ConsignmentState(row["state"]), WAITING)
    if row["kind"] == ConsignmentKind.FORWARDING:
        raise Declined("forward-anew", "Posten ligger hos postfordeler igjen. Videresend den derfra.")
    return store.view(await restart(ask.tx, row, postroom.digest_wait))


@operations.answers(ReadConsignment)
async def read_consignment(asked: ReadConsignment, ask: Ask, postroom: Postroom) -> ConsignmentDetail:
    """One consignment and every try, for those who see it."""
    del postroom
    row = await store.visible(ask.tx, _sight_of(ask.actor, asked.document_id), asked.consignment_id)
    return ConsignmentDetail(consignment=store.view(row), tries=tuple(await store.tries(ask.tx, asked.consignment_id)))


@operations.answers(ResolveLetter)
async def resolve_letter(asked: ResolveLetter, ask: Ask, postroom: Postroom) -> ConsignmentView:
    """Does what a person has decided about a letter that did not arrive."""
    row = await store.visible(ask.tx, _sight_of(ask.actor, asked.document_id), asked.consignment_id)
    if asked.choice not in store.view(row).choices:
        raise Declined("choice-not-possible", "Det kan ikke gjøres med dette brevet nå.")
    return store.view(await resolving.resolve(ask.tx, row, asked, postroom))


@operations.answers(AnnounceOutage)
async def announce_outage(asked: AnnounceOutage, ask: Ask, postroom: Postroom) -> ConsignmentPage:
    """One notice for each channel: those of the schools named, or the common one and every school's own."""
    text = await seal(postroom.vault, NoticeText(text=check_text(asked.text)))
    notice = Notice.ALL_CLEAR if asked.is_over else Notice.OUTAGE
    everybody: tuple[UUID | None, ...] = (None, *postroom.channels.of_their_own())
    rows = [await store.add_announcement(ask.tx, notice, school, text) for school in asked.school_ids or everybody]
    for row in rows:
        await order_carrying(ask.tx, row)
    return ConsignmentPage(items=tuple(store.view(row) for row in rows))


def _sight_of(actor: Actor, document_id: UUID | None) -> store.Sight:
    """What the actor may see, with the letters of one document that cases has allowed."""
    sight = _sight(actor)
    return store.Sight(sight.everything, sight.schools, document_id)


def _sight(actor: Actor) -> store.Sight:
    """What the permissions let an actor see. No school means nobody (R8)."""
    if actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        return store.Sight(everything=True)
    return store.Sight(schools=tuple(actor.schools_with(Permission.FOLLOW_SENDINGS)))


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal():
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422)
    return int(cursor)
