"""What archiver says, is ordered and answers: renditions, deliveries, the archive log (M12, M23–M27)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import AccessAssessment, File, Party
from sikkersak.vault.reference import VaultRef


class DeliveryState(StrEnum):
    """Where a delivery to the archive core is (DESIGN §3)."""

    WAITING = "waiting"
    CONVERTING = "converting"
    DELIVERING = "delivering"
    RETRYING = "retrying"
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


# --- what the gateway asks


class DeliveryRow(Contract):
    """One line of the archive log (M26)."""

    delivery_id: UUID
    document_id: UUID
    case_id: UUID
    school_id: UUID
    kind: DeliveryKind
    state: DeliveryState
    code: str | None
    detail: str | None = Field(description="safe to show, no personal data")
    attempts: int
    next_try_at: datetime | None
    ordered_at: datetime
    archived_at: datetime | None
    archive_reference: str | None = Field(description="the registry number that the archive gave")


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


class DeliveryDetail(Contract):
    """One delivery with every attempt."""

    row: DeliveryRow
    attempts: tuple[Attempt, ...]


class ListDeliveries(Operation[DeliveryPage], name="archiver.list_deliveries.v1"):
    """The archive log. Administrators and distributors see all, school leaders their own school's (M26)."""

    state: DeliveryState | None = None
    document_id: UUID | None = None
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ReadDelivery(Operation[DeliveryDetail], name="archiver.read_delivery.v1"):
    """One delivery and its attempts."""

    delivery_id: UUID


class RetryDelivery(Operation[DeliveryRow], name="archiver.retry_delivery.v1", changes=True):
    """Send a declined or retrying delivery again now. Administrators and distributors."""

    delivery_id: UUID
