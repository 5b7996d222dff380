"""Addresses follow from links, by rel; only the rels are fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sikkersak.errors import Declined

REL = "https://rel.arkivverket.no/noark5/v5/api/"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """An entity as it was read; `etag` is None when it came in a list."""

    body: Json
    etag: str | None = None

    @property
    def id(self) -> str:
        """SystemID."""
        return str(self.body.get("systemID", ""))

    def href(self, rel: str) -> str:
        """Where a rel leads.

        :raises Declined: a missing link means not allowed or not supported.
        """
        return link(self.body, rel)

    def code(self, name: str) -> str | None:
        """The code in a coded field."""
        value = self.body.get(name)
        return value.get("kode") if isinstance(value, Mapping) else None


def find_link(body: Json, rel: str) -> str | None:
    """Where a rel leads, without the query of a template; None when the link is missing."""
    links = body.get("_links")
    found = links.get(rel if rel in {"self", "next"} else REL + rel) if isinstance(links, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("href"), str):
        return None
    href: str = found["href"]
    return href.partition("{")[0] if found.get("templated") else href


def link(body: Json, rel: str) -> str:
    """Like `find_link`, for one that must be there."""
    href = find_link(body, rel)
    if href is None:
        raise Declined("archive-forbidden", f"Arkivet gir oss ikke adgang til «{rel.strip('/')}».")
    return href


def equals(href: str, field: str, value: str) -> str:
    """The list at `href`, only where the field has that value. Values are keys and codes: an address gets logged."""
    literal = value.replace("'", "''")
    query = urlencode({"$filter": f"{field} eq '{literal}'"})
    return f"{href}?{query}"
