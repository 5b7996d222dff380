"""What the adapter is told about one archive core: where it is, who we are there, and its local codes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from archiver.core import DocumentKind
from sikkersak.contracts.archiver import RecordType

PDFA = {
    "PDF/A-1a": "fmt/95",
    "PDF/A-1b": "fmt/354",
    "PDF/A-2a": "fmt/476",
    "PDF/A-2b": "fmt/477",
    "PDF/A-2u": "fmt/478",
}
PRODUCTION = {
    "application/pdf": "fmt/276",
    "application/xml": "fmt/101",
    "text/xml": "fmt/101",
    "text/plain": "x-fmt/111",
    "image/jpeg": "fmt/43",
    "image/png": "fmt/11",
    "image/tiff": "fmt/353",
    "application/vnd.oasis.opendocument.text": "fmt/291",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "fmt/412",
}
FINAL_STATUS = {
    RecordType.INCOMING: "J",
    RecordType.OUTGOING: "E",
    RecordType.INTERNAL_FOLLOW_UP: "J",
    RecordType.INTERNAL: "J",
}
DOCUMENT_TYPES = {DocumentKind.MAIN: "B", DocumentKind.ATTACHMENT: "B", DocumentKind.EVIDENCE: "SB"}


class NoarkCodes(BaseModel):
    """Codes that differ between archives; to be agreed with the archivist."""

    model_config = ConfigDict(frozen=True)

    formats: Mapping[str, str] = Field(default=PDFA | PRODUCTION, description="our word for a format -> code")
    document_types: Mapping[DocumentKind, str] = Field(default=DOCUMENT_TYPES, description="dokumenttype")
    final_status: Mapping[RecordType, str] = Field(default=FINAL_STATUS, description="journalstatus of a whole record")
    initial_status: str = Field(default="F", description="journalstatus while a record is being filled")
    sign_off: str = Field(default="TE", description="avskrivningsmaate when a case is closed")


class NoarkAccess(BaseModel):
    """One archive core. Credentials go to the origin of `root` and to `login_origins` only."""

    model_config = ConfigDict(frozen=True)

    root: str = Field(description="address of the interface's root")
    client_id: str
    client_secret: SecretStr
    series: str | None = Field(
        default=None, description="title of the arkivdel that our case files lie in; none takes the only one"
    )
    class_id: str | None = Field(
        default=None, description="klasseID of the primary class; none takes the only one, or does without"
    )
    key_field: str = Field(
        default="vnd-sikkersak-v1:eksternnoekkel",
        pattern=r"^[a-z0-9-]+:[a-z0-9]+$",
        description="field of virksomhetsspesifikkeMetadata that carries our keys",
    )
    login_origins: tuple[str, ...] = Field(default=(), description="scheme://host of a log-in service elsewhere")
    codes: NoarkCodes = NoarkCodes()
    connect_seconds: float = Field(default=5.0, gt=0)
    answer_seconds: float = Field(default=60.0, gt=0, description="how long the core may take for one answer")
    settle_seconds: float = Field(default=30.0, ge=0, description="wait after a time-out: the core may still be at it")
    entrance_seconds: float = Field(default=600.0, gt=0, description="how long the core's links are trusted")
    connections: int = Field(default=16, ge=1)

    def is_trusted(self, address: str) -> bool:
        """Whether our credentials may go there."""
        origin = urlsplit(address)[:2]
        return any(origin == urlsplit(known)[:2] for known in (self.root, *self.login_origins))
