"""A shipment as the sender placed it in SvarInn, and what ought to become of it here."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from uuid import UUID


class Level(IntEnum):
    """How strongly a receiver must have logged in (sikkerhetsnivå)."""

    SUBSTANTIAL = 3
    HIGHEST = 4


class Outcome(StrEnum):
    """What the demo should end with."""

    BELONGS_HERE = "belongs_here"  # registered in a case of the pupil (M2)
    GENERAL_ARCHIVE = "general_archive"  # forwarded, encrypted (M3, M4)
    DUPLICATE = "duplicate"  # the same content came before (M1)
    DAMAGED = "damaged"  # a file cannot be used; registered without it, or set aside
    FOR_A_PERSON = "for_a_person"  # nothing outside the documents says what it is


class Category(StrEnum):
    """What belongs here, as the archive routine lists it (M2)."""

    MEETING_NOTICE = "meeting-notice"
    MINUTES = "minutes"
    PPT_REFERRAL = "ppt-referral"
    EXPERT_ASSESSMENT = "expert-assessment"
    DECISION = "decision"
    IOP = "iop"
    EVALUATION = "evaluation"
    LETTER = "incoming-letter"
    CONCERN_REPORT = "concern-report"
    CHILD_WELFARE = "child-welfare"
    SCHOOL_ENVIRONMENT = "school-environment"


@dataclass(frozen=True)
class SampleFile:
    """One file. `problem` is why it cannot be used: `damaged` or `password`."""

    name: str
    media_type: str
    make: Callable[[], bytes]
    problem: str | None = None

    @cached_property
    def content(self) -> bytes:
        """The bytes, made when first asked for."""
        return self.make()


@dataclass(frozen=True)
class Sender:
    """An organisation, or a person who wrote through eDialog."""

    name: str
    organisation: str | None
    birth_number: str | None
    address_lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None

    def order(self) -> dict[str, object]:
        """As SvarInn's stand-in takes a party."""
        return {
            "name": self.name,
            "organisation_number": self.organisation,
            "birth_number": self.birth_number,
            "address_lines": list(self.address_lines),
            "postal_code": self.postal_code,
            "city": self.city,
        }


@dataclass(frozen=True)
class Expected:
    """The right answer. `pupil` is a key, `school` an organisation number; they may differ from the receiver."""

    outcome: Outcome
    pupil: str | None
    school: str | None
    category: Category | None
    document_type: str | None
    document_title: str | None
    case_number: str | None
    duplicate_of: UUID | None


@dataclass(frozen=True)
class Shipment:
    """Incoming mail. `receiver` is a school's organisation number, `title` what the sender wrote."""

    id: UUID
    key: str
    sender: Sender
    receiver: str
    receiver_name: str
    title: str
    type: str | None
    level: Level
    external_reference: str
    sending_system: str
    files: tuple[SampleFile, ...]
    expected: Expected

    @property
    def is_from_citizen(self) -> bool:
        """Whether it came through eDialog."""
        return self.sender.birth_number is not None

    def order(self) -> dict[str, object]:
        """The JSON that SvarInn's stand-in takes at `POST /_control/shipments`, with the files inside."""
        return {
            "id": str(self.id),
            "title": self.title,
            "sender": self.sender.order(),
            "receiver": {"name": self.receiver_name, "organisation_number": self.receiver},
            "reply_to": self.sender.order(),
            "type": self.type,
            "level": int(self.level),
            "eksternRef": self.external_reference,
            "sending_system": self.sending_system,
            "files": [
                {
                    "filename": file.name,
                    "mime_type": file.media_type,
                    "content_base64": base64.b64encode(file.content).decode(),
                }
                for file in self.files
            ],
        }
