"""What each kind of delivery asks of the archive core. Every one of them may be repeated at any time (M27)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from archiver import entries, store
from archiver.core import ArchiveCore, Observer, Receipt
from archiver.domain import rendition_key
from archiver.rendering import whole
from sikkersak.contracts.archiver import ArchiveDossier, DeliveryKind, JournalNumber
from sikkersak.errors import Declined
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault


@dataclass(frozen=True)
class Brought:
    """What the archive answered: its own number, the journal's where it is an entry, and whether it stood there before."""

    reference: str
    journal: JournalNumber | None = None
    was_there: bool = False


async def bring(
    database: Database,
    vault: Vault,
    core: ArchiveCore,
    delivery_id: UUID,
    dossier: ArchiveDossier,
    on_step: Observer,
) -> Brought:
    """See the module."""
    if dossier.kind in {DeliveryKind.CLOSING, DeliveryKind.REOPENING}:
        return Brought(await _case_file(core, dossier, on_step))
    async with database.transaction() as tx:
        dossier = await whole(tx, vault, delivery_id, dossier)
        made = await store.renditions(tx, [rendition_key(dossier.kind, one) for one in dossier.documents])
    receipt = await _record(vault, core, dossier, made, on_step)
    return Brought(receipt.record.number, receipt.record.journal, was_there=not receipt.was_created)


async def _case_file(core: ArchiveCore, dossier: ArchiveDossier, on_step: Observer) -> str:
    key = f"case:{dossier.case_file.case_id}"
    if dossier.kind is DeliveryKind.CLOSING:
        return (await core.close_case_file(key, dossier.remark or "", on_step=on_step)).number
    return (await core.reopen_case_file(key, on_step=on_step)).number


async def _record(
    vault: Vault, core: ArchiveCore, dossier: ArchiveDossier, made: dict[UUID, Row], on_step: Observer
) -> Receipt:
    key = f"record:{dossier.record_id}"
    if dossier.kind is DeliveryKind.WITHDRAWAL:
        return await core.withdraw_record(key, on_step=on_step)
    match dossier.kind:
        case DeliveryKind.EVIDENCE:
            return await core.add_documents(key, entries.documents(dossier, made, vault), on_step=on_step)
        case DeliveryKind.CORRECTION:
            return await core.correct_record(entries.registry_entry(dossier, made, vault), on_step=on_step)
        case DeliveryKind.SHIELDED:
            return await _shielded(core, key, entries.shielded(dossier, made, vault), on_step)
        case _:
            return await core.ensure_registry_entry(entries.registry_entry(dossier, made, vault), on_step=on_step)


async def _shielded(core: ArchiveCore, key: str, documents: entries.Documents, on_step: Observer) -> Receipt:
    receipt: Receipt | None = None
    for document in documents:
        receipt = await core.add_variant(key, document, on_step=on_step)
    if receipt is None:
        raise Declined("nothing-shielded", "Leveringen har ingen skjermet utgave.", status=422)
    return receipt
