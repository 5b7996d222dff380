"""arkivuttrekk.xml: who, which system, which period, counts, and the checksums of every XML and schema (ADDML 8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from lxml import etree

from archiver.extraction.model import Deposit

ADDML: Final = "http://www.arkivverket.no/standarder/addml"
CATALOGUE: Final = "metadatakatalog.xsd"
COUNTED: Final = {
    "arkivstruktur": ("mappe", "registrering"),
    "endringslogg": ("endring",),
    "loependeJournal": ("journalregistrering",),
    "offentligJournal": ("journalregistrering",),
}


def described(deposit: Deposit, parts: Mapping[str, bytes], schemas: Mapping[str, bytes]) -> Any:
    """The description of a package with these parts (by name without ending) and schemas (by file name)."""
    top = etree.Element(f"{{{ADDML}}}addml", nsmap={None: ADDML})
    top.set("name", "Noark 5-arkivuttrekk")
    dataset = _add(top, "dataset")
    _add(dataset, "description", "Noark 5-arkivuttrekk")
    _context(_add(dataset, "reference"), deposit)
    outer = _add(_add(dataset, "dataObjects"), "dataObject", name="Noark 5-arkivuttrekk")
    _overall(outer, deposit)
    inner = _add(outer, "dataObjects")
    for name, content in parts.items():
        _part(inner, name, content, schemas)
    return top


def _context(reference: Any, deposit: Deposit) -> None:
    elements = _add(_add(reference, "context"), "additionalElements")
    makers = _add(_add(elements, "additionalElement", name="recordCreators"), "additionalElements")
    _add(_add(makers, "additionalElement", name="recordCreator"), "value", deposit.municipality)
    told = {"systemType": "Fagsystem med Noark 5-kjerne", "systemName": "Sikker Sak", "archive": deposit.archive}
    for name, value in told.items():
        _add(_add(elements, "additionalElement", name=name), "value", value)
    dates = [entry.journal_date for entry in deposit.entries]
    period = _add(_add(reference, "content"), "additionalElements")
    properties = _add(_add(period, "additionalElement", name="archivalPeriod"), "properties")
    _value(properties, "startDate", min(dates))
    _value(properties, "endDate", max(dates))


def _overall(outer: Any, deposit: Deposit) -> None:
    info = _add(_add(_add(outer, "properties"), "property", name="info"), "properties")
    kind = _value(info, "type", "Noark 5")
    _value(_add(kind, "properties"), "version", "5.0")
    more = _add(_add(info, "property", name="additionalInfo"), "properties")
    period = _add(_add(more, "property", name="periode"), "properties")
    _value(period, "inngaaendeSkille", "skarpt")
    _value(period, "utgaaendeSkille", "skarpt")
    is_screened = any(entry.dossier.access.is_exempt for entry in deposit.entries)
    _value(more, "inneholderSkjermetInformasjon", str(is_screened).lower(), "boolean")
    for name in (
        "omfatterDokumenterSomErKassert",
        "inneholderDokumenterSomSkalKasseres",
        "inneholderVirksomhetsspesifikkeMetadata",
    ):
        _value(more, name, "false", "boolean")
    _value(more, "antallDokumentfiler", len({file.path for file in deposit.files}), "integer")


def _part(inner: Any, name: str, content: bytes, schemas: Mapping[str, bytes]) -> None:
    properties = _add(_add(inner, "dataObject", name=name), "properties")
    _file(properties, f"{name}.xml", content)
    for schema in (f"{name}.xsd", CATALOGUE):
        if schema in schemas:
            told = _add(properties, "property", name="schema")
            if schema != CATALOGUE:
                _add(told, "value", "main")
            about = _add(told, "properties")
            _file(about, schema, schemas[schema])
            _value(_add(_value(about, "type", "XML Schema"), "properties"), "version", "1.0")
    info = _add(_add(properties, "property", name="info"), "properties")
    tree = etree.fromstring(content)
    for element in COUNTED[name]:
        counted = _value(info, "numberOfOccurrences", element)
        about = _add(counted, "properties")
        _value(about, "elementPath", f"//{element}")
        _value(about, "value", sum(1 for _ in tree.iter(f"{{*}}{element}")), "integer")


def _file(parent: Any, name: str, content: bytes) -> None:
    about = _add(_add(parent, "property", name="file"), "properties")
    _value(about, "name", name)
    _value(_add(_value(about, "format", "XML"), "properties"), "version", "1.0")
    checksum = _add(_add(about, "property", name="checksum"), "properties")
    _value(checksum, "algorithm", "SHA-256")
    _value(checksum, "value", sha256(content).hexdigest())


def _add(parent: Any, tag: str, value: object = None, *, name: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{ADDML}}}{tag}")
    if name:
        child.set("name", name)
    if value is not None:
        child.text = str(value)
    return child


def _value(parent: Any, name: str, value: object, kind: str | None = None) -> Any:
    child = _add(parent, "property", name=name)
    if kind:
        child.set("dataType", kind)
    _add(child, "value", value)
    return child
