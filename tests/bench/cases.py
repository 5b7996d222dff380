"""Whether listing, opening and searching stay as quick when there are ten times as many cases (R8).

`./dev bench cases [--small 10000] [--large 100000] [--rounds 3] [--json]` fills two databases of its own, the same
400 staff in both, and asks the service's own operations behind their gate, in turn small and large, as everybody:
teachers on few cases and on many, principals, heads who lead every school, counsellors on cases everywhere, distributors.

| figure | is |
| --- | --- |
| `list_ratio`, `open_ratio`, `search_ratio` | p95 with the many cases in p95 with the few |
| `…_small_p50_ms`, `…_large_p95_ms` and so on | the waits themselves |
| `by_kind` | p95 of each kind of person, small and large |
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from cases.gate import gate
from cases.office import Office
from cases.operations import operations
from local import servers
from local.memory import Memory
from local.provision import Provision
from local.volume import Volume
from sikkersak.contracts.cases import CaseStatus, ListCases, ReadCase
from sikkersak.contracts.cases_search import Search
from sikkersak.contracts.message import Operation
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Ask, Request
from sikkersak.persistence.database import Database

PEOPLE = {"few": 12, "teacher": 12, "principal": 12, "head": 6, "counsellor": 4, "distributor": 3}
# A word in nearly every text, one in some, one in a few, two together, and a case by its title.
QUERIES = ("møte", "samtykke", "Særtegn77", "mobbing klage", "skolemiljøsak", '"elev skole"')
KINDS = """
select s.staff_id, case
    when bool_or(r.role = 'mail_distributor') then 'distributor'
    when bool_or(r.role = 'school_leader') then case when count(distinct x.school_id) > 1 then 'head' else 'principal' end
    when count(distinct x.school_id) > 1 then 'counsellor'
    when exists (select from cases c where c.responsible_id = s.staff_id) then 'teacher' else 'few' end as kind
from staff s join staff_roles r using (staff_id) left join staff_schools x using (staff_id)
group by s.staff_id order by s.name
"""


@dataclass
class Municipality:
    """One of the two, and what was measured there, by what was asked and who asked."""

    database: Database
    people: list[tuple[str, UUID]]
    waits: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    async def ask(self, staff_id: UUID, asked: Operation[Any]) -> tuple[Any, float]:
        """As the service answers: the gate, then the operation, in one transaction."""
        actor = Actor(staff_id=staff_id, level="high", session="bench")
        answering = operations._answers[asked.operation][1]
        began = time.perf_counter()
        async with self.database.transaction() as tx:
            ask = Ask(actor, tx)
            await gate(Request(RULES[asked.operation], asked), ask)
            answer = await answering(asked, ask, cast("Office", None))
        return answer, (time.perf_counter() - began) * 1000

    async def measured(self, what: str, place: int, asked: Operation[Any], *, is_kept: bool) -> Any:
        kind, staff_id = self.people[place]
        answer, wait = await self.ask(staff_id, asked)
        if is_kept:
            self.waits.setdefault((what, kind), []).append(wait)
        return answer

    def p(self, what: str, share: float, kind: str | None = None) -> float:
        waits = sorted(
            w for (one, who), many in self.waits.items() if one == what and kind in (None, who) for w in many
        )
        return round(waits[min(len(waits) - 1, int(share * len(waits)))], 2) if waits else 0.0


async def settled(provision: Provision, volume: Volume) -> Municipality:
    parts = urlsplit(provision.servers.database_url)
    began = time.monotonic()
    await volume.fill(urlunsplit((*parts[:2], f"/{provision.name}", "", "")))
    print(f"{volume.cases} cases filled in in {time.monotonic() - began:.0f} s", file=sys.stderr)
    database = await Database.connect(provision.database_url("cases"), application="bench", size=2)
    async with database.transaction() as tx:
        rows = await tx.fetch(KINDS)
    people = [
        (kind, row["staff_id"])
        for kind, count in PEOPLE.items()
        for row in [one for one in rows if one["kind"] == kind][:count]
    ]
    return Municipality(database, people)


async def one_round(both: tuple[Municipality, ...], number: int, *, is_kept: bool) -> None:
    """Everybody lists in four ways, opens, and searches; each question at the one and then at the other."""
    for place in range(sum(PEOPLE.values())):
        pages = [await one.measured("list", place, ListCases(), is_kept=is_kept) for one in both]
        for one, page in zip(both, pages, strict=True):
            await one.measured("list", place, ListCases(cursor=page.next), is_kept=is_kept)
            await one.measured("list", place, ListCases(status=CaseStatus.OPEN), is_kept=is_kept)
            school = page.items[0].school_id if page.items else None
            await one.measured("list", place, ListCases(school_id=school), is_kept=is_kept)
        if both[0].people[place][0] != "distributor":  # who lists every case, and reads none
            for step in range(3):
                for one, page in zip(both, pages, strict=True):
                    if page.items:
                        case_id = page.items[(number * 7 + step * 5) % len(page.items)].case_id
                        await one.measured("open", place, ReadCase(case_id=case_id), is_kept=is_kept)
        for query in QUERIES:
            for one in both:
                await one.measured("search", place, Search(query=query), is_kept=is_kept)


async def compare(provisions: list[Provision], volumes: list[Volume], rounds: int) -> dict[str, Any]:
    both = tuple([await settled(*pair) for pair in zip(provisions, volumes, strict=True)])
    await one_round(both, 0, is_kept=False)
    for number in range(rounds):
        await one_round(both, number, is_kept=True)
    small, large = both
    figures: dict[str, Any] = {
        f"{what}_ratio": round(large.p(what, 0.95) / small.p(what, 0.95), 2) for what in ("list", "open", "search")
    }
    for what in ("list", "open", "search"):
        for name, one in (("small", small), ("large", large)):
            figures |= {f"{what}_{name}_p50_ms": one.p(what, 0.5), f"{what}_{name}_p95_ms": one.p(what, 0.95)}
    figures["by_kind"] = {
        f"{what} {kind}": [small.p(what, 0.95, kind), large.p(what, 0.95, kind)]
        for what in ("list", "open", "search")
        for kind in PEOPLE
    }
    figures |= {"cases": [one.cases for one in volumes], "events": [v.cases * v.events_per_case for v in volumes]}
    figures["asked"] = len([wait for many in large.waits.values() for wait in many])
    figures["mean_ms"] = round(statistics.fmean(wait for many in large.waits.values() for wait in many), 2)
    for one in both:
        await one.database.close()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    given = servers.Servers(
        os.environ["DATABASE_URL"], os.environ["RABBITMQ_URL"], os.environ["RABBITMQ_MANAGEMENT_URL"]
    )
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "memory.json")
        provisions = [Provision(given, memory, f"sikkersak_bench_{secrets.token_hex(4)}") for _ in range(2)]
        try:
            for provision in provisions:
                provision.prepare()
                provision.migrate("cases")
            volumes = [Volume(asked.small), Volume(asked.large)]
            figures = asyncio.run(compare(provisions, volumes, asked.rounds))
        finally:
            for provision in provisions:
                provision.remove()
    print(json.dumps(figures) if asked.json else json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
