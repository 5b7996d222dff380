"""The port to the archive core, in the archive's English words (M23, M27). Adapters lie in folders beside it.

Every `ensure_*` operation may be repeated at any time, also after an unknown outcome: it looks for what is already
there under the stable external key, makes what is missing, and leaves the rest alone. Two at once for the same key are not
safe: no core promises that an external key is unique. The caller therefore holds a lock per case (the case file must
not be made twice by the first two records of a new case), which also covers the case's records.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sikkersak.contracts.archiver import JournalNumber, RecordType
from sikkersak.errors import Declined, Transient

KEY = re.compile(r"(case|record|document):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Content = Callable[[], AsyncIterator[bytes]]


class Role(StrEnum):
    """korrespondanseparttype, with Noark 5's own codes."""

    SENDER = "EA"
    RECEIVER = "EM"
    COPY_RECEIVER = "EK"
    INTERNAL_SENDER = "IA"
    INTERNAL_RECEIVER = "IM"


class Variant(StrEnum):
    """variantformat, with Noark 5's own codes."""

    PRODUCTION = "P"  # as it was made or received
    ARCHIVE = "A"  # PDF/A
    SHIELDED = "O"  # parts are taken out, for the public


class MetadataScreening(StrEnum):
    """skjermingMetadata, with Noark 5's own codes: which texts are exempt, beside the document."""

    CASE_TITLE = "TMO"
    CASE_PARTY = "NPS"
    RECORD_TITLE = "TRO"
    SENDER_NAME = "NA"
    RECEIVER_NAME = "NM"
    DOCUMENT_TITLE = "TD"


class DocumentScreening(StrEnum):
    """skjermingDokument, with Noark 5's own codes: how much of the document is exempt."""

    WHOLE = "H"
    PARTS = "D"


class DocumentKind(StrEnum):
    """What a document is to its registry entry; an adapter knows the archive's codes for it."""

    MAIN = "main"
    ATTACHMENT = "attachment"
    EVIDENCE = "evidence"  # of a signature; kept as it is, never converted (M20)


@dataclass(frozen=True, kw_only=True)
class Screening:
    """skjerming: what is exempt from public access and why (M8). `metadata` may not be empty."""

    restriction: str
    legal_basis: str
    metadata: tuple[MetadataScreening, ...]
    document: DocumentScreening | None = DocumentScreening.WHOLE

    def __post_init__(self) -> None:
        """Noark 5 demands at least one screened text."""
        if not self.metadata:
            raise ValueError("a screening names at least one screened text")


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """saksmappe. `key` is `case:<uuid>`; `unit` is the school, `responsible` the main caseworker."""

    key: str
    title: str
    public_title: str
    opened: date
    unit: str
    responsible: str
    screening: Screening | None

    def __post_init__(self) -> None:
        """A key of another form would not be found again."""
        require_key(self.key, "case")


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address. It is left out altogether for those with a protected address."""

    line: str
    postal_code: str
    city: str


@dataclass(frozen=True, kw_only=True)
class CorrespondenceParty:
    """korrespondansepart. An internal one has a unit as its name and may name the caseworker."""

    role: Role
    name: str
    is_person: bool = False
    national_id: str | None = None
    address: Address | None = None
    caseworker: str | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentObject:
    """dokumentobjekt: one file. `open` gives the bytes from the start, each time it is called.

    `format` is our word: `PDF/A-2b` and the like for PDF/A, the media type for anything else. `checksum` is SHA-256 in
    lower-case hex over exactly the bytes that `open` gives.
    """

    variant: Variant
    format: str
    media_type: str
    checksum: str
    size: int
    filename: str
    open: Content


@dataclass(frozen=True, kw_only=True)
class DocumentDescription:
    """dokumentbeskrivelse with its files. `key` is `document:<uuid>`."""

    key: str
    title: str
    kind: DocumentKind
    objects: tuple[DocumentObject, ...]
    screening: Screening | None = None

    def __post_init__(self) -> None:
        """A key of another form would not be found again."""
        require_key(self.key, "document")


@dataclass(frozen=True, kw_only=True)
class RegistryEntry:
    """journalpost, whole: it is made, filled and raised to its final status in one go. `key` is `record:<uuid>`."""

    key: str
    case_file: CaseFile
    type: RecordType
    title: str
    public_title: str
    document_date: date
    received_at: datetime | None = None
    sent_at: datetime | None = None
    assessed_on: date | None = None
    parties: tuple[CorrespondenceParty, ...] = ()
    screening: Screening | None = None
    documents: tuple[DocumentDescription, ...] = ()

    def __post_init__(self) -> None:
        """Exactly one main document, and no two documents under one key."""
        require_key(self.key, "record")
        if [document.kind for document in self.documents].count(DocumentKind.MAIN) != 1:
            raise ValueError("a registry entry has exactly one main document")
        if len({document.key for document in self.documents}) != len(self.documents):
            raise ValueError("two documents have the same key")


def require_key(key: str, kind: str) -> None:
    """Raises `ValueError` unless the key is `<kind>:<uuid>`: no personal data can get into one."""
    if not KEY.fullmatch(key) or not key.startswith(f"{kind}:"):
        raise ValueError(f"not a {kind} key")


# --- what the archive holds


@dataclass(frozen=True, kw_only=True)
class ArchivedCaseFile:
    """A case file as the archive has it. `number` is the archive's own (mappeID)."""

    key: str
    archive_id: str
    number: str
    is_closed: bool
    was_created: bool = False


@dataclass(frozen=True, kw_only=True)
class ArchivedObject:
    """A file as the archive has it; `checksum` is None until the file has arrived."""

    archive_id: str
    variant: str
    format: str | None
    checksum: str | None
    size: int | None


@dataclass(frozen=True, kw_only=True)
class ArchivedDocument:
    """A document description as the archive has it; `key` is None when somebody else made it, `title` when it is not told."""

    key: str | None
    archive_id: str
    number: int | None
    is_finished: bool
    objects: tuple[ArchivedObject, ...]
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class ArchivedRecord:
    """A registry entry as the archive has it. `number` is the archive's own (registreringsID), `status` its code.

    `is_final` tells whether the status is one that only a whole record can have. `restriction` is empty for a record that
    is not screened; None in the last four means that the archive did not tell. `journal_entry` is its number in the case.
    """

    key: str
    archive_id: str
    number: str
    journal_year: int | None
    journal_sequence: int | None
    status: str
    is_final: bool
    documents: tuple[ArchivedDocument, ...]
    title: str | None = None
    public_title: str | None = None
    restriction: str | None = None
    journal_entry: int | None = None

    @property
    def journal(self) -> JournalNumber | None:
        """Its number in the archive's journal. A core that has not given one says nothing, or 0."""
        if not self.journal_year or not self.journal_sequence:
            return None
        return JournalNumber(year=self.journal_year, sequence=self.journal_sequence, entry=self.journal_entry or None)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Proof of a delivery: read back from the archive after the last step, with checksums compared."""

    case_file: ArchivedCaseFile | None
    record: ArchivedRecord
    was_created: bool


@dataclass(frozen=True)
class Step:
    """One call of the archive, for the log of attempts (M26). No personal data: the name is one of a fixed set.

    `status` is the HTTP status, None when no answer came; `outcome` is `ok`, `refused`, `no-answer` or `unreachable`.
    """

    name: str
    status: int | None
    outcome: str
    seconds: float


Observer = Callable[[Step], None]


def unobserved(step: Step) -> None:
    """The observer of those who do not care."""


# --- what may go wrong, beside plain Transient and Declined


class OutcomeUnknown(Transient):
    """A change was sent and no usable answer came: it may or may not have happened.

    Call the same operation again later; it looks before it makes. `retry_after` is set when the core may still be at
    work on it. `step` is the name of the step.
    """

    def __init__(self, step: str, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.step = step


class AccessRefused(Transient):
    """The core does not take our credentials. For operations to mend; deliveries wait, no document is at fault."""


class ManyHits(Declined):
    """The archive has more than one under the same key: an archivist must clean up."""

    def __init__(self) -> None:
        super().__init__("archive-many-hits", "Arkivet har flere enheter med samme nøkkel. Arkivar må rydde i arkivet.")


class ArchiveCore(Protocol):
    """The archive core (VSA or another Noark 5 core). Safe for several deliveries at a time, of different cases.

    Every operation raises `Transient` (among them `OutcomeUnknown`, `AccessRefused`) when it may be tried again as it
    is, and `Declined` when a person must act. Codes: `archive-rejected`, `archive-forbidden`, `archive-not-found`,
    `archive-conflict`, `archive-unsupported`, `archive-storage` (the core's own words follow), `archive-many-hits`,
    `archive-checksum-mismatch`, `archive-record-missing`, `archive-record-sealed`, `archive-record-cancelled`,
    `archive-document-missing`, `archive-case-missing`, `archive-case-closed`, `archive-case-unfinished`, `archive-setup`.
    """

    @property
    def adds_documents(self) -> bool:
        """Whether `add_documents` adds to the same entry; if not, they become an entry of their own."""

    async def ensure_case_file(self, case_file: CaseFile, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Finds the case file or makes it. One that exists is matched, never changed."""

    async def ensure_registry_entry(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Makes the registry entry, or finishes the half-made one; case file included. Statuses are raised last."""

    async def add_documents(
        self, record_key: str, documents: tuple[DocumentDescription, ...], *, on_step: Observer = unobserved
    ) -> Receipt:
        """Adds documents to an entry that stands already (evidence of a signature). Declined when there is none."""

    async def close_case_file(self, key: str, remark: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Signs off what waits for an answer, sets the records archived, adds the remark, closes (M14)."""

    async def correct_record(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Gives a standing entry the titles, dates, screening and parties of `entry`. Its files stay as they are."""

    async def withdraw_record(self, key: str, *, on_step: Observer = unobserved) -> Receipt:
        """Sets an entry to «Utgår»: it is never deleted. One that is withdrawn already is left alone."""

    async def add_variant(
        self, record_key: str, document: DocumentDescription, *, on_step: Observer = unobserved
    ) -> Receipt:
        """Adds the files of `document` to the document with its key, which stands already (the shielded variant)."""

    async def reopen_case_file(self, key: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Opens a closed case file again, where the archive lets us."""

    async def find_record(self, key: str, *, on_step: Observer = unobserved) -> ArchivedRecord | None:
        """What the archive has under the record key, or None."""

    async def record_keys(
        self, since: datetime, until: datetime, *, on_step: Observer = unobserved
    ) -> tuple[str, ...] | None:
        """Our keys of every record that was made there in a period; None from a core that cannot list."""

    async def unfinished_records(self, *, on_step: Observer = unobserved) -> tuple[str, ...]:
        """Keys of our records that stand half-made in the archive: "not archived" as seen from there (M26)."""

    async def probe(self) -> None:
        """Returns when the core answers and takes our credentials; for a circuit breaker. Cheap, changes nothing."""

    async def close(self) -> None:
        """Gives back connections."""
