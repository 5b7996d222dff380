"""Who has seen a case, search in the log, and extracts that can be checked without it (M18)."""

from __future__ import annotations

import base64
import json
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from joserfc.jwk import OKPKey

from cases import verify_export
from cases.gate import gate
from cases.operations import operations
from cases.seals import Sealer
from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import ReadCase
from sikkersak.contracts.cases_audit import (
    AuditFilter,
    ExportAudit,
    ListAuditExports,
    ListCaseReaders,
    ReadAuditExport,
    SearchAudit,
    SeenBy,
)
from sikkersak.contracts.cases_extraordinary import TakeEmergencyAccess
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Ask, Request
from sikkersak.vault import Vault

SEALER = Sealer(OKPKey.generate_key("Ed25519").as_pem(private=True))


@pytest.fixture
async def office(tmp_path: Path) -> Any:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(b"v" * 32).decode()}}))
    (tmp_path / "vault").mkdir()
    return SimpleNamespace(vault=await Vault.open(f"file://{tmp_path}/vault", keys), sealer=SEALER)


async def ask(town, office, staff_id, asked: Any) -> Any:
    _, answering = operations._answers[asked.operation]
    async with town.database.transaction() as tx:
        circumstances = Ask(Actor(staff_id=staff_id, level="high", session="test"), tx)
        await gate(Request(RULES[asked.operation], asked), circumstances)
        return await answering(asked, circumstances, cast("Any", office))


async def test_who_has_seen_a_case_and_by_what_access_is_for_its_leaders(town) -> None:
    leader = await town.person("school_leader", schools=(town.here,))
    teacher = await town.person("employee_create_cases", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(leader, ReadCase(case_id=case_id))
    await town.ask(teacher, TakeEmergencyAccess(case_id=case_id, reason="Eleven er innlagt på sykehus"))
    for _ in range(2):
        await town.ask(teacher, ReadCase(case_id=case_id))
    seen = (await town.ask(leader, ListCaseReaders(case_id=case_id))).items
    assert [(one.staff_id, one.by, one.times) for one in seen] == [
        (teacher, SeenBy.EMERGENCY, 2),
        (leader, SeenBy.ORDINARY, 1),
    ]
    assert all(one.name for one in seen)
    with pytest.raises(Forbidden):
        await town.ask(teacher, ListCaseReaders(case_id=case_id))
    elsewhere = await town.person("school_leader", schools=(town.elsewhere,))
    with pytest.raises(NotFound):
        await town.ask(elsewhere, ListCaseReaders(case_id=case_id))


async def test_the_log_is_searched_by_who_what_which_and_when_and_searching_leaves_a_row(town) -> None:
    admin = await town.person("administrator")
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(leader, ReadCase(case_id=case_id))
    today = local_date(now())
    found = []
    for wanted in (
        AuditFilter(actor_id=leader, from_date=today, to_date=today),
        AuditFilter(case_id=case_id, act="case-read"),
    ):
        page = await town.ask(admin, SearchAudit(wanted=wanted))
        found.append([(one.act, one.actor_id, one.case_id) for one in page.items])
    assert found == [[("case-read", leader, case_id)]] * 2
    assert (await town.ask(admin, SearchAudit(wanted=AuditFilter(case_id=case_id, act="case-closed")))).items == ()
    own = (await town.ask(admin, SearchAudit(wanted=AuditFilter(actor_id=admin), limit=1))).items
    assert own[0].act == "audit-searched"
    assert own[0].details["wanted"] == {"case_id": str(case_id), "act": "case-closed"}
    with pytest.raises(Forbidden):
        await town.ask(leader, SearchAudit())


async def test_the_log_is_paged_newest_first(town) -> None:
    admin = await town.person("administrator")
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    for _ in range(3):
        await town.ask(leader, ReadCase(case_id=case_id))
    wanted, numbers, cursor = AuditFilter(case_id=case_id), [], None
    for _ in range(2):
        page = await town.ask(admin, SearchAudit(wanted=wanted, cursor=cursor, limit=2))
        numbers += [one.sequence for one in page.items]
        cursor = page.next
    assert (len(numbers), numbers, cursor) == (3, sorted(numbers, reverse=True), None)


async def test_an_extract_is_a_signed_file_that_is_checked_without_the_database(
    town, office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = await town.person("administrator")
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    await town.ask(leader, ReadCase(case_id=case_id))
    made = await ask(town, office, admin, ExportAudit(wanted=AuditFilter(case_id=case_id)))
    assert (made.rows, made.file) == (1, None)
    assert made.export in {one.export for one in (await town.ask(admin, ListAuditExports())).items}
    fetched = await ask(town, office, admin, ReadAuditExport(export=made.export))
    package = await office.vault.read_bytes(fetched.file.ref, 10**6)
    with zipfile.ZipFile(BytesIO(package)) as opened:
        rows = [json.loads(line) for line in opened.read("hendelseslogg.ndjson").splitlines()]
        assert set(opened.namelist()) == {"hendelseslogg.ndjson", "manifest.jws", "nøkkel.pem", "LESMEG.txt"}
    assert [(row["act"], row["case_id"]) for row in rows] == [("case-read", str(case_id))]

    file = tmp_path / "extract.zip"
    file.write_bytes(package)
    assert checked(file, SEALER, monkeypatch) == 0
    another = Sealer(OKPKey.generate_key("Ed25519").as_pem(private=True))
    assert checked(file, another, monkeypatch) == 1
    file.write_bytes(altered(package))
    assert checked(file, SEALER, monkeypatch) == 1
    assert "not the ones that were signed" in capsys.readouterr().err
    with pytest.raises(Forbidden):
        await ask(town, office, leader, ReadAuditExport(export=made.export))
    with pytest.raises(Declined):
        await ask(town, office, admin, ReadAuditExport(export="1999-01"))


def checked(file: Path, key: Sealer, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["verify_export", str(file), "--key", key.public_key])
    return verify_export.main()


def altered(package: bytes) -> bytes:
    """The same package with one row that says something else."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"case-read", b"case-seen") if name.endswith("ndjson") else content)
    return made.getvalue()
