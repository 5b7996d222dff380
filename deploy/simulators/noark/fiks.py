"""The same archive behind Fiks Arkiv v1: messages over a broker with the queues and headers of Fiks IO.

Started with `--fiks-amqp URL --fiks-account ID --fiks-key FILE --fiks-peer ID=CERTIFICATE`. The faults of the control calls
hold here too: down (messages wait), slow, refuse (serverfeil), lose_answers, answer_twice; `only` is matched against the
message type. `PUT /_control/fiks {"half": n, "reject": n}` accepts the folder only, or knows no code, n times.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from simulators.faults import FaultPlan
from simulators.noark import fiks_changes, fiks_tree
from simulators.noark import fiks_documents as xml
from simulators.noark.core import Core
from simulators.noark.fiks_envelope import decrypted, encrypted, packed, private_key, unpacked
from simulators.noark.fiks_seal import check, sealed
from simulators.noark.refusal import Refused

PREFIX = "no.ks.fiks.arkiv.v1."
ROOT = xml.ROOT
Reply = tuple[str, dict[str, bytes]]


@dataclass
class Switches:
    """`PUT /_control/fiks`."""

    half: int = 0
    reject: int = 0


@dataclass
class FiksFace:
    """One account that answers for the archive."""

    core: Core
    plan: FaultPlan
    url: str
    account: str
    key_file: Path
    peers: Mapping[str, Path]
    switches: Switches = field(default_factory=Switches)
    certificate: Path | None = None  # what containers are signed with; none where nobody asks for it
    documents: str = ""  # where the platform keeps what is too large for a message

    async def run(self) -> None:
        """Answers until it is cancelled; a broker that goes away is waited for."""
        key = private_key(self.key_file.read_bytes())
        while True:
            with contextlib.suppress(aio_pika.exceptions.AMQPError, ConnectionError, OSError):
                await self._serve(key)
            await asyncio.sleep(0.5)

    async def _serve(self, key: Any) -> None:
        connection = await aio_pika.connect_robust(self.url, reconnect_interval=0.5)
        async with connection:
            channel = await connection.channel()
            await channel.set_qos(10)
            name = f"fiksio.konto.{self.account}"  # over Fiks IO the queue is the platform's own
            queue = await channel.declare_queue(name, durable=True, passive=self.certificate is not None)
            await queue.consume(lambda incoming: self._take(channel, incoming, key))
            await asyncio.Event().wait()

    async def _take(self, channel: AbstractChannel, incoming: AbstractIncomingMessage, key: Any) -> None:
        kind = str(incoming.headers.get("type"))
        faulty = self.plan.affects(kind)
        while faulty and self.plan.settings.down:
            await asyncio.sleep(0.1)
            faulty = self.plan.affects(kind)
        if faulty and self.plan.settings.slow_seconds:
            await asyncio.sleep(self.plan.settings.slow_seconds)
        for reply in await self._replies(kind, incoming, key, is_faulty=faulty):
            await self._answer(channel, incoming, reply)
        await incoming.ack()

    async def _replies(self, kind: str, incoming: AbstractIncomingMessage, key: Any, *, is_faulty: bool) -> list[Reply]:
        try:
            files = await self._opened(incoming, key)
        except Refused as no:
            return [self._fault("ugyldigforespoersel", no.text)]
        if is_faulty and self.plan.refuses():
            return [self._fault("serverfeil", "Tjenesten er ikke tilgjengelig")]
        times = 2 if is_faulty and self.plan.answers_twice() else 1
        replies = [reply for _ in range(times) for reply in await self._work(kind, files)]
        return [] if is_faulty and self.plan.loses_answer() else replies

    async def _opened(self, incoming: AbstractIncomingMessage, key: Any) -> dict[str, bytes]:
        body, stored = incoming.body, str(incoming.headers.get("dokumentlager-id") or "")
        if stored:
            async with httpx.AsyncClient(timeout=60) as http:
                body = (await http.get(f"{self.documents}/{stored}")).raise_for_status().content
        if not body:
            return {}
        container = decrypted(body, key)
        if self.certificate is not None:
            await check(container)
        return unpacked(container)

    async def _packed(self, files: Mapping[str, bytes]) -> bytes:
        if self.certificate is None:
            return packed(files)
        return await sealed(files, self.certificate.read_bytes(), self.key_file.read_bytes())

    async def _answer(self, channel: AbstractChannel, incoming: AbstractIncomingMessage, reply: Reply) -> None:
        kind, files = reply
        sender = str(incoming.headers.get("avsender-id"))
        body = encrypted(await self._packed(files), self.peers[sender].read_bytes()) if files else b""
        headers: dict[str, Any] = {
            "melding-id": str(uuid4()),
            "type": kind,
            "avsender-id": self.account,
            "svar-til": incoming.headers.get("melding-id"),
            "svar-til-type": incoming.headers.get("type"),
        }
        for name in ("klientMeldingId", "klientKorrelasjonsId"):
            headers[f"egendefinert-header.{name}"] = incoming.headers.get(f"egendefinert-header.{name}")
        message = aio_pika.Message(body, headers=headers, type=kind)
        await channel.default_exchange.publish(message, incoming.reply_to or f"fiksio.konto.{sender}", mandatory=False)

    async def _work(self, kind: str, files: dict[str, bytes]) -> list[Reply]:
        """Everything that answers one message, in order."""
        content = next((body for name, body in files.items() if name.endswith(".xml")), b"")
        try:
            message = xml.read(content)
            match kind.removeprefix(PREFIX):
                case "arkivering.arkivmelding.opprett":
                    return [(f"{kind}.mottatt", {}), await self._create(kind, message, files)]
                case "arkivering.arkivmelding.oppdater":
                    fiks_changes.update(self.core, message)
                    return [(f"{kind}.mottatt", {}), (f"{kind}.kvittering", {})]
                case "arkivering.dokumentobjekt.opprett":
                    return [(f"{kind}.mottatt", {}), await self._variant(kind, message, files)]
                case "innsyn.sok":
                    return [self._search(kind, message)]
                case "innsyn.registrering.hent":
                    return [self._record(kind, message)]
                case "innsyn.mappe.hent":
                    return [self._case_file(kind, message)]
                case _:
                    raise Refused(400, "Ukjent meldingstype")
        except Refused as no:
            return [self._fault("ikkefunnet" if no.status == 404 else "ugyldigforespoersel", no.text)]

    async def _create(self, kind: str, message: Any, files: dict[str, bytes]) -> Reply:
        if self.switches.reject:
            self.switches.reject -= 1
            raise Refused(400, "Ukjent kode for journalposttype")
        receipt = xml.new(xml.RECEIPT, "arkivmeldingKvittering")
        given, entry = xml.child(message, "mappe"), xml.child(message, "registrering")
        folder = None
        if given is not None:
            folder, is_new = fiks_tree.case_file(self.core, given)
            xml.case_receipt(receipt, folder, is_new=is_new)
        if entry is not None:
            await self._entry(receipt, entry, folder, files)
        return f"{kind}.kvittering", {"arkivmelding-kvittering.xml": xml.written(receipt)}

    async def _entry(self, receipt: Any, entry: Any, folder: Any, files: dict[str, bytes]) -> None:
        try:
            if self.switches.half:
                self.switches.half -= 1
                raise Refused(400, "Registreringen ble ikke tatt imot")
            record, is_new = await fiks_tree.record(self.core, entry, folder, files)
        except Refused as no:
            if folder is None:
                raise
            xml.failed_half(receipt, "registreringFeilet", str(uuid4()), no.text)
        else:
            xml.record_receipt(receipt, self.core.tree, record, is_new=is_new)

    async def _variant(self, kind: str, message: Any, files: dict[str, bytes]) -> Reply:
        made = await fiks_changes.variant(self.core, message, files)
        namespace = f"{ROOT}dokumentobjekt/opprett/kvittering/v1"
        receipt = xml.new(namespace, "dokumentobjektOpprettKvittering")
        for name in ("systemID", "opprettetDato", "opprettetAv"):
            xml.add(receipt, name, made.body[name], namespace)
        return f"{kind}.kvittering", {"dokumentobjekt-kvittering.xml": xml.written(receipt)}

    def _search(self, kind: str, message: Any) -> Reply:
        """By our key only, and keys only are told; any other search finds nothing here."""
        definition = xml.child(message, "sokdefinisjon")
        if definition is None or xml.text(definition, "responstype") != "noekler":
            raise Refused(400, "Dette arkivet svarer bare på søk etter nøkler")
        wanted = xml.text(definition, "parametere", "sokVerdier", "eksternNoekkel", "noekkel")
        name = "journalpost" if (wanted or "").startswith("record:") else "saksmappe"
        hits = [one for one in self.core.tree.of([name]) if wanted and xml.key_of(one) == wanted]
        return f"{kind}.resultat.noekler", {"resultat.xml": xml.written(xml.search_result(message, name, hits))}

    def _record(self, kind: str, message: Any) -> Reply:
        found = fiks_tree.find(self.core, "journalpost", xml.child(message, "referanseTilRegistrering"))
        if found is None:
            raise Refused(404, "Fant ikke registreringen")
        namespace = f"{ROOT}registrering/hent/resultat/v1"
        result = xml.new(namespace, "registreringHentResultat")
        include = frozenset(one.text for one in xml.children(message, "inkluder"))
        xml.record(result, self.core.tree, found, namespace, include)
        return f"{kind}.resultat", {"registrering.xml": xml.written(result)}

    def _case_file(self, kind: str, message: Any) -> Reply:
        found = fiks_tree.find(self.core, "saksmappe", xml.child(message, "referanseTilMappe"))
        if found is None:
            raise Refused(404, "Fant ikke mappen")
        namespace = f"{ROOT}mappe/hent/resultat/v1"
        result = xml.new(namespace, "mappeHentResultat")
        xml.case_file(result, found, namespace)
        return f"{kind}.resultat", {"mappe.xml": xml.written(result)}

    def _fault(self, name: str, said: str) -> Reply:
        fault = xml.new(f"{ROOT}feil/{name}/v1", name)
        xml.add(fault, "feilId", str(uuid4()), xml.FAULT)
        xml.add(fault, "feilmelding", said, xml.FAULT)
        return f"{PREFIX}feilmelding.{name}", {"feilmelding.xml": xml.written(fault)}
