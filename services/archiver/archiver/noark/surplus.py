"""What a repeated request made twice is taken away again, while the archive still lets us (M27).

A proxy that repeats, or a core that answers twice, makes two of what we asked for once. Only what carries our own key,
holds nothing and was never final is removed; where that does not leave one, an archivist must look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from archiver.core import DocumentDescription, ManyHits, RegistryEntry
from archiver.noark import payloads
from archiver.noark.conversation import Conversation
from archiver.noark.links import Resource
from archiver.noark.reading import FINAL, documents_of, has_arrived, objects_of
from sikkersak.errors import Declined

Files = dict[str, list[Resource]]


async def one_case_file(talk: Conversation, hits: list[Resource]) -> Resource | None:
    """The one case file; empty ones beside it are removed."""
    if len(hits) < 2:
        return hits[0] if hits else None
    empty = [hit for hit in hits if not await talk.every("read-records", hit.href("arkivstruktur/registrering/"))]
    return await _keep_one(talk, hits, empty)


async def one_record(talk: Conversation, hits: list[Resource]) -> Resource | None:
    """The one registry entry: the final one, or the one that has come furthest; never-final ones beside it go."""
    if len(hits) < 2:
        return hits[0] if hits else None
    open_ones = [hit for hit in hits if hit.code("journalstatus") == talk.session.access.codes.initial_status]
    counted = [(len(await documents_of(talk, hit)), hit) for hit in open_ones]
    return await _keep_one(talk, hits, [hit for _, hit in sorted(counted, key=lambda pair: pair[0])])


async def _keep_one(talk: Conversation, hits: list[Resource], removable: list[Resource]) -> Resource:
    surplus = removable[: len(hits) - 1]
    if len(surplus) < len(hits) - 1:
        raise ManyHits
    for hit in surplus:
        await _remove(talk, hit)
    gone = {hit.id for hit in surplus}
    return next(hit for hit in hits if hit.id not in gone)


async def one_of_each_party(talk: Conversation, record: Resource, wanted: RegistryEntry) -> None:
    """As many of each party as were asked for; others that somebody else made stay."""
    allowed = Counter(map(payloads.wanted_identity, wanted.parties))
    seen: Counter[payloads.PartyIdentity] = Counter()
    for held in await talk.every("read-parties", record.href("arkivstruktur/korrespondansepart/")):
        identity = payloads.held_identity(held)
        seen[identity] += 1
        if allowed[identity] and seen[identity] > allowed[identity]:
            await _remove(talk, held)


async def one_of_each_document(
    talk: Conversation, record: Resource, ours: Mapping[str, Resource], wanted: tuple[DocumentDescription, ...]
) -> tuple[list[Resource], Files]:
    """Every document once and every file once; returns what stands there now, with the files by document."""
    kept: list[Resource] = []
    files: Files = {}
    sizes = {document.key: len(document.objects) for document in wanted}
    for held in await documents_of(talk, record):
        key = talk.key_of(held) or ""
        if key in ours and ours[key].id != held.id:
            await _remove(talk, held)
            continue
        kept.append(held)
        files[held.id] = await objects_of(talk, held)
        if key in ours and len(files[held.id]) > sizes[key]:
            files[held.id] = await _one_of_each_file(talk, files[held.id])
    return kept, files


async def _one_of_each_file(talk: Conversation, objects: list[Resource]) -> list[Resource]:
    kept: dict[tuple[str | None, object], Resource] = {}
    for one in sorted(objects, key=has_arrived, reverse=True):
        identity = one.code("variantformat"), one.body.get("sjekksum")
        if identity in kept:
            await _remove(talk, one)
        else:
            kept[identity] = one
    return list(kept.values())


async def _remove(talk: Conversation, surplus: Resource) -> None:
    if surplus.code("journalstatus") in FINAL:
        raise ManyHits
    try:
        await talk.remove("remove-surplus", surplus)
    except Declined as refused:
        raise ManyHits from refused
