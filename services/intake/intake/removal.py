"""Removing content whose time is over: mail that was set aside, or that another has for certain (M4, M7).

What is known of it stays: who sent it, when, who decided what, and the checksums of its files.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from intake import store
from intake.forwarding import NOTE_NAME
from intake.mailroom import Mailroom
from sikkersak.contracts.notifier import ForwardingDossier, ForwardToArchive, ForwardToOrganisation, LetterDossier
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import VaultMissing, VaultRef, unseal

log = structlog.get_logger(__name__)
EXPORTS_KEPT: Final = timedelta(days=7)
DOSSIERS: Final[dict[str, type[ForwardingDossier | LetterDossier]]] = {
    ForwardToArchive.message_type: ForwardingDossier,
    ForwardToOrganisation.message_type: LetterDossier,
}
# Forwarded: delivered, says the receiver's side. Both count from then.
OVER: Final = """
select mail_id, order_type, order_body from mail
where state in ('discarded', 'forwarded') and content_removed_at is null
  and coalesce(settled_at, decided_at) < now() - $1::interval
order by mail_id limit 100
"""
REMOVED: Final = """
update mail set content_removed_at = now() where mail_id = $1 and state in ('discarded', 'forwarded')
  and content_removed_at is null returning true
"""
# What it said, and the words of it that the rules matched on.
FORGET_TEXT: Final = "update mail set reading = null, decision = null where mail_id = $1"
OLD_EXPORTS: Final = """
select export_id, file from exports where ready_at < now() - $1::interval and removed_at is null limit 20
"""
# Copies of the mail's own that no other mail refers to: what was split may have gone elsewhere since.
OWN: Final = """
select a.file->'ref' as ref from attachments a where a.mail_id = $1 and a.file->'ref' ? 'holder'
  and not exists (select from attachments b join mail o on o.mail_id = b.mail_id
                  where b.sha256 = a.sha256 and b.file->'ref' = a.file->'ref' and b.mail_id <> a.mail_id
                    and o.content_removed_at is null)
"""


async def remove_content(mailroom: Mailroom) -> None:
    """One piece of mail at a time: noted and deleted, or neither. Key: content_removed_at."""
    async with mailroom.database.transaction() as tx:
        rows = await tx.fetch(OVER, mailroom.kept_for)
    for row in rows:
        async with mailroom.database.transaction() as tx:
            if await tx.fetchval(REMOVED, row["mail_id"]):
                files = await _remove(tx, mailroom, row)
                await store.note_act(tx, row["mail_id"], "content-removed")
                log.info("mail_content_removed", mail_id=str(row["mail_id"]), files=files)


async def remove_exports(mailroom: Mailroom) -> None:
    """Packages of undistributed mail, which were for an outage. Key: removed_at."""
    async with mailroom.database.transaction() as tx:
        for row in await tx.fetch(OLD_EXPORTS, EXPORTS_KEPT):
            ref = VaultRef.model_validate(row["file"]["ref"])
            if ref.holder is not None:
                await mailroom.vault.delete(ref)
            sql = "update exports set removed_at = now(), file = null where export_id = $1"
            await tx.execute(sql, row["export_id"])


async def _remove(tx: Transaction, mailroom: Mailroom, row: Row) -> int:
    """Deleting what is gone is no error: after a crash before the commit it is done again."""
    refs = [VaultRef.model_validate(one["ref"]) for one in await tx.fetch(OWN, row["mail_id"])]
    if refs:
        refs += await _sent_along(mailroom, row)
    read = await tx.fetchval("select reading from mail where mail_id = $1", row["mail_id"])
    if read and "holder" in read:  # the text of its first pages, which rules are tried on
        refs.append(VaultRef.model_validate(read))
    await tx.execute(FORGET_TEXT, row["mail_id"])
    for ref in refs:
        await mailroom.vault.delete(ref)
    return len(refs)


async def _sent_along(mailroom: Mailroom, row: Row) -> list[VaultRef]:
    """What was made for the forwarding: the note, and the dossier. It names copies of this mail, so it is no other's."""
    model = DOSSIERS.get(row["order_type"] or "")
    if model is None:
        return []
    sealed = VaultRef.model_validate(row["order_body"]["dossier"])
    try:
        dossier = await unseal(mailroom.vault, sealed, model)
    except VaultMissing:  # deleted before a crash
        return []
    return [sealed, *(file.ref for file in dossier.files if file.name == NOTE_NAME and file.ref.holder is not None)]
