"""What the adapter is told about one archive that speaks Fiks Arkiv: who we are there, and its local codes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from archiver.core import DocumentKind
from archiver.noark.access import NoarkCodes

DOCUMENT_TYPES = {DocumentKind.MAIN: "DOKUMENT", DocumentKind.ATTACHMENT: "VEDLEGG", DocumentKind.EVIDENCE: "SB"}


class FiksAccess(BaseModel):
    """Codes that differ between archives are to be agreed with the archivist."""

    model_config = ConfigDict(frozen=True)

    system: str = Field(default="Sikker Sak", description="system, as the archive shows it")
    system_key: str = Field(default="SikkerSak", description="fagsystem of our external keys; never changed")
    rule: str | None = Field(default=None, description="regel: a rule set agreed with the archive")
    series: str | None = Field(default=None, description="code of the arkivdel; none lets the archive decide")
    class_system: str | None = Field(default=None, description="klassifikasjonssystemID of the primary class")
    class_id: str | None = Field(default=None, description="klasseID of the primary class")
    unknown_format: str = Field(default="av/0", description="format code where we have no better one")
    codes: NoarkCodes = NoarkCodes(document_types=DOCUMENT_TYPES)
    answer_seconds: float = Field(default=60.0, gt=0, description="how long one answer is waited for")
    settle_seconds: float = Field(default=30.0, ge=0, description="wait after no answer: the archive may be at it")
    largest_bytes: int = Field(default=100 * 1024 * 1024, description="files of one message, together")
