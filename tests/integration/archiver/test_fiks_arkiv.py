"""Fiks Arkiv v1 over a real broker, to the stand-in as a process: one record whatever happens on the way (M27)."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pikepdf
import pytest

from archiver.core import (
    CaseFile,
    CorrespondenceParty,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    OutcomeUnknown,
    RegistryEntry,
    Role,
    Step,
    Variant,
)
from archiver.fiks import Accounts, BrokerTransport, FiksAccess, FiksArkivCore
from local import keys
from sikkersak.contracts.archiver import RecordType
from sikkersak.errors import Declined, Transient

REPOSITORY = Path(__file__).resolve().parents[3]
OWN, ARCHIVE = str(uuid.uuid4()), str(uuid.uuid4())


@dataclass
class Other:
    """The stand-in, by its switches, and the way to it."""

    url: str
    control: str
    accounts: Accounts

    def reset(self) -> None:
        httpx.post(f"{self.control}/_control/reset", timeout=60).raise_for_status()
        self.switch()

    def faults(self, **wanted: Any) -> None:
        httpx.put(f"{self.control}/_control/faults", json=wanted, timeout=60).raise_for_status()

    def switch(self, **wanted: int) -> None:
        httpx.put(f"{self.control}/_control/fiks", json=wanted, timeout=60).raise_for_status()

    def state(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.control}/_control/state", timeout=60).json())


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    folder = tmp_path_factory.mktemp("fiks")
    for name in (OWN, ARCHIVE):
        keys.receiver_key(folder, name)
    amqp, management = os.environ["RABBITMQ_URL"], urlsplit(os.environ["RABBITMQ_MANAGEMENT_URL"])
    account = urlsplit(amqp)
    vhost = f"fiks_{uuid.uuid4().hex[:8]}"
    http = httpx.Client(
        base_url=urlunsplit(management), auth=(account.username or "", account.password or ""), timeout=60
    )
    http.put(f"/api/vhosts/{vhost}").raise_for_status()
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    http.put(f"/api/permissions/{vhost}/{account.username}", json=everything).raise_for_status()
    url = urlunsplit((*account[:2], f"/{vhost}", "", ""))
    command = [sys.executable, "-m", "simulators", "noark", "--port", "0", "--state", str(folder / "state")]
    command += ["--fiks-amqp", url, "--fiks-account", ARCHIVE, "--fiks-key", str(folder / f"{ARCHIVE}.key.pem")]
    command += ["--fiks-peer", f"{OWN}={folder / f'{OWN}.crt.pem'}"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "deploy")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        control = process.stdout.readline().split()[1]
        accounts = Accounts(
            own=OWN,
            archive=ARCHIVE,
            own_key=(folder / f"{OWN}.key.pem").read_bytes(),
            archive_certificate=(folder / f"{ARCHIVE}.crt.pem").read_bytes(),
        )
        yield Other(url, control, accounts)
        process.terminate()
        process.wait()
    http.delete(f"/api/vhosts/{vhost}")


@pytest.fixture
async def core(other: Other) -> AsyncIterator[FiksArkivCore]:
    other.reset()
    made = FiksArkivCore(FiksAccess(answer_seconds=10.0), BrokerTransport(other.url, other.accounts))
    for _ in range(50):  # the stand-in's queue stands when it first answers
        try:
            await made.probe()
            break
        except Transient:
            await asyncio.sleep(0.1)
    yield made
    await made.close()


def given_object(variant: Variant = Variant.ARCHIVE) -> DocumentObject:
    with pikepdf.new() as document:
        document.add_blank_page()
        with document.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"
            metadata["dc:identifier"] = uuid.uuid4().hex
        out = io.BytesIO()
        document.save(out)
    content = out.getvalue()

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return DocumentObject(
        variant=variant,
        format="PDF/A-2b" if variant is Variant.ARCHIVE else "application/pdf",
        media_type="application/pdf",
        checksum=hashlib.sha256(content).hexdigest(),
        size=len(content),
        filename="Vedtak.pdf",
        open=pieces,
    )


def document(kind: DocumentKind, variant: Variant = Variant.ARCHIVE) -> DocumentDescription:
    key = f"document:{uuid.uuid4()}"
    return DocumentDescription(key=key, title="Vedtak", kind=kind, objects=(given_object(variant),))


@pytest.fixture
def entry() -> RegistryEntry:
    case = CaseFile(
        key=f"case:{uuid.uuid4()}",
        title="Elevsak",
        public_title="Elevsak",
        opened=date(2026, 9, 1),
        unit="Fjordvik skole",
        responsible="Ola Lærer",
        screening=None,
    )
    return RegistryEntry(
        key=f"record:{uuid.uuid4()}",
        case_file=case,
        type=RecordType.INTERNAL,
        title="Notat om Kari Eksempel",
        public_title="Notat",
        document_date=date(2026, 9, 2),
        documents=(document(DocumentKind.MAIN), document(DocumentKind.ATTACHMENT)),
    )


async def test_delivered_twice_is_one_record_with_its_checksums_read_back(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    steps: list[Step] = []
    first = await core.ensure_registry_entry(entry, on_step=steps.append)
    second = await core.ensure_registry_entry(entry)
    assert (first.was_created, second.was_created) == (True, False)
    assert first.record.archive_id == second.record.archive_id
    assert first.record.journal is not None
    assert first.record.journal == second.record.journal
    assert first.record.journal.entry == int(first.record.number.rpartition("-")[2])
    assert [one.key for one in second.record.documents] == [one.key for one in entry.documents]
    assert [step.name for step in steps] == ["find-record", "create-record", "find-record"]
    state = other.state()
    assert (state["registry_entries"], state["finished_entries"], state["stored_files"]) == (1, 1, 2)


async def test_an_answer_lost_after_the_work_is_an_unknown_outcome_that_asking_resolves(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    other.faults(lose_answers=1, only="opprett")
    with pytest.raises(OutcomeUnknown):
        await core.ensure_registry_entry(entry)
    assert not (await core.ensure_registry_entry(entry)).was_created
    assert other.state()["registry_entries"] == 1


async def test_an_archive_that_answers_twice_leaves_one(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    other.faults(answer_twice=10)
    await core.ensure_registry_entry(entry)
    await core.ensure_registry_entry(replace(entry, key=f"record:{uuid.uuid4()}"))
    assert (other.state()["registry_entries"], other.state()["case_files"]) == (2, 1)


async def test_a_half_accepted_message_is_completed_not_repeated(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    other.switch(half=1)
    with pytest.raises(Declined, match="archive-rejected"):
        await core.ensure_registry_entry(entry)
    assert (other.state()["case_files"], other.state()["registry_entries"]) == (1, 0)
    await core.ensure_registry_entry(entry)
    assert (other.state()["case_files"], other.state()["registry_entries"]) == (1, 1)


async def test_a_rejected_code_is_for_a_person_and_a_fault_of_the_server_passes(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    other.switch(reject=1)
    with pytest.raises(Declined) as refused:
        await core.ensure_registry_entry(entry)
    assert "Ukjent kode" in refused.value.detail
    assert "Kari" not in refused.value.detail
    other.faults(refuse_status=500, only="opprett")
    with pytest.raises(Transient):
        await core.ensure_registry_entry(entry)
    other.faults()
    assert (await core.ensure_registry_entry(entry)).was_created


async def test_evidence_that_comes_later_is_an_entry_of_its_own_and_the_case_can_be_closed(
    other: Other, core: FiksArkivCore, entry: RegistryEntry
) -> None:
    await core.ensure_registry_entry(entry)
    proofs = (document(DocumentKind.EVIDENCE, Variant.PRODUCTION),)
    first = await core.add_documents(entry.key, proofs)
    assert (await core.add_documents(entry.key, proofs)).record.archive_id == first.record.archive_id
    assert other.state()["registry_entries"] == 2
    closed = await core.close_case_file(entry.case_file.key, "Ferdig")
    assert closed.is_closed
    assert (await core.close_case_file(entry.case_file.key, "Ferdig")).archive_id == closed.archive_id
    with pytest.raises(Declined):
        await core.ensure_registry_entry(replace(entry, key=f"record:{uuid.uuid4()}"))


async def test_an_archive_that_is_away_is_seen_by_the_probe(other: Other, core: FiksArkivCore) -> None:
    other.faults(down=True)
    with pytest.raises(Transient):
        await core.probe()
    other.faults()
    await core.probe()


async def test_what_stands_is_corrected_shielded_withdrawn_and_its_case_closed_and_opened_again(
    core: FiksArkivCore, entry: RegistryEntry
) -> None:
    receiver = CorrespondenceParty(role=Role.RECEIVER, name="Nora Feil", is_person=True)
    sent = replace(entry, parties=(receiver,))
    await core.ensure_registry_entry(sent)
    right = replace(receiver, name="Nora Eksempel")
    main, attachment = entry.documents
    wanted = replace(sent, title="Rettet", parties=(right,), documents=(replace(main, title="Rettet"), attachment))
    for _ in range(2):
        held = (await core.correct_record(wanted)).record
        assert (held.title, [one.title for one in held.documents]) == ("Rettet", ["Rettet", "Vedtak"])
    shielded = replace(main, objects=(given_object(Variant.SHIELDED),))
    for _ in range(2):
        held = (await core.add_variant(entry.key, shielded)).record
        assert [one.variant for one in held.documents[0].objects] == ["A", "O"]
    key = entry.case_file.key
    for is_closed in (True, False, True, False):
        case = await (core.close_case_file(key, "Ferdig") if is_closed else core.reopen_case_file(key))
        assert case.is_closed == is_closed
    for _ in range(2):
        assert (await core.withdraw_record(entry.key)).record.status == "U"
    with pytest.raises(Declined, match="archive-record-cancelled"):
        await core.correct_record(wanted)
    assert await core.find_record(f"record:{uuid.uuid4()}") is None
    found = await core.find_record(entry.key)
    assert found is not None
