"""Values that several owners' contracts share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from sikkersak.contracts.message import Contract
from sikkersak.vault.reference import VaultRef

TagRead = Annotated[str | None, Field(max_length=64, description="the tag of what was read")]
VersionRead = Annotated[int | None, Field(ge=0, description="the one that was read; a stale one is refused")]


class AccessAssessment(Contract):
    """What is exempt from public access and why (M8). The default is what a pupil case nearly always is."""

    is_exempt: bool = True
    restriction: str = Field(default="13", description="tilgangsrestriksjon, as configured in the archive")
    legal_basis: str = Field(default="Offl. § 13 jf. fvl. § 13 (1) nr. 1", description="skjermingshjemmel")


class PartyKind(StrEnum):
    """Who a party is; it decides how a letter can reach them."""

    PERSON = "person"
    ORGANISATION = "organisation"


class PostalAddress(Contract):
    """A Norwegian postal address."""

    line: str = ""
    postal_code: str = ""
    city: str = ""


class Party(Contract):
    """Someone a document came from or goes to. Personal data: only ever inside a dossier or a reply."""

    kind: PartyKind
    name: str
    national_id: str | None = Field(default=None, description="fødselsnummer or organisasjonsnummer, 11 or 9 digits")
    address: PostalAddress = PostalAddress()
    has_protected_address: bool = False


class File(Contract):
    """A file in the vault with the name people know it by. The name is shown, never used as a path."""

    name: str
    media_type: str
    ref: VaultRef
