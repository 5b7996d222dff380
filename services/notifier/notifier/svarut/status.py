"""Following letters to their end: Status V3 in batches, in a rhythm that falls with the letter's age (M21, SvarUt §4.8)."""

from __future__ import annotations

from typing import Any, Final

import structlog

from notifier.changes import change
from notifier.domain import CARRIER_STATUSES, NEVER_CONFIRMED, SENT, Standing, is_past_following, next_look, standing
from notifier.postroom import Postroom
from notifier.store import consignments
from sikkersak.clock import now
from sikkersak.persistence.database import Row

log = structlog.get_logger(__name__)

BATCH: Final = 100


async def follow(postroom: Postroom) -> None:
    """Looks up every letter that is due. Key: the letter's id and its state; a second look changes nothing."""
    while postroom.has_effects and not postroom.svarut.circuit.is_open:
        async with postroom.database.transaction() as tx:
            due = await consignments.due_for_a_look(tx, BATCH)
        if not due:
            return
        found = await postroom.svarut.statuses([row["carrier_reference"] for row in due])
        for row in due:
            await _looked(postroom, row, found.get(row["carrier_reference"]))
        if len(due) < BATCH:
            return


async def _looked(postroom: Postroom, row: Row, status: str | None) -> None:
    """Keeps what was seen of one letter. One that SvarUt does not list is looked for again."""
    if status is not None and status not in CARRIER_STATUSES:
        log.warning("carrier_status_unknown", consignment_id=str(row["consignment_id"]), status=status[:40])
    moment = now()
    seen = standing(status) if status else Standing(SENT)
    if seen.state is SENT and is_past_following(row["sent_at"], moment):
        seen = NEVER_CONFIRMED
    look = moment + next_look(moment - row["sent_at"], postroom.status_rhythm)
    async with postroom.database.transaction() as tx:
        fresh = await consignments.consignment(tx, row["consignment_id"], for_update=True)
        if fresh["state"] != SENT or fresh["carrier_reference"] != row["carrier_reference"]:
            return
        kept: dict[str, Any] = {"carrier_status": status[:60]} if status else {}
        if status in {None, row["carrier_status"]} and seen.state is SENT:
            await consignments.update(tx, row["consignment_id"], next_look_at=look)
        else:
            await change(tx, fresh, seen, postroom.digest_wait, next_look_at=look, **kept)
