"""From the archive's English words to Fiks Arkiv's XML. The order of elements is the schemas' own; empty ones are left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from archiver.core import (
    CaseFile,
    CorrespondenceParty,
    DocumentDescription,
    DocumentKind,
    DocumentObject,
    MetadataScreening,
    RegistryEntry,
    Role,
    Screening,
)
from archiver.fiks.access import FiksAccess
from archiver.fiks.names import CATALOGUE, CREATE, GET_CASE, GET_RECORD, SEARCH, UPDATE, XSI
from sikkersak.contracts.archiver import RecordType

OSLO = ZoneInfo("Europe/Oslo")
HIDDEN = "*****"  # of constant length, never initials
INTERNAL = frozenset({Role.INTERNAL_SENDER, Role.INTERNAL_RECEIVER})
SHIELDED_BY = {
    Role.SENDER: MetadataScreening.SENDER_NAME,
    Role.RECEIVER: MetadataScreening.RECEIVER_NAME,
    Role.COPY_RECEIVER: MetadataScreening.RECEIVER_NAME,
}
Parent = etree._Element  # noqa: SLF001 - the only name that lxml has for it


def root(namespace: str, name: str) -> Parent:
    """The outermost element, with the prefixes that all of them use."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, "m": CATALOGUE, "xsi": XSI})


def add(parent: Parent, name: str, value: object = None, *, ns: str | None = None, kind: str | None = None) -> Parent:
    """A child; `kind` is its xsi:type. The namespace is the parent's own unless another is given."""
    namespace = ns or etree.QName(parent).namespace
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    if kind is not None:
        child.set(f"{{{XSI}}}type", kind)
    if value is not None:
        child.text = text_of(value)
    return child


def text_of(value: object) -> str:
    """As the schemas write it: times with their zone, truth in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(OSLO).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def optional(parent: Parent, name: str, value: object) -> None:
    """A child, unless there is nothing to say."""
    if value not in (None, ""):
        add(parent, name, value)


def coded(parent: Parent, name: str, code: str | None, told: str | None = None) -> None:
    """A child with a code."""
    if code:
        child = add(parent, name)
        add(child, "kode", code, ns=CATALOGUE)
        if told:
            add(child, "beskrivelse", told, ns=CATALOGUE)


def external_key(parent: Parent, access: FiksAccess, key: str, *, ns: str | None = None) -> None:
    """referanseEksternNoekkel: which system, and our stable key."""
    child = add(parent, "referanseEksternNoekkel", ns=ns)
    add(child, "fagsystem", access.system_key, ns=CATALOGUE)
    add(child, "noekkel", key, ns=CATALOGUE)


def written(element: Parent) -> bytes:
    """UTF-8 without a byte order mark."""
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


# --- arkivmelding


def message(access: FiksAccess, case_file: CaseFile, entry: RegistryEntry | None, names: dict[str, str]) -> bytes:
    """arkivmelding.xml: the case file in every message, so that none depends on another's arrival; `names` by checksum."""
    top = root(CREATE, "arkivmelding")
    add(top, "system", access.system)
    optional(top, "regel", access.rule)
    add(top, "antallFiler", len(names))
    _case_file(top, access, case_file)
    if entry is not None:
        parent = add(top, "registrering", kind="journalpost")
        reference = add(parent, "referanseForelderMappe")
        external_key(reference, access, case_file.key, ns=CATALOGUE)
        _entry(parent, access, entry, names)
    return written(top)


def addition(
    access: FiksAccess,
    folder_id: str,
    key: str,
    documents: tuple[DocumentDescription, ...],
    day: date,
    names: dict[str, str],
) -> bytes:
    """Documents that come after their entry stands: an entry of their own in the same case file (3.2.17)."""
    top = root(CREATE, "arkivmelding")
    add(top, "system", access.system)
    add(top, "antallFiler", len(names))
    parent = add(top, "registrering", kind="journalpost")
    add(add(parent, "referanseForelderMappe"), "systemID", folder_id, ns=CATALOGUE)
    _screening(parent, documents[0].screening)
    for number, document in enumerate(documents, start=1):
        _document(parent, access, document, number, names, is_main=number == 1)
    add(parent, "tittel", documents[0].title)
    if documents[0].screening is not None:
        add(parent, "offentligTittel", HIDDEN)
    external_key(parent, access, key)
    coded(parent, "journalposttype", RecordType.INTERNAL.value)
    coded(parent, "journalstatus", access.codes.final_status[RecordType.INTERNAL])
    add(parent, "dokumentetsDato", day)
    return written(top)


def _case_file(top: Parent, access: FiksAccess, given: CaseFile) -> None:
    case = add(top, "mappe", kind="saksmappe")
    add(case, "tittel", given.title)
    optional(case, "offentligTittel", given.public_title)
    coded(case, "dokumentmedium", "E")
    coded(case, "arkivdel", access.series)
    _screening(case, given.screening)
    if access.class_id and access.class_system:
        classed = add(case, "klassifikasjon")
        add(classed, "klassifikasjonssystemID", access.class_system)
        add(classed, "klasseID", access.class_id)
    external_key(case, access, given.key)
    add(case, "saksdato", given.opened)
    named(case, "administrativEnhet", given.unit)
    named(case, "saksansvarlig", given.responsible)
    coded(case, "saksstatus", "B")


def _entry(parent: Parent, access: FiksAccess, given: RegistryEntry, names: dict[str, str]) -> None:
    _screening(parent, given.screening)
    for number, document in enumerate(given.documents, start=1):
        _document(parent, access, document, number, names, is_main=document.kind is DocumentKind.MAIN)
    add(parent, "tittel", given.title)
    optional(parent, "offentligTittel", given.public_title)
    coded(parent, "dokumentmedium", "E")
    for party in given.parties:
        add_party(parent, party, given.screening)
    external_key(parent, access, given.key)
    coded(parent, "journalposttype", given.type.value)
    coded(parent, "journalstatus", access.codes.final_status[given.type])
    add(parent, "dokumentetsDato", given.document_date)
    optional(parent, "mottattDato", given.received_at)
    optional(parent, "sendtDato", given.sent_at)
    optional(parent, "offentlighetsvurdertDato", given.assessed_on)


def _document(
    parent: Parent,
    access: FiksAccess,
    given: DocumentDescription,
    number: int,
    names: dict[str, str],
    *,
    is_main: bool,
) -> None:
    child = add(parent, "dokumentbeskrivelse")
    coded(child, "dokumenttype", access.codes.document_types[given.kind])
    coded(child, "dokumentstatus", "F")
    add(child, "tittel", given.title)
    coded(child, "dokumentmedium", "E")
    coded(child, "tilknyttetRegistreringSom", "H" if is_main else "V")
    add(child, "dokumentnummer", number)
    _screening(child, given.screening)
    for one in given.objects:
        add_object(child, access, one, names[one.checksum])
    external_key(child, access, given.key)


def add_object(parent: Parent, access: FiksAccess, given: DocumentObject, name: str) -> None:
    """Dokumentobjekt."""
    child = add(parent, "dokumentobjekt")
    add(child, "versjonsnummer", 1)
    coded(child, "variantformat", given.variant.value)
    coded(child, "format", access.codes.formats.get(given.format) or access.unknown_format, given.format)
    add(child, "mimeType", given.media_type)
    add(child, "filnavn", given.filename)
    add(child, "referanseDokumentfil", name)
    add(child, "sjekksum", given.checksum)
    add(child, "sjekksumAlgoritme", "SHA-256")
    if given.size < 1 << 31:  # the field is a signed integer of 32 bits
        add(child, "filstoerrelse", given.size)


def add_party(parent: Parent, given: CorrespondenceParty, screening: Screening | None) -> None:
    """Korrespondansepart."""
    child = add(parent, "korrespondansepart")
    coded(child, "korrespondanseparttype", given.role.value)
    add(child, "korrespondansepartNavn", given.name)
    if given.national_id:
        add(child, "personid" if given.is_person else "organisasjonid", given.national_id)
    if given.address is not None:
        optional(child, "postadresse", given.address.line)
        optional(child, "postnummer", given.address.postal_code)
        optional(child, "poststed", given.address.city)
        coded(child, "landkode", "NO")
    if given.role in INTERNAL:
        named(child, "administrativEnhet", given.name)
        if given.caseworker:
            named(child, "saksbehandler", given.caseworker)
    if screening is not None and SHIELDED_BY.get(given.role) in screening.metadata:
        add(child, "erSkjermet", value=True)
    if given.is_person:
        add(child, "erPersonnavn", value=True)


def named(parent: Parent, name: str, value: str) -> None:
    """A unit or a person by name."""
    add(add(parent, name), "navn", value, ns=CATALOGUE)


def _screening(parent: Parent, given: Screening | None) -> None:
    """Which texts are exempt has no place in v1: it is told by offentligTittel and erSkjermet."""
    if given is not None:
        child = add(parent, "skjerming")
        coded(child, "tilgangsrestriksjon", given.restriction)
        add(child, "skjermingshjemmel", given.legal_basis)


# --- later changes, and questions


def change_of_case(access: FiksAccess, key: str, *, status: str | None = None) -> bytes:
    """arkivmelding.oppdater of a case file: first which one, then only what changes."""
    top = root(UPDATE, "arkivmeldingOppdatering")
    change = add(top, "mappeOppdateringer", kind="saksmappeOppdatering")
    external_key(add(change, "referanseTilMappe"), access, key, ns=CATALOGUE)
    coded(change, "saksstatus", status)
    return written(top)


def question(access: FiksAccess, key: str, include: Iterable[str] = ()) -> bytes:
    """registrering.hent or mappe.hent by our key, as the key says."""
    is_record = key.startswith("record:")
    top = root(GET_RECORD, "registreringHent") if is_record else root(GET_CASE, "mappeHent")
    add(top, "system", access.system)
    reference = add(top, "referanseTilRegistrering" if is_record else "referanseTilMappe")
    external_key(reference, access, key, ns=CATALOGUE)
    for part in include:
        add(top, "inkluder", part)
    return written(top)


def search(access: FiksAccess, key: str) -> bytes:
    """sok: what has our key; two hits are enough to know that there is more than one."""
    is_record = key.startswith("record:")
    top = root(SEARCH, "sok")
    add(top, "system", access.system)
    add(top, "take", 2)
    add(top, "skip", 0)
    kind = "journalpostSokdefinisjon" if is_record else "saksmappeSokdefinisjon"
    definition = add(top, "sokdefinisjon", kind=kind)
    add(definition, "responstype", "noekler")
    parameters = add(definition, "parametere")
    add(parameters, "operator", "equal")
    own = add(add(parameters, "sokVerdier"), "eksternNoekkel")
    add(own, "fagsystem", access.system_key)
    add(own, "noekkel", key)
    add(parameters, "felt", "registreringEksternId" if is_record else "mappeEksternNoekkel")
    return written(top)
