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
from urllib.parse import urlsplit, urlunsplit

import httpx
import pikepdf
import pytest

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
from archiver.fiks import Client, FiksAccess, FiksArkivCore, FiksIOAccess, FiksIOTransport, Integration, Seal, asice
from archiver.fiks.container import Unreadable
from archiver.fiks.names import Kind
from archiver.fiks.transport import NoAnswer
from local import keys
from sikkersak.contracts.archiver import RecordType
from sikkersak.errors import Transient
from sikkersak.testing.running import Programs

OWN, ARCHIVE, SILENT, INTEGRATION = (str(uuid.uuid4()) for _ in range(4))
ORGANISATION, ARCHIVES = "310000027", "310000035"
PASSWORD = "not-a-secret"


@dataclass
class World:
    """The stand-ins, and how we are known there."""

    access: FiksIOAccess
    hub: str
    archive: str
    maskinporten: str

    def faults(self, where: str, **wanted: Any) -> None:
        httpx.put(f"{where}/_control/faults", json=wanted).raise_for_status()

    def state(self, where: str) -> dict[str, Any]:
        return dict(httpx.get(f"{where}/_control/state").json())

    def reset(self) -> None:
        for where in (self.hub, self.archive):
            httpx.post(f"{where}/_control/reset").raise_for_status()
            self.faults(where)


def virtual_host() -> str:
    """A virtual host of the hub's own on the real broker."""
    amqp, management = urlsplit(os.environ["RABBITMQ_URL"]), urlsplit(os.environ["RABBITMQ_MANAGEMENT_URL"])
    name = f"fiksio_{uuid.uuid4().hex[:8]}"
    http = httpx.Client(base_url=urlunsplit(management), auth=(amqp.username or "", amqp.password or ""))
    http.put(f"/api/vhosts/{name}").raise_for_status()
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    http.put(f"/api/permissions/{name}/{amqp.username}", json=everything).raise_for_status()
    return urlunsplit((*amqp[:2], f"/{name}", "", ""))


def written(folder: Path, name: str, content: object) -> str:
    (folder / name).write_text(json.dumps(content))
    return str(folder / name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("fiksio")
    certificates = {name: keys.receiver_key(folder, name) for name in (OWN, ARCHIVE, SILENT, "seal", "client")}
    public = keys.rsa_key(folder / "client.key.pem")
    client = {"client_id": "sikkersak", "organisation": ORGANISATION, "kid": "k1", "public_key_pem": public}
    register = {
        "integrations": [{"id": INTEGRATION, "password": PASSWORD, "organisation": ORGANISATION, "accounts": [OWN]}],
        "accounts": [
            {
                "id": one,
                "name": one,
                "identifier": identifier,
                "certificate_pem": certificates[one],
                "takes_from": friends,
            }
            for one, identifier, friends in (
                (OWN, f"ORG_NO.{ORGANISATION}", [ARCHIVE]),
                (ARCHIVE, f"ORG_NO.{ARCHIVES}", [OWN]),
                (SILENT, "ORG_NO.310000043", [OWN]),
            )
        ],
    }
    vhost = virtual_host()
    programs = Programs(folder)
    (issuer,) = programs.stand_in("maskinporten", "--clients", written(folder, "clients.json", {"clients": [client]}))
    hub, door = programs.stand_in(
        *("fiksio", "--amqp", vhost, "--maskinporten", f"{issuer}/"),
        *("--register", written(folder, "register.json", register)),
    )
    (archive,) = programs.stand_in(
        *("noark", "--fiks-amqp", vhost, "--fiks-account", ARCHIVE, "--fiks-key", str(folder / f"{ARCHIVE}.key.pem")),
        *("--fiks-certificate", str(folder / f"{ARCHIVE}.crt.pem"), "--fiks-documents", f"{hub}/_control/documents"),
        *("--fiks-peer", f"{OWN}={folder / f'{OWN}.crt.pem'}"),
    )
    access = FiksIOAccess(
        integration=Integration(hub, INTEGRATION, PASSWORD, OWN),
        amqp=door,
        archive=f"ORG_NO.{ARCHIVES}",
        own_key=(folder / f"{OWN}.key.pem").read_bytes(),
        seal=Seal(certificates["seal"].encode(), (folder / "seal.key.pem").read_bytes()),
        client=Client(f"{issuer}/", "sikkersak", (folder / "client.key.pem").read_bytes(), "k1"),
    )
    yield World(access, hub, archive, issuer)
    programs.stop()


@pytest.fixture
async def core(world: World) -> AsyncIterator[FiksArkivCore]:
    world.reset()
    access = FiksAccess(series="ELEVSAK", answer_seconds=3, settle_seconds=0)
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
    made = FiksArkivCore(FiksAccess(answer_seconds=2), FiksIOTransport(access))
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
