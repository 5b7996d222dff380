"""From finished to archived: how many documents a second, how long each takes, and where the time goes (M12, M24, M25).

`./dev bench pipeline [--documents N] [--adapter noark|fiks-arkiv|both] [--json]`: mixed documents are ordered to the archive all
at once (docs_per_s), then a tenth as many at half that rate (p50, p95, p99: nobody queues). `split` is each part's
share of the time of those: rendition; delivery (the core's answers); broker (between our own steps, outbox included);
database (the rest). `cpu_ms_per_document` is processor time, which other work on the machine does not change; `load` is the machine's
when the run ended.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import pikepdf

from local import cpu
from local.archiving import ArchiveStack, Feeder, Rows, archive_stack, in_core, parked
from samples.shipments import shipments
from sikkersak.ids import new_id
from sikkersak.messaging.topology import EVENTS_VHOST

# How often each kind comes, of twenty: letters as PDF mostly, as in a school's mail.
MIX = (
    ("application/pdf",) * 11
    + ("text/plain",) * 5
    + ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",) * 3
    + ("image/jpeg",)
)
WAY = """
select d.delivery_id, d.ordered_at, d.archived_at, r.at as rendered, r.seconds as render_seconds,
       t.at as delivered, t.seconds as deliver_seconds, coalesce(h.seconds, 0) as core_seconds
from deliveries d
join lateral (select at, seconds from attempts a where a.delivery_id = d.delivery_id and step = 'render' and verdict = 'ok' order by attempt_id limit 1) r on true
join lateral (select at, seconds, number from attempts a where a.delivery_id = d.delivery_id and step = 'deliver' and verdict = 'ok' order by attempt_id limit 1) t on true
left join lateral (select sum(seconds) as seconds from attempts a where a.delivery_id = d.delivery_id and a.number = t.number and step <> 'deliver') h on true
where d.delivery_id = any($1::uuid[])
"""


@cache
def kinds() -> dict[str, list[tuple[str, bytes]]]:
    """The sample mail's sound files, by media type."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for shipment in shipments():
        for file in shipment.files:
            if file.problem is None and file.media_type in MIX:
                found.setdefault(file.media_type, []).append((file.name, file.content))
    return found


def unlike(media_type: str, content: bytes) -> bytes:
    """The same document with something of its own, so that no two are the same bytes."""
    if media_type == "application/pdf":
        with pikepdf.open(io.BytesIO(content)) as document:
            document.docinfo["/Keywords"] = str(new_id())
            out = io.BytesIO()
            document.save(out)
            return out.getvalue()
    if media_type == "text/plain":
        return content + f"\r\n{new_id()}\r\n".encode()
    if "wordprocessingml" in media_type:
        packed = io.BytesIO(content)
        with zipfile.ZipFile(packed, "a") as file:
            file.writestr("docProps/own.txt", str(new_id()))
        return packed.getvalue()
    return content + new_id().bytes


class Mixed(Feeder):
    """Mixed documents out of the sample mail."""

    def content(self, number: int, part: int) -> tuple[str, str, bytes]:
        wanted = MIX[(number * 7 + part) % len(MIX)]
        have = kinds().get(wanted) or kinds()["text/plain"]
        name, content = have[number % len(have)]
        media_type = wanted if wanted in kinds() else "text/plain"
        return name, media_type, unlike(media_type, content)


def traffic(stack: ArchiveStack) -> tuple[int, int]:
    """Messages published and bytes received by the broker, counted by the broker."""
    with stack.provision._management() as http:
        told = http.get(f"/vhosts/{quote(stack.provision.vhost(EVENTS_VHOST), safe='')}").raise_for_status().json()
    return int(told.get("message_stats", {}).get("publish", 0)), int(told.get("recv_oct", 0))


def processor(stack: ArchiveStack) -> dict[str, float]:
    """Seconds that each part has used: archiver without and with its converters, the core's stand-in, the servers, we."""
    urls = {
        "database": stack.provision.database_url("archiver"),
        "broker": stack.provision.rabbitmq_url("archiver", EVENTS_VHOST),
    }
    servers = {name: cpu.listening(urlsplit(url).port or 0) for name, url in urls.items()}
    archiver = stack.process("archiver").pid()
    found = cpu.seconds({"archiver": archiver, "core": stack.process("noark").pid()} | servers)
    own = cpu.own_seconds(archiver)
    parts = {"archiver": own, "rendition": found.pop("archiver") - own} | found
    return parts | {"feeder": cpu.own_seconds(os.getpid())}


async def until_archived(rows: Rows, wanted: int, within: float) -> None:
    deadline = time.monotonic() + within
    while (states := await rows.states()).get("archived", 0) < wanted:
        if states.get("declined") or time.monotonic() > deadline:
            raise SystemExit(f"not archived: {states}")
        await asyncio.sleep(0.5)


def parts(row: Any, published: float) -> dict[str, float]:
    """Where one document's time went."""
    began_render = row["rendered"].timestamp() - row["render_seconds"]
    began_delivery = row["delivered"].timestamp() - row["deliver_seconds"]
    total = row["archived_at"].timestamp() - published
    broker = max(0.0, began_render - published) + max(0.0, began_delivery - row["rendered"].timestamp())
    known = {"rendition": row["render_seconds"], "delivery": row["core_seconds"], "broker": broker}
    return known | {"database": max(0.0, total - sum(known.values())), "total": total}


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


async def drive(stack: ArchiveStack, given: argparse.Namespace) -> dict[str, Any]:
    rows, feeder = Rows(stack), Mixed(stack, given.seed)
    await feeder.record(0)  # what is warm in a service that has run for a while is warm
    await until_archived(rows, 1, 120)
    ready = [await feeder.finished(number) for number in range(1, given.documents + 1)]
    messages_before, bytes_before = traffic(stack)
    began, used = time.monotonic(), processor(stack)
    for order, *_ in ready:
        await feeder.send(order)
    await until_archived(rows, given.documents + 1, given.within)
    rate = given.documents / (time.monotonic() - began)
    costs = {
        name: round((seconds - used[name]) / given.documents * 1000, 1) for name, seconds in processor(stack).items()
    }
    await asyncio.sleep(6)  # the broker counts every five seconds
    messages_after, bytes_after = traffic(stack)
    published: dict[UUID, float] = {}
    few = max(10, given.documents // 10)
    for order, *_ in [await feeder.finished(given.documents + 1 + number) for number in range(few)]:
        due = time.monotonic() + 2 / rate
        published[order.delivery_id] = time.time()
        await feeder.send(order)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    await until_archived(rows, given.documents + 1 + len(published), given.within)
    ways = [parts(row, published[row["delivery_id"]]) for row in await rows.ask(WAY, list(published))]
    total = sum(way["total"] for way in ways)
    held = in_core(stack)
    return {
        "documents": given.documents,
        "docs_per_s": round(rate, 2),
        "p50_ms": round(percentile([way["total"] for way in ways], 0.5) * 1000),
        "p95_ms": round(percentile([way["total"] for way in ways], 0.95) * 1000),
        "p99_ms": round(percentile([way["total"] for way in ways], 0.99) * 1000),
        "split": {
            name: round(sum(way[name] for way in ways) / total, 3)
            for name in ("rendition", "delivery", "database", "broker")
        },
        "cpu_ms_per_document": costs,
        "load": [round(load, 1) for load in os.getloadavg()],
        "requests_per_document": round(await requests(rows, list(published)), 1),
        "messages_per_document": round((messages_after - messages_before) / given.documents, 1),
        "broker_bytes_per_document": round((bytes_after - bytes_before) / given.documents),
        "records_in_core": len(held["records"]),
        "duplicates": sum(len(keys) for keys in held["duplicates"].values()),
        "parked": parked(stack),
        "mean_render_ms": round(statistics.fmean(way["rendition"] for way in ways) * 1000),
    }


async def requests(rows: Rows, deliveries: list[UUID]) -> float:
    """How often the core was asked for one document."""
    sql = "select count(*)::float as n from attempts where delivery_id = any($1::uuid[]) and step not in ('render', 'deliver')"
    return (await rows.ask(sql, deliveries))[0]["n"] / max(1, len(deliveries))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--adapter", choices=("noark", "fiks-arkiv", "both"), default="both")
    parser.add_argument("--transport", choices=("broker", "fiks-io"), default="broker", help="of Fiks Arkiv")
    parser.add_argument("--within", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    for adapter in ("noark", "fiks-arkiv") if given.adapter == "both" else (given.adapter,):
        with (
            tempfile.TemporaryDirectory(prefix="sikkersak-pipeline-") as name,
            archive_stack(
                Path(name),
                "sikkersak_pipeline",
                work_folder=name,
                archive_adapter=adapter,
                fiks_transport=given.transport,
            ) as stack,
        ):
            found[adapter] = asyncio.run(drive(stack, given))
        print(f"{adapter}: {json.dumps(found[adapter])}", file=sys.stderr, flush=True)
    print(json.dumps(found) if given.json else json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
