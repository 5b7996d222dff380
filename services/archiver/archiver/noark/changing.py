"""What is changed in the archive after it was delivered: texts, screening, parties, a withdrawal, a case opened again.

Every change is compared with what stands there first, so that a repetition changes nothing (M27).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archiver.core import ArchivedCaseFile, CorrespondenceParty, DocumentDescription, DocumentObject, RegistryEntry
from archiver.noark import payloads
from archiver.noark.conversation import Change, Conversation
from archiver.noark.delivery import Delivery, identity, refuse_cancelled
from archiver.noark.links import Resource
from archiver.noark.reading import CLOSED, archived_case, documents_of, has_arrived, objects_of
from archiver.noark.upload import mismatch
from sikkersak.errors import Declined

CANCELLED = {"kode": "U"}
TEXTS = ("tittel", "offentligTittel", "dokumentetsDato", "mottattDato", "sendtDato", "skjerming")
Body = dict[str, Any]


async def standing(delivery: Delivery, key: str) -> Resource:
    """The registry entry that is to be changed.

    :raises Declined: there is none, or it is cancelled.
    """
    record = await delivery.find_record(key)
    if record is None:
        raise Declined("archive-record-missing", "Journalposten finnes ikke i arkivet ennå.")
    return record


async def correct(delivery: Delivery, record: Resource, wanted: RegistryEntry) -> None:
    """Titles, dates, screening and parties as they are to be; documents keep their files (3.2.31, 3.2.33)."""
    talk, access = delivery.talk, delivery.talk.session.access
    refuse_cancelled(record)
    body = payloads.record(wanted, access)
    await talk.change("correct-record", record, _towards({name: body.get(name) for name in TEXTS}))
    await _parties(talk, record, wanted.parties)
    held = {talk.key_of(one): one for one in await documents_of(talk, record)}
    for number, document in enumerate(wanted.documents, start=1):
        if document.key in held:
            await _document(talk, held[document.key], payloads.document(document, number, access))


async def withdraw(delivery: Delivery, record: Resource) -> None:
    """Journalstatus Utgår: nothing is ever deleted (3.2.19)."""
    await delivery.talk.change(
        "withdraw-record",
        record,
        lambda now: None if now.code("journalstatus") == "U" else {"journalstatus": CANCELLED},
    )


async def reopen(talk: Conversation, found: Resource, key: str) -> ArchivedCaseFile:
    """The case file takes registrations again, where the archive lets us (3.2.11)."""
    status = {"saksstatus": payloads.OPEN_CASE}
    opened = await talk.change(
        "reopen-case-file", found, lambda now: status if now.code("saksstatus") in CLOSED else None
    )
    return archived_case(opened, key, was_created=False)


async def add_variant(delivery: Delivery, record: Resource, wanted: DocumentDescription) -> None:
    """One more file of a document that stands already, such as the shielded one (3.2.27)."""
    refuse_cancelled(record)
    hits = [one for one in await documents_of(delivery.talk, record) if delivery.talk.key_of(one) == wanted.key]
    if len(hits) != 1:
        raise Declined("archive-document-missing", "Dokumentet finnes ikke på journalposten i arkivet.")
    for given in wanted.objects:
        await _variant(delivery, hits[0], given)


async def _variant(delivery: Delivery, document: Resource, given: DocumentObject) -> None:
    held = [
        one for one in await objects_of(delivery.talk, document) if one.code("variantformat") == given.variant.value
    ]
    same = [one for one in held if identity(one) == (given.variant.value, given.checksum)]
    if any(has_arrived(one) for one in same):
        return
    if any(has_arrived(one) for one in held):
        raise mismatch()
    await delivery.bring(document, given, same[0] if same else None)


async def _document(talk: Conversation, held: Resource, body: Body) -> None:
    await talk.change("correct-document", held, _towards({name: body.get(name) for name in ("tittel", "skjerming")}))


async def _parties(talk: Conversation, record: Resource, wanted: tuple[CorrespondenceParty, ...]) -> None:
    """Those of the same role are changed in place, because a final entry's parties cannot be taken away (3.2.19)."""
    held = await talk.every("read-parties", record.href("arkivstruktur/korrespondansepart/"))
    kept = Counter(map(payloads.wanted_identity, wanted)) & Counter(map(payloads.held_identity, held))
    missing, surplus = _without(wanted, payloads.wanted_identity, kept), _without(held, payloads.held_identity, kept)
    for party in missing:
        same_role = [one for one in surplus if one.code("korrespondanseparttype") == party.role.value]
        if same_role:
            surplus.remove(same_role[0])
            await talk.change("correct-party", same_role[0], _towards(payloads.party(party)))
        else:
            await talk.make("create-party", record.href(payloads.party_rel(party)), payloads.party(party))
    for one in surplus:
        await talk.remove("remove-party", one)


def _without(given: Any, identity_of: Any, kept: Counter[payloads.PartyIdentity]) -> list[Any]:
    left, found = Counter(kept), []
    for one in given:
        if left[identity_of(one)]:
            left[identity_of(one)] -= 1
        else:
            found.append(one)
    return found


def _towards(wanted: Mapping[str, Any]) -> Change:
    """A patch with what is different; None, for nothing, where all is as wanted. A missing value takes one away."""

    def decide(now: Resource) -> Body | None:
        patch = {name: value for name, value in wanted.items() if not _is_same(value, now.body.get(name))}
        return patch or None

    return decide


def _is_same(ours: Any, theirs: Any) -> bool:
    """Codes by their code, times by their moment: an archive writes both in its own way."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return all(_is_same(value, theirs.get(name)) for name, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))
    if isinstance(ours, str) and isinstance(theirs, str) and ours != theirs:
        try:
            return datetime.fromisoformat(ours) == datetime.fromisoformat(theirs)
        except (ValueError, TypeError):
            return False
    return bool(ours == theirs or (not ours and not theirs))
