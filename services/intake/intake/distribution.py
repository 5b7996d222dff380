"""What intake answers when mail is distributed: split, joined, undone, restored, sent back, whose it is (M7, M8)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from intake import forwarding, orders, store
from intake.domain import move
from intake.mailroom import Mailroom
from intake.operations import Ordered, decided, deciding, operations
from intake.sorting import desk
from sikkersak.contracts.intake import MailPage, MailState, MailSummary
from sikkersak.contracts.intake_distribution import (
    JoinMail,
    KnownSender,
    KnownSenders,
    ListSenders,
    MailPart,
    MailText,
    ReadMailText,
    RestoreMail,
    SendBackMail,
    SplitMail,
    UndoMail,
)
from sikkersak.errors import Declined
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import VaultRef, unseal

__all__ = ["operations"]  # with everything below answered too
ADD_PART: Final = """
insert into mail (mail_id, system, shipment_id, way, state, title, sender, receiver_organisation, shipment_type,
  external_reference, replies_to, received_at, stored_at, acknowledged_at, belonging, rule, origin_case_number,
  named_case, brought_by, split_from)
select $2, 'split', $2, way, 'stored', coalesce($3, title), sender, receiver_organisation, shipment_type,
  external_reference, replies_to, received_at, stored_at, coalesce(acknowledged_at, now()), belonging, rule,
  origin_case_number, named_case, brought_by, coalesce(split_from, mail_id)
from mail where mail_id = $1
"""
COPY: Final = """
insert into attachments (attachment_id, mail_id, position, file, problem, warnings, scan)
select $3, $2, $4, file, problem, warnings, scan from attachments where attachment_id = $1
"""
# What the whole does not have yet comes back to it; a copy of what it has is dropped.
BACK: Final = """
update attachments set mail_id = $2, position = moved.at from (
  select a.attachment_id, (select coalesce(max(position), -1) from attachments where mail_id = $2)
    + row_number() over (order by a.position) as at
  from attachments a where a.mail_id = $1
    and not exists (select from attachments b where b.mail_id = $2 and b.file = a.file)) moved
where attachments.attachment_id = moved.attachment_id
"""
SENDERS: Final = """
select name, organisation, max(received_at) as last_at from (
  select sender->>'name' as name, sender->>'national_id' as organisation, received_at from mail
  where sender->>'kind' = 'organisation' and sender->>'national_id' is not null) known
where strpos(lower(name), lower($1)) > 0 or strpos(organisation, $1) > 0
group by name, organisation order by last_at desc, name limit $2
"""


@operations.answers(SplitMail)
async def split_mail(asked: SplitMail, ask: Ask, mailroom: Mailroom) -> MailPage:
    """Each part is mail of its own from now on. Key: the request's own, kept with its answer."""
    del mailroom
    row = await _waiting(ask, asked.mail_id)
    of_it = {one.attachment_id for one in await store.attachments(ask.tx, asked.mail_id)}
    wanted = {attachment for part in asked.parts for attachment in part.attachments}
    if not wanted <= of_it:
        raise Declined("attachment-unknown", "Et av vedleggene hører ikke til denne forsendelsen.", status=422)
    parts = list(asked.parts)
    if wanted == of_it:  # the last part is what stays, else nothing would
        if len(parts) == 1:
            raise Declined(
                "nothing-to-split", "Alle vedlegg er i samme del. Velg hvilke som skal skilles ut.", status=422
            )
        stays = parts.pop()
        kept = set(stays.attachments)
        await ask.tx.execute(
            "update mail set title = coalesce($2, title) where mail_id = $1", asked.mail_id, stays.title
        )
    else:
        kept = of_it - wanted
    made = [await _part(ask.tx, row, part) for part in parts]
    await ask.tx.execute(
        "delete from attachments where mail_id = $1 and not attachment_id = any($2)", asked.mail_id, list(kept)
    )
    for mail_id in (asked.mail_id, *made):
        await store.note_act(ask.tx, mail_id, "split", ask.actor.staff_id)
    return MailPage(items=tuple([await store.shown(ask.tx, mail_id) for mail_id in (asked.mail_id, *made)]))


@operations.answers(JoinMail)
async def join_mail(asked: JoinMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """The part is gone, and the whole has its documents again."""
    del mailroom
    row = await _waiting(ask, asked.mail_id)
    if row["split_from"] is None:
        raise Declined("not-a-part", "Posten er ikke skilt ut fra en annen forsendelse.")
    await _waiting(ask, row["split_from"])
    await ask.tx.execute(BACK, asked.mail_id, row["split_from"])
    await ask.tx.execute("delete from attachments where mail_id = $1", asked.mail_id)
    await ask.tx.execute("delete from mail where mail_id = $1", asked.mail_id)
    await store.note_act(ask.tx, row["split_from"], "join", ask.actor.staff_id)
    return await store.shown(ask.tx, row["split_from"])


@operations.answers(UndoMail)
async def undo_mail(asked: UndoMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Back in the inbox, as if nothing had been decided. Nobody else was told of it yet."""
    del mailroom
    row = await store.locked_mail(ask.tx, asked.mail_id)
    move(MailState(row["state"]), MailState.STORED)
    if not await orders.take_back(ask.tx, asked.mail_id):
        raise Declined("too-late-to-undo", "Fristen for å angre er ute. Rett det i saken i stedet.")
    await store.note_act(ask.tx, asked.mail_id, "undo", ask.actor.staff_id)
    return await store.shown(ask.tx, asked.mail_id)


@operations.answers(RestoreMail)
async def restore_mail(asked: RestoreMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """Back in the inbox; why it was set aside is forgotten with it."""
    del mailroom
    row = await deciding(ask, asked.mail_id, MailState.STORED)
    if row["state"] != MailState.DISCARDED:
        raise Declined("not-set-aside", "Posten er ikke lagt bort.")
    if row["content_removed_at"] is not None:
        raise Declined("content-removed", "Innholdet er slettet etter fristen og kan ikke hentes tilbake.")
    return await decided(ask, row, MailState.STORED, "restore", discard_reason=None)


@operations.answers(SendBackMail)
async def send_back_mail(asked: SendBackMail, ask: Ask, mailroom: Mailroom) -> MailSummary:
    """As a forwarding to the sender's own organisation number, with the reason in the note."""
    row = await deciding(ask, asked.mail_id, MailState.FORWARDING)
    to = forwarding.sender_of(row)
    order = await forwarding.to_organisation(ask.tx, mailroom, row, to, asked.reason)
    ordered = Ordered(order, mailroom.undo_seconds)
    return await decided(ask, row, MailState.FORWARDING, "send-back", ordered, forwarded_to=to.organisation)


@operations.answers(ReadMailText)
async def read_mail_text(asked: ReadMailText, ask: Ask, mailroom: Mailroom) -> MailText:
    """As it was when the mail came in; a part that was split off has none of its own."""
    row = await store.mail(ask.tx, asked.mail_id)
    if row["reading"] is None:
        return MailText(text="")
    kept = await unseal(mailroom.vault, VaultRef.model_validate(row["reading"]), desk.Kept)
    return MailText(text="\n".join(one.text for one in kept.documents))


@operations.answers(ListSenders)
async def list_senders(asked: ListSenders, ask: Ask, mailroom: Mailroom) -> KnownSenders:
    """Organisations only: people are no register."""
    del mailroom
    rows = await ask.tx.fetch(SENDERS, asked.query, asked.limit)
    return KnownSenders(items=tuple(KnownSender.model_validate(dict(row)) for row in rows))


async def _waiting(ask: Ask, mail_id: UUID) -> Row:
    """The mail, locked, while it waits for the distributor."""
    row = await store.locked_mail(ask.tx, mail_id)
    if row["state"] != MailState.STORED:
        raise Declined("mail-not-waiting", "Posten er allerede fordelt. Angre fordelingen først.")
    return row


async def _part(tx: Transaction, row: Row, part: MailPart) -> UUID:
    """One part with its documents, under ids of their own: one that concerns several stands in each."""
    mail_id = new_id()
    await tx.execute(ADD_PART, row["mail_id"], mail_id, part.title)
    for position, attachment in enumerate(dict.fromkeys(part.attachments)):
        await tx.execute(COPY, attachment, mail_id, new_id(), position)
    return mail_id
