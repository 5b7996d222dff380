"""The command: `python -m simulators noark --port N [--state DIR] [--series TITLE …] [--class CODE …] …`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simulators.faults import Faults
from simulators.listening import address, bind, listening_arguments, run
from simulators.noark.access import Access
from simulators.noark.api import build
from simulators.noark.content import ARCHIVE_FLAVOURS, Files
from simulators.noark.control import ROUTES, counts
from simulators.noark.core import Core
from simulators.noark.refusal import fault
from simulators.noark.tree import Tree

MIB = 1024 * 1024
DEFAULT_CLIENT = "sikkersak-archiver:development"


def client(text: str) -> tuple[str, str]:
    """`ID:SECRET`, or `ID:@FILE` for a secret in a file."""
    name, _, secret = text.partition(":")
    return name, Path(secret[1:]).read_text(encoding="utf-8").strip() if secret.startswith("@") else secret


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until stopped."""
    parser = listening_arguments("noark", __doc__)
    parser.add_argument("--series", action="append", help="title of an arkivdel; again for more (ELEVSAK)")
    parser.add_argument("--class", action="append", dest="classes", help="klasseID in every series (B31)")
    parser.add_argument("--client", action="append", help=f"ID:SECRET or ID:@FILE; again for more ({DEFAULT_CLIENT})")
    parser.add_argument("--token-seconds", type=int, default=600)
    parser.add_argument("--bulk-limit", type=int, default=8 * MIB, help="bulkgrense in bytes; 0 for none")
    parser.add_argument("--page-size", type=int, default=50)
    parser.add_argument("--flavour", action="append", help="PDF/A flavour that is taken as archive variant; repeatable")
    parser.add_argument("--url", help="the address as clients reach it, when it is not the listening one")
    given = parser.parse_args(sys.argv[1:] if argv is None else argv)
    taken = bind(given.host, given.port)
    folder: Path = given.state or Path(tempfile.mkdtemp(prefix="noark-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    core = Core(
        root=f"{(given.url or address(taken)).rstrip('/')}/api/",
        tree=Tree(folder / "archive.sqlite"),
        files=Files(folder, tuple(flavour.upper() for flavour in given.flavour or ARCHIVE_FLAVOURS)),
        access=Access(dict(map(client, given.client or [DEFAULT_CLIENT])), given.token_seconds),
        series=tuple(given.series or ["ELEVSAK"]),
        classes=tuple(given.classes or ["B31"]),
        bulk_limit=given.bulk_limit,
        page_size=given.page_size,
    )
    run(Faults(build(core, ROUTES), state=lambda: counts(core), reset=core.reset, refusal=fault), taken)


if __name__ == "__main__":
    main()
