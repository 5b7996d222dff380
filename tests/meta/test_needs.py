"""Each service is installed with its own needs alone, so its pyproject.toml names every package that it imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent for path in REPOSITORY.glob("services/*/pyproject.toml"))
ELSEWHERE = {"uno", "unohelper", "com"}  # LibreOffice's own Python, in a process of its own


def named(folder: Path) -> set[str]:
    """The packages that a pyproject.toml names, as distributions."""
    wanted = tomllib.loads((folder / "pyproject.toml").read_text())["project"].get("dependencies", [])
    return {re.split(r"[\[<>=!~; ]", one)[0].lower().replace("_", "-") for one in wanted}


def imported(folder: Path) -> set[str]:
    """The top names that its modules import."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - ELSEWHERE


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_a_service_names_every_package_that_it_imports(folder: Path) -> None:
    known = packages_distributions()
    enough = named(folder) | named(REPOSITORY / "shared")
    missing = {
        module
        for module in imported(folder / folder.name) - {folder.name, "sikkersak"}
        if not {one.lower().replace("_", "-") for one in known.get(module, [module])} & enough
    }
    assert not missing
