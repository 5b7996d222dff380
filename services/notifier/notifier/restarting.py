"""Beginning anew with what failed: a person has decided that it may be tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from notifier.changes import change, order_carrying
from notifier.domain import WAITING, Standing
from sikkersak.clock import now
from sikkersak.persistence.database import Row, Transaction


async def restart(tx: Transaction, row: Row, digest_wait: timedelta, **also: Any) -> Row:
    """Back to waiting, with its whole time before it. Raises `IllegalMove` for what has not failed.

    A letter that the carrier had taken is a new one to it: it gets a reference of its own, else the look-up before
    sending would find the one that failed.
    """
    if row["carrier_reference"] is not None:
        also |= {"round": row["round"] + 1, "carrier_reference": None, "carrier_status": None, "sent_at": None}
    moment = now()
    changed = await change(tx, row, Standing(WAITING), digest_wait, next_try_at=moment, started_at=moment, **also)
    await order_carrying(tx, changed)
    return changed
