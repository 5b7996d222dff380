"""Starts one stand-in: `python -m simulators NAME --port N [--state DIR] …`; `NAME --help` tells the rest."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence

NAMES = ("svarinn", "svarut", "maskinporten", "smtp", "teams", "noark", "fiksio", "signing", "idporten")

Main = Callable[[Sequence[str]], None]


def entry(name: str) -> Main:
    """The `main(argv)` of one stand-in, a module or a package; only that one is imported."""
    package = f"simulators.{name}"
    inner = f"{package}.__main__"
    found = importlib.util.find_spec(package)
    if found is not None and found.submodule_search_locations and importlib.util.find_spec(inner):
        package = inner
    main: Main = importlib.import_module(package).main
    return main


def main(argv: Sequence[str] | None = None) -> None:
    """Hands the rest of the command line to the stand-in that is named first."""
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or given[0] not in NAMES:
        sys.exit(f"usage: python -m simulators {{{','.join(NAMES)}}} --port N [--state DIR] …")
    entry(given[0])(given[1:])


if __name__ == "__main__":
    main()
