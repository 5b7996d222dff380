"""Fiks Arkiv over the stand-in of KS Fiks IO: tokens, catalogue, send API, the account's queue, signed and encrypted (M23)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest

from archiver.composition import fiks_io_access
from archiver.core import (
    AccessRefused,
    CaseFile,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    OutcomeUnknown,
    RegistryEntry,
    Variant,
)
from archiver.fiks import FiksAccess, FiksArkivCore, FiksIOAccess, FiksIOTransport, asice
from archiver.fiks.container import Unreadable
from archiver.fiks.names import Kind
from archiver.fiks.transport import NoAnswer
from archiver.settings import Settings
from local import keys
from local.fiks import HUB, OWN_ACCOUNT, Way
from local.memory import Memory
from local.registers import Registers
from local.servers import Servers
from local.stack import Stack
from sikkersak.contracts.archiver import RecordType
from sikkersak.errors import Transient

SILENT = str(uuid.uuid4())


@dataclass
class World:
    """The stand-ins, and how we are known there."""

    access: FiksIOAccess
    hub: str
    archive: str
    maskinporten: str

    def faults(self, where: str, **wanted: Any) -> None:
        httpx.put(f"{where}/_control/faults", json=wanted, timeout=60).raise_for_status()

    def state(self, where: str) -> dict[str, Any]:
        return dict(httpx.get(f"{where}/_control/state", timeout=60).json())

    def reset(self) -> None:
        for where in (self.hub, self.archive):
            httpx.post(f"{where}/_control/reset", timeout=60).raise_for_status()
            self.faults(where)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stand-ins with what the local stack tells them, and archiver's own reading of what the stack tells it."""
    folder = tmp_path_factory.mktemp("fiksio")
    given = Servers(*(os.environ[name] for name in ("DATABASE_URL", "RABBITMQ_URL", "RABBITMQ_MANAGEMENT_URL")))
    stack = Stack(folder, f"sikkersak_{uuid.uuid4().hex[:8]}", Memory(folder / "memory.json"), given)
    stack.speak(Way.FIKS_IO)
    assert stack.fiks is not None
    stack.fiks.prepare()
    Registers(stack).maskinporten()
    also_silent(folder / "register" / "fiksio.json", keys.receiver_key(folder, SILENT))
    stack.fiks.open()
    names = ("maskinporten", "noark", HUB)
    try:
        stack.start(*names)
        told = {name.lower(): value for name, value in stack.configuration.of("archiver").items()}
        yield World(fiks_io_access(Settings(**told)), stack.url(HUB), stack.url("noark"), stack.url("maskinporten"))
    finally:
        stack.stop(*names)
        stack.provision.close_fiks()


def also_silent(register: Path, certificate: str) -> None:
    """One more account, that nobody answers for."""
    known = json.loads(register.read_text())
    account = {"id": SILENT, "name": SILENT, "identifier": "ORG_NO.310000043", "certificate_pem": certificate}
    known["accounts"].append(account | {"takes_from": [OWN_ACCOUNT]})
    register.write_text(json.dumps(known))


@pytest.fixture
async def core(world: World) -> AsyncIterator[FiksArkivCore]:
    world.reset()
    access = FiksAccess(series="ELEVSAK", answer_seconds=10, settle_seconds=0)
    made = FiksArkivCore(access, FiksIOTransport(world.access))
    yield made
    await made.close()


def entry(padding: int = 0) -> RegistryEntry:
    with pikepdf.new() as document:
        document.add_blank_page()
        document.attachments["padding.bin"] = os.urandom(padding) if padding else b"-"
        with document.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"
            metadata["dc:identifier"] = uuid.uuid4().hex
        path = Path(os.environ.get("TMPDIR", "/tmp")) / f"{uuid.uuid4()}.pdf"
        document.save(path)
    content = path.read_bytes()
    path.unlink()

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    file = DocumentObject(
        variant=Variant.ARCHIVE,
        format="PDF/A-2b",
        media_type="application/pdf",
        checksum=hashlib.sha256(content).hexdigest(),
        size=len(content),
        filename="Vedtak.pdf",
        open=pieces,
    )
    case = CaseFile(
        key=f"case:{uuid.uuid4()}",
        title="Elevsak",
        public_title="Elevsak",
        opened=date(2026, 9, 1),
        unit="Fjordvik skole",
        responsible="Ola Lærer",
        screening=None,
    )
    key = f"document:{uuid.uuid4()}"
    main = DocumentDescription(key=key, title="Vedtak", kind=DocumentKind.MAIN, objects=(file,))
    return RegistryEntry(
        key=f"record:{uuid.uuid4()}",
        case_file=case,
        type=RecordType.INTERNAL,
        title="Notat",
        public_title="Notat",
        document_date=date(2026, 9, 2),
        documents=(main,),
    )


async def test_a_record_goes_through_and_comes_back_and_twice_is_once(world: World, core: FiksArkivCore) -> None:
    given = entry()
    first, second = await core.ensure_registry_entry(given), await core.ensure_registry_entry(given)
    assert (first.was_created, second.was_created) == (True, False)
    assert world.state(world.archive)["registry_entries"] == 1
    assert world.state(world.maskinporten)["issued"] == 1, "one token serves the queue and the calls"


async def test_what_is_too_large_for_a_message_goes_through_the_document_store(
    world: World, core: FiksArkivCore
) -> None:
    await core.ensure_registry_entry(entry(padding=6_000_000))
    assert any(one["dokumentlagerId"] for one in world.state(world.hub)["sent"])


async def test_an_answer_lost_is_an_unknown_outcome_that_asking_resolves(world: World, core: FiksArkivCore) -> None:
    given = entry()
    world.faults(world.archive, lose_answers=1, only="opprett")
    with pytest.raises(OutcomeUnknown):
        await core.ensure_registry_entry(given)
    assert not (await core.ensure_registry_entry(given)).was_created


async def test_a_lost_answer_of_the_api_is_as_unknown_as_one_of_the_archive(world: World, core: FiksArkivCore) -> None:
    given = entry()
    assert await core.find_record(given.key) is None
    with pytest.raises(OutcomeUnknown):
        world.faults(world.hub, lose_answers=1, only="fiks-io/api/v1/send")
        await core._tell(Kind.UPDATE, b"<x/>", lambda step: None, [])


async def test_the_connection_to_the_queue_is_made_anew_with_a_new_token(world: World, core: FiksArkivCore) -> None:
    given = entry()
    await core.probe()
    world.faults(world.hub, down=True)
    with pytest.raises(Transient):
        await core.probe()
    world.faults(world.hub)
    for _ in range(100):
        try:
            await core.ensure_registry_entry(given)
            break
        except Transient:
            await asyncio.sleep(0.2)
    assert world.state(world.archive)["registry_entries"] == 1


@pytest.mark.parametrize("wrong", ["password", "client", "receiver"])
async def test_who_is_not_let_in_waits_for_operations_and_no_document_is_at_fault(world: World, wrong: str) -> None:
    world.reset()
    own = world.access.integration
    access = {
        "password": replace(world.access, integration=replace(own, password="wrong")),
        "client": replace(world.access, client=replace(world.access.client, client_id="unknown")),
        "receiver": replace(world.access, archive="ORG_NO.999999999"),
    }[wrong]
    made = FiksArkivCore(FiksAccess(answer_seconds=1), FiksIOTransport(access))
    with pytest.raises(Transient) as refused:
        await made.find_record(entry().key)
    await made.close()
    assert wrong == "password" or isinstance(refused.value, AccessRefused)


async def test_a_message_that_nobody_takes_is_no_answer(world: World) -> None:
    world.reset()
    transport = FiksIOTransport(replace(world.access, archive=SILENT))
    with pytest.raises(NoAnswer):
        await transport.ask(Kind.GET_CASE, {"a.xml": b"<x/>"}, client_message_id="1", within=1.0)
    await transport.close()


async def test_a_container_is_taken_only_as_it_was_signed(world: World) -> None:
    files = {"arkivmelding.xml": b"<a/>", "d1.pdf": b"content"}
    sealed = await asice.sealed(files, world.access.seal)
    assert await asice.opened(sealed) == files
    for wrong in (sealed.replace(b"content", b"c0ntent"), sealed.replace(b"SigReference", b"SigReferenc3"), b"no zip"):
        with pytest.raises(Unreadable):
            await asice.opened(wrong)
