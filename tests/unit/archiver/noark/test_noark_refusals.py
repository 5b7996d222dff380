"""What comes of it when the archive core is away, refuses, or holds what it should not (R5)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from archiver.core import AccessRefused, DocumentKind, ManyHits, RegistryEntry, Screening, Step, Variant
from archiver.noark import NoarkCodes, NoarkCore
from archiver.noark.refusals import redacted
from archiver.noark.upload import WrongLengthError
from sikkersak.errors import Declined, Transient

StandIn = Any  # the fixtures of conftest.py
Connect = Any
KEY_FIELD = "vnd-sikkersak-v1:eksternnoekkel"


async def declined(core: NoarkCore, entry: RegistryEntry) -> Declined:
    with pytest.raises(Declined) as refused:
        await core.ensure_registry_entry(entry)
    return refused.value


async def test_a_core_that_is_down_is_transient_and_the_probe_says_so(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    archive.faults(down=True)
    steps: list[Step] = []
    with pytest.raises(Transient):
        await core.ensure_registry_entry(entry, on_step=steps.append)
    assert steps[-1].status is None
    with pytest.raises(Transient):
        await core.probe()
    archive.faults()
    await core.probe()
    await core.ensure_registry_entry(entry)


async def test_nobody_listening_is_transient(connect: Connect) -> None:
    with pytest.raises(Transient):
        await connect(root="http://127.0.0.1:9/api/").probe()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_busy_core_is_transient_and_its_wait_is_kept(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry, status: int
) -> None:
    archive.faults(refuse_status=status, retry_after=17)
    with pytest.raises(Transient) as busy:
        await core.ensure_registry_entry(entry)
    assert busy.value.retry_after is not None
    assert busy.value.retry_after.total_seconds() == 17


async def test_storage_trouble_is_tried_again_without_leftovers(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    archive.faults(refuse_status=422, only="/fil/")
    with pytest.raises(Transient):
        await core.ensure_registry_entry(entry)
    assert archive.state()["document_objects"] == 0
    archive.faults()
    await core.ensure_registry_entry(entry)
    assert archive.state()["document_objects"] == 3


async def test_an_unknown_code_is_declined_with_the_cores_own_words(core: NoarkCore, make: Any) -> None:
    screening = Screening(restriction="99", legal_basis="Offl. § 13", metadata=make.screening.metadata)
    refused = await declined(core, make.entry(screening=screening))
    assert refused.code == "archive-rejected"
    assert refused.detail == "Arkivet avviste innholdet (400): Ukjent kode for tilgangsrestriksjon"


async def test_names_that_the_core_repeats_are_taken_out_of_its_words() -> None:
    sent = {
        "navn": "Kari Eksempel",
        "korrespondanseparttype": {"kode": "EM"},
        "postadresse": {"adresselinje1": "Vegen 1"},
    }
    text = "Kari Eksempel, Vegen 1, og part 'EKSEMPEL' (15926100175) med kode EM finnes fra før"
    assert redacted(text, sent) == "*****, *****, og part '*****' ([national-number]) med kode EM finnes fra før"
    assert len(redacted("a" * 500, sent)) == 200


async def test_pdfa_3_is_not_taken_as_archive_variant(archive: StandIn, core: NoarkCore, make: Any) -> None:
    document = make.document(DocumentKind.MAIN, make.object(make.pdf("3")))
    refused = await declined(core, make.entry(documents=(document,)))
    assert refused.code == "archive-rejected"
    assert archive.state()["finished_entries"] == 0


async def test_a_document_without_archive_variant_does_not_become_final(
    archive: StandIn, core: NoarkCore, make: Any
) -> None:
    document = make.document(DocumentKind.MAIN, make.object(make.pdf(), variant=Variant.PRODUCTION))
    refused = await declined(core, make.entry(documents=(document,)))
    assert refused.code == "archive-forbidden"
    assert refused.detail.endswith("Et dokument mangler arkivformat")
    assert archive.state()["finished_entries"] == 0


async def test_content_that_is_not_what_its_checksum_says_is_declined(
    archive: StandIn, core: NoarkCore, make: Any
) -> None:
    document = make.document(DocumentKind.MAIN, make.object(make.pdf(), checksum="0" * 64))
    refused = await declined(core, make.entry(documents=(document,)))
    assert refused.code == "archive-checksum-mismatch"
    assert archive.state()["document_objects"] == 0


@pytest.mark.parametrize("difference", [-1, 1])
async def test_content_of_another_length_than_announced_is_a_bug_not_an_outage(
    archive: StandIn, core: NoarkCore, make: Any, difference: int
) -> None:
    content = make.pdf()
    document = make.document(DocumentKind.MAIN, make.object(content, size=len(content) + difference))
    with pytest.raises(WrongLengthError):
        await core.ensure_registry_entry(make.entry(documents=(document,)))
    assert archive.state()["stored_files"] == 0
    mended = replace(document, objects=(make.object(content),))
    await core.ensure_registry_entry(make.entry(documents=(mended,)))


async def test_a_record_that_an_archivist_has_cancelled_is_declined(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    receipt = await core.ensure_registry_entry(entry)
    with archive.archivist() as archivist:
        address = f"sakarkiv/journalpost/{receipt.record.archive_id}/"
        headers = {"Content-Type": "application/merge-patch+json"}
        archivist.patch(address, json={"journalstatus": {"kode": "U"}}, headers=headers).raise_for_status()
    assert (await declined(core, entry)).code == "archive-record-cancelled"


async def test_a_file_that_the_core_damages_is_declined_and_can_be_sent_again(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    archive.control.put("/_control/damage", json={"uploads": 1}).raise_for_status()
    assert (await declined(core, entry)).code == "archive-checksum-mismatch"
    assert archive.state()["finished_entries"] == 0
    await core.ensure_registry_entry(entry)
    assert archive.state()["stored_files"] == archive.state()["document_objects"] == 3


async def test_new_bytes_replace_those_of_an_unfinished_attempt(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry, make: Any
) -> None:
    archive.faults(refuse_status=503, only="dokumentbeskrivelse/[^/]*/$")
    with pytest.raises(Transient):
        await core.ensure_registry_entry(entry)
    archive.faults()
    main, attachment = entry.documents
    mended = replace(entry, documents=(replace(main, objects=(make.object(make.pdf()),)), attachment))
    receipt = await core.ensure_registry_entry(mended)
    checksums = {one.checksum for document in receipt.record.documents for one in document.objects}
    assert mended.documents[0].objects[0].checksum in checksums
    assert entry.documents[0].objects[0].checksum not in checksums


async def test_other_bytes_for_a_finished_document_are_declined(
    core: NoarkCore, entry: RegistryEntry, make: Any
) -> None:
    await core.ensure_registry_entry(entry)
    main, attachment = entry.documents
    changed = replace(entry, documents=(replace(main, objects=(make.object(make.pdf()),)), attachment))
    assert (await declined(core, changed)).code == "archive-checksum-mismatch"


async def test_two_records_under_one_key_are_declined(archive: StandIn, core: NoarkCore, entry: RegistryEntry) -> None:
    receipt = await core.ensure_registry_entry(entry)
    assert receipt.case_file is not None
    double = {"tittel": "Dobbel", "virksomhetsspesifikkeMetadata": {KEY_FIELD: entry.key}}
    with archive.archivist() as archivist:
        address = f"sakarkiv/saksmappe/{receipt.case_file.archive_id}/ny-journalpost/"
        archivist.post(address, json=double, headers={"Content-Type": "application/vnd.noark5+json"}).raise_for_status()
    assert archive.state()["duplicates"]["registry_entries"] == 1
    assert isinstance(await declined(core, entry), ManyHits)
    with pytest.raises(ManyHits):
        await core.find_record(entry.key)


@pytest.mark.parametrize(
    "repeated",
    [
        "ny-saksmappe",
        "ny-journalpost",
        "ny-korrespondansepart",
        "ny-dokumentbeskrivelse",
        "ny-dokumentobjekt",
        "/fil/",
        "",
    ],
)
async def test_a_request_that_a_proxy_repeats_leaves_one_of_each(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry, repeated: str
) -> None:
    archive.faults(answer_twice=1 if repeated else 1000, only=repeated or "ny-|/fil/|journalpost/|dokument")
    await core.ensure_registry_entry(entry)
    archive.faults()
    state = archive.state()
    assert state["duplicates"] == {"case_files": 0, "registry_entries": 0, "documents": 0}
    assert (state["case_files"], state["registry_entries"], state["finished_entries"]) == (1, 1, 1)
    assert state["document_descriptions"] == len(entry.documents)
    assert state["document_objects"] == state["stored_files"]
    assert await core.find_record(entry.key) is not None


async def test_an_expired_token_is_renewed_in_the_middle(archive: StandIn, core: NoarkCore, make: Any) -> None:
    await core.probe()
    issued = archive.state()["tokens_issued"]
    entry = make.entry()

    def expire(step: Step) -> None:
        if step.name in {"create-record", "upload"} and step.status == 201:
            archive.control.post("/_control/tokens/expire").raise_for_status()

    await core.ensure_registry_entry(entry, on_step=expire)
    assert archive.state()["tokens_issued"] == issued + 4
    assert archive.state()["finished_entries"] == 1


async def test_refused_credentials_keep_deliveries_waiting(connect: Connect, entry: RegistryEntry) -> None:
    core = connect(client_secret=SecretStr("wrong"))
    with pytest.raises(AccessRefused):
        await core.ensure_registry_entry(entry)
    with pytest.raises(AccessRefused):
        await core.probe()


async def test_credentials_do_not_go_to_another_host(connect: Connect, archive: StandIn) -> None:
    other = archive.root.replace("127.0.0.1", "localhost")
    with pytest.raises(Declined) as refused:
        await connect(root=f"{other}/api/").probe()
    assert refused.value.code == "archive-setup"
    assert ("POST", "/api/oauth2/token") not in archive.requests()


@pytest.mark.parametrize("changed", [{"series": "FINNES-IKKE"}, {"series": None}, {"class_id": "X99"}])
async def test_a_set_up_that_does_not_fit_the_archive_is_declined(connect: Connect, make: Any, changed: Any) -> None:
    assert (await declined(connect(**changed), make.entry())).code == "archive-setup"


async def test_a_change_by_somebody_else_at_the_same_time_is_read_anew(
    archive: StandIn, core: NoarkCore, entry: RegistryEntry
) -> None:
    def meddle(step: Step) -> None:
        if step.name == "finish-document" and archive.records()[0]["status"] == "F":
            with archive.archivist() as archivist:
                address = f"sakarkiv/journalpost/{archive.records()[0]['id']}/"
                content_type = {"Content-Type": "application/merge-patch+json"}
                archivist.patch(
                    address, json={"beskrivelse": "Sett av arkivar"}, headers=content_type
                ).raise_for_status()

    steps: list[Step] = []

    def watch(step: Step) -> None:
        steps.append(step)
        meddle(step)

    await core.ensure_registry_entry(entry, on_step=watch)
    assert [step.status for step in steps if step.name == "raise-record"] == [409, 200]
    assert archive.records()[0]["status"] == "E"


async def test_a_closed_case_takes_no_more_records(core: NoarkCore, make: Any) -> None:
    entry = make.entry()
    await core.ensure_registry_entry(entry)
    await core.close_case_file(entry.case_file.key, "Ferdig")
    assert (await declined(core, make.entry(entry.case_file))).code == "archive-case-closed"
    assert not (await core.ensure_registry_entry(entry)).was_created
    with pytest.raises(Declined) as refused:
        await core.add_documents(entry.key, (make.document(DocumentKind.ATTACHMENT),))
    assert refused.value.code == "archive-record-sealed"


async def test_a_case_with_a_half_made_record_is_not_closed(archive: StandIn, core: NoarkCore, make: Any) -> None:
    entry = make.entry()
    archive.faults(refuse_status=500, only="ny-dokumentbeskrivelse")
    with pytest.raises(Transient):
        await core.ensure_registry_entry(entry)
    archive.faults()
    with pytest.raises(Declined) as refused:
        await core.close_case_file(entry.case_file.key, "Ferdig")
    assert refused.value.code == "archive-case-unfinished"


async def test_what_is_not_in_the_archive_cannot_be_added_to_or_closed(core: NoarkCore, make: Any) -> None:
    entry = make.entry()
    with pytest.raises(Declined) as missing_record:
        await core.add_documents(entry.key, (make.document(DocumentKind.EVIDENCE),))
    with pytest.raises(Declined) as missing_case:
        await core.close_case_file(entry.case_file.key, "Ferdig")
    assert missing_record.value.code == "archive-record-missing"
    assert missing_case.value.code == "archive-case-missing"


async def test_deliveries_of_different_cases_go_side_by_side(archive: StandIn, core: NoarkCore, make: Any) -> None:
    entries = [make.entry() for _ in range(8)]
    before = archive.state()["tokens_issued"]
    await asyncio.gather(*(core.ensure_registry_entry(entry) for entry in entries))
    state = archive.state()
    assert (state["case_files"], state["finished_entries"], state["tokens_issued"]) == (8, 8, before + 1)
    assert {record["key"] for record in archive.records()} == {entry.key for entry in entries}


async def test_codes_are_the_archives_own(archive: StandIn, connect: Connect, make: Any) -> None:
    codes = NoarkCodes(final_status={make.entry().type: "J"})
    await connect(codes=codes).ensure_registry_entry(make.entry())
    assert archive.records()[0]["status"] == "J"


def test_keys_cannot_carry_names(make: Any) -> None:
    with pytest.raises(ValueError, match="not a case key"):
        replace(make.entry().case_file, key="case:kari-eksempel")


async def test_no_step_error_or_address_carries_personal_data(archive: StandIn, core: NoarkCore, make: Any) -> None:
    entry, steps = make.entry(), list[Step]()
    await core.ensure_registry_entry(entry, on_step=steps.append)
    told = " ".join([*(step.name for step in steps), *(path for _, path in archive.requests())])
    for word in ("Kari", "Nora", "Eksempel", "15926100175"):
        assert word not in told
