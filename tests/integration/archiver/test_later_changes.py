"""What becomes of a registry entry after it was archived: corrected, shielded, withdrawn; a case opened again (M23, M26)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from archiver import extraction
from archiver.core import ArchivedRecord, Variant
from archiver.operations import reconciliation as answers
from archiver.reconciling import reconcile
from archiver.rendition import Rendition
from archiver.rendition.outcome import Flavour, Rung, Verdict
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryKind
from sikkersak.contracts.reconciliation import Finding, ReadReconciliation, StartReconciliation
from sikkersak.ids import new_id

Room = Any
CHANGES = (DeliveryKind.CORRECTION, DeliveryKind.SHIELDED, DeliveryKind.WITHDRAWAL)


async def test_changes_wait_for_their_record_and_come_in_their_order(room: Room) -> None:
    case, document = new_id(), new_id()
    record = await room.order(case_id=case, document_id=document)
    changes = [await room.order(kind, case_id=case, document_id=document) for kind in CHANGES]
    for change in reversed(changes):
        assert (await room.bring(change))["held_for"] == "record"
    await room.bring(record)
    for _ in changes:
        for delivery_id in await room.ordered_again():
            await room.bring({"delivery_id": delivery_id})
    assert [(await room.row(change["delivery_id"]))["state"] for change in changes] == ["archived"] * 3
    assert [entry.key for entry in room.core.corrected] == [f"record:{document}"] == room.core.withdrawn
    ((key, shielded),) = room.core.variants
    assert (key, [one.variant for one in shielded.objects]) == (f"record:{document}", [Variant.SHIELDED])


async def test_what_comes_after_a_reopening_waits_for_it_and_the_reopening_for_the_closing(room: Room) -> None:
    case = new_id()
    await room.bring(await room.order(case_id=case))
    closing = await room.order(DeliveryKind.CLOSING, case_id=case, document_id=case)
    reopening = await room.order(DeliveryKind.REOPENING, case_id=case, document_id=case)
    late = await room.order(case_id=case)
    other = await room.order()
    assert (await room.bring(late))["held_for"] == "record"
    assert (await room.bring(reopening))["held_for"] == "record"
    assert (await room.bring(other))["state"] == "archived", "no other case waits"
    await room.bring(closing)
    for row in (reopening, late):
        assert await room.ordered_again() == [row["delivery_id"]]
        assert (await room.bring(row))["state"] == "archived"
    assert (room.core.closed, room.core.reopened) == ([f"case:{case}"], [f"case:{case}"])


async def finding(room: Room, held: ArchivedRecord) -> Any:
    room.core.held = {held.key: held}
    asked = StartReconciliation(
        period_from=now() - timedelta(days=1), period_to=now() + timedelta(days=1), repairs=False
    )
    made = await room.ask(asked, answers.start_reconciliation, "administrator")
    await reconcile(room.archive)
    await room.cases_accounts()
    await reconcile(room.archive)
    told = ReadReconciliation(reconciliation_id=made.reconciliation_id)
    detail = await room.ask(told, answers.read_reconciliation, "administrator")
    return detail.row.counts, [item.differences for item in detail.items]


async def test_reconciliation_and_extraction_know_of_later_changes(room: Room) -> None:
    case, document = new_id(), new_id()
    await room.bring(await room.order(case_id=case, document_id=document))
    sent = room.core.records[-1]
    for kind in (DeliveryKind.CORRECTION, DeliveryKind.WITHDRAWAL):
        await room.bring(await room.order(kind, case_id=case, document_id=document, title="Rettet"))
    held = ArchivedRecord(
        key=sent.key,
        archive_id="1",
        number="2026/1-1",
        journal_year=2026,
        journal_sequence=1,
        status="U",
        is_final=False,
        documents=(),
        title="Rettet",
        public_title=sent.public_title,
        restriction="13",
    )
    counts, differences = await finding(room, held)
    assert counts == {Finding.DIFFERS: 1}
    assert differences == [("checksum", "count")], (
        "texts and status are as changed; its files are not there in this test"
    )
    _, differences = await finding(room, replace(held, status="J", is_final=True, title=sent.title))
    assert differences == [("title", "checksum", "count", "not-withdrawn")]
    deposit = await extraction.deposit(
        room.database,
        room.archive.vault,
        now() + timedelta(hours=1),
        municipality="Eksempel kommune",
        organisation="310000027",
        series="ELEVSAK",
        class_id="B31",
    )
    (entry,) = deposit.entries
    assert (entry.dossier.title, entry.is_withdrawn) == ("Rettet", True)
    assert "Utgår" in extraction.structure.written(extraction.structure.structure(deposit)).decode()


@dataclass
class Printer:
    """In the renderer's place: any file becomes the same few bytes and its own."""

    rendered: list[bytes] = field(default_factory=list)

    async def render(self, source: Path, hint: str, *, destination: Path, **told: Any) -> Rendition:
        self.rendered.append(source.read_bytes())
        destination.write_bytes(b"%PDF " + source.read_bytes())
        verdict = Verdict(is_valid=True, flavour="2b", validator="test", version="1")
        flavour, rung = next(iter(Flavour)), next(iter(Rung))
        size = destination.stat().st_size
        return Rendition(
            path=destination,
            flavour=flavour,
            rung=rung,
            verdict=verdict,
            pages=1,
            sha256="",
            size=size,
            source_kind="pdf",
        )


async def test_a_shielded_file_gets_a_rendition_of_its_own_beside_the_documents_and_signers_hear_nothing_of_it(
    room: Room,
) -> None:
    room.archive = replace(room.archive, renderer=Printer())
    case, document, key = new_id(), new_id(), new_id()
    rows = [
        await room.order(kind, case_id=case, document_id=document, document_key=key)
        for kind in (DeliveryKind.RECORD, DeliveryKind.SHIELDED)
    ]
    await room.rows("delete from renditions returning 1")
    await room.rows("update deliveries set rendered_at = null returning 1")
    for row in rows:
        await room.archive.render(await room.row(row["delivery_id"]))
        await room.archive.render(await room.row(row["delivery_id"]))
        await room.bring(row)
    assert len(room.archive.renderer.rendered) == 2, "a repetition finds what was made"
    assert len(await room.rows("select * from outbox where message_type = 'archiver.rendition.ready.v1'")) == 2
    ((_, shielded),) = room.core.variants
    (main,) = room.core.records[0].documents
    assert (shielded.key, main.key) == (f"document:{key}", f"document:{key}")
    assert shielded.objects[0].checksum != main.objects[0].checksum
    assert (shielded.objects[0].variant, shielded.objects[0].format) == (Variant.SHIELDED, main.objects[0].format)
