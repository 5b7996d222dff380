"""What is looked up once: the lists to search, where case files are made, the upload limit, our key field."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from archiver.noark.access import NoarkAccess
from archiver.noark.conversation import Conversation
from archiver.noark.links import Resource, equals, find_link
from archiver.noark.session import Session
from sikkersak.errors import Declined

# The interface's own value when the core does not give one; 0 means no limit.
DEFAULT_BULK_LIMIT = 157_286_400
OWN_FIELDS = "metadata/virksomhetsspesifikkeMetadata/"
NEW_OWN_FIELD = "metadata/ny-virksomhetsspesifikkeMetadata/"


@dataclass(frozen=True)
class Entrance:
    """The ways in."""

    case_files: str
    records: str
    new_case_file: str
    bulk_limit: int


class Entrances:
    """Finds the ways in, and remembers them for a while. Safe for many at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Entrance | None = None
        self._until = 0.0
        self._finding = asyncio.Lock()

    async def current(self, talk: Conversation) -> Entrance:
        """The ways in; looked up anew after `entrance_seconds`."""
        async with self._finding:
            if self._found is None or time.monotonic() >= self._until:
                self._found = await find_entrance(talk, self._session.access)
                self._until = time.monotonic() + self._session.access.entrance_seconds
            return self._found


async def find_entrance(talk: Conversation, access: NoarkAccess) -> Entrance:
    """Follows the links from the root.

    :raises Declined: `archive-setup` when series, class or key field are missing.
    """
    root = await talk.get("open-archive", access.root)
    system = await talk.get("read-system", root.href("admin/system/"))
    structure = await talk.get("open-archive", root.href("arkivstruktur/"))
    cases = await talk.get("open-archive", root.href("sakarkiv/"))
    await ensure_key_field(talk, root, access.key_field)
    limit = system.body.get("bulkgrense")
    return Entrance(
        case_files=cases.href("sakarkiv/saksmappe/"),
        records=cases.href("sakarkiv/journalpost/"),
        new_case_file=await find_place(talk, structure, access),
        bulk_limit=limit if isinstance(limit, int) else DEFAULT_BULK_LIMIT,
    )


async def find_place(talk: Conversation, structure: Resource, access: NoarkAccess) -> str:
    """Where case files are made: in the primary class of our series, or in the series itself."""
    address = structure.href("arkivstruktur/arkivdel/")
    series = await named(talk, "find-series", address, "tittel", access.series)
    if len(series) != 1:
        raise Declined("archive-setup", f"Arkivet har {len(series)} arkivdeler som passer med oppsettet.")
    classes: list[Resource] = []
    for system in await talk.every("find-class", series[0].href("arkivstruktur/klassifikasjonssystem/")):
        classes += await named(talk, "find-class", system.href("arkivstruktur/klasse/"), "klasseID", access.class_id)
    if access.class_id is not None and len(classes) != 1:
        raise Declined("archive-setup", f"Arkivdelen har {len(classes)} klasser som passer med oppsettet.")
    place = classes[0] if len(classes) == 1 else series[0]
    return place.href("sakarkiv/ny-saksmappe/")


async def named(talk: Conversation, step: str, address: str, field: str, value: str | None) -> list[Resource]:
    """What a list has under a name, or all of it when no name is given."""
    if value is None:
        return await talk.every(step, address)
    return [one for one in await talk.every(step, equals(address, field, value)) if one.body.get(field) == value]


async def ensure_key_field(talk: Conversation, root: Resource, name: str) -> None:
    """The field for our keys is defined, by us where we may."""
    metadata = await talk.get("open-archive", root.href("metadata/"))
    address = equals(metadata.href(OWN_FIELDS), "navn", name)
    if await has_field(talk, address, name):
        return
    make = find_link(metadata.body, NEW_OWN_FIELD)
    if make is None:
        raise Declined("archive-setup", "Feltet for ekstern nøkkel er ikke definert i arkivet.")
    body = {"navn": name, "type": "string", "beskrivelse": "Nøkkel i fagsystemet Sikker Sak"}
    try:
        await talk.make("define-key-field", make, body)
    except Declined:
        # Another replica may have been first.
        if not await has_field(talk, address, name):
            raise


async def has_field(talk: Conversation, address: str, name: str) -> bool:
    """Whether the field is defined."""
    return any(one.body.get("navn") == name for one in await talk.every("find-key-field", address))
