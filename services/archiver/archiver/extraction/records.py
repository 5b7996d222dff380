"""A deposit out of our own records: what the archive has confirmed, as it was delivered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from archiver import store
from archiver.entries import as_changed
from archiver.extraction.model import Deposit, DepositCase, DepositDocument, DepositEntry, DepositFile
from archiver.rendering import whole_ones
from archiver.store import extraction
from sikkersak.clock import local_date, now
from sikkersak.contracts.archiver import ArchiveDocument, ArchiveDossier, DeliveryKind
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal


async def deposit(
    database: Database,
    vault: Vault,
    until: datetime,
    *,
    municipality: str,
    organisation: str,
    series: str,
    class_id: str,
) -> Deposit:
    """Everything that was archived before `until`, numbered in the order that it was archived."""
    async with database.transaction() as tx:
        rows = await extraction.archived(tx, until)
        made = await store.renditions(tx, await extraction.document_keys(tx))
        ordered = {
            row["delivery_id"]: await unseal(vault, VaultRef.model_validate(row["dossier"]), ArchiveDossier)
            for row in rows
        }
        complete = await whole_ones(tx, vault, ordered)
    dossiers = [(row, complete[row["delivery_id"]]) for row in rows]
    later: dict[UUID, list[DepositDocument]] = defaultdict(list)
    corrected: dict[UUID, ArchiveDossier] = {}
    withdrawn = {row["document_id"] for row, _ in dossiers if row["kind"] == DeliveryKind.WITHDRAWAL}
    for row, dossier in dossiers:
        if row["kind"] == DeliveryKind.EVIDENCE:
            later[row["document_id"]] += [_document(one, made, vault) for one in dossier.documents]
        elif row["kind"] == DeliveryKind.CORRECTION:
            corrected[row["document_id"]] = dossier
    cases: dict[UUID, list[DepositEntry]] = defaultdict(list)
    sequences: dict[int, int] = defaultdict(int)
    for row, dossier in dossiers:
        if row["kind"] == DeliveryKind.RECORD.value:
            year = local_date(row["archived_at"]).year
            sequences[year] += 1
            if row["document_id"] in corrected:
                dossier = as_changed(dossier, corrected[row["document_id"]])  # noqa: PLW2901
            own = tuple(_document(one, made, vault) for one in dossier.documents)
            entry = _entry(row, dossier, sequences[year], len(cases[row["case_id"]]) + 1, own)
            documents = (*entry.documents, *later[row["document_id"]])
            is_withdrawn = row["document_id"] in withdrawn
            cases[row["case_id"]].append(replace(entry, documents=documents, is_withdrawn=is_withdrawn))
    return Deposit(
        municipality=municipality,
        organisation=organisation,
        archive=f"{municipality} – elevsaker",
        series=series,
        class_id=class_id,
        made_at=now(),
        cases=tuple(DepositCase(entries=tuple(entries), closed_at=now()) for entries in cases.values()),
    )


def _entry(
    row: Row, dossier: ArchiveDossier, sequence: int, number: int, documents: tuple[DepositDocument, ...]
) -> DepositEntry:
    day = local_date(row["archived_at"])
    return DepositEntry(
        dossier=dossier,
        journal_year=day.year,
        journal_sequence=sequence,
        number=number,
        journal_date=day,
        archived_at=row["archived_at"],
        documents=documents,
    )


def _document(given: ArchiveDocument, made: dict[UUID, Row], vault: Vault) -> DepositDocument:
    """The archive rendition; what is archived unchanged (evidence) as it is."""
    row = made.get(given.document_key) if given.render else None
    ref = VaultRef.model_validate(row["rendition"]) if row is not None else given.file.ref
    detail = f"PDF/A-{row['flavour']}" if row is not None else given.file.media_type
    ending = "pdf" if row is not None else given.file.name.rpartition(".")[2].lower()
    file = DepositFile(
        system_id=uuid5(NAMESPACE_OID, f"{given.document_key}:{ref.sha256}"),
        variant="Arkivformat" if row is not None else "Produksjonsformat",
        format=ending,
        detail=detail,
        checksum=ref.sha256,
        size=ref.size,
        path=f"dokumenter/{given.document_key}.{ending if ending.isalnum() and ending.isascii() else 'bin'}",
        open=_opener(vault, ref),
    )
    kind = "Brev" if given.render else "Signaturbevis"
    return DepositDocument(key=given.document_key, title=given.title, kind=kind, is_main=given.is_main, files=(file,))


def _opener(vault: Vault, ref: VaultRef) -> Any:
    return lambda: vault.read(ref)
