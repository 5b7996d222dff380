"""What the archive holds: one tree of entities in memory, written through to SQLite, and its counters."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
TABLE = "CREATE TABLE IF NOT EXISTS entity (id TEXT PRIMARY KEY, line TEXT NOT NULL)"


def now() -> datetime:
    """The time as the archive writes it."""
    return datetime.now(UTC).astimezone(OSLO).replace(microsecond=0)


@dataclass
class Entity:
    """One entity. `version` is its ETag; `was_final` remembers that a journalpost has been E, J, A or U."""

    id: str
    kind: str
    parent: str | None
    body: dict[str, Any]
    version: int = 0
    was_final: bool = False
    children: list[str] = field(default_factory=list)

    def code(self, name: str) -> str | None:
        """The code in a coded field."""
        value = self.body.get(name)
        return value.get("kode") if isinstance(value, dict) else None


class Tree:
    """All entities. Every method runs without waiting, so that requests cannot get between each other."""

    def __init__(self, file: Path | None) -> None:
        self.entities: dict[str, Entity] = {}
        self._by_kind: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}
        self._base = sqlite3.connect(file or ":memory:", isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=OFF")
        self._base.execute(TABLE)
        self._load()

    def _load(self) -> None:
        for (line,) in self._base.execute("SELECT line FROM entity ORDER BY rowid"):
            kept = json.loads(line)
            numbers = kept.pop("numbers", None)
            if numbers is not None:
                self._numbers = numbers
            else:
                self._place(Entity(**kept))

    def _place(self, entity: Entity) -> None:
        self.entities[entity.id] = entity
        self._by_kind.setdefault(entity.kind, []).append(entity.id)
        if entity.parent is not None:
            self.entities[entity.parent].children.append(entity.id)

    def add(self, kind: str, parent: Entity | None, body: dict[str, Any], author: str) -> Entity:
        """A new entity, with what every entity has."""
        made = {"systemID": str(uuid.uuid4()), "opprettetDato": now().isoformat(), "opprettetAv": author, **body}
        entity = Entity(made["systemID"], kind, parent.id if parent else None, made)
        self._place(entity)
        self.keep(entity)
        return entity

    def keep(self, entity: Entity) -> None:
        """Writes an entity down."""
        line = {name: getattr(entity, name) for name in ("id", "kind", "parent", "body", "version", "was_final")}
        self._write(entity.id, line)

    def remove(self, entity: Entity) -> None:
        """Takes an entity away with everything under it."""
        for child in list(entity.children):
            self.remove(self.entities[child])
        del self.entities[entity.id]
        self._by_kind[entity.kind].remove(entity.id)
        if entity.parent is not None:
            self.entities[entity.parent].children.remove(entity.id)
        self._base.execute("DELETE FROM entity WHERE id = ?", (entity.id,))

    def number(self, series: str) -> int:
        """The next number of a series; never given twice."""
        self._numbers[series] = self._numbers.get(series, 0) + 1
        self._write("numbers", {"numbers": self._numbers})
        return self._numbers[series]

    def of(self, kinds: Iterable[str]) -> Iterator[Entity]:
        """All entities of some kinds, oldest first."""
        for kind in kinds:
            yield from (self.entities[found] for found in self._by_kind.get(kind, ()))

    def under(self, parent: Entity, kinds: Iterable[str]) -> Iterator[Entity]:
        """The children of some kinds, oldest first."""
        wanted = frozenset(kinds)
        yield from (self.entities[child] for child in parent.children if self.entities[child].kind in wanted)

    def parent(self, entity: Entity) -> Entity:
        """What it lies in."""
        assert entity.parent is not None
        return self.entities[entity.parent]

    def reset(self) -> None:
        """Empties the archive."""
        self.entities.clear()
        self._by_kind.clear()
        self._numbers.clear()
        self._base.execute("DELETE FROM entity")

    def _write(self, key: str, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False)
        self._base.execute(
            "INSERT INTO entity (id, line) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET line = excluded.line",
            (key, text),
        )


def seed(tree: Tree, series: Iterable[str], classes: Iterable[str], author: str = "Arkivar") -> None:
    """What only the archive's administrator may make: the archive, its series, and their classes (2.9.4-2.9.7)."""
    archive = next(tree.of(["arkiv"]), None) or tree.add("arkiv", None, {"tittel": "Eksempel kommune"}, author)
    have = {entity.body["tittel"] for entity in tree.of(["arkivdel"])}
    for title in series:
        if title in have:
            continue
        part = tree.add("arkivdel", archive, {"tittel": title}, author)
        system = tree.add("klassifikasjonssystem", part, {"tittel": "K-koder"}, author)
        for code in classes:
            tree.add("klasse", system, {"klasseID": code, "tittel": f"Klasse {code}"}, author)
