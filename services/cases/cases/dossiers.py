"""Dossiers: what other services must know of a case, sealed in the vault; messages carry the reference only (R3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import BaseModel, TypeAdapter

from cases.office import Office
from cases.store import cases
from sikkersak.clock import local_date
from sikkersak.contracts.archiver import (
    ArchiveDocument,
    ArchiveDossier,
    CaseFile,
    CorrespondenceParty,
    DeliveryKind,
    PartyRole,
    RecordType,
)
from sikkersak.contracts.cases_people import Pupil
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.signing import Signer, SigningDossier
from sikkersak.contracts.values import AccessAssessment, File, Party
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

Kept = TypeVar("Kept", bound=BaseModel)
PARTIES: Final = TypeAdapter(tuple[Party, ...])


class Sealed:
    """Reads and writes the sealed parts of cases' own rows."""

    def __init__(self, office: Office) -> None:
        self._vault = office.vault
        self._kept: dict[str, tuple[Party, ...]] = {}  # what was sealed just now need not be read back

    async def parties(self, row: Row) -> tuple[Party, ...]:
        """Who a document came from or goes to."""
        if row["parties"] is None:
            return ()
        ref = VaultRef.model_validate(row["parties"])
        if ref.sha256 in self._kept:
            return self._kept[ref.sha256]
        return PARTIES.validate_json(await self._vault.read_bytes(ref, limit=1 << 20))

    async def keep_parties(self, parties: tuple[Party, ...]) -> dict[str, object] | None:
        """Seals them; returns what to store in the row."""
        if not parties:
            return None
        body = json.dumps(PARTIES.dump_python(parties, mode="json")).encode()
        ref = await self._vault.put(body, "application/json")
        self._kept[ref.sha256] = parties
        return ref.model_dump(mode="json")

    async def pupil(self, row: Row) -> Pupil:
        """A pupil with national number and guardians."""
        kept = await unseal(self._vault, VaultRef.model_validate(row["dossier"]), Pupil)
        return kept.model_copy(update={"pupil_id": row["pupil_id"]})

    async def keep(self, dossier: BaseModel) -> VaultRef:
        """Seals a dossier."""
        return await seal(self._vault, dossier)

    async def read(self, ref: VaultRef, model: type[Kept]) -> Kept:
        """What was sealed."""
        return await unseal(self._vault, ref, model)


async def case_file(tx: Transaction, case_id: UUID) -> tuple[Row, CaseFile]:
    """saksmappe, as the archive must know it."""
    row = await cases.case_with_names(tx, case_id)
    return row, CaseFile(
        case_id=case_id,
        number=f"{row['year']}/{row['running']}",
        title=row["title"],
        public_title=row["public_title"],
        opened=local_date(row["opened_at"]),
        school=row["school"],
        school_organisation=row["school_organisation"],
        responsible=row["responsible"],
        access=AccessAssessment.model_validate(row["access"]),
    )


async def record(
    tx: Transaction, sealed: Sealed, document: Row, event: Row | None = None
) -> tuple[Row, ArchiveDossier]:
    """The registry entry that a finished document becomes, and its case."""
    case, folder = await case_file(tx, document["case_id"])
    record_type = RecordType(document["record_type"])
    role = PartyRole.SENDER if record_type is RecordType.INCOMING else PartyRole.RECEIVER
    parties = tuple(CorrespondenceParty(role=role, party=party) for party in await sealed.parties(document))
    files = [File.model_validate(file) for file in document["files"]]
    return case, ArchiveDossier(
        kind=DeliveryKind.RECORD,
        case_file=folder,
        record_id=document["document_id"],
        record_type=record_type,
        title=document["title"],
        public_title=document["public_title"],
        document_date=document["document_date"] or local_date(document["finished_at"]),
        received_at=event["happened_at"] if event and record_type is RecordType.INCOMING else None,
        sent_at=document["finished_at"] if record_type is RecordType.OUTGOING else None,
        parties=parties,
        access=AccessAssessment.model_validate(document["access"]),
        documents=tuple(_described(document, files, position) for position in range(len(files))),
        language=document["language"],
    )


def _described(document: Row, files: list[File], position: int) -> ArchiveDocument:
    """The first file is the main document; each has a key that stays the same however often it is delivered (M27)."""
    is_main = position == 0
    return ArchiveDocument(
        document_key=uuid5(NAMESPACE_OID, f"{document['document_id']}:{position}"),
        title=document["title"] if is_main else files[position].name,
        is_main=is_main,
        file=files[position],
    )


async def evidence(tx: Transaction, document: Row, files: tuple[File, ...]) -> tuple[Row, ArchiveDossier]:
    """The signed result and its proofs: archived unchanged beside the rendition (M20, DESIGN §3); and the case."""
    case, folder = await case_file(tx, document["case_id"])
    described = tuple(
        ArchiveDocument(
            document_key=uuid5(NAMESPACE_OID, f"{document['document_id']}:signed:{file.ref.sha256}"),
            title=f"Signert: {file.name}",
            is_main=False,
            file=file,
            render=False,
        )
        for file in files
    )
    return case, ArchiveDossier(
        kind=DeliveryKind.EVIDENCE,
        case_file=folder,
        record_id=document["document_id"],
        record_type=RecordType(document["record_type"]),
        title=document["title"],
        public_title=document["public_title"],
        document_date=local_date(document["finished_at"]),
        access=AccessAssessment.model_validate(document["access"]),
        documents=described,
        language=document["language"],
    )


def correction(given: ArchiveDossier, access: AccessAssessment, public_title: str) -> ArchiveDossier:
    """The registry entry with a newer assessment; it stands in the archive already, and its files stay as they are."""
    changed = {"kind": DeliveryKind.CORRECTION, "access": access, "public_title": public_title}
    return given.model_copy(update=changed)


def withdrawal(given: ArchiveDossier, reason: str) -> ArchiveDossier:
    """Journalstatus Utgår, for a registry entry that stands in the archive; it brings no document."""
    return given.model_copy(update={"kind": DeliveryKind.WITHDRAWAL, "documents": (), "remark": reason})


async def of_case(tx: Transaction, case_id: UUID, kind: DeliveryKind, remark: str) -> ArchiveDossier:
    """The case file is closed, or opened again, in the archive too (M14)."""
    row, folder = await case_file(tx, case_id)
    return ArchiveDossier(
        kind=kind,
        case_file=folder,
        record_id=case_id,
        record_type=RecordType.INTERNAL,
        title=row["title"],
        public_title=row["public_title"],
        document_date=local_date(row["opened_at"]),
        access=folder.access,
        remark=remark,
    )


def signing(document: Row, rendition: VaultRef, guardians: tuple[Party, ...]) -> SigningDossier:
    """The rendition is what is signed, never an earlier format: a conversion afterwards would break the signature."""
    signers = tuple(Signer(national_id=party.national_id or "", name=party.name) for party in guardians)
    file = rendition_file(document, rendition)
    return SigningDossier(
        title=document["title"], document=file, signers=signers, days_open=document["signing_days"] or 14
    )


def _sent_along(document: Row) -> tuple[File, ...]:
    """The attachments; the carrier takes PDF and nothing else."""
    found = tuple(File.model_validate(file) for file in document["attachments"])
    if any(file.media_type != "application/pdf" for file in found):
        raise Declined("attachment-not-pdf", "Bare PDF-vedlegg kan sendes som brev. Rett dokumentet og legg ved PDF.")
    return found


def rendition_file(document: Row, rendition: VaultRef) -> File:
    """The archived PDF/A under the name that people know the document by."""
    return File(name=f"{document['title']}.pdf", media_type="application/pdf", ref=rendition)


async def letter(tx: Transaction, document: Row, receiver: Party, further: Sequence[File] = ()) -> LetterDossier:
    """What one receiver is sent: the signed result where there is one, else the rendition, and what goes with it."""
    _, folder = await case_file(tx, document["case_id"])
    if document["signed"]:
        file = File.model_validate(document["signed"])
    else:
        ref = VaultRef.model_validate(document["rendition"])
        file = File(name=f"{document['title']}.pdf", media_type="application/pdf", ref=ref)
    return LetterDossier(
        title=document["title"],
        receiver=receiver,
        sender_organisation=folder.school_organisation,
        sender_name=folder.school,
        case_number=folder.number,
        files=(file, *_sent_along(document), *further),
    )
