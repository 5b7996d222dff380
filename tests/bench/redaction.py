"""How long a redaction takes, what memory its process takes, and how long the service's own loop is held up meanwhile.

./dev bench redaction --pages 500 --kilobytes 200 --json
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import resource
import time

import img2pdf
from PIL import Image

from cases.papers import desk
from sikkersak.errors import Declined

STEP = 0.01


def paper(pages: int, kilobytes: int) -> bytes:
    """A PDF of A4 pages, each a photo of about so many kilobytes."""
    photos = [_photo(kilobytes, number) for number in range(8)]
    sized = img2pdf.get_layout_fun((img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)))
    made: bytes = img2pdf.convert([photos[number % len(photos)] for number in range(pages)], layout_fun=sized)
    return made


def _photo(kilobytes: int, seed: int) -> bytes:
    """Noise on a photo's gradients, as a camera's: the side is chosen so that the file has its size."""
    side = 600
    while True:
        noise = Image.effect_noise((side, int(side * 1.414)), 8 + seed)
        picture = Image.blend(noise, Image.linear_gradient("L").resize(noise.size), 0.6).convert("RGB")
        kept = io.BytesIO()
        picture.save(kept, "JPEG", quality=85)
        if kept.tell() >= kilobytes << 10:
            return kept.getvalue()
        side = int(side * 1.15)


async def measure(pdf: bytes) -> dict[str, object]:
    """One redaction, and the longest that anything else waited for the loop."""
    waited = 0.0

    async def watch() -> None:
        nonlocal waited
        while True:
            before = time.perf_counter()
            await asyncio.sleep(STEP)
            waited = max(waited, time.perf_counter() - before - STEP)

    watching, before = asyncio.create_task(watch()), time.perf_counter()
    try:
        boxes = [{"page": 0, "x": 10, "y": 10, "width": 50, "height": 50}]
        made, outcome = await desk.handle("shield", pdf, words=[], boxes=boxes), "made"
    except Declined as no:
        made, outcome = b"", no.code
    finally:
        watching.cancel()
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "outcome": outcome,
        "megabytes_in": round(len(pdf) / 1e6, 1),
        "megabytes_out": round(len(made) / 1e6, 1),
        "seconds": round(time.perf_counter() - before, 1),
        "cpu_seconds": round(child.ru_utime + child.ru_stime, 1),
        "child_megabytes": child.ru_maxrss // 1024,
        "others_waited_ms": round(waited * 1000),
    }


def main() -> None:
    """Prints what was measured; one JSON line last with --json."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=500)
    asked.add_argument("--kilobytes", type=int, default=100, help="of each page's picture")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    found = {"pages": given.pages, **asyncio.run(measure(paper(given.pages, given.kilobytes)))}
    for name, value in found.items():
        print(f"{name}: {value}")
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
