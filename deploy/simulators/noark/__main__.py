"""The command: `python -m simulators noark --port N [--state DIR] [--series TITLE …] [--class CODE …] …`."""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.listening import address, bind, listening_arguments, run, serve
from simulators.noark.access import Access
from simulators.noark.api import build
from simulators.noark.content import ARCHIVE_FLAVOURS, Files
from simulators.noark.control import ROUTES, counts
from simulators.noark.core import Core
from simulators.noark.fiks import FiksFace, Switches
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
    parser.add_argument("--fiks-amqp", help="broker on which the archive also speaks Fiks Arkiv v1")
    parser.add_argument("--fiks-account", help="our account there")
    parser.add_argument("--fiks-key", type=Path, help="file with our private key")
    parser.add_argument("--fiks-peer", action="append", default=[], help="ACCOUNT=CERTIFICATE of who writes to us")
    parser.add_argument(
        "--fiks-certificate", type=Path, help="ours; containers are then signed both ways, as over Fiks IO"
    )
    parser.add_argument("--fiks-documents", default="", help="where the platform keeps what is too large for a message")
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
    app = build(core, [*ROUTES, Route("/_control/fiks", switch, methods=["PUT"])])
    faults = Faults(app, state=lambda: counts(core), reset=core.reset, refusal=fault)
    if not given.fiks_amqp:
        run(faults, taken)
        return
    peers = {name: Path(file) for name, _, file in (one.partition("=") for one in given.fiks_peer)}
    app.state.fiks = FiksFace(core, faults.plan, given.fiks_amqp, given.fiks_account, given.fiks_key, peers)
    app.state.fiks.certificate, app.state.fiks.documents = given.fiks_certificate, given.fiks_documents
    asyncio.run(both(faults, taken, app.state.fiks))


async def both(faults: Faults, taken: socket.socket, face: FiksFace) -> None:
    """REST and Fiks Arkiv over the same tree."""
    answering = asyncio.create_task(face.run())
    try:
        await serve(faults, taken)
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def switch(request: Request) -> Response:
    """PUT /_control/fiks."""
    face: FiksFace | None = getattr(request.app.state, "fiks", None)
    if face is None:
        return Response(status_code=404)
    face.switches = Switches(**await request.json())
    return Response(status_code=204)


if __name__ == "__main__":
    main()
