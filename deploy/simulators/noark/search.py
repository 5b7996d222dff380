"""`$filter`, `$top` and `$skip` on a list, at the level a plain core supports: `eq` on one field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from simulators.noark.refusal import Refused
from simulators.noark.tree import Entity

EQUAL = re.compile(r"\s*([A-Za-z][\w:/.-]*)\s+eq\s+('(?:[^']|'')*'|-?\d+|true|false)\s*")
SUPPORTED = frozenset({"$filter", "$top", "$skip"})
OWN = "virksomhetsspesifikkeMetadata"


def value_at(body: Mapping[str, Any], path: str) -> object:
    """The value of a field, of a field's code, or of a field the organisation has defined itself."""
    if ":" in path:
        return body.get(OWN, {}).get(path.removeprefix(f"{OWN}/"))
    found: object = body
    for name in path.split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def condition(text: str) -> Callable[[Entity], bool]:
    """The filter as a test.

    :raises Refused: 501 for anything but `field eq value`.
    """
    match = EQUAL.fullmatch(text)
    if match is None:
        raise Refused(501, "Filteret støttes ikke; bare likhet på ett felt")
    path, literal = match.groups()
    wanted = literal[1:-1].replace("''", "'") if literal.startswith("'") else json.loads(literal)
    return lambda entity: value_at(entity.body, path) == wanted


def whole_number(query: QueryParams, name: str, default: int) -> int:
    """A paging parameter."""
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Refused(400, f"{name} må være et helt tall")
    return int(text)


def page(
    found: Iterable[Entity], query: QueryParams, address: str, size: int, show: Callable[[Entity], dict[str, Any]]
) -> dict[str, Any]:
    """One page of a list; an empty one has no `results`."""
    if unknown := set(query) - SUPPORTED:
        raise Refused(501, f"Støttes ikke: {min(unknown)}")
    if text := query.get("$filter"):
        found = filter(condition(text), found)
    hits = list(found)
    skip, top = whole_number(query, "$skip", 0), min(whole_number(query, "$top", size), size)
    links = {"self": {"href": f"{address}?{urlencode(query)}" if query else address}}
    if skip + top < len(hits):
        links["next"] = {"href": f"{address}?{urlencode({**query, '$top': top, '$skip': skip + top})}"}
    results = [show(entity) for entity in hits[skip : skip + top]]
    return {"count": len(hits), **({"results": results} if results else {}), "_links": links}
