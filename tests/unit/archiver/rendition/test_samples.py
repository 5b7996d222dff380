"""Real files written by others: every one that can be opened becomes valid, the others are refused in words."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from archiver.rendition.refusals import DETAILS
from sikkersak.errors import Declined

pytestmark = pytest.mark.asyncio(loop_scope="session")
SAMPLES = Path(__file__).resolve().parents[4].parent / "shared" / "samples" / "pdf"
TIME_BOX_SECONDS = 150.0
MOST = 40
CANNOT_BE_OPENED = {"libreoffice-writer-password.pdf", "newline-buffer-test.pdf"}


async def test_files_written_by_others_become_valid(render) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the sample files lie beside the repository and are not there")
    begun, outcomes, done = time.monotonic(), Counter[str](), 0
    for source in sorted(SAMPLES.glob("*.pdf"))[:MOST]:
        if time.monotonic() - begun > TIME_BOX_SECONDS:
            break
        done += 1
        if source.name in CANNOT_BE_OPENED:
            with pytest.raises(Declined) as no:
                await render(source)
            assert no.value.code in DETAILS
            outcomes[no.value.code] += 1
        else:
            outcomes[(await render(source)).rung] += 1
    assert done > 10, "the time box is for slow machines, not for a hanging converter"
    assert outcomes["mended"] >= 0.6 * done, outcomes
