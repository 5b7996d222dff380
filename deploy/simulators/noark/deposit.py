"""The archive's own deposit (avleveringspakke): what Noark 5 demands of a core that is emptied (6.4), out of its tree.

`GET /_control/deposit` gives it as a zip. Only what can be deposited is: closed case files and what is archived in them.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from simulators.noark.core import Core
from simulators.noark.fiks_documents import add, optional
from simulators.noark.journals import Entry, journal
from simulators.noark.tree import Entity, now

NOARK = "http://www.arkivverket.no/standarder/noark5/arkivstruktur"
ADDML = "http://www.arkivverket.no/standarder/addml"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TOP = "avleveringspakke"
ENDED = frozenset("AU")
ARCHIVIST = "Arkivar"
PARTIES = ("korrespondansepartperson", "korrespondansepartenhet", "korrespondansepartintern")
LACKING = "Skjerming tittel registrering - utvalgte ord"  # what Fiks Arkiv has no word for is derived (7)


def package(core: Core) -> bytes:
    """The zip."""
    files: dict[str, Entity] = {}
    structure = written(_structure(core, files))
    held = {f"dokumenter/{name}": core.files.path(entity).read_bytes() for name, entity in files.items()}
    entries = list(_entries(core))
    parts = {
        "arkivstruktur": structure,
        "loependeJournal": written(journal(core, entries, is_public=False)),
        "offentligJournal": written(journal(core, entries, is_public=True)),
    }
    held |= {f"{name}.xml": content for name, content in parts.items()}
    held["arkivuttrekk.xml"] = written(_described(parts, len(files), len(entries)))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in held.items():
            made.writestr(f"{TOP}/{name}", content)
    return target.getvalue()


def put(parent: Any, **values: object) -> None:
    """Children in their order; empty ones are left out (6.4)."""
    for name, value in values.items():
        if value not in (None, ""):
            add(parent, name, value, NOARK)


def _structure(core: Core, files: dict[str, Entity]) -> Any:
    tree = core.tree
    archive = next(tree.of(["arkiv"]))
    top = etree.Element(f"{{{NOARK}}}arkiv", nsmap={None: NOARK, "xsi": XSI})
    _unit(top, archive)
    maker = add(top, "arkivskaper", ns=NOARK)
    put(maker, arkivskaperID="310000027", arkivskaperNavn=archive.body["tittel"])
    for series in tree.under(archive, ["arkivdel"]):
        part = add(top, "arkivdel", ns=NOARK)
        put(part, systemID=series.id, tittel=series.body["tittel"], arkivdelstatus="Avsluttet periode")
        _ended(part, series, series.body["opprettetDato"])
        for system in tree.under(series, ["klassifikasjonssystem"]):
            classes = add(part, "klassifikasjonssystem", ns=NOARK)
            _unit(classes, system)
            for one in tree.under(system, ["klasse"]):
                element = add(classes, "klasse", ns=NOARK)
                put(element, systemID=one.id, klasseID=one.body["klasseID"], tittel=one.body["tittel"])
                _ended(element, one, one.body["opprettetDato"])
                for case in tree.under(one, ["saksmappe"]):
                    if case.code("saksstatus") in ENDED:
                        _case(element, core, case, files)
    return top


def _entries(core: Core) -> Iterator[Entry]:
    """What is deposited, each with the class and the case file that it lies in."""
    for one in core.tree.of(["klasse"]):
        for case in core.tree.under(one, ["saksmappe"]):
            if case.code("saksstatus") in ENDED:
                for record in core.tree.under(case, ["journalpost"]):
                    if record.code("journalstatus") in ENDED:
                        yield one, case, record


def _unit(parent: Any, entity: Entity) -> None:
    put(parent, systemID=entity.id, tittel=entity.body["tittel"])
    _ended(parent, entity, entity.body["opprettetDato"])


def _ended(parent: Any, entity: Entity, ended: str) -> None:
    put(parent, opprettetDato=entity.body["opprettetDato"], opprettetAv=entity.body["opprettetAv"])
    put(parent, avsluttetDato=ended, avsluttetAv=entity.body.get("avsluttetAv", ARCHIVIST))


def _case(parent: Any, core: Core, case: Entity, files: dict[str, Entity]) -> None:
    body = case.body
    made = add(parent, "mappe", ns=NOARK, kind="saksmappe")
    put(made, systemID=case.id, mappeID=body["mappeID"], tittel=body["tittel"])
    put(made, offentligTittel=body.get("offentligTittel"))
    _ended(made, case, body["avsluttetDato"])
    _screening(made, case)
    for record in core.tree.under(case, ["journalpost"]):
        if record.code("journalstatus") in ENDED:
            _record(made, core, record, files)
    put(made, saksaar=body["saksaar"], sakssekvensnummer=body["sakssekvensnummer"], saksdato=body["saksdato"][:10])
    put(made, administrativEnhet=body.get("administrativEnhet", "Ukjent"))
    put(made, saksansvarlig=body.get("saksansvarlig", "Ukjent"), saksstatus=body["saksstatus"]["kodenavn"])


def _record(parent: Any, core: Core, record: Entity, files: dict[str, Entity]) -> None:
    body = record.body
    made = add(parent, "registrering", ns=NOARK, kind="journalpost")
    put(made, systemID=record.id, opprettetDato=body["opprettetDato"], opprettetAv=body["opprettetAv"])
    put(made, arkivertDato=body.get("arkivertDato", now().isoformat()), arkivertAv=body.get("arkivertAv", ARCHIVIST))
    _screening(made, record)
    for document in core.tree.under(record, ["dokumentbeskrivelse"]):
        _document(made, core, document, files)
    put(made, registreringsID=body["registreringsID"], tittel=body["tittel"])
    put(made, offentligTittel=body.get("offentligTittel"))
    for party in core.tree.under(record, PARTIES):
        child = add(made, "korrespondansepart", ns=NOARK)
        name = party.body.get("navn") or party.body.get("administrativEnhet") or "Ukjent"
        put(child, korrespondanseparttype=party.body["korrespondanseparttype"]["kodenavn"], korrespondansepartNavn=name)
    put(made, journalaar=body["journalaar"], journalsekvensnummer=body["journalsekvensnummer"])
    put(made, journalpostnummer=body["journalpostnummer"], journalposttype=body["journalposttype"]["kodenavn"])
    put(made, journalstatus=body["journalstatus"]["kodenavn"], journaldato=body["journaldato"][:10])
    put(made, dokumentetsDato=(body.get("dokumentetsDato") or "")[:10])
    put(made, mottattDato=body.get("mottattDato"), sendtDato=body.get("sendtDato"))


def _document(parent: Any, core: Core, document: Entity, files: dict[str, Entity]) -> None:
    body = document.body
    made = add(parent, "dokumentbeskrivelse", ns=NOARK)
    put(made, systemID=document.id, dokumenttype=body["dokumenttype"]["kodenavn"])
    put(made, dokumentstatus=body["dokumentstatus"]["kodenavn"], tittel=body["tittel"])
    put(made, opprettetDato=body["opprettetDato"], opprettetAv=body["opprettetAv"])
    put(made, tilknyttetRegistreringSom=body["tilknyttetRegistreringSom"]["kodenavn"])
    put(made, dokumentnummer=body["dokumentnummer"], tilknyttetDato=body["tilknyttetDato"])
    put(made, tilknyttetAv=body["tilknyttetAv"])
    _screening(made, document)
    for one in core.tree.under(document, ["dokumentobjekt"]):
        name = f"{one.id}.{str(one.body.get('filnavn', 'fil.bin')).rpartition('.')[2]}"
        files[name] = one
        told = one.body
        child = add(made, "dokumentobjekt", ns=NOARK)
        put(child, systemID=one.id, versjonsnummer=told["versjonsnummer"])
        put(
            child, variantformat=told["variantformat"]["kodenavn"], format=told.get("format", {}).get("kodenavn", "fil")
        )
        put(child, opprettetDato=told["opprettetDato"], opprettetAv=told["opprettetAv"])
        put(child, referanseDokumentfil=f"dokumenter/{name}", sjekksum=told["sjekksum"])
        put(child, sjekksumAlgoritme=told["sjekksumAlgoritme"], filstoerrelse=told["filstoerrelse"])


def _screening(parent: Any, entity: Entity) -> None:
    given = entity.body.get("skjerming")
    if not given:
        return
    made = add(parent, "skjerming", ns=NOARK)
    restriction = given["tilgangsrestriksjon"]
    put(made, tilgangsrestriksjon=restriction.get("kodenavn", restriction["kode"]))
    put(made, skjermingshjemmel=given["skjermingshjemmel"])
    for code in given.get("skjermingMetadata") or [{"kodenavn": LACKING}]:
        put(made, skjermingMetadata=code["kodenavn"])
    put(made, skjermingDokument=given.get("skjermingDokument", {}).get("kodenavn"))


def _described(parts: Mapping[str, bytes], files: int, entries: int) -> Any:
    """arkivuttrekk.xml: each part's checksum, how many files there are, and how many entries stand in the journals."""
    top = etree.Element(f"{{{ADDML}}}addml", nsmap={None: ADDML})
    objects = add(add(top, "dataset", ns=ADDML), "dataObjects", ns=ADDML)
    for part, content in parts.items():
        one = add(objects, "dataObject", ns=ADDML)
        one.set("name", part)
        counted = {"antallDokumentfiler": files} if part == "arkivstruktur" else {"antallJournalposter": entries}
        properties = add(one, "properties", ns=ADDML)
        for name, value in {"checksum": hashlib.sha256(content).hexdigest(), **counted}.items():
            made = add(properties, "property", ns=ADDML)
            made.set("name", name)
            optional(made, "value", value, ADDML)
    return top


def written(element: Any) -> bytes:
    """UTF-8."""
    return bytes(etree.tostring(element, xml_declaration=True, encoding="UTF-8"))
