"""What intake does by itself: it polls SvarInn, and orders again what was decided and nothing moved (R2)."""

from __future__ import annotations

from typing import Final

from intake.mailroom import Mailroom
from sikkersak.periodic import Periodic


async def poll_svarinn(mailroom: Mailroom) -> None:
    """One poll. The lease makes it one replica's: SvarInn has none of its own, and two would steal from each other."""
    await mailroom.poll()


PERIODIC: Final[tuple[Periodic[Mailroom], ...]] = (
    Periodic("svarinn-poll", every=lambda mailroom: mailroom.poll_seconds, work=poll_svarinn),
)
