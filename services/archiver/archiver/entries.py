"""From our dossier to the archive's words: case file, registry entry, documents with their variants and screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from archiver import core
from archiver.core import DocumentKind, MetadataScreening, Variant
from archiver.domain import rendition_key
from sikkersak.contracts.archiver import (
    ArchiveDocument,
    ArchiveDossier,
    CorrespondenceParty,
    DeliveryKind,
    RecordType,
)
from sikkersak.contracts.values import AccessAssessment, PartyKind
from sikkersak.persistence.database import Row
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef

Documents = tuple[core.DocumentDescription, ...]
CORRECTED = ("title", "public_title", "document_date", "received_at", "sent_at", "parties", "access")
EVERYTHING = (
    MetadataScreening.RECORD_TITLE,
    MetadataScreening.SENDER_NAME,
    MetadataScreening.RECEIVER_NAME,
    MetadataScreening.DOCUMENT_TITLE,
)


def as_changed(dossier: ArchiveDossier, correction: ArchiveDossier) -> ArchiveDossier:
    """A registry entry after a later correction: its texts, dates, screening and parties; its files stay."""
    return dossier.model_copy(update={name: getattr(correction, name) for name in CORRECTED})


def case_file(dossier: ArchiveDossier) -> core.CaseFile:
    """Saksmappe."""
    folder = dossier.case_file
    return core.CaseFile(
        key=f"case:{folder.case_id}",
        title=folder.title,
        public_title=folder.public_title,
        opened=folder.opened,
        unit=folder.school,
        responsible=folder.responsible,
        screening=_screening(folder.access, (MetadataScreening.CASE_TITLE, MetadataScreening.CASE_PARTY)),
    )


def registry_entry(dossier: ArchiveDossier, made: Mapping[UUID, Row], vault: Vault) -> core.RegistryEntry:
    """Journalpost with everything that belongs to it; a record's documents must be rendered (M24)."""
    lacking = [one for one in dossier.documents if one.render and one.document_key not in made]
    if lacking and dossier.kind is DeliveryKind.RECORD:
        raise ValueError("a document of the record has no rendition")
    return core.RegistryEntry(
        key=f"record:{dossier.record_id}",
        case_file=case_file(dossier),
        type=RecordType(dossier.record_type),
        title=dossier.title,
        public_title=dossier.public_title,
        document_date=dossier.document_date,
        received_at=dossier.received_at,
        sent_at=dossier.sent_at,
        parties=tuple(_party(party) for party in dossier.parties),
        screening=_screening(dossier.access, EVERYTHING),
        documents=documents(dossier, made, vault),
    )


def documents(dossier: ArchiveDossier, made: Mapping[UUID, Row], vault: Vault) -> Documents:
    """dokumentbeskrivelser, each with its archive rendition, and its source where the conversion changed it."""
    return tuple(
        _document(document, dossier.access, made.get(document.document_key), vault) for document in dossier.documents
    )


def shielded(dossier: ArchiveDossier, made: Mapping[UUID, Row], vault: Vault) -> Documents:
    """Standing documents, each with the one file that is for the public."""
    return tuple(
        _shielded(document, made[rendition_key(dossier.kind, document)], vault) for document in dossier.documents
    )


def _shielded(document: ArchiveDocument, made: Row, vault: Vault) -> core.DocumentDescription:
    ref = VaultRef.model_validate(made["rendition"])
    name = f"{document.file.name.rpartition('.')[0] or document.file.name}.pdf"
    file = replace(_object(ref, Variant.SHIELDED, ref.media_type, name, vault), format=f"PDF/A-{made['flavour']}")
    kind = DocumentKind.MAIN if document.is_main else DocumentKind.ATTACHMENT
    key = f"document:{document.document_key}"
    return core.DocumentDescription(key=key, title=document.title, kind=kind, objects=(file,))


def _document(
    document: ArchiveDocument, access: AccessAssessment, made: Row | None, vault: Vault
) -> core.DocumentDescription:
    kind = DocumentKind.MAIN if document.is_main else DocumentKind.ATTACHMENT
    source = _object(document.file.ref, Variant.PRODUCTION, document.file.media_type, document.file.name, vault)
    objects: tuple[core.DocumentObject, ...]
    if not document.render:
        kind, objects = DocumentKind.EVIDENCE, (source,)
    elif made is None:  # of a correction, which brings no files
        objects = (source,)
    else:
        ref = VaultRef.model_validate(made["rendition"])
        name = f"{document.file.name.rpartition('.')[0] or document.file.name}.pdf"
        rendition = replace(
            _object(ref, Variant.ARCHIVE, ref.media_type, name, vault), format=f"PDF/A-{made['flavour']}"
        )
        is_unchanged = ref.sha256 == document.file.ref.sha256
        objects = (rendition,) if is_unchanged else (rendition, source)
    return core.DocumentDescription(
        key=f"document:{document.document_key}",
        title=document.title,
        kind=kind,
        objects=objects,
        screening=_screening(access, (MetadataScreening.DOCUMENT_TITLE,)),
    )


def _object(ref: VaultRef, variant: Variant, media_type: str, name: str, vault: Vault) -> core.DocumentObject:
    return core.DocumentObject(
        variant=variant,
        format=media_type,
        media_type=media_type,
        checksum=ref.sha256,
        size=ref.size,
        filename=name,
        open=lambda: vault.read(ref),
    )


def _party(given: CorrespondenceParty) -> core.CorrespondenceParty:
    party = given.party
    address = None
    if party.address.city and not party.has_protected_address:
        address = core.Address(line=party.address.line, postal_code=party.address.postal_code, city=party.address.city)
    return core.CorrespondenceParty(
        role=core.Role(given.role.value),
        name=party.name,
        is_person=party.kind is PartyKind.PERSON,
        national_id=party.national_id,
        address=address,
    )


def _screening(access: AccessAssessment, metadata: tuple[MetadataScreening, ...]) -> core.Screening | None:
    if not access.is_exempt:
        return None
    return core.Screening(restriction=access.restriction, legal_basis=access.legal_basis, metadata=metadata)
