"""An image holds what its package names and nothing more, so everything that is imported must be named."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local.places import REPOSITORY, SERVICES

FIRST_PARTY = {"sikkersak", "simulators", "samples", "local", "containers", *SERVICES}
OF_THE_SYSTEM = {"uno", "com"}  # LibreOffice's own, and Java's packages as JPype shows them


def test_every_third_party_import_of_a_service_is_named_in_its_package_or_the_librarys() -> None:
    library = _named(REPOSITORY / "shared")
    for service in SERVICES:
        folder = REPOSITORY / "services" / service
        assert _imported(folder / service) <= _named(folder) | library, service


def test_the_library_names_everything_that_it_imports() -> None:
    assert _imported(REPOSITORY / "shared" / "sikkersak") <= _named(REPOSITORY / "shared", with_extras=True)


def test_the_stand_ins_and_the_tools_name_everything_that_they_import() -> None:
    folder = REPOSITORY / "deploy"
    stand_ins = _listed(folder / "containers" / "simulators.in")
    assert _imported(folder / "simulators") <= stand_ins
    tools = stand_ins | _listed(folder / "containers" / "tools.in") | _named(REPOSITORY / "shared", with_extras=True)
    imported = _imported(folder / "containers") | _imported(folder / "samples") | _imported(folder / "local")
    # start containers; read the gateway's own routes; try its API from the description of it
    from_outside = {"docker", "testcontainers", "fastapi", "schemathesis", "hypothesis"}
    assert imported - from_outside <= tools


@pytest.mark.parametrize("package", ["shared", *(f"services/{name}" for name in SERVICES)])
def test_everything_that_is_named_is_locked_with_its_hashes(package: str) -> None:
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE))
    assert _named(REPOSITORY / package, with_extras=True) - {"sikkersak"} <= locked


def _imported(folder: Path) -> set[str]:
    """Distributions that the sources in a folder import, by their normal names."""
    found: set[str] = set()
    for source in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    foreign = found - sys.stdlib_module_names - FIRST_PARTY - OF_THE_SYSTEM
    return {_distribution(name, folder) for name in foreign}


def _distribution(module: str, folder: Path) -> str:
    known = _distributions().get(module)
    assert known, f"{folder.name} imports {module}, which is not installed"
    return _normal(known[0])


@cache
def _distributions() -> dict[str, list[str]]:
    return {name: sorted(set(owners)) for name, owners in packages_distributions().items()}


def _named(folder: Path, *, with_extras: bool = False) -> set[str]:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    if with_extras:
        lines += [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    return {_name(line) for line in lines}


def _listed(path: Path) -> set[str]:
    return {_name(line) for line in path.read_text().splitlines() if line and not line.startswith("#")}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return _normal(found[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
