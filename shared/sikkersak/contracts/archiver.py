"""What archiver says, is ordered and answers: renditions, deliveries, the archive log (M12, M23–M27)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.extraction import Extraction  # noqa: F401 - known with the rest of what is of archiver
from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import AccessAssessment, File, Party
from sikkersak.vault.reference import VaultRef


class DeliveryState(StrEnum):
    """Where a delivery to the archive core is (DESIGN §3)."""

    WAITING = "waiting"
    CONVERTING = "converting"
    DELIVERING = "delivering"
    RETRYING = "retrying"
    UNKNOWN = "unknown"  # it was sent and no answer came: the archive is asked before anything is sent again (M27)
    ARCHIVED = "archived"
    DECLINED = "declined"
    GIVEN_UP = "given_up"


class RecordType(StrEnum):
    """journalposttype, with Noark 5's own codes."""

    INCOMING = "I"
    OUTGOING = "U"
    INTERNAL_FOLLOW_UP = "N"
    INTERNAL = "X"


class PartyRole(StrEnum):
    """korrespondanseparttype, with Noark 5's own codes."""

    SENDER = "EA"
    RECEIVER = "EM"
    COPY_RECEIVER = "EK"


class DeliveryKind(StrEnum):
    """What a delivery brings."""

    RECORD = "record"  # a registry entry with its documents
    EVIDENCE = "evidence"  # a signed result and its proofs, added to a registry entry that stands already
    CLOSING = "closing"  # the case file is closed (M14)
    CORRECTION = "correction"  # a standing registry entry gets the titles, dates, screening and parties of this dossier
    WITHDRAWAL = "withdrawal"  # a standing registry entry is set to «Utgår»; nothing is ever deleted
    REOPENING = "reopening"  # the case file is opened again
    SHIELDED = "shielded"  # a public variant of documents that stand already: their keys, and the shielded files


class JournalNumber(Contract):
    """The number that the archive's own journal gave a registry entry; ours count within a case."""

    year: int = Field(description="journalår")
    sequence: int = Field(description="journalsekvensnummer: its number in that year's journal")
    entry: int | None = Field(default=None, description="journalpostnummer: its number in the archive's case file")


# --- the dossier behind an order


class CaseFile(Contract):
    """saksmappe: what the archive must know of the case."""

    case_id: UUID
    number: str = Field(pattern=r"^\d{4}/\d+$")
    title: str
    public_title: str
    opened: date
    school: str
    school_organisation: str
    responsible: str
    access: AccessAssessment


class CorrespondenceParty(Contract):
    """korrespondansepart."""

    role: PartyRole
    party: Party


class ArchiveDocument(Contract):
    """dokumentbeskrivelse with its source file. `render` is false for what must be archived unchanged (M20)."""

    document_key: UUID
    title: str
    is_main: bool
    file: File
    render: bool = True


class ArchiveDossier(Contract):
    """Everything a delivery needs, sealed in the vault (R3)."""

    kind: DeliveryKind
    case_file: CaseFile
    record_id: UUID = Field(description="the stable external key of the registry entry (M27)")
    record_type: RecordType
    title: str
    public_title: str
    document_date: date
    received_at: datetime | None = None
    sent_at: datetime | None = None
    parties: tuple[CorrespondenceParty, ...] = ()
    access: AccessAssessment = AccessAssessment()
    documents: tuple[ArchiveDocument, ...] = ()
    language: str = "nb"
    remark: str | None = None


# --- orders and facts


class Deliver(Message, type="archiver.deliver.v1"):
    """Order: see to it that this reaches the archive. Key: delivery_id."""

    delivery_id: UUID
    document_id: UUID
    case_id: UUID
    school_id: UUID
    kind: DeliveryKind
    dossier: VaultRef
    is_urgent: bool = Field(default=False, description="a person is waiting")


class Render(Message, type="archiver.render.v1"):
    """Archiver to itself: make the archive renditions of a delivery. Key: delivery_id."""

    delivery_id: UUID


class Transfer(Message, type="archiver.transfer.v1"):
    """Archiver to itself: bring a rendered delivery to the archive core. Key: delivery_id."""

    delivery_id: UUID


class RenditionReady(Message, type="archiver.rendition.ready.v1"):
    """Fact: the main document of a record exists as PDF/A; it is what signers sign (DESIGN §3)."""

    delivery_id: UUID
    document_id: UUID
    rendition: VaultRef
    flavour: str


class DeliveryChanged(Message, type="archiver.delivery.changed.v1"):
    """Fact: the archive status to show on the event (M26)."""

    delivery_id: UUID
    document_id: UUID
    case_id: UUID
    school_id: UUID
    kind: DeliveryKind
    state: DeliveryState
    code: str | None = None
    changed_at: datetime
    journal: JournalNumber | None = Field(default=None, description="once archived, where the archive says")


# --- what the gateway asks


class Standing(StrEnum):
    """Where a delivery is, in the four words that people use (M26)."""

    UNDER_WAY = "under_way"  # På vei
    TRYING_AGAIN = "trying_again"  # Prøves igjen
    ARCHIVED = "archived"  # Arkivert
    NEEDS_PERSON = "needs_person"  # Trenger hjelp


class DeliveryRow(Contract):
    """One line of the archive log (M26)."""

    delivery_id: UUID
    document_id: UUID
    case_id: UUID
    school_id: UUID
    kind: DeliveryKind
    state: DeliveryState
    code: str | None
    detail: str | None = Field(description="safe to show, no personal data; taken away after a set time")
    attempts: int
    next_try_at: datetime | None
    ordered_at: datetime
    archived_at: datetime | None
    archive_reference: str | None = Field(description="the registry number that the archive gave")
    standing: Standing = Standing.UNDER_WAY
    words: str = Field(default="", description="the same in plain Norwegian, with what it waits for")
    held_for: str | None = Field(default=None, description="archive, case or record: what it waits for, untouched")
    is_urgent: bool = False
    changed_at: datetime | None = None
    reason: str | None = Field(default=None, description="why a person gave it up")
    journal: JournalNumber | None = Field(default=None, description="none: not archived, or the archive did not say")


class DeliveryPage(Contract):
    """A page of the archive log, newest first, with the count of each state over everything the actor may see."""

    items: tuple[DeliveryRow, ...]
    counts: dict[DeliveryState, int]
    next: str | None = None


class Attempt(Contract):
    """One attempt, or one step of it, against the archive core or the renderer."""

    at: datetime
    step: str
    verdict: str
    answer: str | None
    seconds: float
    number: int = Field(default=1, description="steps of the same attempt have the same number")
    next_try_at: datetime | None = None
    detail: str | None = Field(default=None, description="safe to show; taken away after a set time")


class Act(StrEnum):
    """What a person did to a delivery."""

    SENT_AGAIN = "sent_again"
    MENDED = "mended"
    GIVEN_UP = "given_up"


class Mending(Contract):
    """What a person did to a delivery, and how it stood before. Old and new dossier are kept by reference."""

    at: datetime
    mended_by: UUID
    act: Act
    reason: str
    code: str | None = Field(description="what was wrong before")
    detail: str | None = None
    fields: tuple[str, ...] = Field(
        default=(), description="which fields were changed; their values are not shown here"
    )


class DeliveryDetail(Contract):
    """One delivery with every attempt, and what people did to it."""

    row: DeliveryRow
    attempts: tuple[Attempt, ...]
    mendings: tuple[Mending, ...] = ()


class DeliveryFilter(Contract):
    """Which deliveries; every field that is left out lets all through."""

    state: DeliveryState | None = None
    standing: Standing | None = None
    kind: DeliveryKind | None = None
    document_id: UUID | None = None
    case_id: UUID | None = None
    school_id: UUID | None = None
    code: str | None = Field(default=None, max_length=100)
    ordered_from: datetime | None = None
    ordered_before: datetime | None = None


class ListDeliveries(Operation[DeliveryPage], name="archiver.list_deliveries.v1"):
    """The archive log. Administrators and distributors see all, school leaders their own school's (M26)."""

    state: DeliveryState | None = None
    document_id: UUID | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
    standing: Standing | None = None
    kind: DeliveryKind | None = None
    case_id: UUID | None = None
    school_id: UUID | None = None
    code: str | None = None
    ordered_from: datetime | None = None
    ordered_before: datetime | None = None


class ReadDelivery(Operation[DeliveryDetail], name="archiver.read_delivery.v1"):
    """One delivery and its attempts."""

    delivery_id: UUID


class RetryDelivery(Operation[DeliveryRow], name="archiver.retry_delivery.v1", changes=True):
    """Send a declined or retrying delivery again now. Administrators and distributors."""

    delivery_id: UUID


class DeliveryGroup(Contract):
    """Deliveries that stand still for the same reason."""

    state: DeliveryState
    code: str | None
    kind: DeliveryKind
    count: int
    can_be_retried: int
    oldest: datetime
    newest: datetime


class DeliveryGroups(Contract):
    """Everything that is not archived, grouped by cause; the largest group first."""

    groups: tuple[DeliveryGroup, ...]


class GroupDeliveries(Operation[DeliveryGroups], name="archiver.group_deliveries.v1"):
    """What is not archived, by cause. Rights as the archive log."""


class RetryOutcome(Contract):
    """How many were sent again, of how many that were meant."""

    meant: int
    qualify: int = Field(description="not archived, not under way: these can be sent again")
    sent: int = Field(description="0 when it was only asked how many qualify")


class RetryDeliveries(Operation[RetryOutcome], name="archiver.retry_deliveries.v1", changes=True):
    """Send again the named, or all that the filter lets through. `only_count` changes nothing. Administrators, distributors."""

    delivery_ids: tuple[UUID, ...] = Field(default=(), max_length=500)
    filter: DeliveryFilter | None = None
    only_count: bool = False
    reason: str = Field(default="", max_length=500)


class Mended(Contract):
    """What is to be different; what is left out stays as it is. Personal data: only ever inside a request."""

    title: str | None = Field(default=None, min_length=1, max_length=500)
    public_title: str | None = Field(default=None, min_length=1, max_length=500)
    record_type: RecordType | None = None
    document_date: date | None = None
    access: AccessAssessment | None = None
    case_access: AccessAssessment | None = None
    parties: tuple[CorrespondenceParty, ...] | None = None


class MendDelivery(Operation[DeliveryRow], name="archiver.mend_delivery.v1", changes=True):
    """Correct what the archive declined, and send it again; old and new are kept. Administrators and distributors."""

    delivery_id: UUID
    mended: Mended
    reason: str = Field(min_length=3, max_length=500)


class GiveUpDelivery(Operation[DeliveryRow], name="archiver.give_up_delivery.v1", changes=True):
    """A person decides that this shall not be archived, and says why. Administrators and distributors."""

    delivery_id: UUID
    reason: str = Field(min_length=3, max_length=500)


class AgeBand(Contract):
    """How many have waited this long."""

    band: str = Field(description="under_1_hour, under_1_day, under_1_week or longer")
    count: int
    oldest: datetime | None


class NotArchived(Contract):
    """What is not archived, here and as seen from the archive (M26)."""

    total: int
    ages: tuple[AgeBand, ...]
    unfinished_in_archive: int | None = Field(
        description="records that stand half-made there; none when it did not answer"
    )


class CountNotArchived(Operation[NotArchived], name="archiver.count_not_archived.v1"):
    """Not archived by age. Rights as the archive log; the archive's own view for those who see all."""
