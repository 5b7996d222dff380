"""What notifier answers when the gateway asks for a person: where consignments stand, and trying one again (M21)."""

from __future__ import annotations

from uuid import UUID

from notifier import resolving
from notifier.audience import NEVER_MUTED
from notifier.changes import order_carrying
from notifier.domain import WAITING, move
from notifier.news import tell_each
from notifier.notices import check_text
from notifier.own_channels import seal_webhook
from notifier.postroom import Postroom
from notifier.restarting import restart
from notifier.store import consignments, staff
from notifier.store.staff import News
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
    OwnPreferences,
    PutOwnChannel,
    PutPreferences,
    ReadConsignment,
    ReadPreferences,
    RemoveOwnChannel,
    ResolveLetter,
    RetryConsignment,
)
from sikkersak.errors import Declined
from sikkersak.identity import Actor, Permission
from sikkersak.messaging.operations import Ask, Operations
from sikkersak.persistence.unchanged import demand_unchanged
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
        sight = consignments.Sight(sight.everything, sight.schools, asked.document_id)
    rows = await consignments.page(ask.tx, sight, asked, _number(asked.cursor))
    following = str(rows[-1]["number"]) if len(rows) == asked.limit else None
    return ConsignmentPage(items=tuple(consignments.view(row) for row in rows), next=following)


@operations.answers(RetryConsignment)
async def retry_consignment(asked: RetryConsignment, ask: Ask, postroom: Postroom) -> ConsignmentView:
    """Tries what failed again, now. A forwarding went back to the distributor, who forwards it anew."""
    row = await consignments.visible(ask.tx, _sight(ask.actor), asked.consignment_id)
    move(ConsignmentState(row["state"]), WAITING)
    if row["kind"] in {ConsignmentKind.FORWARDING, ConsignmentKind.REDIRECTION}:
        raise Declined("forward-anew", "Posten ligger hos postfordeler igjen. Videresend den derfra.")
    return consignments.view(await restart(ask.tx, row, postroom.digest_wait))


@operations.answers(ReadConsignment)
async def read_consignment(asked: ReadConsignment, ask: Ask, postroom: Postroom) -> ConsignmentDetail:
    """One consignment and every try, for those who see it."""
    del postroom
    row = await consignments.visible(ask.tx, _sight_of(ask.actor, asked.document_id), asked.consignment_id)
    return ConsignmentDetail(
        consignment=consignments.view(row), tries=tuple(await consignments.tries(ask.tx, asked.consignment_id))
    )


@operations.answers(ResolveLetter)
async def resolve_letter(asked: ResolveLetter, ask: Ask, postroom: Postroom) -> ConsignmentView:
    """Does what a person has decided about a letter that did not arrive."""
    row = await consignments.visible(ask.tx, _written(ask.actor, asked.document_id), asked.consignment_id)
    if asked.choice not in consignments.view(row).choices:
        raise Declined("choice-not-possible", "Det kan ikke gjøres med dette brevet nå.")
    return consignments.view(await resolving.resolve(ask.tx, row, asked, postroom))


@operations.answers(AnnounceOutage)
async def announce_outage(asked: AnnounceOutage, ask: Ask, postroom: Postroom) -> ConsignmentPage:
    """One notice for each channel: those of the schools named, or the common one and every school's own."""
    text = await seal(postroom.vault, NoticeText(text=check_text(asked.text)))
    notice = Notice.ALL_CLEAR if asked.is_over else Notice.OUTAGE
    everybody: tuple[UUID | None, ...] = (None, *postroom.channels.of_their_own())
    rows = [
        await consignments.add_announcement(ask.tx, notice, school, text) for school in asked.school_ids or everybody
    ]
    for row in rows:
        await order_carrying(ask.tx, row)
    for school in asked.school_ids or (None,):
        await tell_each(ask.tx, News(notice, school, words=text))
    return ConsignmentPage(items=tuple(consignments.view(row) for row in rows))


@operations.answers(ReadPreferences)
async def read_preferences(asked: ReadPreferences, ask: Ask, postroom: Postroom) -> OwnPreferences:
    """The asker's own choices."""
    del asked, postroom
    return await _own_preferences(ask)


@operations.answers(PutPreferences)
async def put_preferences(asked: PutPreferences, ask: Ask, postroom: Postroom) -> OwnPreferences:
    """The asker's own choices, and nobody else's."""
    del postroom
    if NEVER_MUTED & set(asked.preferences.muted):
        raise Declined("cannot-be-muted", "Varsler om nødtilgang og «tilgang til alt» kan ikke slås av.", status=422)

    async def tag() -> str:
        return (await _own_preferences(ask)).tag

    await demand_unchanged(ask.tx, f"preferences:{ask.actor.staff_id}", asked.if_match, tag)
    await staff.put_preferences(ask.tx, ask.actor.staff_id, asked.preferences)
    return await _own_preferences(ask)


@operations.answers(PutOwnChannel)
async def put_own_channel(asked: PutOwnChannel, ask: Ask, postroom: Postroom) -> OwnPreferences:
    """Kept sealed and never shown again; nothing is posted before the person has chosen to be told there."""
    webhook = postroom.webhooks.check(asked.webhook)
    await staff.put_channel(ask.tx, ask.actor.staff_id, await seal_webhook(postroom.vault, webhook))
    return await _own_preferences(ask)


@operations.answers(RemoveOwnChannel)
async def remove_own_channel(asked: RemoveOwnChannel, ask: Ask, postroom: Postroom) -> OwnPreferences:
    """The asker's own; a second time changes nothing."""
    del asked, postroom
    await staff.remove_channel(ask.tx, ask.actor.staff_id)
    return await _own_preferences(ask)


async def _own_preferences(ask: Ask) -> OwnPreferences:
    chosen = await staff.preferences(ask.tx, ask.actor.staff_id)
    address = await staff.contact_of(ask.tx, ask.actor.staff_id)
    channel = await staff.channel_standing(ask.tx, ask.actor.staff_id)
    return OwnPreferences(
        preferences=chosen,
        has_address=address is not None,
        has_channel=channel is not None,
        channel_refused_at=channel["refused_at"] if channel else None,
    )


def _sight_of(actor: Actor, document_id: UUID | None) -> consignments.Sight:
    """What the actor may see, with the letters of one document that cases has allowed."""
    sight = _sight(actor)
    return consignments.Sight(sight.everything, sight.schools, document_id)


def _written(actor: Actor, document_id: UUID | None) -> consignments.Sight:
    """The schools in whose cases the actor may write, and the letters of one document that cases has confirmed."""
    schools = tuple(actor.schools_with(Permission.WRITE_SCHOOL))
    return consignments.Sight(schools=schools, document_id=document_id)


def _sight(actor: Actor) -> consignments.Sight:
    """What the permissions let an actor see. No school means nobody (R8)."""
    if actor.holds(Permission.FOLLOW_ALL_SENDINGS):
        return consignments.Sight(everything=True)
    return consignments.Sight(schools=tuple(actor.schools_with(Permission.FOLLOW_SENDINGS)))


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal():
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422)
    return int(cursor)
