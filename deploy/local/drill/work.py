"""What staff do meanwhile: a mix of questions to every service, and now and then a change, each counted once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from local.demo.staff import Staff
from local.traffic import Client, Want

PATIENCE_SECONDS: Final = 60.0
EVERY_NTH_WRITES: Final = 50
WRONG: Final = 400


@dataclass(frozen=True)
class Done:
    """One request: when it was due, how long until its answer, and what was wrong with that."""

    due: float
    seconds: float
    wrong: str = ""


@dataclass
class Work:
    """A number of requests each second, whatever becomes of those before: waiting is seen, not avoided."""

    client: Client
    wants: Iterator[Want]
    rate: float
    done: list[Done] = field(default_factory=list)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop`; returns when the last answer is there."""
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as under_way:
            while not self._stopping.is_set():
                due = began + number / self.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                under_way.create_task(self._one(next(self.wants), due))
                number += 1

    def stop(self) -> None:
        """No more requests after this."""
        self._stopping.set()

    def longest(self, since: float, until: float) -> float:
        """The longest wait of those that were due between the two moments, in seconds."""
        return max((one.seconds for one in self.done if since <= one.due <= until), default=0.0)

    def wrongs(self) -> Counter[str]:
        """What went wrong, and how often."""
        return Counter(one.wrong for one in self.done if one.wrong)

    async def _one(self, want: Want, due: float) -> None:
        wrong = ""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said = await self.client.send(want)
            if said.status >= WRONG:
                wrong = f"{want.method} {said.status} {said.json().get('code', '')}"
        except (ConnectionError, TimeoutError, OSError) as broken:
            wrong = f"{want.method} {type(broken).__name__}"
        self.done.append(Done(due, time.monotonic() - due, wrong))


@dataclass
class Desk:
    """What the staff have before them."""

    people: dict[str, Staff]
    mail_id: str
    case_id: str
    document_id: str
    written: list[str] = field(default_factory=list)

    def wants(self) -> Iterator[Want]:
        """The mix, for ever."""
        questions = itertools.cycle(self._questions())
        for number in itertools.count(1):
            yield self._note(number) if number % EVERY_NTH_WRITES == 0 else next(questions)

    def _questions(self) -> list[Want]:
        asked = [
            *(("distributor", path) for path in ("mail?limit=50", f"mail/{self.mail_id}", "plan", "cases?limit=20")),
            *(("teacher", path) for path in ("me", f"cases/{self.case_id}", f"documents/{self.document_id}")),
            *(("leader", path) for path in ("cases?limit=20", "deliveries?limit=20", "signature-jobs", "pupils")),
            *(("distributor", path) for path in ("archive/groups", "consignments?limit=20", "deliveries?limit=20")),
        ]
        return [Want("GET", f"/api/v1/{path}", self._headers(who)) for who, path in asked]

    def _note(self, number: int) -> Want:
        title = f"Notat {number} {uuid4().hex[:8]}"
        self.written.append(title)
        body = {"template": "journal-note", "title": title, "body": "Skrevet under omstarten."}
        headers = self._headers("teacher") | {"Idempotency-Key": str(uuid4())}
        return Want("POST", f"/api/v1/cases/{self.case_id}/documents", headers, body)

    def _headers(self, who: str) -> dict[str, str]:
        person = self.people[who]
        cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        return {"Cookie": cookies, "X-CSRF-Token": person.csrf}

    def doubled_and_lost(self) -> tuple[int, int]:
        """How many notes are there more than once, and how many not at all."""
        case: dict[str, Any] = self.people["teacher"].get(f"cases/{self.case_id}")
        found = Counter(document["title"] for event in case["events"] for document in event["documents"])
        doubled = sum(found[title] - 1 for title in self.written if found[title] > 1)
        return doubled, sum(1 for title in self.written if not found[title])
