"""Each service is installed with its own needs alone, so its pyproject.toml names every package that it imports.

Also those that the library asks of who uses a part of it (`sikkersak[letters]`).
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARY = REPOSITORY / "shared"
SERVICES = sorted(path.parent for path in REPOSITORY.glob("services/*/pyproject.toml"))
ELSEWHERE = {"uno", "unohelper", "com"}  # LibreOffice's own Python, in a process of its own


def project(folder: Path) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return found


def distributions(wanted: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", one)[0].lower().replace("_", "-") for one in wanted}


def named(folder: Path) -> set[str]:
    """The distributions that a service's pyproject.toml names, and those of the library's that it asks for."""
    wanted, library = list(project(folder)["dependencies"]), project(LIBRARY)
    extras = [re.findall(r"\w+", one.partition("[")[2]) for one in wanted if one.startswith("sikkersak")]
    asked = [package for extra in extras[0] for package in library["optional-dependencies"][extra]]
    return distributions([*wanted, *library["dependencies"], *asked])


def imports(path: Path) -> Iterator[str]:
    """The modules that a module imports, under their whole names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(name: str) -> Path | None:
    """The file of one of the library's modules."""
    place = LIBRARY.joinpath(*name.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists()), None)


def imported(folder: Path) -> set[str]:
    """The top names of what a service imports, itself and through the library."""
    waiting = [name for path in folder.rglob("*.py") for name in imports(path)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = module(name) if name.startswith("sikkersak") else None
        waiting += imports(path) if path else []
    return {name.partition(".")[0] for name in seen} - sys.stdlib_module_names - ELSEWHERE


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_a_service_names_every_package_that_it_imports(folder: Path) -> None:
    known, enough = packages_distributions(), named(folder)
    missing = {
        top
        for top in imported(folder / folder.name) - {folder.name, "sikkersak"}
        if not distributions(known.get(top, [top])) & enough
    }
    assert not missing
