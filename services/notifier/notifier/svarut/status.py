"""Following letters to their end: Status V3 in batches, in a rhythm that falls with the letter's age (M21, SvarUt §4.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from notifier.changes import change
from notifier.domain import CARRIER_STATUSES, NEVER_CONFIRMED, SENT, Standing, is_past_following, next_look, standing
from notifier.postroom import Postroom
from notifier.store import consignments
from sikkersak.clock import now
from sikkersak.guidance.letters import FAILED
from sikkersak.persistence.database import Row, Transaction

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
        await _looked(postroom, {row["consignment_id"]: _Look.at(row, found, postroom) for row in due})
        if len(due) < BATCH:
            return


@dataclass(frozen=True)
class _Look:
    """What was seen of one letter. One that SvarUt does not list is looked for again."""

    row: Row
    status: str | None
    seen: Standing
    next_at: datetime

    @classmethod
    def at(cls, row: Row, found: Mapping[str, str], postroom: Postroom) -> _Look:
        """What SvarUt said of this letter, and when to look again."""
        status, moment = found.get(row["carrier_reference"]), now()
        if status is not None and status not in CARRIER_STATUSES:
            log.warning("carrier_status_unknown", consignment_id=str(row["consignment_id"]), status=status[:40])
        seen = standing(status) if status else Standing(SENT)
        if seen.state is SENT and is_past_following(row["sent_at"], moment):
            seen = NEVER_CONFIRMED
        return cls(row, status, seen, moment + next_look(moment - row["sent_at"], postroom.status_rhythm))

    async def keep(self, tx: Transaction, fresh: Row, postroom: Postroom) -> None:
        """Keeps it, unless the letter has moved on meanwhile."""
        if fresh["state"] != SENT or fresh["carrier_reference"] != self.row["carrier_reference"]:
            return
        kept: dict[str, Any] = {"carrier_status": self.status[:60]} if self.status else {}
        if self.status in {None, self.row["carrier_status"]} and self.seen.state is SENT:
            await consignments.update(tx, fresh["consignment_id"], next_look_at=self.next_at)
        else:
            await change(tx, fresh, self.seen, postroom.digest_wait, next_look_at=self.next_at, **kept)


async def _looked(postroom: Postroom, looks: Mapping[UUID, _Look]) -> None:
    """Good news and none in one transaction, for a thousand commits take long; a failure, which tells many, in its own."""
    calm = [number for number, look in looks.items() if look.seen.state not in FAILED]
    for numbers in (calm, *([number] for number in looks.keys() - set(calm))):
        async with postroom.database.transaction() as tx:
            for fresh in await consignments.lock(tx, numbers):
                await looks[fresh["consignment_id"]].keep(tx, fresh, postroom)
