"""What notifier answers when the gateway asks for a person: where consignments stand, and trying one again (M21)."""

from __future__ import annotations

from typing import Final

from notifier import store
from notifier.domain import WAITING, move
from notifier.postroom import Postroom
from notifier.restarting import restart
from sikkersak.contracts.notifier import (
    ConsignmentKind,
    ConsignmentPage,
    ConsignmentState,
    ConsignmentView,
    ListConsignments,
    RetryConsignment,
)
from sikkersak.errors import Declined, Forbidden
from sikkersak.identity import Actor
from sikkersak.identity.roles import Role
from sikkersak.messaging.operations import Ask, Operations

operations: Operations[Postroom] = Operations("notifier")
SEES_ALL: Final = frozenset({Role.MAIL_DISTRIBUTOR.value, Role.ADMINISTRATOR.value, Role.OPERATIONS.value})


@operations.answers(ListConsignments)
async def list_consignments(asked: ListConsignments, ask: Ask, postroom: Postroom) -> ConsignmentPage:
    """Newest first: all for those who watch them, a school's for its leader, one document's letters for anyone else.

    Access to the document is not decided here: the gateway asks only after cases has allowed it.
    """
    del postroom
    sight = _sight(ask.actor)
    if asked.document_id is not None and ask.actor.roles:
        sight = store.Sight(sight.everything, sight.schools, asked.document_id)
    if sight == store.Sight():
        raise Forbidden("Du kan se forsendelser for ett dokument om gangen.")
    rows = await store.page(ask.tx, sight, asked, _number(asked.cursor))
    following = str(rows[-1]["number"]) if len(rows) == asked.limit else None
    return ConsignmentPage(items=tuple(store.view(row) for row in rows), next=following)


@operations.answers(RetryConsignment)
async def retry_consignment(asked: RetryConsignment, ask: Ask, postroom: Postroom) -> ConsignmentView:
    """Tries what failed again, now. A forwarding went back to the distributor, who forwards it anew."""
    sight = _sight(ask.actor)
    if sight == store.Sight():
        raise Forbidden("Bare postfordeler, skoleleder, administrator og drift kan prøve på nytt.")
    row = await store.visible(ask.tx, sight, asked.consignment_id)
    move(ConsignmentState(row["state"]), WAITING)
    if row["kind"] == ConsignmentKind.FORWARDING:
        raise Declined("forward-anew", "Posten ligger hos postfordeler igjen. Videresend den derfra.")
    return store.view(await restart(ask.tx, row, postroom.digest_wait))


def _sight(actor: Actor) -> store.Sight:
    """What the roles let an actor see. No school means nobody (R8)."""
    if actor.roles & SEES_ALL:
        return store.Sight(everything=True)
    if Role.SCHOOL_LEADER.value in actor.roles:
        return store.Sight(schools=tuple(actor.schools))
    return store.Sight()


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal():
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422)
    return int(cursor)
