"""What notifier says, is ordered and answers: letters, forwarding, notices (M4, M21, M22)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Contract, Message, Operation
from sikkersak.contracts.values import File, Party, PostalAddress, TagRead
from sikkersak.vault.reference import VaultRef
from sikkersak.versions import tag_of


class ConsignmentState(StrEnum):
    """One delivery model for letters, forwarding and notices alike."""

    WAITING = "waiting"
    TRYING = "trying"
    SENT = "sent"  # taken over by the carrier; its way is followed
    DELIVERED = "delivered"
    DECLINED = "declined"  # a person must act
    GIVEN_UP = "given_up"


class ConsignmentKind(StrEnum):
    """What is being brought somewhere."""

    LETTER = "letter"
    FORWARDING = "forwarding"
    NOTICE = "notice"
    STAFF_MAIL = "staff_mail"  # news for one member of staff
    REDIRECTION = "redirection"  # mail that belongs to another organisation, through SvarUt
    STAFF_CARD = "staff_card"  # the same, in a Teams channel of the person's own


class Notice(StrEnum):
    """What a notice may be about. The text is the notifier's own; nothing sensitive can be said (M22)."""

    NEW_MAIL = "new_mail"
    APPROVAL_WAITING = "approval_waiting"
    SIGNATURE_ENDED = "signature_ended"
    SIGNATURE_WAITING = "signature_waiting"
    SHREDDING_DUE = "shredding_due"
    DELIVERY_FAILED = "delivery_failed"
    ARCHIVE_DOWN = "archive_down"
    ARCHIVE_UP = "archive_up"
    OUTAGE = "outage"  # announced by a person, in the person's words
    ALL_CLEAR = "all_clear"  # likewise
    EMERGENCY_ACCESS = "emergency_access"  # to a school's leaders: somebody took it to a case there
    FULL_ACCESS = "full_access"  # to the administrators: somebody was given access to everything
    MAIL_REGISTERED = "mail_registered"  # to one person: mail for them stands in a case
    ROLE_GIVEN = "role_given"  # to the one who has it
    ROLE_TAKEN = "role_taken"  # to the one who had it
    WEBHOOK_STOPPED = "webhook_stopped"  # to the administrators: another system has taken nothing for long


class LetterChoice(StrEnum):
    """What a person can do about a letter that did not arrive."""

    SEND_AGAIN = "send_again"  # as it is
    NEW_ADDRESS = "new_address"  # to the same receiver, at another postal address
    PRINT = "print"  # on paper, by the postal address alone
    HANDLED = "handled"  # it was brought in another way; nothing more is done


class PriceClass(StrEnum):
    """How a letter went, and so what it costs."""

    RECEIVER_SYSTEM = "receiver_system"  # to the receiver's own system
    DIGITAL = "digital"  # Altinn
    MAILBOX = "mailbox"  # a digital mailbox
    PAPER = "paper"  # printed and posted


class MailRhythm(StrEnum):
    """How soon somebody is told by e-mail; outages and their end are told at once."""

    SOON = "soon"
    HOURLY = "hourly"
    DAILY = "daily"  # in the morning


class LetterDossier(Contract):
    """What a letter needs, sealed in the vault (R3)."""

    title: str
    receiver: Party
    sender_organisation: str = Field(pattern=r"^\d{9}$")
    sender_name: str
    case_number: str
    files: tuple[File, ...] = Field(min_length=1)
    is_confidential: bool = True
    sender_address: PostalAddress | None = Field(
        default=None, description="where replies go; with one the receiver can answer through eDialog"
    )


class ForwardingDossier(Contract):
    """What the general archive gets, sealed in the vault (M4)."""

    title: str
    sender: Party
    received_at: datetime
    archive_case_number: str | None
    files: tuple[File, ...]


class NoticeText(Contract):
    """What a person says in an announcement, sealed in the vault while it waits (R3)."""

    text: str = Field(min_length=3, max_length=500)


class SendLetter(Message, type="notifier.send_letter.v1"):
    """Order: send one letter to one receiver and follow it to its end. Key: letter_id."""

    letter_id: UUID
    document_id: UUID
    case_id: UUID | None = Field(default=None, description="handed back with every fact, for those who follow the case")
    school_id: UUID
    dossier: VaultRef
    asked_by: UUID | None = Field(default=None, description="who is told when it does not arrive")


class ForwardToArchive(Message, type="notifier.forward_mail.v1"):
    """Order: bring this mail, encrypted, to the general archive's mailbox. Key: mail_id."""

    mail_id: UUID
    dossier: VaultRef


class ForwardToOrganisation(Message, type="notifier.redirect_mail.v1"):
    """Order: bring this mail to another organisation through SvarUt; the dossier is a letter's. Key: mail_id."""

    mail_id: UUID
    dossier: VaultRef


class Announce(Message, type="notifier.announce.v1"):
    """Order: tell those concerned. Key: notice_id."""

    notice_id: UUID
    notice: Notice
    school_id: UUID | None = None
    count: int = 1
    staff_id: UUID | None = Field(default=None, description="for one person alone: by e-mail, never in a channel")


class Carry(Message, type="notifier.carry.v1"):
    """Notifier to itself: bring a consignment to its carrier. Key: consignment_id."""

    consignment_id: UUID
    kind: ConsignmentKind


class LetterChanged(Message, type="notifier.letter.changed.v1"):
    """Fact: how far a letter has come (M21)."""

    letter_id: UUID
    document_id: UUID
    case_id: UUID | None = Field(default=None, description="as it was ordered with")
    state: ConsignmentState
    code: str | None = None
    changed_at: datetime
    shipment_id: UUID | None = Field(default=None, description="SvarUt's id, which a reply refers to")
    attempts: int = 0
    price_class: PriceClass | None = None


class ForwardingChanged(Message, type="notifier.forwarding.changed.v1"):
    """Fact: how far a forwarding has come (M4)."""

    mail_id: UUID
    state: ConsignmentState
    code: str | None = None
    changed_at: datetime


class ConsignmentView(Contract):
    """One letter, forwarding or notice as staff and operators see it."""

    consignment_id: UUID
    kind: ConsignmentKind
    document_id: UUID | None
    state: ConsignmentState
    code: str | None
    detail: str | None
    carrier_status: str | None
    attempts: int
    next_try_at: datetime | None
    ordered_at: datetime
    changed_at: datetime
    choices: tuple[LetterChoice, ...] = ()
    price_class: PriceClass | None = None
    school_id: UUID | None = None
    number: int = Field(default=0, description="running, the newest has the highest; a page's cursor")


class AttemptView(Contract):
    """One try to bring a consignment to its carrier, and what came of it."""

    began_at: datetime
    ended_at: datetime | None
    verdict: str | None
    reason: str | None


class ConsignmentDetail(Contract):
    """One consignment with every try."""

    consignment: ConsignmentView
    tries: tuple[AttemptView, ...]


class ConsignmentPage(Contract):
    """Consignments, newest first."""

    items: tuple[ConsignmentView, ...]
    next: str | None = None


class ListConsignments(Operation[ConsignmentPage], name="notifier.list_consignments.v1"):
    """Letters of one document, or every consignment for those who watch them."""

    kind: ConsignmentKind | None = None
    document_id: UUID | None = None
    state: ConsignmentState | None = None
    school_id: UUID | None = None
    since: datetime | None = Field(default=None, description="ordered then or later")
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class RetryConsignment(Operation[ConsignmentView], name="notifier.retry_consignment.v1", changes=True):
    """Try a declined consignment again now."""

    consignment_id: UUID


class ReadConsignment(Operation[ConsignmentDetail], name="notifier.read_consignment.v1"):
    """One consignment and every try. Caseworkers name the document; the gateway asks only when cases has allowed it."""

    consignment_id: UUID
    document_id: UUID | None = None


class ResolveLetter(Operation[ConsignmentView], name="notifier.resolve_letter.v1", changes=True):
    """Decide about a letter that did not arrive. As `ReadConsignment` about who may."""

    consignment_id: UUID
    choice: LetterChoice
    address: PostalAddress | None = Field(default=None, description="with new_address, and with print where it lacks")
    document_id: UUID | None = None


class AnnounceOutage(Operation[ConsignmentPage], name="notifier.announce_outage.v1", changes=True):
    """Tell schools of an outage or its end, in one's own words; every channel where no school is named.

    For administrators, mail distributors and operations.
    """

    is_over: bool = False
    text: str = Field(min_length=3, max_length=500, description="nothing about persons: the channel is open to many")
    school_ids: tuple[UUID, ...] = Field(default=(), max_length=200)


class Preferences(Contract):
    """How one person is told. The schools' Teams channels are not a person's to choose."""

    by_email: bool = True
    by_teams: bool = Field(default=False, description="in a channel of one's own, once it is put")
    rhythm: MailRhythm = MailRhythm.HOURLY
    muted: tuple[Notice, ...] = Field(default=(), max_length=20, description="not told of")
    quiet_hours: str | None = Field(
        default=None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="Norwegian time, as 17-7; weekends are quiet too then",
    )


class OwnPreferences(Contract):
    """What the person has chosen, and whether there is an address to write to."""

    preferences: Preferences
    has_address: bool
    has_channel: bool = Field(default=False, description="a Teams channel of one's own; its address is never shown")
    channel_refused_at: datetime | None = Field(
        default=None, description="Teams refused it then; nothing is posted there until it is put again"
    )

    @property
    def tag(self) -> str:
        """The version of what was chosen."""
        chosen = self.preferences.model_dump(mode="json")
        return tag_of(chosen | {"muted": sorted(chosen["muted"])})


class ReadPreferences(Operation[OwnPreferences], name="notifier.read_preferences.v1"):
    """How I am told."""


class PutPreferences(Operation[OwnPreferences], name="notifier.put_preferences.v1", changes=True):
    """Choose how I am told; what was gathered already goes by the new choice."""

    preferences: Preferences
    if_match: TagRead = None


class PutOwnChannel(Operation[OwnPreferences], name="notifier.put_own_channel.v1", changes=True):
    """The webhook (Workflows) of a Teams channel of my own. It is a secret, and is not shown again."""

    webhook: str = Field(min_length=10, max_length=2000, repr=False)


class RemoveOwnChannel(Operation[OwnPreferences], name="notifier.remove_own_channel.v1", changes=True):
    """I am not told in a channel of my own any more."""
