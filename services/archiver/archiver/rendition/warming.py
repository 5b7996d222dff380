"""Pages of our own that go the way of a document before the first one comes.

Java translates what it has run often, and loads what it meets for the first time: the first documents would take four
times as long. The composed page has what pages have: fonts, structure, and what is said of the file.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from archiver.rendition.cage import Limits
from archiver.rendition.children import Children
from archiver.rendition.gate import Gate
from archiver.rendition.notices import compose_notice
from archiver.rendition.outcome import Flavour

LIMITS: Final = Limits(seconds=30.0)
BY_SAMPLE: Final = 25
BY_PAGE: Final = 30


async def warm(children: Children, gate: Gate, scratch: Path) -> None:
    """Mends a sample, and has it and a composed page judged often. Takes about two seconds of Java."""
    sample, mended, page = scratch / "sample.pdf", scratch / "warm.pdf", scratch / "page.pdf"
    await children.run("draw_rich_sample", LIMITS, destination=str(sample))
    await children.run("mend", LIMITS, source=str(sample), destination=str(mended), level="2u", language="nb")
    if not gate.is_present:
        return
    content = await compose_notice(language="nb", title="Varm", file="varm.pdf", why="Varm.", said="Varm.")
    await asyncio.to_thread(page.write_bytes, content)
    for path, flavour, times in ((mended, Flavour.A2U, BY_SAMPLE), (page, Flavour.A2A, BY_PAGE)):
        for _ in range(times):
            await gate.judge(path, flavour)
