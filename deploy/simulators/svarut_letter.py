"""What a client sends to SvarUt Send V3: its fields and their limits (SvarUt §4.4)."""

# The field names are the protocol's.
# ruff: noqa: N815

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

PDF = "application/pdf"


UpTo20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
UpTo70 = Annotated[str, StringConstraints(min_length=1, max_length=70)]
UpTo100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
UpTo500 = Annotated[str, StringConstraints(min_length=1, max_length=500)]
UpTo1000 = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
DigitalId = Annotated[str, StringConstraints(pattern=r"^\d{9,11}$")]
ReplyId = Annotated[str, StringConstraints(pattern=r"^\d{1,11}$")]
FileName = Annotated[str, StringConstraints(max_length=226, pattern=r'^[^*:"\\/<>|?]+$')]
MimeType = Annotated[str, StringConstraints(min_length=1, max_length=127)]
AccountingCode = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_\-.øæåØÆÅ]{1,20}$")]
"""All strings have at least one character: V3 wants an empty field left out."""


class Kind(StrEnum):
    """The three addresses to send to."""

    PERSON = "person"
    ORGANISATION = "organisasjon"
    PRINT = "print"


class Part(BaseModel):
    """Unknown fields are refused: here they are always a spelling mistake in the client."""

    model_config = ConfigDict(extra="forbid")


class Address(Part):
    """A postal address; no country is Norway."""

    adresselinje1: UpTo70
    adresselinje2: UpTo70 | None = None
    adresselinje3: UpTo70 | None = None
    postnummer: UpTo20 | None = None
    poststed: UpTo70
    landkode: Country | None = None


class Receiver(Part):
    """`digitalId` is refused for print, `adresse` is needed there."""

    navn: UpTo100
    digitalId: DigitalId | None = None
    adresse: Address | None = None


class ReplyTo(Part):
    """Where an answer goes."""

    navn: UpTo100
    type: Literal["PERSON", "ORGANISASJON", "NHN_MOTTAKER"]
    digitalId: ReplyId
    adresse: Address


class KeyValue(Part):
    """One pair of free metadata."""

    key: UpTo100
    value: UpTo500


class Document(Part):
    """One file, in the order of the letter."""

    filnavn: FileName
    mimeType: MimeType
    giroarkSide: Annotated[int, Field(ge=1)] | None = None
    skalSigneres: bool | None = None
    skalEkskluderesFraUtskrift: bool = False
    dokumentType: UpTo100 | None = None
    ekstraMetadata: Annotated[list[KeyValue], Field(max_length=20)] | None = None
    inneholderPersonsensitivInformasjon: bool | None = None


class Link(Part):
    """A link shown beside the documents."""

    url: UpTo1000
    tekst: UpTo100
    ledetekst: UpTo100 | None = None


class PrintSetup(Part):
    """`utskriftskonfigurasjon`."""

    tosidig: bool


class Signing(Part):
    """A signature asked from the receiver."""

    signeringUtloper: AwareDatetime
    signaturType: Literal["AUTENTISERT_SIGNATUR", "AVANSERT_SIGNATUR"]


Year = Annotated[int, Field(ge=1000, le=9999)]
Number = Annotated[int, Field(ge=1)]


class ImportMetadata(Part):
    """`metadataForImport`; a number that is not known is left out, zero is invalid."""

    mappeId: UpTo100 | None = None
    mappeSystemId: UpTo100 | None = None
    systemId: UpTo100 | None = None
    registreringsId: UpTo100 | None = None
    saksaar: Year | None = None
    journalaar: Year | None = None
    sakssekvensnummer: Number | None = None
    journalpostnummer: Number | None = None
    journalsekvensnummer: Number | None = None
    journalposttype: UpTo100 | None = None
    journalstatus: UpTo100 | None = None
    dokumentetsDato: AwareDatetime | None = None
    tittel: UpTo1000 | None = None


class SenderMetadata(ImportMetadata):
    """`metadataFraAvleverendeSystem`."""

    journaldato: AwareDatetime | None = None
    saksbehandler: UpTo100 | None = None
    ekstraMetadata: Annotated[list[KeyValue], Field(max_length=20)] | None = None


class Letter(Part):
    """The part `forsendelse`."""

    tittel: UpTo1000
    mottaker: Receiver
    eksponertFor: list[DigitalId] | None = None
    avgivendeSystem: UpTo100 | None = None
    avgivendeSystemAktor: UpTo100 | None = None
    konteringskode: AccountingCode | None = None
    kunDigitalLevering: bool = False
    kryptert: bool = False
    utskriftskonfigurasjon: PrintSetup | None = None
    sikkerhetsniva: Literal["BETYDELIG", "HOYESTE"] | None = None
    svarSendesTil: ReplyTo | None = None
    svarPaForsendelseId: UUID | None = None
    dokumenter: Annotated[list[Document], Field(min_length=1)]
    lenker: Annotated[list[Link], Field(max_length=5)] | None = None
    forsendelsestype: UpTo100 | None = None
    eksternReferanse: UpTo100 | None = None
    korrelasjonsid: UpTo100 | None = None
    kanSvareViaEdialog: bool = False
    taushetsbelagtPost: bool = False
    metadataFraAvleverendeSystem: SenderMetadata | None = None
    metadataForImport: ImportMetadata | None = None
    signering: Signing | None = None

    @model_validator(mode="after")
    def names_are_unique(self) -> Letter:
        """Case does not make a difference."""
        names = [document.filnavn.casefold() for document in self.dokumenter]
        if len(names) != len(set(names)):
            raise ValueError("filnavn må være unike i forsendelsen")
        return self
