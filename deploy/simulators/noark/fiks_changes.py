"""arkivmelding.oppdater and dokumentobjekt.opprett as this archive does them, by the rules of the REST interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.noark.core import Core
from simulators.noark.fields import checked, merged
from simulators.noark.fiks_documents import Xml, child, children, text
from simulators.noark.fiks_tree import AUTHOR, FINAL, add_object, add_party, code_of, find, noon
from simulators.noark.kinds import KINDS
from simulators.noark.refusal import Refused
from simulators.noark.rules import CLOSED, check_change
from simulators.noark.search import OWN
from simulators.noark.tree import Entity


def update(core: Core, message: Xml) -> None:
    """arkivmeldingOppdatering: one thing in each message.

    :raises Refused: 404 for what is not here, 403 for what is frozen.
    """
    case, record = child(message, "mappeOppdateringer"), child(message, "registreringOppdateringer")
    document = child(message, "dokumentbeskrivelseOppdateringer")
    if case is not None:
        _case(core, _found(core, "saksmappe", child(case, "referanseTilMappe")), case)
    elif record is not None:
        _record(core, _found(core, "journalpost", child(record, "referanseTilRegistrering")), record)
    elif document is not None:
        told = {"tittel": text(document, "tittel")}
        _keep(core, _found(core, "dokumentbeskrivelse", child(document, "referanseTilDokumentbeskrivelse")), told)
    else:
        raise Refused(400, "Meldingen sier ikke hva som skal oppdateres")


async def variant(core: Core, message: Xml, files: Mapping[str, bytes]) -> Entity:
    """One more file of a document that stands."""
    document = _found(core, "dokumentbeskrivelse", child(message, "referanseTilDokumentbeskrivelse"))
    return await add_object(core, document, child(message, "dokumentobjekt"), files)


def _found(core: Core, kind: str, reference: Xml | None) -> Entity:
    found = find(core, kind, reference)
    if found is None:
        raise Refused(404, "Fant ikke det som skal oppdateres")
    return found


def _case(core: Core, found: Entity, given: Xml) -> None:
    """What stands in a case must be finished before it is closed; archivists archive the records themselves."""
    told: dict[str, Any] = {name: text(given, name) for name in ("tittel", "offentligTittel")}
    told["saksansvarlig"] = text(given, "saksansvarlig", "navn")
    status = (code_of(given, "saksstatus") or {}).get("kode")
    if status:
        filled = checked(core.tree, "saksmappe", {"tittel": "-", "saksstatus": {"kode": status}})["saksstatus"]
        records = core.tree.under(found, ["journalpost"])
        if status in CLOSED and any(one.code("journalstatus") not in FINAL | CLOSED for one in records):
            raise Refused(403, "Saksmappen har journalposter som ikke er ferdige")
        ended = {"avsluttetDato": found.body["opprettetDato"], "avsluttetAv": AUTHOR}
        kept = {name: value for name, value in found.body.items() if name not in ended}
        found.body = {**kept, "saksstatus": filled, **(ended if status in CLOSED else {})}
    found.body |= {name: value for name, value in told.items() if value}
    found.version += 1
    core.tree.keep(found)


def _record(core: Core, found: Entity, given: Xml) -> None:
    told: dict[str, Any] = {
        name: text(given, name) for name in ("tittel", "offentligTittel", "mottattDato", "sendtDato")
    }
    told |= {"dokumentetsDato": noon(text(given, "dokumentetsDato")), "journalstatus": code_of(given, "journalstatus")}
    _keep(core, found, told)
    screening = child(given, "skjermingOppdateringer")
    if screening is not None and text(screening, "slett") == "true":
        found.body.pop("skjerming", None)
    elif screening is not None:
        known = found.body.get("skjerming", {})
        code = code_of(child(screening, "oppdatering"), "tilgangsrestriksjon")
        basis = text(screening, "oppdatering", "skjermingshjemmel") or known.get("skjermingshjemmel")
        found.body["skjerming"] = {**known, "tilgangsrestriksjon": code, "skjermingshjemmel": basis}
    changes = child(given, "korrespondansepartOppdateringer")
    if changes is not None:
        _parties(core, found, changes)
    core.tree.keep(found)


def _parties(core: Core, record: Entity, given: Xml) -> None:
    own = {one.id: one for one in (core.tree.entities[each] for each in record.children)}
    for change in (*children(given, "oppdatering"), *children(given, "slett")):
        party = own.get(text(change, "korrespondansepartID") or "")
        if party is None:
            raise Refused(400, "Ukjent korrespondansepartID")
        if change in children(given, "slett"):
            core.tree.remove(party)
            continue
        named = "administrativEnhet" if party.kind.endswith("intern") else "navn"
        party.body[named] = text(change, "korrespondansepartNavn") or party.body.get(named)
        core.tree.keep(party)
    for change in children(given, "ny"):
        add_party(core, record, change)


def _keep(core: Core, found: Entity, told: dict[str, Any]) -> None:
    """As a PATCH of the REST interface would; our keys and screening are Fiks Arkiv's own and stay."""
    own = {OWN, "skjerming"}
    fields = KINDS[found.kind].fields - own
    before = {name: value for name, value in found.body.items() if name in fields}
    kept = {name: value for name, value in found.body.items() if name not in fields}
    given = {name: value for name, value in told.items() if value}
    after = {**kept, **checked(core.tree, found.kind, merged(before, given))}
    check_change(core.tree, found, after)
    found.body, found.version = after, found.version + 1
    core.tree.keep(found)
