"""The main job, step by step, on a clean stack of the demo's own; the figures are counted by asking the stand-ins."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console

from local.demo.casework import Casework
from local.demo.mailroom import Mailroom
from local.demo.outside import Outside, TooSlow, duplicates, wait_for
from local.demo.report import show
from local.demo.setting import log_in_as, set_up
from local.demo.staff import Refused, Staff
from local.memory import Memory
from local.places import LOCAL
from local.processes import NotReady
from local.stack import Stack
from samples.shipments import shipments

out: Final = Console(stderr=True)
OUTAGE_SECONDS: Final = 12.0


@dataclass
class Figures:
    """What the demo ends with. `not_archived` and `duplicates_in_archive` are the archive's own word, not ours."""

    mail_received: int = 0
    mail_registered: int = 0
    mail_forwarded: int = 0
    mail_needing_a_person: int = 0
    documents_finished: int = 0
    documents_signed: int = 0
    letters_delivered: int = 0
    archived: int = 0
    not_archived: int = 0
    duplicates_in_archive: int = 0
    archive_outage_seconds: float = 0.0
    seconds_setup: float = 0.0
    seconds_job: float = 0.0


def own_stack() -> Stack:
    """The stack that only the demo uses; asking for it starts nothing."""
    folder = LOCAL / "demo"
    return Stack(folder, "sikkersak_demo", Memory(folder / "memory.json"))


def run(*, as_json: bool, keep: bool) -> int:
    """0 when everything that should be archived is, once."""
    stack = own_stack()
    figures = Figures()
    try:
        with _timed(figures, "seconds_setup"):
            stack.clear()
            stack.up(out.print)
        with _timed(figures, "seconds_job"):
            mailroom = job(stack, figures)
        show(stack, mailroom, figures, out)
    except (NotReady, Refused, TooSlow) as wrong:
        out.print(f"The demo stopped: {wrong}", style="red")
        return 1
    finally:
        if not keep:
            stack.down()
    if keep:
        out.print(f"Left running. Open {stack.url('gateway')}/ and log in; ./dev demo again starts afresh.")
    if as_json:
        print(json.dumps(asdict(figures)))
    return 0 if figures.not_archived == 0 and figures.duplicates_in_archive == 0 else 1


def job(stack: Stack, figures: Figures) -> Mailroom:
    """The job itself, on a stack that holds nothing yet."""
    outside = Outside(stack)
    out.print("The administrator puts in schools, people, pupils, templates and the distribution plan …")
    setting = set_up(stack)
    sent = shipments()
    out.print(f"{len(sent)} shipments are sent to the schools; intake fetches them from SvarInn …")
    for shipment in sent:
        outside.send(shipment)
    mailroom = Mailroom(log_in_as(stack, "mail_distributor"), setting)
    mailroom.wait_received(sent)
    casework = Casework.begin(stack, setting, outside)
    out.print("The distributor registers and distributes; what belongs elsewhere is forwarded, encrypted …")
    third = len(sent) // 3
    mailroom.decide(sent[:third])
    out.print("The archive goes down.", style="yellow")
    outside.archive_goes_down()
    went_down = time.monotonic()
    mailroom.decide(sent[third:])
    casework.write_approve_finish(out.print)
    casework.sign_and_send(out.print)
    casework.write_note(out.print)
    time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - went_down)))
    outside.archive_comes_back()
    out.print(f"The archive is back after {outside.outage_seconds:.0f} s.", style="green")
    casework.wait_delivered(out.print)
    mailroom.wait_settled(sent)
    out.print("Waiting until the archive has everything …")
    _wait_archived(stack, outside, figures)
    _count(stack, outside, mailroom, casework, figures)
    return mailroom


def _wait_archived(stack: Stack, outside: Outside, figures: Figures) -> None:
    """Until the archive itself holds a finished record for every finished document."""
    leader = log_in_as(stack, "administrator")

    def settled() -> bool:
        counts: dict[str, int] = leader.get("deliveries", limit=1)["counts"]
        return sum(counts.values()) > 0 and set(counts) <= {"archived", "declined", "given_up"}

    wait_for("archiving of everything", settled, within=120)
    finished = {f"record:{row['document_id']}" for row in _deliveries(leader) if row["kind"] == "record"}
    records = outside.archived_records()
    whole = {record["key"] for record in records if record["status"] in {"J", "E", "A"}}
    figures.documents_finished = len(finished)
    figures.archived = len(finished & whole)
    figures.not_archived = len(finished - whole)
    figures.duplicates_in_archive = duplicates(records)
    figures.archive_outage_seconds = round(outside.outage_seconds, 1)


def _count(stack: Stack, outside: Outside, mailroom: Mailroom, casework: Casework, figures: Figures) -> None:
    del stack
    states = mailroom.states()
    figures.mail_received = sum(states.values())
    figures.mail_registered = states.get("registered", 0)
    figures.mail_forwarded = states.get("forwarded", 0)
    figures.mail_needing_a_person = states.get("stored", 0)
    figures.documents_signed = casework.signed
    figures.letters_delivered = casework.delivered
    unacknowledged = outside.unacknowledged()
    if unacknowledged:
        raise TooSlow(f"acknowledgement of {unacknowledged} shipments")


def _deliveries(leader: Staff) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = leader.get("deliveries", limit=200, **({"cursor": cursor} if cursor else {}))
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        setattr(figures, name, round(time.monotonic() - began, 1))
