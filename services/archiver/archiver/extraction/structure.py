"""arkivstruktur.xml, the journals and the change log. Texts, not codes, and no empty elements (requirements 6.4.x)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from lxml import etree

from archiver.extraction.model import Deposit, DepositCase, DepositDocument, DepositEntry, DepositFile
from sikkersak.contracts.archiver import ArchiveDossier, CaseFile, RecordType
from sikkersak.contracts.values import AccessAssessment

NOARK: Final = "http://www.arkivverket.no/standarder/noark5/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
OSLO: Final = ZoneInfo("Europe/Oslo")
BY: Final = "Sikker Sak"
HIDDEN: Final = "*****"
EXEMPT: Final = "Unntatt offentlighet"
FINISHED: Final = "Dokumentet er ferdigstilt"
TYPES: Final = {
    RecordType.INCOMING: "Inngående dokument",
    RecordType.OUTGOING: "Utgående dokument",
    RecordType.INTERNAL_FOLLOW_UP: "Organinternt dokument for oppfølging",
    RecordType.INTERNAL: "Organinternt dokument uten oppfølging",
}
PARTIES: Final = {"EA": "Avsender", "EM": "Mottaker", "EK": "Kopimottaker"}
CASE_SCREENING: Final = ("Skjerming tittel mappe - utvalgte ord", "Skjerming navn part i sak")
RECORD_SCREENING: Final = (
    "Skjerming tittel registrering - utvalgte ord",
    "Skjerming navn avsender",
    "Skjerming navn mottaker",
)
DOCUMENT_SCREENING: Final = ("Skjerming tittel dokumentbeskrivelse",)


def moment(given: datetime) -> str:
    """A time with its zone, to the second."""
    return given.astimezone(OSLO).replace(microsecond=0).isoformat()


def root(name: str, kind: str) -> Any:
    """The outermost element."""
    return etree.Element(f"{{{NOARK}{kind}}}{name}", nsmap={None: f"{NOARK}{kind}", "xsi": XSI})


def add(parent: Any, name: str, value: object = None, *, kind: str | None = None) -> Any:
    """A child of the parent's own namespace."""
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    if kind:
        child.set(f"{{{XSI}}}type", kind)
    if value is not None:
        child.text = value.isoformat() if isinstance(value, date) else str(value)
    return child


def several(parent: Any, **values: object) -> None:
    """Children in the order given; what has no value is left out."""
    for name, value in values.items():
        if value not in (None, ""):
            add(parent, name, value)


def born_and_closed(parent: Any, born: datetime, closed: datetime) -> None:
    """When and by whom, from first to last."""
    several(parent, opprettetDato=moment(born), opprettetAv=BY, avsluttetDato=moment(closed), avsluttetAv=BY)


def opened(case: CaseFile) -> datetime:
    """The beginning of the day that a case was opened."""
    return datetime(case.opened.year, case.opened.month, case.opened.day, tzinfo=OSLO)


# --- arkivstruktur


def structure(deposit: Deposit) -> Any:
    """arkivstruktur.xml: the archive, its series, the class, and every case."""
    first = min((opened(case.dossier.case_file) for case in deposit.cases), default=deposit.made_at)
    top = root("arkiv", "arkivstruktur")
    _unit(top, deposit.archive, deposit.archive)
    born_and_closed(top, first, deposit.made_at)
    maker = add(top, "arkivskaper")
    several(maker, arkivskaperID=deposit.organisation, arkivskaperNavn=deposit.municipality)
    series = add(top, "arkivdel")
    _unit(series, deposit.archive, deposit.series)
    add(series, "arkivdelstatus", "Avsluttet periode")
    born_and_closed(series, first, deposit.made_at)
    system = add(series, "klassifikasjonssystem")
    _unit(system, deposit.archive, "Klassifikasjonssystem")
    born_and_closed(system, first, deposit.made_at)
    klass = add(system, "klasse")
    add(klass, "systemID", uuid5(NAMESPACE_OID, f"{deposit.archive}:klasse:{deposit.class_id}"))
    several(klass, klasseID=deposit.class_id, tittel=deposit.class_id)
    born_and_closed(klass, first, deposit.made_at)
    for case in deposit.cases:
        _case(klass, case)
    return top


def _unit(parent: Any, archive: str, title: str) -> None:
    add(parent, "systemID", uuid5(NAMESPACE_OID, f"{archive}:{etree.QName(parent).localname}:{title}"))
    add(parent, "tittel", title)


def _case(parent: Any, case: DepositCase) -> None:
    folder = case.dossier.case_file
    year, _, sequence = folder.number.partition("/")
    element = add(parent, "mappe", kind="saksmappe")
    several(element, systemID=folder.case_id, mappeID=folder.number, tittel=folder.title)
    several(element, offentligTittel=folder.public_title)
    born_and_closed(element, opened(folder), case.closed_at)
    _screening(element, folder.access, CASE_SCREENING)
    for entry in case.entries:
        _entry(element, entry)
    several(element, saksaar=year, sakssekvensnummer=sequence, saksdato=folder.opened)
    several(element, administrativEnhet=folder.school, saksansvarlig=folder.responsible, saksstatus="Avsluttet")


def _entry(parent: Any, entry: DepositEntry) -> None:
    dossier = entry.dossier
    element = add(parent, "registrering", kind="journalpost")
    at = moment(entry.archived_at)
    several(element, systemID=dossier.record_id, opprettetDato=at, opprettetAv=BY, arkivertDato=at, arkivertAv=BY)
    _screening(element, dossier.access, RECORD_SCREENING)
    for number, document in enumerate(entry.documents, start=1):
        _document(element, entry, document, number)
    several(element, registreringsID=f"{dossier.case_file.number}-{entry.number}", tittel=dossier.title)
    several(element, offentligTittel=dossier.public_title)
    for party in dossier.parties:
        child = add(element, "korrespondansepart")
        several(child, korrespondanseparttype=PARTIES[party.role.value], korrespondansepartNavn=party.party.name)
    several(element, journalaar=entry.journal_year, journalsekvensnummer=entry.journal_sequence)
    several(element, journalpostnummer=entry.number, journalposttype=TYPES[dossier.record_type])
    several(element, journalstatus=status_of(entry), journaldato=entry.journal_date)
    several(element, dokumentetsDato=dossier.document_date)
    several(element, mottattDato=moment(dossier.received_at) if dossier.received_at else None)
    several(element, sendtDato=moment(dossier.sent_at) if dossier.sent_at else None)


def status_of(entry: DepositEntry) -> str:
    """journalstatus: what was withdrawn stays, and is told (3.2.19)."""
    return "Utgår" if entry.is_withdrawn else "Arkivert"


def _document(parent: Any, entry: DepositEntry, document: DepositDocument, number: int) -> None:
    element, at = add(parent, "dokumentbeskrivelse"), moment(entry.archived_at)
    several(element, systemID=document.key, dokumenttype=document.kind, dokumentstatus=FINISHED, tittel=document.title)
    several(element, opprettetDato=at, opprettetAv=BY)
    role = "Hoveddokument" if document.is_main else "Vedlegg"
    several(element, tilknyttetRegistreringSom=role, dokumentnummer=number, tilknyttetDato=at, tilknyttetAv=BY)
    _screening(element, entry.dossier.access, DOCUMENT_SCREENING)
    for file in document.files:
        _file(element, file, at)


def _file(parent: Any, file: DepositFile, at: str) -> None:
    element = add(parent, "dokumentobjekt")
    several(element, systemID=file.system_id, versjonsnummer=1, variantformat=file.variant, format=file.format)
    several(element, formatDetaljer=file.detail, opprettetDato=at, opprettetAv=BY, referanseDokumentfil=file.path)
    several(element, sjekksum=file.checksum, sjekksumAlgoritme="SHA-256", filstoerrelse=file.size)


def _screening(parent: Any, access: AccessAssessment, texts: tuple[str, ...]) -> None:
    if not access.is_exempt:
        return
    element = add(parent, "skjerming")
    several(element, tilgangsrestriksjon=EXEMPT, skjermingshjemmel=access.legal_basis)
    for text in texts:
        add(element, "skjermingMetadata", text)
    add(element, "skjermingDokument", "Skjerming av hele dokumentet")


# --- journals and the change log


def journal(deposit: Deposit, *, is_public: bool) -> Any:
    """The running journal in full, or the public one from public titles only: never a title or a name that is exempt."""
    kind = "offentligJournal" if is_public else "loependeJournal"
    top, entries = root(kind, kind), deposit.entries
    head = add(top, "journalhode")
    several(head, journalStartDato=min(entry.journal_date for entry in entries))
    several(head, journalSluttDato=max(entry.journal_date for entry in entries), antallJournalposter=len(entries))
    maker = add(head, "arkivskaper")
    several(maker, arkivskaperID=deposit.organisation, arkivskaperNavn=deposit.municipality)
    for entry in entries:
        _journalled(add(top, "journalregistrering"), entry, deposit, is_public=is_public)
    return top


def _journalled(parent: Any, entry: DepositEntry, deposit: Deposit, *, is_public: bool) -> None:
    dossier, folder = entry.dossier, entry.dossier.case_file
    if not is_public:
        several(add(parent, "klasse"), klasseID=deposit.class_id, tittel=deposit.class_id)
    year, _, sequence = folder.number.partition("/")
    case = add(parent, "saksmappe")
    several(case, mappeID=folder.number, saksaar=year, sakssekvensnummer=sequence)
    several(case, tittel=None if is_public else folder.title, offentligTittel=folder.public_title or HIDDEN)
    several(case, administrativEnhet=folder.school)
    element = add(parent, "journalpost")
    several(element, systemID=dossier.record_id, registreringsID=f"{folder.number}-{entry.number}")
    several(element, journalaar=entry.journal_year, journalsekvensnummer=entry.journal_sequence)
    several(element, journalpostnummer=entry.number, tittel=None if is_public else dossier.title)
    several(element, offentligTittel=dossier.public_title or HIDDEN, journaldato=entry.journal_date)
    several(element, dokumentetsDato=dossier.document_date, administrativEnhet=folder.school)
    if dossier.access.is_exempt:
        several(element, tilgangsrestriksjon=EXEMPT, skjermingshjemmel=dossier.access.legal_basis)
    _journal_parties(element, dossier, is_hidden=is_public and dossier.access.is_exempt)


def _journal_parties(parent: Any, dossier: ArchiveDossier, *, is_hidden: bool) -> None:
    """At least one is demanded; an internal note is the school's own."""
    named = [(PARTIES[party.role.value], party.party.name) for party in dossier.parties]
    for role, name in named or [("Intern avsender", dossier.case_file.school)]:
        child = add(parent, "korrespondansepart")
        several(child, korrespondanseparttype=role)
        several(child, korrespondansepartNavn=HIDDEN if is_hidden and named else name)


def changes(deposit: Deposit) -> Any:
    """endringslogg.xml: making the deposit sets every entry archived and every case closed."""
    top = root("endringslogg", "endringslogg")
    for entry in deposit.entries:
        _change(top, entry.dossier.record_id, "M053", "Journalført", status_of(entry), deposit.made_at)
    for case in deposit.cases:
        _change(top, case.dossier.case_file.case_id, "M052", "Under behandling", "Avsluttet", case.closed_at)
    return top


def _change(top: Any, what: object, field: str, before: str, after: str, at: datetime) -> None:
    element = add(top, "endring")
    several(element, referanseArkivenhet=what, referanseMetadata=field, endretDato=moment(at), endretAv=BY)
    several(element, tidligereVerdi=before, nyVerdi=after)


def written(element: Any) -> bytes:
    """UTF-8."""
    return bytes(etree.tostring(element, xml_declaration=True, encoding="UTF-8", pretty_print=True))
