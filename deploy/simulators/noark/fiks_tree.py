"""From an arkivmelding into the tree, by the same rules that the REST interface keeps."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from simulators.noark.core import Core
from simulators.noark.fields import checked, fill
from simulators.noark.fiks_documents import KEY_FIELD, SYSTEM_FIELD, Xml, child, children, key_of, text
from simulators.noark.refusal import Refused
from simulators.noark.rules import change_record, check_create
from simulators.noark.search import OWN
from simulators.noark.tree import Entity

AUTHOR = "Fiks Arkiv"
FINAL = frozenset("JEA")
NOON = "T12:00:00+01:00"
SYSTEMS = frozenset({"K-koder", None})


def find(core: Core, kind: str, reference: Xml | None) -> Entity | None:
    """What a reference points to, by external key or systemID; None when nothing does."""
    if reference is None:
        return None
    key, identity = text(reference, "referanseEksternNoekkel", "noekkel"), text(reference, "systemID")
    for entity in core.tree.of([kind]):
        if entity.id == identity or (key is not None and key_of(entity) == key):
            return entity
    return None


def case_file(core: Core, given: Xml) -> tuple[Entity, bool]:
    """The case file, and whether it is new; one that exists is matched, never changed."""
    found = find(core, "saksmappe", given)
    if found is not None:
        return found, False
    body = {
        "tittel": text(given, "tittel"),
        "offentligTittel": text(given, "offentligTittel"),
        "saksdato": noon(text(given, "saksdato")),
        "administrativEnhet": text(given, "administrativEnhet", "navn"),
        "saksansvarlig": text(given, "saksansvarlig", "navn"),
        "saksstatus": code_of(given, "saksstatus"),
    }
    above = _class(core, child(given, "klassifikasjon"))
    return _add(core, "saksmappe", above, body, given), True


async def record(core: Core, given: Xml, folder: Entity | None, files: Mapping[str, bytes]) -> tuple[Entity, bool]:
    """The registry entry with its documents: whole, or not at all."""
    found = find(core, "journalpost", given)
    if found is not None:
        return found, False
    above = find(core, "saksmappe", child(given, "referanseForelderMappe")) or folder
    if above is None:
        raise Refused(404, "Fant ikke mappen")
    status = text(given, "journalstatus", "kode") or "F"
    plain = ("tittel", "offentligTittel", "mottattDato", "sendtDato")
    body: dict[str, Any] = {name: text(given, name) for name in plain}
    body |= {
        "dokumentetsDato": noon(text(given, "dokumentetsDato")),
        "journalposttype": code_of(given, "journalposttype"),
        "journalstatus": {"kode": "F"},
    }
    entity = _add(core, "journalpost", above, body, given)
    try:
        for party in children(given, "korrespondansepart"):
            add_party(core, entity, party)
        for document in children(given, "dokumentbeskrivelse"):
            await _document(core, entity, document, files)
        if status in FINAL:
            after = {
                **entity.body,
                **checked(core.tree, "journalpost", {"tittel": "-", "journalstatus": {"kode": status}}),
            }
            after["tittel"] = entity.body["tittel"]
            change_record(core.tree, entity, after)
            entity.body, entity.was_final = after, True
            core.tree.keep(entity)
    except Refused:
        core.tree.remove(entity)
        raise
    return entity, True


def add_party(core: Core, record: Entity, given: Xml) -> None:
    """Korrespondansepart."""
    kind = code_of(given, "korrespondanseparttype") or {}
    name = text(given, "korrespondansepartNavn")
    if str(kind.get("kode", "")).startswith("I"):
        own = {"korrespondanseparttype": kind, "administrativEnhet": name}
        _add(core, "korrespondansepartintern", record, own)
    else:
        is_person = text(given, "personid") is not None or text(given, "erPersonnavn") == "true"
        what = "korrespondansepartperson" if is_person else "korrespondansepartenhet"
        _add(core, what, record, {"korrespondanseparttype": kind, "navn": name})


async def _document(core: Core, record: Entity, given: Xml, files: Mapping[str, bytes]) -> None:
    body = {
        "tittel": text(given, "tittel"),
        "dokumenttype": code_of(given, "dokumenttype"),
        "dokumentstatus": {"kode": "B"},
        "tilknyttetRegistreringSom": code_of(given, "tilknyttetRegistreringSom"),
        "dokumentnummer": int(text(given, "dokumentnummer") or 1),
    }
    document = _add(core, "dokumentbeskrivelse", record, body, given)
    for one in children(given, "dokumentobjekt"):
        await add_object(core, document, one, files)
    finished = checked(core.tree, "dokumentbeskrivelse", {"tittel": "-", "dokumentstatus": {"kode": "F"}})
    document.body = {**document.body, "dokumentstatus": finished["dokumentstatus"]}
    core.tree.keep(document)


async def add_object(core: Core, document: Entity, given: Xml, files: Mapping[str, bytes]) -> Entity:
    """Dokumentobjekt with its file."""
    name = text(given, "referanseDokumentfil") or ""
    if name not in files:
        raise Refused(400, "Meldingen mangler filen som er oppgitt i referanseDokumentfil")
    body = {
        "variantformat": code_of(given, "variantformat"),
        "format": code_of(given, "format"),
        "filnavn": text(given, "filnavn"),
        "mimeType": text(given, "mimeType"),
        "sjekksum": text(given, "sjekksum") or hashlib.sha256(files[name]).hexdigest(),
        "sjekksumAlgoritme": "SHA-256",
    }
    entity = _add(core, "dokumentobjekt", document, body)
    arrival = core.files.arrival(str(body["mimeType"] or "application/octet-stream"))
    await asyncio.to_thread(arrival.path.write_bytes, files[name])
    arrival.size, arrival.digest = len(files[name]), hashlib.sha256(files[name])
    entity.body = await core.files.accept(entity, arrival)
    core.tree.keep(entity)
    return entity


def _add(core: Core, kind: str, above: Entity, body: dict[str, Any], given: Xml | None = None) -> Entity:
    """Checked and filled as a POST of the REST interface would be; screening and key are Fiks Arkiv's own."""
    told = checked(core.tree, kind, {name: value for name, value in body.items() if value not in (None, {})})
    check_create(core.tree, above, kind, told)
    told = fill(core.tree, kind, above, told, AUTHOR)
    if given is not None and text(given, "referanseEksternNoekkel", "noekkel"):
        told[OWN] = {
            KEY_FIELD: text(given, "referanseEksternNoekkel", "noekkel"),
            SYSTEM_FIELD: text(given, "referanseEksternNoekkel", "fagsystem"),
        }
    if given is not None and child(given, "skjerming") is not None:
        told["skjerming"] = {
            "tilgangsrestriksjon": {"kode": text(given, "skjerming", "tilgangsrestriksjon", "kode") or "13"},
            "skjermingshjemmel": text(given, "skjerming", "skjermingshjemmel") or "",
        }
    return core.tree.add(kind, above, told, AUTHOR)


def _class(core: Core, given: Xml | None) -> Entity:
    """The class of the archive's own system; one person's class in a system of persons is not kept here."""
    known = list(core.tree.of(["klasse"]))
    wanted = text(given, "klasseID") if given is not None else None
    if wanted is None or given is None or text(given, "klassifikasjonssystemID") not in SYSTEMS:
        return known[0]
    found = next((one for one in known if one.body["klasseID"] == wanted), None)
    if found is None:
        raise Refused(400, "Ukjent klasse")
    return found


def code_of(given: Xml, name: str) -> dict[str, str] | None:
    """A coded child."""
    value = text(given, name, "kode")
    return {"kode": value} if value else None


def noon(day: str | None) -> str | None:
    """A day as the tree keeps it."""
    return f"{day[:10]}{NOON}" if day else None
