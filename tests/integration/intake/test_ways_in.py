"""Every way in, asked as staff ask: what waits, who is stopped, what is brought in by hand, what an outage needs."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pyzipper

from sikkersak.clock import now
from sikkersak.contracts.intake_ways_in import (
    BringInMail,
    ExportMail,
    ExportState,
    ListReceivers,
    ListWaitingMail,
    ReadMailExport,
    RefuseWaitingMail,
    ReportOutage,
    ResumeReceiver,
    RetryWaitingMail,
)
from sikkersak.contracts.values import File, Party, PartyKind
from sikkersak.errors import Declined
from sikkersak.identity.roles import Role
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault

pytestmark = pytest.mark.asyncio(loop_scope="module")
DISTRIBUTOR, ADMINISTRATOR, OPERATIONS = Role.MAIL_DISTRIBUTOR, Role.ADMINISTRATOR, Role.OPERATIONS
SCHOOL, V1_SCHOOL, USER = "310000019", "310000027", "sikkersak"
TEXT = b"Innkalling til samarbeid, helt alminnelig tekst.\n"


async def waiting_item(intake: Any, shipment_id: UUID) -> Any:
    page = await intake.ask(ListWaitingMail(), DISTRIBUTOR)
    return next((one for one in page.items if one.shipment_id == shipment_id), None)


async def test_a_shipment_comes_in_through_v1_as_through_v2(intake: Any) -> None:
    shipment = await intake.svarinn.place("Gjennom V1", ("brev.txt", TEXT), receiver=V1_SCHOOL)
    (file,) = await intake.stored(shipment)
    assert file["file"]["media_type"] == "text/plain"
    row = await intake.row(shipment)
    assert (row["system"], row["receiver_organisation"], row["title"]) == ("eldre", V1_SCHOOL, "Gjennom V1")


async def test_a_bare_pdf_and_several_files_merged_into_one_are_taken_in(intake: Any) -> None:
    shipment = await intake.svarinn.place("Bare en PDF", ("brev.pdf", TEXT), packaging="pdf")
    assert (await intake.stored(shipment))[0]["file"]["name"] == "brev.pdf"


async def test_a_permanent_failure_is_reported_by_a_person_only_and_with_confirmation(intake: Any) -> None:
    shipment = await intake.svarinn.place("For en annen", ("brev.txt", TEXT), damage="foreign_key")
    row = await intake.waiting(shipment, "foreign-key")
    shown = await waiting_item(intake, shipment)
    assert shown.reason.startswith("Forsendelsen er kryptert for en annen nøkkel")
    wrong = {"mail_id": row["mail_id"], "text": "Kan ikke dekrypteres hos oss."}
    with pytest.raises(Declined, match="not-confirmed"):
        await intake.ask(RefuseWaitingMail(confirmed_shipment_id=row["mail_id"], **wrong), DISTRIBUTOR)
    with pytest.raises(Declined):
        await intake.ask(RefuseWaitingMail(confirmed_shipment_id=shipment, **wrong), OPERATIONS)
    assert not [one for one in (await intake.svarinn.held(shipment))["failures"] if one["permanent"]]
    await intake.ask(RefuseWaitingMail(confirmed_shipment_id=shipment, **wrong), DISTRIBUTOR)

    async def has_left() -> bool:
        return bool((await intake.svarinn.held(shipment))["left_svarinn"])

    await eventually(has_left, what="the permanent failure")
    (failure,) = [one for one in (await intake.svarinn.held(shipment))["failures"] if one["permanent"]]
    assert failure["text"] == "Kan ikke dekrypteres hos oss."

    async def is_gone_from_the_list() -> bool:
        return await waiting_item(intake, shipment) is None

    await eventually(is_gone_from_the_list, what="the end of its waiting")


async def test_a_person_may_have_it_tried_at_once_and_temporary_failures_are_reported_sparingly(intake: Any) -> None:
    shipment = await intake.svarinn.place("Feil sum", ("brev.txt", TEXT), damage="wrong_hash")
    for attempts in (1, 2, 3, 4):

        async def was_tried(wanted: int = attempts) -> bool:
            row = await intake.row(shipment)
            return row is not None and row["attempts"] >= wanted

        await eventually(was_tried, what=f"attempt {attempts}")
        row = await intake.row(shipment)
        await intake.ask(RetryWaitingMail(mail_id=row["mail_id"]), DISTRIBUTOR)
    failures = (await intake.svarinn.held(shipment))["failures"]
    assert [one["permanent"] for one in failures] == [False]
    assert "Feil sum" not in failures[0]["text"]


async def test_a_shipment_that_left_the_queue_is_not_tried_for_ever(intake: Any) -> None:
    shipment = await intake.svarinn.place("Tatt av et annet system", ("brev.txt", TEXT), damage="truncated_cms")
    await intake.waiting(shipment, "cut-off")
    async with httpx.AsyncClient(auth=(USER, "hemmelig"), timeout=60) as http:
        address = f"{intake.svarinn.url}/api/svarinn/v2/forsendelser/{shipment}/status"
        (await http.patch(address, json={"status": "MOTTATT"})).raise_for_status()

    async def has_left() -> bool:
        shown = await waiting_item(intake, shipment)
        return shown is not None and shown.has_left

    await eventually(has_left, what="the leaving")


async def test_refused_credentials_stop_that_receiver_alone_until_somebody_resumes_it(intake: Any) -> None:
    await intake.svarinn.faults(refuse_status=401, refuse_share=1.0, only="^/api/svarinn")

    async def status() -> Any:
        receivers = await intake.ask(ListReceivers(), OPERATIONS)
        return {one.system: one for one in receivers.items}

    async def is_stopped() -> bool:
        return (await status())[USER].stopped_at is not None

    await eventually(is_stopped, what="the stop")
    await intake.svarinn.faults()
    stopped = await intake.svarinn.place("Mens den er stoppet", ("brev.txt", TEXT))
    other = await intake.svarinn.place("Den andre går", ("brev.txt", TEXT), receiver=V1_SCHOOL)
    await intake.stored(other)
    assert await intake.row(stopped) is None
    assert (await intake.svarinn.held(stopped))["listings"] == 0
    assert (await status())[USER].stopped_code == "svarinn-refuses-us"
    log = (intake.folder / "intake.log").read_text()
    assert log.count("svarinn_refuses_us") == 1
    await intake.ask(ResumeReceiver(system=USER), OPERATIONS)
    await intake.stored(stopped)


async def test_mail_from_the_general_archive_is_brought_in_with_a_text_to_paste_there(intake: Any) -> None:
    vault = await Vault.open(f"file://{intake.folder}/vault", intake.folder / "vault_keys.json")
    ref = await vault.put(b"%PDF-1.4 ikke helt", "application/pdf")
    asked = BringInMail(
        files=(File(name="../vedtak.pdf", media_type="application/pdf", ref=ref),),
        title="Vedtak om spesialundervisning",
        sender=Party(kind=PartyKind.ORGANISATION, name="Elements"),
        receiver_organisation=SCHOOL,
        origin_case_number="2026/4711",
    )
    made = await intake.ask(asked, ADMINISTRATOR, key="samme-nøkkel")
    again = await intake.ask(asked, ADMINISTRATOR)
    assert made.mail.state == "stored"
    assert (made.mail.problems, again.mail.duplicate_of) == (("damaged",), made.mail.mail_id)
    assert "Opprinnelig saksnummer: 2026/4711" in made.confirmation
    assert "Vedtak" not in made.confirmation
    assert str(made.mail.mail_id)[-12:] in made.confirmation
    assert not any((intake.folder / "work").glob("upload-*"))
    with pytest.raises(Declined):
        await intake.ask(asked, Role.EMPLOYEE)


async def test_undistributed_mail_can_be_exported_encrypted_with_lists_of_contents(intake: Any) -> None:
    await intake.stored(await intake.svarinn.place("Til eksport æøå", ("brev.txt", TEXT)))
    ordered = await intake.ask(ExportMail(), DISTRIBUTOR)
    assert len(ordered.password) >= 27

    async def is_ready() -> Any:
        found = await intake.ask(ReadMailExport(export_id=ordered.export_id), DISTRIBUTOR)
        return found if found.state is ExportState.READY else None

    ready = await eventually(is_ready, what="the package")
    assert ready.password is None
    vault = await Vault.open(f"file://{intake.folder}/vault", intake.folder / "vault_keys.json")
    look_into(await vault.read_bytes(ready.file.ref, 50_000_000), ordered.password)
    assert SCHOOL in {one.organisation for one in ready.schools}


def look_into(content: bytes, password: str) -> None:
    with pyzipper.AESZipFile(io.BytesIO(content)) as package:
        assert all(entry.flag_bits & 1 for entry in package.infolist())
        assert not [name for name in package.namelist() if "brev" in name]
        package.setpassword(password.encode())
        contents = package.read(f"{SCHOOL}/00-innhold.txt").decode()
        assert "Til eksport æøå" in contents
        line = next(line for line in reversed(contents.splitlines()) if line.endswith(": brev.txt"))
        assert package.read(f"{SCHOOL}/{line.strip().split(':')[0]}") == TEXT


async def test_the_export_needs_nothing_but_the_database_and_the_vault(intake: Any) -> None:
    environment = {name: intake.process.environment[name] for name in ("DATABASE_URL", "VAULT_URL", "VAULT_KEYS")}
    path = intake.folder / "work" / "eksport.zip"
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "intake.exporting", str(path)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    told = (await made.communicate())[0].decode()
    look_into(path.read_bytes(), told.rsplit(": ", 1)[1].strip())
    path.unlink()


async def test_an_outage_is_reported_in_numbers(intake: Any) -> None:
    until = now()
    report = await intake.ask(ReportOutage(since=until - timedelta(hours=1), until=until), OPERATIONS)
    school = next(one for one in report.schools if one.organisation == SCHOOL)
    assert school.arrived > school.taken_in >= 1
