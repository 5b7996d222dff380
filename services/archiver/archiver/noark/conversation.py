"""The requests of one operation: entities read, made, changed and removed, each step told to the observer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from archiver.core import ManyHits, Observer
from archiver.noark.links import Json, Resource, equals, find_link
from archiver.noark.session import MEDIA_TYPE, Call, Session, understood
from sikkersak.errors import Declined, Transient

MERGE_PATCH = "application/merge-patch+json"
OWN = "virksomhetsspesifikkeMetadata"
MOST_PAGES = 1000

Change = Callable[[Resource], dict[str, Any] | None]


@dataclass(frozen=True)
class Conversation:
    """One operation's use of the session."""

    session: Session
    on_step: Observer

    @property
    def key_field(self) -> str:
        """Where our keys stand."""
        return self.session.access.key_field

    async def get(self, step: str, href: str) -> Resource:
        """Reads an entity or a page."""
        return resource(await self.session.send(Call(step, "GET", href), self.on_step), step)

    async def every(self, step: str, href: str) -> list[Resource]:
        """Reads a whole list, page by page."""
        found: list[Resource] = []
        following: str | None = href
        for _ in range(MOST_PAGES):
            if following is None:
                return found
            page = (await self.get(step, following)).body
            found.extend(Resource(item) for item in page.get("results") or ())
            following = find_link(page, "next")
        raise Transient(f"archive: list without end at {step}")

    def key_of(self, entity: Resource) -> str | None:
        """Our key in an entity, if it is ours."""
        fields = entity.body.get(OWN)
        value = fields.get(self.key_field) if isinstance(fields, dict) else None
        return value if isinstance(value, str) else None

    async def hits(self, step: str, href: str, key: str) -> list[Resource]:
        """Every entity of a list with our key."""
        found = await self.every(step, equals(href, self.key_field, key))
        return [hit for hit in found if self.key_of(hit) == key]

    async def find(self, step: str, href: str, key: str) -> Resource | None:
        """The one entity of a list with our key, or None.

        :raises ManyHits: there is more than one.
        """
        return only(await self.hits(step, href, key))

    async def make(self, step: str, href: str, body: Json) -> Resource:
        """Makes an entity."""
        content = json.dumps(body, ensure_ascii=False).encode()
        call = Call(step, "POST", href, {"Content-Type": MEDIA_TYPE}, content, sent=body)
        return resource(await self.session.send(call, self.on_step), step)

    async def change(self, step: str, entity: Resource, decide: Change) -> Resource:
        """Changes an entity as `decide` says, unless it says None. Read anew and tried once more after a conflict."""
        for _ in range(2):
            if entity.etag is None:
                entity = await self.get(f"read-before-{step}", entity.href("self"))
            patch = decide(entity)
            if patch is None:
                return entity
            try:
                return await self._patch(step, entity, patch)
            except Declined as refused:
                if refused.code != "archive-conflict":
                    raise
                entity = Resource(entity.body)
        raise Transient(f"archive: changed by others at {step}")

    async def _patch(self, step: str, entity: Resource, patch: dict[str, Any]) -> Resource:
        etag = entity.etag or ""
        # The interface names no header for optimistic locking, and cores read either.
        locking = {"If-Match": etag, "ETag": etag} if etag else {}
        headers = {"Content-Type": MERGE_PATCH, **locking}
        call = Call(step, "PATCH", entity.href("self"), headers, json.dumps(patch).encode(), sent=patch)
        return resource(await self.session.send(call, self.on_step), step)

    async def remove(self, step: str, entity: Resource) -> None:
        """Takes an entity away; one that is gone already is no trouble."""
        try:
            await self.session.send(Call(step, "DELETE", entity.href("self")), self.on_step)
        except Declined as refused:
            if refused.code != "archive-not-found":
                raise


def resource(response: httpx.Response, step: str) -> Resource:
    """The entity in an answer."""
    return Resource(understood(response, step), response.headers.get("ETag"))


def only(hits: list[Resource]) -> Resource | None:
    """The one hit, or None.

    :raises ManyHits: never «take the first».
    """
    if len(hits) > 1:
        raise ManyHits
    return hits[0] if hits else None
