"""What SvarInn lists (V2, forsendelse). Tolerant: unknown fields come, optional ones go, dates can be nonsense."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _sane(value: Any) -> Any:
    """A date that no calendar has is no date (seen in real data)."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


Moment = Annotated[datetime | None, BeforeValidator(_sane)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Address(_Part):
    """postadresse."""

    name: str = Field("", alias="navn")
    line: str | None = Field(None, alias="adresselinje1")
    postal_code: str | None = Field(None, alias="postnummer")
    city: str | None = Field(None, alias="poststed")


class Correspondent(_Part):
    """avsender, mottaker, svarSendesTil."""

    organisation: str | None = Field(None, alias="organisasjonsnummer")
    person: str | None = Field(None, alias="fodselsnummer")
    address: Address = Field(default_factory=Address, alias="postadresse")


class ListedFile(_Part):
    """One element of filer: the name joins to the ZIP entry, the hash is SHA-256 in hexadecimal."""

    name: str = Field(alias="filnavn")
    media_type: str = Field("application/octet-stream", alias="mimeType")
    sha256: str = Field("", alias="hash")
    size: int = Field(0, alias="storrelse")


class Shipment(_Part):
    """forsendelse: one item of the list. It is listed until it is acknowledged."""

    shipment_id: UUID = Field(alias="id")
    title: str = Field("", alias="tittel")
    sent_at: Moment = Field(None, alias="dato")
    sender: Correspondent = Field(alias="avsender")
    receiver: Correspondent = Field(alias="mottaker")
    level: str = Field("", alias="sikkerhetsniva")
    files: tuple[ListedFile, ...] = Field((), alias="filer")
    reply_to: Correspondent | None = Field(None, alias="svarSendesTil")
    replies_to: UUID | None = Field(None, alias="svarPaForsendelse")
    shipment_type: str | None = Field(None, alias="type")
    external_reference: str | None = Field(None, alias="eksternRef")
    download: str | None = Field(None, alias="nedlastingslenke")
    sending_system: str | None = Field(None, alias="avgivendeSystem")
