# pydantic and FastStream read these annotations at run time, so they are not postponed in this module.
"""What a message carries in place of content: which bytes, how many, and what kind (R3)."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Sha256Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _is_none(value: Any) -> bool:
    return value is None


class VaultRef(BaseModel):
    """Points at content in the vault. The same content has the same reference, whoever put it there.

    Content that must go again one day, whoever else has the same, is put for a `holder`: a copy of its own.

    `sha256` is of the plaintext, in lower-case hex: the checksum that the archive asks for. It is not the name of the
    stored object, which only those who hold the keys can work out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: Sha256Hex = Field(description="SHA-256 of the plaintext, lower-case hex")
    size: int = Field(ge=0, description="length of the plaintext in bytes")
    media_type: str = Field(max_length=255, description="media type as RFC 6838 writes it, e.g. application/pdf")
    holder: UUID | None = Field(
        default=None, exclude_if=_is_none, description="whose own copy it is; none: the one that all share"
    )

    @property
    def short(self) -> str:
        """Enough of the checksum to recognise it in a log."""
        return self.sha256[:12]
