"""What cases does by itself: it reads what has been archived, so that it can be found."""

from __future__ import annotations

from typing import Final

import structlog

from cases.office import Office
from cases.papers import desk
from cases.store import search
from sikkersak.errors import Declined
from sikkersak.periodic import Periodic

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20
LARGEST: Final = 50 << 20


async def read_texts(office: Office) -> None:
    """A round of renditions that nobody has read; what cannot be read is found by its title only."""
    async with office.database.transaction() as tx:
        waiting = await search.unread(tx, AT_ONCE)
    for document_id, ref in waiting:
        text = ""
        if ref.size <= LARGEST:
            pdf = await office.vault.read_bytes(ref, limit=LARGEST)
            try:
                text = (await desk.handle("read", pdf)).decode()
            except Declined as no:  # found by its title, then
                log.warning("text_not_read", document_id=str(document_id), code=no.code)
        async with office.database.transaction() as tx:
            await search.keep_text(tx, document_id, text)


PERIODIC: Final[tuple[Periodic[Office], ...]] = (
    Periodic("cases-texts", every=lambda office: office.text_seconds, work=read_texts),
)
