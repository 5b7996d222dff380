"""A delivery into the archive core, whole, repeated, and broken off at every place (M23, M27)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from archiver.core import (
    CaseFile,
    DocumentKind,
    OutcomeUnknown,
    Receipt,
    RegistryEntry,
    Step,
    Variant,
)
from archiver.noark import NoarkCore
from sikkersak.contracts.archiver import RecordType
from sikkersak.errors import Transient

StandIn = Any  # the fixtures of conftest.py
Connect = Any
ONE_OF_EACH = {"case_files": 1, "registry_entries": 1, "finished_entries": 1, "document_descriptions": 2}
WHOLE = {**ONE_OF_EACH, "document_objects": 3, "stored_files": 3}


def counted(archive: StandIn) -> dict[str, int]:
    state = archive.state()
    assert state["duplicates"] == {"case_files": 0, "registry_entries": 0, "documents": 0}
    return {name: state[name] for name in WHOLE}


def is_whole(archive: StandIn, entry: RegistryEntry) -> bool:
    assert counted(archive) == WHOLE
    (record,) = archive.records()
    assert (record["key"], record["case_key"]) == (entry.key, entry.case_file.key)
    assert (record["status"], record["parties"]) == ("E", len(entry.parties))
    for wanted, held in zip(entry.documents, record["documents"], strict=True):
        assert (held["key"], held["status"]) == (wanted.key, "F")
        files = {(one["variant"], one["checksum"], one["size"]) for one in held["objects"]}
        assert files == {(one.variant.value, one.checksum, one.size) for one in wanted.objects}
        assert len(held["objects"]) == len(wanted.objects)
    assert [document["role"] for document in record["documents"]] == ["H", "V"]
    assert [document["number"] for document in record["documents"]] == [1, 2]
    return True


async def test_a_letter_with_an_attachment_is_archived_with_everything(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    receipt = await core.ensure_registry_entry(entry)
    assert is_whole(archive, entry)
    assert receipt.was_created
    assert receipt.case_file is not None
    assert receipt.case_file.was_created
    assert receipt.record.number == f"{receipt.case_file.number}-1"
    assert receipt.record.journal is not None
    assert receipt.record.journal.entry == 1
    assert (await core.ensure_registry_entry(entry)).record.journal == receipt.record.journal
    assert (receipt.record.status, receipt.record.is_final) == ("E", True)
    for document in archive.records()[0]["documents"]:
        for held in document["objects"]:
            content = archive.control.get(f"/_control/content/{held['id']}").content
            assert hashlib.sha256(content).hexdigest() == held["checksum"]


async def test_a_delivery_made_twice_gives_one_record(archive: StandIn, connect: Connect, entry: RegistryEntry) -> None:
    first = await connect().ensure_registry_entry(entry)
    before = archive.requests()
    second = await connect().ensure_registry_entry(entry)
    assert is_whole(archive, entry)
    assert second.record == first.record
    assert not second.was_created
    made = [line for line in archive.requests()[len(before) :] if line[0] != "GET" and "oauth2" not in line[1]]
    assert made == []


async def test_two_records_of_a_case_share_its_case_file(archive: StandIn, core: NoarkCore, make: Any) -> None:
    first = make.entry()
    second = make.entry(first.case_file)
    await core.ensure_registry_entry(first)
    receipt = await core.ensure_registry_entry(second)
    assert archive.state()["case_files"] == 1
    assert receipt.record.number.endswith("-2")


async def test_the_codes_texts_and_screening_reach_the_archive(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    receipt = await core.ensure_registry_entry(entry)
    with archive.archivist() as archivist:
        record = archivist.get(f"sakarkiv/journalpost/{receipt.record.archive_id}/").json()
        parties = archivist.get(f"sakarkiv/journalpost/{receipt.record.archive_id}/korrespondansepart/").json()
    assert record["offentligTittel"] == entry.public_title
    assert record["journalposttype"]["kode"] == "U"
    assert record["dokumentetsDato"] == "2026-09-02T00:00:00+02:00"
    assert record["sendtDato"] == "2026-09-02T10:00:00+02:00"
    assert record["skjerming"]["tilgangsrestriksjon"]["kode"] == "13"
    assert [code["kode"] for code in record["skjerming"]["skjermingMetadata"]] == ["TRO", "NM"]
    assert parties["count"] == 4


async def count_steps(core: NoarkCore, entry: RegistryEntry) -> list[Step]:
    steps: list[Step] = []
    await core.ensure_registry_entry(entry, on_step=steps.append)
    return steps


class LoseAnswer:
    """Lets one answer be lost: the work is done, and nobody hears of it."""

    def __init__(self, archive: StandIn, number: int) -> None:
        self.archive = archive
        self.number = number
        self.steps: list[Step] = []
        self.arm()

    def arm(self) -> None:
        if len(self.steps) == self.number:
            self.archive.faults(lose_answers=1)

    def __call__(self, step: Step) -> None:
        self.steps.append(step)
        self.arm()


async def test_an_answer_lost_at_any_step_leaves_one_whole_record_after_the_next_try(
    archive: StandIn, connect: Connect, make: Any
) -> None:
    total = len(await count_steps(connect(), make.entry()))
    assert total > 25
    for number in range(total):
        archive.control.post("/_control/reset").raise_for_status()
        entry, losing = make.entry(), LoseAnswer(archive, number)
        with pytest.raises(Transient):
            await connect().ensure_registry_entry(entry, on_step=losing)
        assert losing.steps[-1].outcome == "no-answer"
        await connect().ensure_registry_entry(entry)
        assert is_whole(archive, entry), losing.steps[-1].name


async def test_answers_lost_again_and_again_still_end_in_one_whole_record(
    archive: StandIn, connect: Connect, entry: RegistryEntry
) -> None:
    core, receipt = connect(), None
    for tries in range(60):
        try:
            receipt = await core.ensure_registry_entry(entry, on_step=LoseAnswer(archive, tries))
        except Transient:
            continue
        break
    assert isinstance(receipt, Receipt)
    archive.faults()
    assert is_whole(archive, entry)


async def test_a_change_without_an_answer_is_told_as_unknown_outcome(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    await core.ensure_case_file(entry.case_file)
    archive.faults(lose_answers=1, only="ny-journalpost")
    with pytest.raises(OutcomeUnknown) as unknown:
        await core.ensure_registry_entry(entry)
    assert unknown.value.step == "create-record"
    assert archive.state()["registry_entries"] == 1
    assert await core.unfinished_records() == (entry.key,)


async def test_a_slow_core_is_given_time_to_settle(archive: StandIn, connect: Connect, entry: RegistryEntry) -> None:
    core = connect(answer_seconds=0.3, settle_seconds=7)
    await core.probe()
    archive.faults(slow_seconds=1, only="ny-saksmappe")
    with pytest.raises(OutcomeUnknown) as unknown:
        await core.ensure_case_file(entry.case_file)
    assert unknown.value.retry_after is not None
    assert unknown.value.retry_after.total_seconds() == 7


async def test_a_large_file_goes_in_parts(archive: StandIn, core: NoarkCore, make: Any) -> None:
    content = make.pdf(padding=200_000)
    entry = make.entry(documents=(make.document(DocumentKind.MAIN, make.object(content)),))
    steps = await count_steps(core, entry)
    assert [step.name for step in steps].count("upload-part") == -(-len(content) // 65536)
    held = archive.records()[0]["documents"][0]["objects"][0]
    assert archive.control.get(f"/_control/content/{held['id']}").content == content


async def test_a_part_lost_on_the_way_does_not_leave_two_files(archive: StandIn, connect: Connect, make: Any) -> None:
    entry = make.entry(documents=(make.document(DocumentKind.MAIN, make.object(make.pdf(padding=200_000))),))
    archive.faults(lose_answers=1, only="/upload/")
    with pytest.raises(OutcomeUnknown):
        await connect().ensure_registry_entry(entry)
    await connect().ensure_registry_entry(entry)
    assert archive.state()["document_objects"] == archive.state()["stored_files"] == 1


async def test_evidence_is_added_to_a_record_that_stands(
    archive: StandIn, connect: Connect, entry: RegistryEntry, make: Any
) -> None:
    first = await connect().ensure_registry_entry(entry)
    signed = make.object(make.pdf("3"), variant=Variant.PRODUCTION)
    xml = make.object(b"<XAdESSignatures/>", variant=Variant.PRODUCTION, format="application/xml")
    xml = replace(xml, media_type="application/xml", filename="signatur.xml")
    evidence = make.document(DocumentKind.EVIDENCE, signed, xml)
    archive.faults(lose_answers=1, only="ny-dokumentobjekt")
    with pytest.raises(OutcomeUnknown):
        await connect().add_documents(entry.key, (evidence,))
    receipt = await connect().add_documents(entry.key, (evidence,))
    again = await connect().add_documents(entry.key, (evidence,))
    assert again.record == receipt.record
    assert receipt.record.archive_id == first.record.archive_id
    (record,) = archive.records()
    assert [len(document["objects"]) for document in record["documents"]] == [2, 1, 2]
    assert {one["format"] for one in record["documents"][2]["objects"]} == {"fmt/276", "fmt/101"}
    await connect().ensure_registry_entry(entry)
    assert archive.state()["document_descriptions"] == 3


async def test_a_case_is_closed_with_its_remark(archive: StandIn, connect: Connect, make: Any) -> None:
    case = await file_two_records(connect(), make)
    closed = await connect().close_case_file(case.key, "Eleven har flyttet")
    assert closed.is_closed
    assert (await connect().close_case_file(case.key, "En gang til")).is_closed
    assert is_closed_once(archive, closed.archive_id)


async def test_an_answer_lost_at_any_step_of_closing_closes_once_after_the_next_try(
    archive: StandIn, connect: Connect, make: Any
) -> None:
    steps: list[Step] = []
    first = await file_two_records(connect(), make)
    await connect().close_case_file(first.key, "Eleven har flyttet", on_step=steps.append)
    for number in range(len(steps)):
        archive.control.post("/_control/reset").raise_for_status()
        case = await file_two_records(connect(), make)
        with pytest.raises(Transient):
            await connect().close_case_file(case.key, "Eleven har flyttet", on_step=LoseAnswer(archive, number))
        closed = await connect().close_case_file(case.key, "Eleven har flyttet")
        assert is_closed_once(archive, closed.archive_id), steps[number].name


async def file_two_records(core: NoarkCore, make: Any) -> CaseFile:
    """A letter in, which waits for an answer, and one out."""
    incoming: RegistryEntry = make.entry(
        type=RecordType.INCOMING, parties=(), documents=(make.document(DocumentKind.MAIN),)
    )
    await core.ensure_registry_entry(incoming)
    await core.ensure_registry_entry(
        make.entry(incoming.case_file, parties=(), documents=(make.document(DocumentKind.MAIN),))
    )
    return incoming.case_file


def is_closed_once(archive: StandIn, case_id: str) -> bool:
    assert [record["status"] for record in archive.records()] == ["A", "A"]
    with archive.archivist() as archivist:
        remarks = archivist.get(f"sakarkiv/saksmappe/{case_id}/merknad/").json()
        listed = archivist.get("sakarkiv/journalpost/").json()["results"]
        signed_off = [archivist.get(f"{one['_links']['self']['href']}avskrivning/").json()["count"] for one in listed]
    assert [remark["merknadstekst"] for remark in remarks["results"]] == ["Eleven har flyttet"]
    assert signed_off == [1, 0]
    return True


async def test_what_the_archive_has_can_be_asked_for(core: NoarkCore, entry: RegistryEntry, make: Any) -> None:
    receipt = await core.ensure_registry_entry(entry)
    assert await core.find_record(entry.key) == receipt.record
    assert await core.find_record(make.entry().key) is None
    assert await core.unfinished_records() == ()
