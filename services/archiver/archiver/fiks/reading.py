"""What Fiks Arkiv answers, in the archive's English words. Any prefix, UTF-8 or UTF-16, with or without a byte order mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from archiver.core import ArchivedCaseFile, ArchivedDocument, ArchivedObject, ArchivedRecord, OutcomeUnknown

FINAL = frozenset("JEA")
CLOSED = frozenset("AU")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


@dataclass(frozen=True)
class Fault:
    """feilmelding: an id for the archive's support, and a text. There are no codes, and the text is never parsed."""

    id: str
    text: str


@dataclass(frozen=True)
class Kept:
    """arkivmeldingKvittering; a half that failed has its fault instead."""

    case_file: ArchivedCaseFile | None
    was_created: bool
    case_fault: Fault | None
    record_fault: Fault | None
    has_record: bool


class Element:
    """An element by its local names, whatever the namespaces and prefixes are."""

    def __init__(self, found: Any) -> None:
        self._found = found

    @property
    def name(self) -> str:
        """Local name."""
        return str(etree.QName(self._found).localname)

    def all(self, name: str) -> list[Element]:
        """The children of that name."""
        return [Element(child) for child in self._found if _local(child) == name]

    def child(self, *way: str) -> Element | None:
        """The first child along a way of names."""
        here: Element | None = self
        for name in way:
            here = next(iter(here.all(name)), None) if here is not None else None
        return here

    def text(self, *way: str) -> str | None:
        """The text along a way of names."""
        found = self.child(*way)
        return found.own_text() if found is not None else None

    def own_text(self) -> str | None:
        """The element's own text."""
        value = self._found.text
        return value.strip() if isinstance(value, str) and value.strip() else None

    def number(self, *way: str) -> int | None:
        """The same as a number."""
        value = self.text(*way)
        return int(value) if value is not None and value.isdecimal() else None


def understood(content: bytes, step: str) -> Element:
    """The document's root.

    :raises OutcomeUnknown: something that is no XML came in place of an answer.
    """
    try:
        return Element(etree.fromstring(content, PARSER))
    except etree.XMLSyntaxError as wrong:
        raise OutcomeUnknown(step, f"archive: answer not understood at {step}") from wrong


def fault(root: Element | None) -> Fault:
    """A feilmelding, or the failed half of a receipt."""
    if root is None:
        return Fault("", "")
    return Fault(root.text("feilId") or "", root.text("feilmelding") or "")


def receipt(root: Element) -> Kept:
    """ArkivmeldingKvittering."""
    case, record = root.child("mappeKvittering"), root.child("registreringKvittering")
    case_fault, record_fault = root.child("mappeFeilet"), root.child("registreringFeilet")
    return Kept(
        case_file=None if case is None else _case(case, is_closed=False),
        was_created=record is not None and record.text("opprettetEllerEksisterende") == "Opprettet",
        case_fault=None if case_fault is None else fault(case_fault),
        record_fault=None if record_fault is None else fault(record_fault),
        has_record=record is not None,
    )


def case_file(root: Element) -> ArchivedCaseFile | None:
    """MappeHentResultat."""
    found = root.child("saksmappe") or root.child("mappe")
    return None if found is None else _case(found, is_closed=found.text("saksstatus", "kode") in CLOSED)


def _case(found: Element, *, is_closed: bool) -> ArchivedCaseFile:
    return ArchivedCaseFile(
        key=found.text("referanseEksternNoekkel", "noekkel") or "",
        archive_id=found.text("systemID") or "",
        number=found.text("mappeID") or "",
        is_closed=is_closed,
        was_created=found.text("opprettetEllerEksisterende") == "Opprettet",
    )


def record(root: Element, key: str) -> ArchivedRecord | None:
    """RegistreringHentResultat."""
    found = root.child("journalpost") or root.child("registrering")
    if found is None:
        return None
    status = found.text("journalstatus", "kode") or ""
    return ArchivedRecord(
        key=key,
        archive_id=found.text("systemID") or "",
        number=found.text("registreringsID") or "",
        journal_year=found.number("journalaar"),
        journal_sequence=found.number("journalsekvensnummer"),
        journal_entry=found.number("journalpostnummer"),
        status=status,
        is_final=status in FINAL,
        documents=tuple(map(_document, found.all("dokumentbeskrivelse"))),
        title=found.text("tittel"),
        public_title=found.text("offentligTittel") or "",
        restriction=found.text("skjerming", "tilgangsrestriksjon", "kode") or "",
    )


@dataclass(frozen=True)
class HeldParty:
    """A correspondence party as the archive has it, by the id that it gave."""

    id: str
    role: str
    name: str


def parties(root: Element) -> list[HeldParty]:
    """Those of a registry entry, where they were asked for."""
    found = root.child("journalpost") or root.child("registrering")
    return [
        HeldParty(
            one.text("korrespondansepartID") or "",
            one.text("korrespondanseparttype", "kode") or "",
            one.text("korrespondansepartNavn") or "",
        )
        for one in (found.all("korrespondansepart") if found is not None else ())
    ]


def parent_of(root: Element) -> str | None:
    """SystemID of the case file that a record lies in."""
    found = root.child("journalpost") or root.child("registrering")
    return found.text("referanseForelderMappe", "systemID") if found is not None else None


def hits(root: Element) -> int:
    """How many a search found, whatever they are."""
    return root.number("count") or 0


def _document(found: Element) -> ArchivedDocument:
    return ArchivedDocument(
        key=None,
        archive_id=found.text("systemID") or "",
        number=found.number("dokumentnummer"),
        is_finished=found.text("dokumentstatus", "kode") == "F",
        title=found.text("tittel"),
        objects=tuple(map(_object, found.all("dokumentobjekt"))),
    )


def _object(found: Element) -> ArchivedObject:
    return ArchivedObject(
        archive_id=found.text("systemID") or "",
        variant=found.text("variantformat", "kode") or "",
        format=found.text("format", "kode"),
        checksum=found.text("sjekksum"),
        size=found.number("filstoerrelse"),
    )


def _local(child: Any) -> str | None:
    return etree.QName(child).localname if isinstance(child.tag, str) else None
