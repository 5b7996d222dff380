"""Documents, their versions, and what follows when they are locked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from cases.domain.shown import KEPT, letter_status, signing_status
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryChanged, DeliveryKind
from sikkersak.contracts.cases_documents import DocumentState, DocumentView
from sikkersak.contracts.notifier import LetterChanged
from sikkersak.contracts.signing import JobChanged
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault.reference import VaultRef

COLUMNS: Final = [
    "event_id",
    "case_id",
    "title",
    "public_title",
    "kind",
    "record_type",
    "state",
    "needs_approval",
    "access",
    "language",
    "template_id",
    "body",
    "to_guardians",
    "parties",
    "files",
    "owner_id",
    "finished_at",
    "attachments",
    "corrects",
    "document_date",
    "category",
]
# The worst state of a document's deliveries is the one to show: archived only when all of it is.
SHOWN: Final = """
  select state, code from archive_obligations o where o.document_id = d.document_id
  order by (state = 'archived'), ordered_at limit 1
"""
# The entry's own number in the archive; evidence may have become an entry beside it, with another.
JOURNAL: Final = """(
  select journal from archive_obligations o
  where o.document_id = d.document_id and o.kind <> 'evidence' and o.journal is not null order by o.changed_at desc limit 1
)"""
VIEW: Final = f"""
select d.*, {JOURNAL} as journal, a.state as archive, a.code as archive_code, s.access as assessed, s.public_title as assessed_title,
  (select jsonb_agg(to_jsonb(l) order by l.letter_id) from letters l where l.document_id = d.document_id) as sent
from documents d left join lateral (
  select access, public_title from assessments s where s.document_id = d.document_id order by assessed_at desc limit 1
) s on true left join lateral ({SHOWN}) a on true
"""


async def add_document(tx: Transaction, fields: dict[str, Any]) -> Row:
    """A new document with its first version. Returns it."""
    places = ", ".join(f"${position}" for position in range(2, len(COLUMNS) + 2))
    sql = f"""with added as (
      insert into documents (document_id, {", ".join(COLUMNS)}) values ($1, {places})
      returning *
    ), first as (
      insert into document_versions (document_id, version, title, body, edited_by)
      select document_id, 1, title, body, owner_id from added
    ) select * from added"""
    row = await tx.fetchrow(sql, new_id(), *(({"attachments": []} | fields).get(name) for name in COLUMNS))
    return present(row, "document")


async def document(tx: Transaction, document_id: UUID, *, for_update: bool = False) -> Row:
    """One document; whoever acts for a person then asks for its case through the access filter."""
    sql = f"select * from documents where document_id = $1 {'for update' if for_update else ''}"
    row = await tx.fetchrow(sql, document_id)
    return present(row, "document")


async def edit(tx: Transaction, before: Row, state: DocumentState, title: str, body: str | None, by: UUID) -> None:
    """A new version of a draft."""
    version = before["version"] + 1
    sql = "update documents set title = $2, body = $3, version = $4, state = $5 where document_id = $1"
    await tx.execute(sql, before["document_id"], title, body, version, state.value)
    await _keep_version(tx, before["document_id"], version, title, body, by)


async def set_state(tx: Transaction, document_id: UUID, state: DocumentState, **also: Any) -> Row:
    """Moves a document on its way; `also` are columns that change with it. Returns it as it is then."""
    names = list(also)
    changes = "".join(f", {name} = ${position}" for position, name in enumerate(names, start=3))
    sql = f"update documents set state = $2{changes} where document_id = $1 returning *"
    return present(await tx.fetchrow(sql, document_id, state.value, *(also[name] for name in names)), "document")


async def views(tx: Transaction, case_id: UUID) -> list[DocumentView]:
    """Every document of a case; the caller has shown that the actor may read it."""
    return [view(row) for row in await tx.fetch(f"{VIEW} where d.case_id = $1 order by d.document_id", case_id)]


async def is_known(tx: Transaction, document_id: UUID) -> bool:
    """Whether there is such a document."""
    return bool(await tx.fetchval("select true from documents where document_id = $1", document_id))


async def one_view(tx: Transaction, document_id: UUID) -> DocumentView:
    """One document as others see it."""
    row = await tx.fetchrow(f"{VIEW} where d.document_id = $1", document_id)
    return view(present(row, "document"))


def view(row: Row) -> DocumentView:
    """A row with its archive, signing and letter states, and the newest access assessment."""
    signed = [row["signed"]] if row["signed"] else []
    fields = {name: row[name] for name in DocumentView.model_fields if name in row and name != "files"}
    sendings = [letter_status(letter) for letter in row["sent"] or []]
    letters = {letter.letter_id: letter.state for letter in sendings}
    fields |= {"files": row["files"] + signed, "letters": letters, "sendings": sendings}
    fields |= {"signatures": signing_status(dict(row))}
    if row["assessed"] is not None:
        fields |= {"access": row["assessed"], "public_title": row["assessed_title"]}
    if row["held_until"] is None or row["held_until"] <= now():
        fields |= {"held_by": None, "held_until": None}
    if row["state"] == DocumentState.FINISHED.value:
        fields["attachments"] = ()  # they are among the files from then on
    return DocumentView.model_validate(fields)


# --- obligations


async def oblige_archive(
    tx: Transaction, case_id: UUID, document_id: UUID | None, kind: DeliveryKind, dossier: VaultRef | None = None
) -> UUID:
    """Archive this: the row is the obligation, made in the transaction that finished (M12). Returns the delivery's id."""
    delivery_id = new_id()
    sql = (
        "insert into archive_obligations (delivery_id, document_id, case_id, kind, dossier) values ($1, $2, $3, $4, $5)"
    )
    kept = dossier.model_dump(mode="json") if dossier else None
    await tx.execute(sql, delivery_id, document_id, case_id, kind.value, kept)
    return delivery_id


async def archive_orders(tx: Transaction, document_id: UUID) -> list[Row]:
    """What was ordered to the archive for a document, oldest first."""
    sql = """
    select o.delivery_id, o.document_id, o.case_id, c.school_id, o.kind, o.dossier
    from archive_obligations o join cases c using (case_id)
    where o.document_id = $1 and o.dossier is not null order by o.delivery_id"""
    return await tx.fetch(sql, document_id)


async def archive_changed(tx: Transaction, fact: DeliveryChanged) -> None:
    """Shows the newest state; a fact that was overtaken changes nothing."""
    sql = """
    update archive_obligations set state = $2, code = $3, changed_at = $4
    where delivery_id = $1 and state <> 'archived' and (changed_at <= $4 or state = 'waiting' or $2 = 'archived')
    """
    await tx.execute(sql, fact.delivery_id, fact.state.value, fact.code, fact.changed_at)
    if fact.journal is not None:  # it may be told later than that it is archived
        kept = """
        update archive_obligations set journal = $2, changed_at = $3
        where delivery_id = $1 and changed_at <= $3 and journal is distinct from $2"""
        await tx.execute(kept, fact.delivery_id, fact.journal.model_dump(mode="json"), fact.changed_at)


async def rendition_ready(tx: Transaction, document_id: UUID, rendition: VaultRef) -> Row | None:
    """Keeps the reference to the PDF/A; returns the document, or none when it is not one of ours."""
    sql = "update documents set rendition = $2 where document_id = $1 returning *"
    return await tx.fetchrow(sql, document_id, rendition.model_dump(mode="json"))


async def ask_signatures(
    tx: Transaction, document_id: UUID, job_id: UUID, days_open: int, wishes: dict[str, Any]
) -> None:
    """Notes that signatures are wanted, and how; the order goes out when there is a rendition to sign."""
    sql = """
    update documents set job_id = $2, signing = 'waiting', signing_code = null, signing_days = $3, signing_changed_at = now(),
      signing_shown = null, signing_wishes = $4 where document_id = $1
    """
    await tx.execute(sql, document_id, job_id, days_open, wishes)


async def waiting_long(tx: Transaction, after: timedelta) -> list[Row]:
    """How many documents of each school have waited so long for approval, since they were asked for or reminded of."""
    sql = """
    with reminded as (
      update documents set approval_reminded_at = now() where state = 'awaiting_approval'
      and coalesce(approval_reminded_at, approval_asked_at) < now() - $1::interval returning case_id
    )
    select c.school_id, count(*)::int as count from reminded join cases c using (case_id) group by c.school_id
    """
    return await tx.fetch(sql, after)


async def signing_changed(tx: Transaction, fact: JobChanged) -> None:
    """Shows the newest state of the signature job that the document has now.

    Signed it is with the signed result, which may come before this or after: what is sent meanwhile would go unsigned,
    and a case could be closed before its evidence is obliged to the archive.
    """
    sql = """
    update documents set signing_changed_at = $4, signing_shown = $5,
      signing = case when 'signed' in (signing, $2) then signing else $2 end,
      signing_code = case when 'signed' in (signing, $2) then signing_code else $3 end
    where job_id = $1 and coalesce(signing_changed_at, '-infinity') <= $4
    """
    shown = fact.model_dump(mode="json", include=set(KEPT))
    await tx.execute(sql, fact.job_id, fact.state.value, fact.code, fact.changed_at, shown)


async def keep_signed(tx: Transaction, job_id: UUID, pades: File) -> Row | None:
    """Keeps the signed result beside the rendition (M20); returns the document."""
    sql = "update documents set signed = $2, signing = 'signed', signing_code = null where job_id = $1 returning *"
    return await tx.fetchrow(sql, job_id, pades.model_dump(mode="json"))


async def want_sending(tx: Transaction, document_id: UUID, *, wanted: bool, enclosed: Sequence[UUID] = ()) -> None:
    """Notes that it shall go out, and with what, as soon as what it waits for is there."""
    sql = "update documents set is_to_be_sent = $2, enclosed = $3 where document_id = $1"
    await tx.execute(sql, document_id, wanted, list(enclosed))


async def stop_sending(tx: Transaction, document_id: UUID, code: str) -> None:
    """It does not go out by itself, and says why."""
    sql = "update documents set is_to_be_sent = false, sending_stopped = $2 where document_id = $1"
    await tx.execute(sql, document_id, code)


async def add_letter(tx: Transaction, document_id: UUID) -> UUID:
    """One letter to one receiver. Returns its id."""
    letter_id = new_id()
    await tx.execute("insert into letters (letter_id, document_id) values ($1, $2)", letter_id, document_id)
    return letter_id


async def has_letters(tx: Transaction, document_id: UUID) -> bool:
    """Whether it was sent already: a letter goes once."""
    return bool(await tx.fetchval("select exists (select from letters where document_id = $1)", document_id))


async def letter_changed(tx: Transaction, fact: LetterChanged) -> Row | None:
    """Shows the newest of a letter, and returns its document; none for a letter that is not known or a fact overtaken."""
    sql = """
    update letters l
    set state = $2, code = $3, changed_at = $4, attempts = $5, price_class = $6, shipment_id = coalesce($7, l.shipment_id)
    from documents d
    where l.letter_id = $1 and d.document_id = l.document_id
      and (l.changed_at <= $4 or l.changed_at = l.ordered_at)  -- nothing was told before: no clocks to compare
    returning d.*
    """
    price = fact.price_class.value if fact.price_class else None
    told = (fact.state.value, fact.code, fact.changed_at, fact.attempts, price, fact.shipment_id)
    return await tx.fetchrow(sql, fact.letter_id, *told)


async def _keep_version(
    tx: Transaction, document_id: UUID, version: int, title: str, body: str | None, by: UUID
) -> None:
    sql = "insert into document_versions (document_id, version, title, body, edited_by) values ($1, $2, $3, $4, $5)"
    await tx.execute(sql, document_id, version, title, body, by)
