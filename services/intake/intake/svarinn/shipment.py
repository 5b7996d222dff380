"""What SvarInn lists (V2, forsendelse). Tolerant: unknown fields come, optional ones go, dates can be nonsense."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

LONGEST_TEXT: Final = 1000


def _sane(value: Any) -> Any:
    """A date that no calendar has is no date (seen in real data)."""
    try:
        return datetime.fromisoformat(str(value)).astimezone() if value else None
    except (ValueError, OverflowError):
        return None


def fit_to_show(value: Any) -> Any:
    """Text that a database takes and a screen shows as it is: no NUL, no half characters, no marks that turn it round."""
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        return value
    whole = value[: LONGEST_TEXT * 4].encode("utf-8", "replace").decode()
    spaced = " ".join(whole.replace("\x00", "\ufffd").split())
    return "".join(character for character in spaced if character.isprintable())[:LONGEST_TEXT]


def _only_uuid(value: Any) -> Any:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _size(value: Any) -> Any:
    return value if isinstance(value, int) and value > 0 else 0


Text = Annotated[str, BeforeValidator(fit_to_show)]
Moment = Annotated[datetime | None, BeforeValidator(_sane)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        """Any field may be null in real data."""
        return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


class Address(_Part):
    """postadresse."""

    name: Text = Field("", alias="navn")
    line: Text | None = Field(None, alias="adresselinje1")
    postal_code: Text | None = Field(None, alias="postnummer")
    city: Text | None = Field(None, alias="poststed")


class Correspondent(_Part):
    """avsender, mottaker, svarSendesTil."""

    organisation: Text | None = Field(None, alias="organisasjonsnummer")
    person: Text | None = Field(None, alias="fodselsnummer")
    address: Address = Field(default_factory=Address, alias="postadresse")


class ListedFile(_Part):
    """One element of filer: the name joins to the ZIP entry, the hash is SHA-256 in hexadecimal."""

    name: str = Field("dokument", alias="filnavn")
    media_type: str = Field("application/octet-stream", alias="mimeType")
    sha256: str = Field("", alias="hash")
    size: Annotated[int, BeforeValidator(_size)] = Field(0, alias="storrelse")


class Shipment(_Part):
    """forsendelse: one item of the list. It is listed until it is acknowledged."""

    shipment_id: UUID = Field(alias="id")
    title: Text = Field("", alias="tittel")
    sent_at: Moment = Field(None, alias="dato")
    sender: Correspondent = Field(default_factory=Correspondent, alias="avsender")
    receiver: Correspondent = Field(default_factory=Correspondent, alias="mottaker")
    level: Text = Field("", alias="sikkerhetsniva")
    files: tuple[ListedFile, ...] = Field((), alias="filer")
    reply_to: Correspondent | None = Field(None, alias="svarSendesTil")
    replies_to: Annotated[UUID | None, BeforeValidator(_only_uuid)] = Field(None, alias="svarPaForsendelse")
    shipment_type: Text | None = Field(None, alias="type")
    external_reference: Text | None = Field(None, alias="eksternRef")
    download: str | None = Field(None, alias="nedlastingslenke")
    sending_system: Text | None = Field(None, alias="avgivendeSystem")
    is_understood: bool = Field(default=True, description="false: only its id and title could be read")
