"""The running and the public journal of the archive's own deposit: every record that is deposited, in the journal's order."""

from __future__ import annotations

from typing import Any

from lxml import etree

from simulators.noark.core import Core
from simulators.noark.fiks_documents import add
from simulators.noark.tree import Entity

NOARK = "http://www.arkivverket.no/standarder/noark5/"
HIDDEN = "*****"
PARTIES = ("korrespondansepartperson", "korrespondansepartenhet", "korrespondansepartintern")
Entry = tuple[Entity, Entity, Entity]  # class, case file, record


def journal(core: Core, entries: list[Entry], *, is_public: bool) -> Any:
    """The public one tells public titles only, and no name where the record is screened."""
    kind = "offentligJournal" if is_public else "loependeJournal"
    top = etree.Element(f"{{{NOARK}{kind}}}{kind}", nsmap={None: f"{NOARK}{kind}"})
    ordered = sorted(entries, key=lambda one: (one[2].body["journalaar"], one[2].body["journalsekvensnummer"]))
    dates = [record.body["journaldato"][:10] for _, _, record in ordered]
    head = _child(top, "journalhode")
    if dates:
        _put(head, journalStartDato=min(dates), journalSluttDato=max(dates))
    _put(head, antallJournalposter=len(ordered))
    archive = next(core.tree.of(["arkiv"]))
    _put(_child(head, "arkivskaper"), arkivskaperID="310000027", arkivskaperNavn=archive.body["tittel"])
    for entry in ordered:
        _journalled(_child(top, "journalregistrering"), core, entry, is_public=is_public)
    return top


def _journalled(parent: Any, core: Core, entry: Entry, *, is_public: bool) -> None:
    one, case, record = entry
    body, folder = record.body, case.body
    unit = folder.get("administrativEnhet", "Ukjent")
    if not is_public:
        _put(_child(parent, "klasse"), klasseID=one.body["klasseID"], tittel=one.body["tittel"])
    made = _child(parent, "saksmappe")
    _put(made, mappeID=folder["mappeID"], saksaar=folder["saksaar"], sakssekvensnummer=folder["sakssekvensnummer"])
    _put(made, tittel=None if is_public else folder["tittel"], offentligTittel=folder.get("offentligTittel") or HIDDEN)
    _put(made, administrativEnhet=unit)
    made = _child(parent, "journalpost")
    _put(made, systemID=record.id, registreringsID=body["registreringsID"], journalaar=body["journalaar"])
    _put(made, journalsekvensnummer=body["journalsekvensnummer"], journalpostnummer=body["journalpostnummer"])
    _put(made, tittel=None if is_public else body["tittel"], offentligTittel=body.get("offentligTittel") or HIDDEN)
    _put(made, journaldato=body["journaldato"][:10], dokumentetsDato=(body.get("dokumentetsDato") or "")[:10])
    _put(made, administrativEnhet=unit)
    screening = body.get("skjerming")
    if screening:
        restriction = screening["tilgangsrestriksjon"]
        _put(made, tilgangsrestriksjon=restriction.get("kodenavn", restriction["kode"]))
        _put(made, skjermingshjemmel=screening["skjermingshjemmel"])
    _parties(made, core, record, unit, is_hidden=is_public and bool(screening))


def _parties(parent: Any, core: Core, record: Entity, unit: str, *, is_hidden: bool) -> None:
    """At least one is demanded; an internal note is the unit's own."""
    named = [
        (party.body["korrespondanseparttype"]["kodenavn"], party.body.get("navn") or unit)
        for party in core.tree.under(record, PARTIES)
    ]
    for role, name in named or [("Intern avsender", unit)]:
        child = _child(parent, "korrespondansepart")
        _put(child, korrespondanseparttype=role, korrespondansepartNavn=HIDDEN if is_hidden and named else name)


def _child(parent: Any, name: str, value: object = None) -> Any:
    return add(parent, name, value, etree.QName(parent).namespace or "")


def _put(parent: Any, **values: object) -> None:
    for name, value in values.items():
        if value not in (None, ""):
            _child(parent, name, value)
