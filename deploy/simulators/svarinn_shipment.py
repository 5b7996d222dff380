"""A shipment as it lies in SvarInn, and the order that places one there."""

from __future__ import annotations

import time
import uuid
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

PDF = "application/pdf"


class Level(StrEnum):
    """Security level; V1 says 3 and 4."""

    SUBSTANTIAL = "BETYDELIG"
    HIGHEST = "HOYESTE"

    @property
    def number(self) -> str:
        """The name it has in V1."""
        return "4" if self is Level.HIGHEST else "3"


class Status(StrEnum):
    """What the sender sees."""

    WAITING = "KLAR_FOR_MOTTAK"
    READ = "LEST"
    NOTIFIED = "VARSLET"  # a permanent failure was reported: it left SvarInn for Altinn


class Damage(StrEnum):
    """What is wrong with the content when it is downloaded."""

    NONE = "none"
    WRONG_HASH = "wrong_hash"
    TRUNCATED_CMS = "truncated_cms"
    FOREIGN_KEY = "foreign_key"
    MISSING_FILE = "missing_file"
    NOT_AN_ARCHIVE = "not_an_archive"
    NOT_ENCRYPTED = "not_encrypted"  # the first file's bytes stand where the CMS message should


class Party(BaseModel):
    """Sender, receiver or the one to answer."""

    model_config = ConfigDict(extra="forbid")

    name: str
    organisation_number: str | None = None
    birth_number: str | None = None
    address_lines: list[str] = Field(default=[], max_length=3)
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class FileOrder(BaseModel):
    """One file; the bytes come as base64, as text, or in a multipart part with the same name."""

    model_config = ConfigDict(extra="forbid")

    filename: str
    mime_type: str = PDF
    content_base64: str | None = None
    text: str | None = None
    type: str | None = None
    extra_metadata: list[dict[str, str | None]] = []


class Facts(BaseModel):
    """What a shipment says about itself."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: uuid.UUID = Field(default_factory=uuid.uuid4)
    title: str
    sender: Party = Party(name="Eksempel fylkeskommune", organisation_number=None)
    receiver: Party
    reply_to: Party | None = None
    type: str | None = None
    level: Level = Level.SUBSTANTIAL
    confidential: bool = False
    external_ref: str | None = Field(default=None, alias="eksternRef")
    correlation_id: str | None = Field(default=None, alias="korrelasjonsid")
    reply_to_shipment: str | None = Field(default=None, alias="svarPaForsendelse")
    sending_system: str | None = "EKSEMPELSAK"
    metadata: dict[str, Any] | None = Field(default=None, description="metadataFraAvleverendeSystem in V2 form")
    import_metadata: dict[str, Any] | None = Field(default=None, description="metadataForImport in V2 form")
    links: list[dict[str, str]] = Field(default=[], description="lenker in V2 form")
    packaging: Literal["zip", "pdf"] = "zip"
    damage: Damage = Damage.NONE
    override: dict[str, Any] = Field(default={}, description="laid over the listed item as it is: nulls, odd fields")

    @field_validator("sender", "reply_to", mode="before")
    @classmethod
    def name_is_enough(cls, value: Any) -> Any:
        """A plain string is the name."""
        return {"name": value} if isinstance(value, str) else value

    @field_validator("receiver", mode="before")
    @classmethod
    def number_is_enough(cls, value: Any) -> Any:
        """A plain string is the organisation number."""
        return {"name": "Fjordvik skole", "organisation_number": value} if isinstance(value, str) else value

    @field_validator("level", mode="before")
    @classmethod
    def number_is_a_level(cls, value: Any) -> Any:
        """3 and 4 are accepted too."""
        return {"3": Level.SUBSTANTIAL, "4": Level.HIGHEST}.get(str(value), value)


class ShipmentOrder(Facts):
    """`POST /_control/shipments`."""

    files: list[FileOrder] = Field(min_length=1)


class StoredFile(BaseModel):
    """One file as it was placed; the bytes lie in the shipment's folder under `position`."""

    position: int
    filename: str
    mime_type: str
    sha256: str
    size: int
    type: str | None = None
    extra_metadata: list[dict[str, str | None]] = []


class Failure(BaseModel):
    """One failure report from a receiver."""

    at: float
    text: str
    permanent: bool


class Shipment(Facts):
    """A shipment in the queue of one receiving system, with everything that happened to it."""

    files: list[StoredFile]
    system: str
    placed_at: float = Field(default_factory=time.time)
    status: Status = Status.WAITING
    left_svarinn: bool = False
    downloads: int = 0
    listings: int = 0
    acknowledged_at: list[float] = []
    failures: list[Failure] = []

    def summary(self) -> dict[str, Any]:
        """What `GET /_control/state` shows of it."""
        shown = self.model_dump(
            mode="json",
            include={
                "id", "title", "type", "level", "external_ref", "reply_to_shipment", "system", "status", "damage",
                "left_svarinn", "downloads", "listings", "placed_at", "acknowledged_at", "failures", "files",
            },
        )  # fmt: skip
        return {**shown, "receiver": self.receiver.organisation_number}
