"""A request for access and its answer reach the archive core, by either way, and come back with its journal's numbers (M19)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.demo.casework import Casework
from local.demo.outside import Outside, duplicates, wait_for
from local.demo.setting import log_in_as, set_up
from local.demo.staff import Refused, Staff
from local.fiks import Way
from local.memory import Memory
from local.stack import Stack

REFUSAL = {"decision": "refuse", "legal_basis": "Offl. § 13 jf. fvl. § 13", "reason": "Elevens forhold"}
REDACTED = REFUSAL | {"decision": "redact"}


@pytest.fixture(params=[Way.NOARK, Way.FIKS_BROKER])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """One of its own for each way to the archive."""
    made = Stack(tmp_path, "sikkersak_access", Memory(tmp_path / "memory.json"))
    made.clear()
    made.speak(request.param)
    try:
        made.up(print)
        yield made
    finally:
        made.clear(but_logs=True)


def note(teacher: Staff, case_id: str, body: str) -> str:
    written = {"template": "journal-note", "title": "Samtale med foresatte", "body": body}
    document_id = str(teacher.post(f"cases/{case_id}/documents", written)["document_id"])
    teacher.decide(f"documents/{document_id}", "finishing")
    return document_id


def test_both_are_archived_once_also_when_the_archive_was_away(stack: Stack, outside: Outside) -> None:
    setting = set_up(stack)
    work, distributor = Casework.begin(stack, setting, outside), log_in_as(stack, "mail_distributor")
    notes = [note(work.teacher, work.case_id, f"Hemmeligsen sa {number}.") for number in range(2)]
    school_id = work.teacher.get(f"cases/{work.case_id}")["summary"]["school_id"]
    requests = f"schools/{school_id}/access-requests"
    asks = {"requester": {"name": "Petra Presse", "reached_by": "petra@eksempel.no"}, "wanted": "Samtaler i høst"}
    shown = distributor.post(requests, asks)
    request = f"{requests}/{shown['summary']['request_id']}"

    def act(address: str, **body: Any) -> None:
        version = work.principal.get(request)["summary"]["version"]
        work.principal.post(f"{request}/{address}", {"version": version, **body})

    act("collection", document_ids=notes)
    act("items/1/redaction", words=["Hemmeligsen"])
    act("items/1/decision", **REDACTED)
    act("items/2/decision", **REFUSAL)
    act("finishing")
    outside.archive_goes_down()
    act("answer", channel="email")
    with pytest.raises(Refused):
        act("answer", channel="email")
    outside.archive_comes_back()

    def archived() -> Any:
        entries = work.principal.get(request)["entries"]
        return entries if all(one["archive"] == "archived" for one in entries) else None

    incoming, outgoing = wait_for("both to be archived", archived, within=90)
    held = {one["key"]: one for one in outside.archived_records()}
    assert duplicates(list(held.values())) == 0
    there = [held[f"record:{one['document_id']}"] for one in (incoming, outgoing)]
    assert [(one["type"], one["is_screened"], len(one["documents"])) for one in there] == [
        ("I", True, 1),
        ("U", True, 2),
    ]
    assert len({one["case_number"] for one in there}) == 1
    for entry, record in zip((incoming, outgoing), there, strict=True):
        assert record["number"] == f"{record['case_number']}-{entry['journal']['entry']}"
        document = work.principal.get(f"documents/{entry['document_id']}")
        assert document["journal"] == entry["journal"]
    assert incoming["journal"]["sequence"] < outgoing["journal"]["sequence"]
    with pytest.raises(Refused):
        distributor.get(f"documents/{outgoing['document_id']}")
