"""Renditions on a real database with the real ladder: what is kept of them, what lay inside, what people choose (M24)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest

from archiver import store
from archiver.archive import Archive
from archiver.operations import operations
from archiver.operations import renditions as answers
from archiver.rendering import whole
from archiver.rendition import Renderer
from sikkersak.contracts.archiver import ArchiveDossier, DeliveryState
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.contracts.renditions import Choice, ChooseRendition, DocumentRendition, ReadRenditions, RenditionState
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, Forbidden
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.messaging.telling import digest_of
from sikkersak.testing.desk import desk_for, incoming
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

Room = Any
PASSWORD = "Solskinn"


class Elsewhere:
    """The renderer with a loop of its own, so that one, started once, serves every test's loop."""

    def __init__(self, scratch: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.renderer = Renderer(scratch=scratch)

    def now(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(90)

    def __getattr__(self, name: str) -> Any:
        async def passed_on(*told: Any, **more: Any) -> Any:
            work = getattr(self.renderer, name)(*told, **more)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

        return passed_on

    def stop(self) -> None:
        self.now(self.renderer.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Started once for all tests here."""
    standing = Elsewhere(tmp_path_factory.mktemp("scratch"))
    standing.now(standing.renderer.start())
    if not standing.renderer.capabilities()["java"]:
        pytest.skip("veraPDF needs Java and libjaxb-java on this machine")
    yield standing
    standing.stop()


def pdf(*, inside: dict[str, bytes] | None = None, words: bytes = b"Vedtak", **settings: Any) -> bytes:
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    page.obj["/Contents"] = made.make_stream(b"BT /F 18 Tf 72 720 Td (" + words + b") Tj ET")
    for name, content in (inside or {}).items():
        made.attachments[name] = pikepdf.AttachedFileSpec(made, content, filename=name)
    out = io.BytesIO()
    made.save(out, **settings)
    return out.getvalue()


def locked() -> bytes:
    return pdf(encryption=pikepdf.Encryption(owner=PASSWORD, user=PASSWORD))


class Desk:
    """A delivery of one file, not rendered yet."""

    def __init__(self, room: Room, renderer: Elsewhere) -> None:
        self.room = room
        self.archive = Archive(**{**vars(room.archive), "renderer": renderer, "render_seconds": 60})
        room.archive = self.archive
        self.delivery_id: UUID

    async def bring_in(self, content: bytes) -> None:
        row = await self.room.order()
        dossier = await self.dossier(row)
        ref = await self.archive.vault.put(content, "application/pdf")
        (document,) = dossier.documents
        changed = document.model_copy(update={"file": File(name="fil.pdf", media_type="application/pdf", ref=ref)})
        sealed = await seal(self.archive.vault, dossier.model_copy(update={"documents": (changed,)}))
        self.delivery_id = row["delivery_id"]
        await self.room.rows("delete from renditions where delivery_id = $1", self.delivery_id)
        sql = "update deliveries set rendered_at = null, dossier = $2 where delivery_id = $1"
        await self.room.rows(sql, self.delivery_id, sealed.model_dump(mode="json"))

    async def dossier(self, row: Any) -> ArchiveDossier:
        return await unseal(self.archive.vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)

    async def render(self) -> Any:
        """Once; what was declined stands in the row."""
        with contextlib.suppress(Declined):
            await self.archive.render(await self.room.row(self.delivery_id))
        return await self.room.row(self.delivery_id)

    async def told(self) -> tuple[DocumentRendition, ...]:
        asked = ReadRenditions(delivery_id=self.delivery_id)
        return (await self.room.ask(asked, answers.read_renditions, "administrator")).documents

    async def choose(self, choice: Choice, *, document: DocumentRendition | None = None, **more: Any) -> Any:
        key = (document or (await self.told())[0]).document_key
        asked = ChooseRendition(
            delivery_id=self.delivery_id, document_key=key, choice=choice, reason="etter samtale med avsender", **more
        )
        return await self.room.ask(asked, answers.choose_rendition, "mail_distributor")

    async def to_archive(self) -> ArchiveDossier:
        row = await self.room.row(self.delivery_id)
        async with self.archive.database.transaction() as tx:
            return await whole(tx, self.archive.vault, self.delivery_id, await self.dossier(row))


@pytest.fixture
async def desk(room: Room, renderer: Elsewhere) -> Desk:
    return Desk(room, renderer)


async def test_everything_about_a_rendition_is_kept(desk: Desk) -> None:
    await desk.bring_in(pdf())
    assert (await desk.render())["state"] == "delivering"
    (told,) = await desk.told()
    assert (told.state, told.flavour, told.rung, told.pages, told.words_kept) == ("made", "2u", "mended", 1, 1.0)
    assert told.validator is not None
    assert told.validator.startswith("veraPDF 1.")
    assert [(one.rung, one.reason, one.is_valid, one.pages_that_differ) for one in told.tries] == [
        ("mended", "same", True, 0)
    ]
    (row,) = await desk.room.rows("select * from renditions where delivery_id = $1", desk.delivery_id)
    assert row["seconds"] > 0
    assert row["peak_mb"] > 10
    assert row["sameness"]["pages_after"] == 1


async def test_what_lies_inside_becomes_documents_of_their_own_with_the_same_keys_each_time(desk: Desk) -> None:
    inner = pdf(inside={"innerst.txt": b"helt innerst"}, words=b"Vedlegg")
    await desk.bring_in(pdf(inside={"vedlegg.pdf": inner}))
    assert (await desk.render())["state"] == "delivering"
    told = await desk.told()
    assert [(one.is_main, one.media_type, one.state) for one in told] == [
        (True, "application/pdf", RenditionState.MADE),
        (False, "application/pdf", RenditionState.MADE),
        (False, "text/plain", RenditionState.MADE),
    ]
    assert [one.holder_key for one in told] == [None, told[0].document_key, told[1].document_key]
    assert "1 vedlegg lå inne i filen og er tatt ut som egne dokumenter" in told[0].notes
    names = [document.file.name for document in (await desk.to_archive()).documents]
    assert names == ["fil.pdf", "vedlegg.pdf", "innerst.txt"]
    await desk.room.rows("update deliveries set rendered_at = null, state = 'waiting'")
    await desk.room.rows("delete from renditions where document_key = $1", told[1].document_key)
    await desk.render()
    assert [one.document_key for one in await desk.told()] == [one.document_key for one in told]


async def test_the_archive_gets_them_as_attachments_of_the_same_entry(desk: Desk) -> None:
    await desk.bring_in(pdf(inside={"notat.txt": b"hei"}))
    await desk.render()
    await desk.room.bring(await desk.room.row(desk.delivery_id))
    (entry,) = desk.room.core.records
    assert [(document.kind.name, len(document.objects)) for document in entry.documents] == [
        ("MAIN", 2),
        ("ATTACHMENT", 2),
    ]


async def test_a_refused_document_keeps_what_was_tried_and_says_what_can_be_chosen(desk: Desk) -> None:
    await desk.bring_in(locked())
    assert (await desk.render())["state"] == "declined"
    (told,) = await desk.told()
    assert (told.state, told.code) == (RenditionState.REFUSED, "rendition-password")
    assert told.detail is not None
    assert "passord" in told.detail
    assert told.choices == (Choice.PASSWORD, Choice.OTHER_FILE, Choice.NOTICE_PAGE, Choice.LEAVE_OUT)


async def test_a_password_opens_it_and_is_kept_nowhere(desk: Desk) -> None:
    await desk.bring_in(locked())
    await desk.render()
    with pytest.raises(Declined, match="rendition-wrong-password"):
        await desk.choose(Choice.PASSWORD, password="feil")
    await desk.choose(Choice.PASSWORD, password=PASSWORD)
    assert (await desk.render())["state"] == "delivering"
    (told,) = await desk.told()
    assert told.rung == "mended"
    assert [(one.choice, one.code) for one in told.chosen] == [(Choice.PASSWORD, "rendition-password")]
    for table in ("rendition_choices", "rendered_documents", "mendings", "deliveries", "outbox"):
        rows = await desk.room.rows(f"select row_to_json({table})::text as told from {table}")
        assert not [row for row in rows if PASSWORD in row["told"]]
    await desk.room.bring(await desk.room.row(desk.delivery_id))
    _, original = desk.room.core.records[-1].documents[0].objects
    assert (await desk.to_archive()).documents[0].file.ref.sha256 == original.checksum


async def test_a_notice_page_goes_to_the_archive_with_the_original(desk: Desk) -> None:
    await desk.bring_in(locked())
    await desk.render()
    await desk.choose(Choice.NOTICE_PAGE)
    assert (await desk.render())["state"] == "delivering"
    (told,) = await desk.told()
    assert (told.rung, told.flavour) == ("notice", "2a")
    await desk.room.bring(await desk.room.row(desk.delivery_id))
    assert len(desk.room.core.records[-1].documents[0].objects) == 2


async def test_another_file_takes_its_place_and_the_old_is_kept(desk: Desk) -> None:
    await desk.bring_in(b"%PDF-1.7 avbrutt")
    before = (await desk.render())["dossier"]
    ref = await desk.archive.vault.put(pdf(words=b"Ny"), "application/pdf")
    await desk.choose(Choice.OTHER_FILE, file=File(name="ny.pdf", media_type="application/pdf", ref=ref))
    assert (await desk.render())["state"] == "delivering"
    assert (await desk.to_archive()).documents[0].file.name == "ny.pdf"
    (kept,) = await desk.room.rows("select * from mendings")
    assert (kept["before"], kept["fields"]) == (before, ["other_file"])


async def test_an_attachment_is_left_out_with_a_reason_and_the_rest_is_archived(desk: Desk) -> None:
    await desk.bring_in(pdf(inside={"regneark.xyz": b"\x00\x01\x02 ukjent"}))
    assert (await desk.render())["code"] == "rendition-unknown-format"
    main, inner = await desk.told()
    assert (main.state, inner.state) == (RenditionState.MADE, RenditionState.REFUSED)
    await desk.choose(Choice.LEAVE_OUT, document=inner)
    assert (await desk.render())["state"] == "delivering"
    assert [one.file.name for one in (await desk.to_archive()).documents] == ["fil.pdf"]
    assert (await desk.told())[1].chosen[0].reason == "etter samtale med avsender"


async def test_leaving_out_the_main_document_gives_the_delivery_up(desk: Desk) -> None:
    await desk.bring_in(locked())
    await desk.render()
    await desk.choose(Choice.LEAVE_OUT)
    row = await desk.room.row(desk.delivery_id)
    assert (row["state"], row["reason"]) == (DeliveryState.GIVEN_UP, "etter samtale med avsender")


async def test_what_does_not_apply_is_not_chosen_and_not_by_everyone(desk: Desk) -> None:
    await desk.bring_in(locked())
    await desk.render()
    with pytest.raises(Declined, match="rendition-choice"):
        await desk.choose(Choice.ACCEPT_DIFFERENCE)
    key = (await desk.told())[0].document_key
    asked = ChooseRendition(delivery_id=desk.delivery_id, document_key=key, choice=Choice.LEAVE_OUT, reason="prøver")
    with pytest.raises(Forbidden):
        await desk.room.ask(asked, answers.choose_rendition, "school_leader")
    async with desk.archive.database.transaction() as tx:
        assert not await store.renditions(tx, [key])


async def test_what_was_chosen_and_why_is_told_to_the_audit_log(desk: Desk) -> None:
    await desk.bring_in(locked())
    await desk.render()
    (document,) = await desk.told()
    asked = ChooseRendition(
        delivery_id=desk.delivery_id,
        document_key=document.document_key,
        choice=Choice.NOTICE_PAGE,
        reason="avsender svarer ikke",
    )
    actor = Actor(staff_id=new_id(), roles=frozenset({"mail_distributor"}), level="high", session="s-9")
    standing = desk_for(actor, operations._answers, desk.archive, desk.archive.database)
    for _ in range(2):
        await standing.reply(incoming(asked.operation, asked.model_dump_json().encode(), "k"))
    (row,) = await desk.room.rows("select body from outbox where message_type = $1", NoteAct.message_type)
    told = NoteAct.model_validate_json(row["body"])
    (kept,) = (await desk.told())[0].chosen
    assert (told.actor_id, told.session, told.chosen) == (kept.chosen_by, "s-9", {"choice": kept.choice.value})
    assert told.about == {"delivery_id": (desk.delivery_id,), "document_key": (document.document_key,)}
    assert told.reason_sha256 == digest_of(told.act_id, kept.reason)
    assert kept.reason == "avsender svarer ikke"
