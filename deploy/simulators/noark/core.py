"""The archive core put together, and its entities as the interface shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.noark.access import Access
from simulators.noark.codes import LISTS
from simulators.noark.content import Files
from simulators.noark.kinds import ENTRANCES, KINDS, REL, shown
from simulators.noark.refusal import Refused
from simulators.noark.tree import Entity, Tree, seed

QUERY = "{?$filter&$orderby&$top&$skip}"


@dataclass
class Core:
    """One archive core at one address; `root` ends in a slash."""

    root: str
    tree: Tree
    files: Files
    access: Access
    series: tuple[str, ...]
    classes: tuple[str, ...]
    bulk_limit: int
    page_size: int

    def __post_init__(self) -> None:
        """The administrator's part is there from the start."""
        seed(self.tree, self.series, self.classes)

    def reset(self) -> None:
        """Empties the archive; series and classes are there again."""
        self.tree.reset()
        self.files.reset()
        seed(self.tree, self.series, self.classes)

    def get(self, kind: str, identity: str) -> Entity:
        """The entity at an address.

        :raises Refused: 404.
        """
        entity = self.tree.entities.get(identity)
        if entity is None or entity.kind != kind:
            raise Refused(404, "Fant ikke entiteten")
        return entity

    def address(self, entity: Entity) -> str:
        """The entity's own link."""
        return f"{self.root}{KINDS[entity.kind].family}/{entity.kind}/{entity.id}/"

    def show(self, entity: Entity) -> dict[str, Any]:
        """The entity with its links."""
        return {**entity.body, "_links": self.links(entity)}

    def links(self, entity: Entity) -> dict[str, Any]:
        """What can be done from here; `self` and a rel with the same address tell the kind."""
        kind, own = KINDS[entity.kind], self.address(entity)
        links: dict[str, Any] = {"self": {"href": own}, kind.rel: {"href": own}}
        for name in kind.lists:
            links[list_rel(name)] = {"href": f"{own}{name}/{QUERY}", "templated": True}
        for name in kind.creates:
            links[f"{REL}{KINDS[name].family}/ny-{name}/"] = {"href": f"{own}ny-{name}/"}
        if kind.has_file:
            links[f"{REL}arkivstruktur/fil/"] = {"href": f"{own}fil/"}
        if kind.name == "journalpost" and entity.parent:
            above = self.tree.parent(entity)
            links[f"{REL}arkivstruktur/mappe/"] = {"href": self.address(above)}
        return links

    def entrance(self, is_known: bool) -> dict[str, Any]:
        """The root: how to log in, and the way on for those who have."""
        discovery = f"{self.root}.well-known/openid-configuration"
        links = {
            "self": {"href": self.root},
            f"{REL}login/oidc/": {"href": discovery},
            f"{REL}login/rfc6749/": {"href": f"{self.root}oauth2/token"},
        }
        if is_known:
            for name in ("arkivstruktur", "sakarkiv", "metadata", "admin/system"):
                links[f"{REL}{name}/"] = {"href": f"{self.root}{name}/"}
        return {"_links": links}

    def family(self, name: str) -> dict[str, Any]:
        """The page of arkivstruktur, sakarkiv or metadata.

        :raises Refused: 404 for another.
        """
        here = f"{self.root}{name}/"
        links: dict[str, Any] = {"self": {"href": here}}
        if name == "metadata":
            for listed in (*LISTS, "virksomhetsspesifikkeMetadata"):
                links[f"{REL}metadata/{listed}/"] = {"href": f"{here}{listed}/{QUERY}", "templated": True}
            own = "ny-virksomhetsspesifikkeMetadata"
            links[f"{REL}metadata/{own}/"] = {"href": f"{here}{own}/"}
        elif name in ENTRANCES:
            for listed in ENTRANCES[name]:
                links[f"{REL}{name}/{listed}/"] = {"href": f"{here}{listed}/{QUERY}", "templated": True}
        else:
            raise Refused(404, "Finnes ikke")
        return {"_links": links}

    def system(self) -> dict[str, Any]:
        """admin/system."""
        return {
            "leverandoer": "Sikker Sak",
            "produkt": "Arkivkjerne for lokal bruk",
            "versjon": "1.0",
            "versjonsdato": "2026-01-01T00:00:00+01:00",
            "protokollversjon": "1.1",
            "bulkgrense": self.bulk_limit,
            "_links": {"self": {"href": f"{self.root}admin/system/"}},
        }


def list_rel(name: str) -> str:
    """The rel of a list of children."""
    found = shown(name)
    assert found is not None
    return f"{REL}{found[0]}/{name}/"
