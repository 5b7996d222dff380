"""What archiver answers about renditions, and what a person decides where there is none (M24)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from archiver import store
from archiver.archive import Archive
from archiver.domain import RETRYABLE, NotRetryable
from archiver.operations.log import send_again, visible
from archiver.operations.rights import operations
from archiver.rendering import found_document
from archiver.rendition import Note
from archiver.rendition.refusals import DIFFERS, PASSWORD
from archiver.store import log, rendered
from archiver.store.rendered import Cost, Place
from sikkersak.contracts.archiver import Act, ArchiveDocument, ArchiveDossier, DeliveryState
from sikkersak.contracts.renditions import (
    Choice,
    ChooseRendition,
    Chosen,
    DocumentRendition,
    ReadRenditions,
    Renditions,
    RenditionState,
    RenditionTry,
)
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

ALWAYS: Final = (Choice.OTHER_FILE, Choice.NOTICE_PAGE, Choice.LEAVE_OUT)
ALSO: Final = {PASSWORD: (Choice.PASSWORD,), DIFFERS: (Choice.ACCEPT_DIFFERENCE,)}


@operations.answers(ReadRenditions)
async def read_renditions(asked: ReadRenditions, ask: Ask, archive: Archive) -> Renditions:
    """How each document became PDF/A, or why not, and what can be decided."""
    del archive
    return await _told(ask, await visible(ask, asked.delivery_id))


@operations.answers(ChooseRendition)
async def choose_rendition(asked: ChooseRendition, ask: Ask, archive: Archive) -> Renditions:
    """Written down with its reason, done, and the delivery is tried again."""
    row = await visible(ask, asked.delivery_id)
    if DeliveryState(row["state"]) not in RETRYABLE:
        raise NotRetryable
    every = await rendered.documents(ask.tx, asked.delivery_id)
    at = next((one for one in every if one["document_key"] == asked.document_key), None)
    if at is None or asked.choice not in choices_for(at):
        raise Declined("rendition-choice", "Dette valget gjelder ikke for dokumentet slik det er nå.")
    dossier = await unseal(archive.vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)
    document = await _document(archive, dossier, at)
    await rendered.note_choice(ask.tx, at, asked.choice.value, asked.reason, ask.actor.staff_id)
    if asked.choice is Choice.LEAVE_OUT and document.is_main:
        await log.note_act(ask.tx, row, Act.GIVEN_UP, ask.actor.staff_id, asked.reason)
        await rendered.leave_out(ask.tx, asked.document_key)
        return await _told(ask, await store.give_up(ask.tx, asked.delivery_id, asked.reason))
    after = await _done(asked, ask, archive, dossier, document, at)
    fields = (asked.choice.value,)
    await log.note_act(ask.tx, row, Act.MENDED, ask.actor.staff_id, asked.reason, fields=fields, after=after)
    return await _told(ask, await send_again(ask, row))


async def _done(
    asked: ChooseRendition, ask: Ask, archive: Archive, dossier: ArchiveDossier, document: ArchiveDocument, at: Row
) -> dict[str, Any] | None:
    """Does what was chosen; the new dossier's reference where it became another."""
    if asked.choice is Choice.PASSWORD:
        if not asked.password:
            raise Declined("rendition-no-password", "Oppgi passordet.", status=422)
        opened = await archive.rendering.unlocked(document.file.ref, asked.password)
        await rendered.let_try_again(ask.tx, asked.document_key, opened=opened)
    elif asked.choice is Choice.ACCEPT_DIFFERENCE:
        await rendered.let_try_again(ask.tx, asked.document_key, accepts_difference=True)
    elif asked.choice is Choice.LEAVE_OUT:
        await rendered.leave_out(ask.tx, asked.document_key)
    elif asked.choice is Choice.NOTICE_PAGE:
        made, ref = await archive.rendering.notice(document, dossier.language, at["detail"] or "", asked.reason)
        place = Place(asked.delivery_id, asked.document_key, document.is_main, document.file.media_type)
        await rendered.keep(ask.tx, place, document.file.ref, ref, made, Cost(0.0, 0))
    else:
        return await _with_other_file(asked, ask, archive, dossier, document, at)
    return None


async def _with_other_file(
    asked: ChooseRendition, ask: Ask, archive: Archive, dossier: ArchiveDossier, document: ArchiveDocument, at: Row
) -> dict[str, Any] | None:
    """The document has another file from now on; what it had is kept with what people did."""
    if asked.file is None:
        raise Declined("rendition-no-file", "Last opp filen først.", status=422)
    changed = document.model_copy(update={"file": asked.file})
    if at["document"] is not None:
        sealed = await seal(archive.vault, changed)
        await rendered.let_try_again(ask.tx, asked.document_key, document=sealed, media_type=asked.file.media_type)
        return None
    others = tuple(changed if one.document_key == asked.document_key else one for one in dossier.documents)
    ref = (await seal(archive.vault, dossier.model_copy(update={"documents": others}))).model_dump(mode="json")
    await log.replace_dossier(ask.tx, asked.delivery_id, ref)
    await rendered.let_try_again(ask.tx, asked.document_key, media_type=asked.file.media_type)
    return ref


async def _document(archive: Archive, dossier: ArchiveDossier, at: Row) -> ArchiveDocument:
    if at["document"] is not None:
        return await found_document(archive.vault, at)
    return next(one for one in dossier.documents if one.document_key == at["document_key"])


def choices_for(at: Row) -> tuple[Choice, ...]:
    """What a person may decide for a document that was refused."""
    return (*ALSO.get(at["code"], ()), *ALWAYS) if at["state"] == RenditionState.REFUSED else ()


# --- as it is told


async def _told(ask: Ask, row: Row) -> Renditions:
    delivery_id = row["delivery_id"]
    every = await rendered.documents(ask.tx, delivery_id)
    made = await store.renditions(ask.tx, [one["document_key"] for one in every])
    tries, chosen = await rendered.tries(ask.tx, delivery_id), await rendered.choices(ask.tx, delivery_id)
    is_open = DeliveryState(row["state"]) in RETRYABLE
    return Renditions(
        documents=tuple(
            _shown(one, made.get(one["document_key"]), is_open).model_copy(
                update={"tries": _tries(tries, one["document_key"]), "chosen": _chosen(chosen, one["document_key"])}
            )
            for one in every
        )
    )


def _shown(at: Row, made: Row | None, is_open: bool) -> DocumentRendition:
    names = ("document_key", "is_main", "holder_key", "media_type")
    told = DocumentRendition.model_validate({"state": at["state"]} | {name: at[name] for name in names})
    if made is not None:
        told = told.model_copy(update={"state": RenditionState.MADE, **_made(made)})
    elif told.state is RenditionState.REFUSED:
        asked = {"code": at["code"], "detail": at["detail"], "choices": choices_for(at) if is_open else ()}
        told = told.model_copy(update=asked)
    return told


def _made(made: Row) -> dict[str, object]:
    validator = f"{made['validator']} {made['validator_version']}".strip()
    notes = tuple(Note(one["code"], one["count"]).text for one in made["notes"])
    words = made["sameness"]["recall"] if made["sameness"] else None
    known = {name: made[name] for name in ("flavour", "rung", "pages")}
    return known | {"validator": validator, "notes": notes, "words_kept": words}


def _tries(rows: Sequence[Row], key: UUID) -> tuple[RenditionTry, ...]:
    return tuple(_try(row) for row in rows if row["document_key"] == key)


def _try(row: Row) -> RenditionTry:
    same = row["sameness"] or {}
    return RenditionTry(
        at=row["at"],
        number=row["number"],
        rung=row["rung"],
        reason=row["reason"],
        flavour=row["flavour"],
        validator=f"{row['validator']} {row['version']}" if row["validator"] else None,
        is_valid=row["is_valid"],
        failed_rules=tuple(row["failed_rules"]),
        words_kept=same.get("recall"),
        pages_that_differ=same.get("pages_that_differ"),
    )


def _chosen(rows: Sequence[Row], key: UUID) -> tuple[Chosen, ...]:
    return tuple(Chosen.model_validate(dict(row)) for row in rows if row["document_key"] == key)
