"""Where mail is sorted when it comes in: facts from the mail and its files, the rules of the day, and what is kept of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field

from intake.sorting import sets
from intake.sorting.engine import Decision, Document, Facts, ready
from intake.sorting.reading import Reading
from sikkersak.contracts.intake import Attachment
from sikkersak.contracts.sorting import Belonging
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal

log = structlog.get_logger(__name__)
MOST_TEXT: Final = 60_000  # characters of all files together
KINDS: Final = {
    "application/pdf": "pdf",
    "application/msword": "word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word",
    "application/vnd.oasis.opendocument.text": "odt tekstdokument",
    "text/plain": "tekst text",
    "text/html": "nettside html",
    "message/rfc822": "e-post e-mail epost",
    "application/vnd.ms-outlook": "e-post e-mail epost",
    "application/vnd.ms-excel": "regneark spreadsheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "regneark spreadsheet",
    "application/vnd.ms-powerpoint": "presentasjon presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "presentasjon presentation",
}
BROKEN: Final = Decision(Belonging.FOR_A_PERSON, "Sorteringen feilet. Feilen er meldt")


class ReadAttachment(Attachment):
    """An attachment with what could be read of it; the text goes no further than this process."""

    reading: Reading = Field(default=Reading("", False), exclude=True, repr=False)


class Kept(BaseModel):
    """What a rule set can be tried on later, sealed in the vault."""

    model_config = ConfigDict(frozen=True)

    documents: tuple[Document, ...]


@dataclass(frozen=True)
class Sorted:
    """A decision, the rule set that made it, and the sealed text that it was made on."""

    decision: Decision
    rule_set_id: UUID
    reading: VaultRef


async def sort_mail(tx: Transaction, vault: Vault, row: Row, attachments: list[Attachment]) -> Sorted:
    """Sorts by the rules that are active now. Whatever goes wrong with the rules, the mail comes in, for a person."""
    documents = documents_of(attachments)
    chosen = await sets.active(tx)
    try:
        decision = await asyncio.to_thread(ready(chosen.rules).sort, facts_of(row, documents))
    except Exception as bug:  # a bug: alarmed in the log; mail is never held up by how it is sorted
        log.exception("sorting_failed", mail_id=str(row["mail_id"]), exception_type=type(bug).__name__)
        decision = BROKEN
    return Sorted(decision, chosen.rule_set_id, await seal(vault, Kept(documents=documents), row["mail_id"]))


def facts_of(row: Row, documents: tuple[Document, ...]) -> Facts:
    """What the rules look at."""
    return Facts(
        title=row["title"],
        shipment_type=row["shipment_type"],
        sender_name=row["sender"].get("name") or "",
        sender_number=_organisation(row["sender"].get("national_id") or ""),
        receiver=row["receiver_organisation"],
        documents=documents,
    )


def _organisation(number: str) -> str:
    """Rules know organisations by number, never people."""
    return number if len(number) == 9 else ""


def documents_of(attachments: list[Attachment]) -> tuple[Document, ...]:
    """What was read of each, within what is sorted on."""
    documents, left = [], MOST_TEXT
    for one in attachments:
        reading = one.reading if isinstance(one, ReadAttachment) else Reading("", False)
        text, left = reading.text[:left], max(0, left - len(reading.text))
        is_whole = reading.is_whole and len(text) == len(reading.text) and not one.problem and not one.warnings
        documents.append(Document(one.file.name, kind_of(one.file.media_type), text, is_whole))
    return tuple(documents)


def scanned_words(attachments: list[Attachment]) -> str:
    """What was read of the picture that the first file begins with; empty where it is no scan."""
    readings = [one.reading for one in attachments[:1] if isinstance(one, ReadAttachment)]
    return readings[0].text if readings and readings[0].is_scan else ""


def kind_of(media_type: str) -> str:
    """The kind of a file in the words that rules know it by."""
    return KINDS.get(media_type, "bilde image" if media_type.startswith("image/") else "annet other")


async def keep(tx: Transaction, mail_id: UUID, made: Sorted) -> None:
    """What the decision rests on, with the mail."""
    sql = "update mail set rule_set_id = $2, decision = $3, reading = $4 where mail_id = $1"
    matches = [match.model_dump(mode="json") for match in made.decision.matches]
    await tx.execute(sql, mail_id, made.rule_set_id, matches, made.reading.model_dump(mode="json"))
