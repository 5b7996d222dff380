"""What every Noark 5 core refuses. The numbers are the requirements of Noark 5.5."""

from __future__ import annotations

from typing import Any

from simulators.noark.codes import EVIDENCE
from simulators.noark.kinds import PARTIES
from simulators.noark.refusal import Refused
from simulators.noark.tree import Entity, Tree, now

FINAL = frozenset("EJA")
CLOSED = frozenset("AU")
FROZEN_CASE = ("tittel", "saksdato", "administrativEnhet", "saksansvarlig")
BACKLOG = frozenset("IN")


def check_create(tree: Tree, parent: Entity | None, kind: str, body: dict[str, Any]) -> None:
    """Whether this may be made under that parent.

    :raises Refused: 403 when something above is closed, archived or finished; 400 for a status that is not earned.
    """
    if parent is None:
        return
    if parent.kind == "saksmappe" and kind == "journalpost" and parent.code("saksstatus") in CLOSED:
        raise Refused(403, "Saksmappen er avsluttet og tar ikke imot flere registreringer")
    if kind == "journalpost" and body.get("journalstatus", {}).get("kode") in FINAL:
        raise Refused(400, "Journalposten har ingen ferdigstilte dokumenter")
    if parent.kind == "journalpost" and kind == "dokumentbeskrivelse":
        check_new_document(tree, parent, body)
    if parent.kind == "journalpost" and kind in PARTIES and parent.code("journalstatus") == "A":
        raise Refused(403, "Journalposten er arkivert")
    if kind == "dokumentobjekt":
        check_new_object(tree, parent, body)


def check_new_document(tree: Tree, record: Entity, body: dict[str, Any]) -> None:
    """3.2.17, and one main document."""
    if record.code("journalstatus") in CLOSED:
        raise Refused(403, "Journalposten er arkivert og tar ikke imot flere dokumenter")
    if tree.parent(record).code("saksstatus") in CLOSED:
        raise Refused(403, "Saksmappen er avsluttet")
    role = body.get("tilknyttetRegistreringSom", {}).get("kode")
    mains = [one for one in tree.under(record, ["dokumentbeskrivelse"]) if one.code("tilknyttetRegistreringSom") == "H"]
    if role == "H" and mains:
        raise Refused(400, "Journalposten har hoveddokument fra før")


def check_new_object(tree: Tree, document: Entity, body: dict[str, Any]) -> None:
    """3.2.31, but a new variant may come later (3.2.27)."""
    if document.code("dokumentstatus") != "F":
        return
    variant = body.get("variantformat", {}).get("kode")
    if any(one.code("variantformat") == variant for one in tree.under(document, ["dokumentobjekt"])):
        raise Refused(403, "Dokumentet er ferdigstilt; innholdet kan ikke endres")


def check_change(tree: Tree, before: Entity, after: dict[str, Any]) -> None:
    """Whether the entity may become this; fills what follows from a new status.

    :raises Refused: 403 for what is frozen or not ready.
    """
    match before.kind:
        case "saksmappe":
            change_case(tree, before, after)
        case "journalpost":
            change_record(tree, before, after)
        case "dokumentbeskrivelse":
            change_document(tree, before, after)
        case "dokumentobjekt" if "referanseDokumentfil" in before.body:
            raise Refused(403, "Dokumentobjektet har fil og kan ikke endres")


def change_case(tree: Tree, before: Entity, after: dict[str, Any]) -> None:
    """Closing and reopening."""
    is_closed, closes = before.code("saksstatus") in CLOSED, after.get("saksstatus", {}).get("kode") in CLOSED
    if is_closed and closes and any(before.body.get(name) != after.get(name) for name in FROZEN_CASE):
        raise Refused(403, "Saksmappen er avsluttet; feltet er fryst")
    if closes and not is_closed:
        if after["saksstatus"]["kode"] == "A":
            check_closing(tree, before)
        after["avsluttetDato"], after["avsluttetAv"] = now().isoformat(), before.body["opprettetAv"]
    if is_closed and not closes:
        after.pop("avsluttetDato", None)
        after.pop("avsluttetAv", None)


def check_closing(tree: Tree, case: Entity) -> None:
    """3.2.6-3.2.9."""
    if tree.parent(case).kind != "klasse":
        raise Refused(403, "Saksmappen mangler primær klassifikasjon")
    for record in tree.under(case, ["journalpost"]):
        if record.code("journalstatus") not in CLOSED:
            raise Refused(403, "Saksmappen har journalposter som ikke er arkivert")
        check_documents(tree, record)
        signed_off = any(tree.under(record, ["avskrivning"]))
        if record.code("journalposttype") in BACKLOG and record.code("journalstatus") == "A" and not signed_off:
            raise Refused(403, "Saksmappen har restanser som ikke er avskrevet")


def change_record(tree: Tree, before: Entity, after: dict[str, Any]) -> None:
    """3.2.14, 3.2.18, 3.2.30."""
    was, becomes = before.code("journalstatus"), after.get("journalstatus", {}).get("kode")
    if was == "A" and before.body.get("tittel") != after.get("tittel"):
        raise Refused(403, "Journalposten er arkivert; tittelen er fryst")
    if becomes in FINAL and was != becomes:
        if not any(tree.under(before, ["dokumentbeskrivelse"])):
            raise Refused(403, "Journalposten har ingen dokumenter")
        check_documents(tree, before)
    if becomes == "A" and was != "A":
        after["arkivertDato"], after["arkivertAv"] = now().isoformat(), before.body["opprettetAv"]


def check_documents(tree: Tree, record: Entity) -> None:
    """Every document is finished, and has its file in an archive format unless it is evidence."""
    for document in tree.under(record, ["dokumentbeskrivelse"]):
        if document.code("dokumentstatus") != "F":
            raise Refused(403, "Journalposten har dokumenter som ikke er ferdigstilt")
        objects = list(tree.under(document, ["dokumentobjekt"]))
        if not objects or any("referanseDokumentfil" not in one.body for one in objects):
            raise Refused(403, "Et dokument mangler fil")
        if document.code("dokumenttype") != EVIDENCE and "A" not in {one.code("variantformat") for one in objects}:
            raise Refused(403, "Et dokument mangler arkivformat")


def change_document(tree: Tree, before: Entity, after: dict[str, Any]) -> None:
    """A document is finished with its files, and stays finished."""
    was, becomes = before.code("dokumentstatus"), after.get("dokumentstatus", {}).get("kode")
    if was == "F" and becomes != "F":
        raise Refused(403, "Dokumentet er ferdigstilt")
    if becomes == "F" and was != "F":
        objects = list(tree.under(before, ["dokumentobjekt"]))
        if not objects or any("referanseDokumentfil" not in one.body for one in objects):
            raise Refused(403, "Dokumentet mangler fil")


def check_delete(tree: Tree, entity: Entity) -> None:
    """3.2.12, 3.2.16, 3.2.19, 3.2.31.

    :raises Refused: 403 for what the archive keeps.
    """
    if entity.kind in {"arkiv", "arkivdel", "klassifikasjonssystem", "klasse", "virksomhetsspesifikkeMetadata"}:
        raise Refused(403, "Bare arkivets administrator kan slette dette")
    if entity.kind in {"dokumentbeskrivelse", "dokumentobjekt"}:
        document = entity if entity.kind == "dokumentbeskrivelse" else tree.parent(entity)
        if document.code("dokumentstatus") == "F":
            raise Refused(403, "Dokumentet er ferdigstilt; innholdet kan ikke endres")
    elif any(one.was_final for one in (*descent(tree, entity), *ancestry(tree, entity))):
        raise Refused(403, "Registreringen er ferdigstilt og kan ikke slettes")


def descent(tree: Tree, entity: Entity) -> list[Entity]:
    """The entity and everything under it."""
    return [entity, *(deeper for child in entity.children for deeper in descent(tree, tree.entities[child]))]


def ancestry(tree: Tree, entity: Entity) -> list[Entity]:
    """Everything above the entity."""
    return [] if entity.parent is None else [tree.parent(entity), *ancestry(tree, tree.parent(entity))]
