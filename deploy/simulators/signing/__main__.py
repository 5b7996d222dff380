"""Starts the stand-in: `python -m simulators signing --port N --ca-dir DIR`; prints `ready https://… http://…`.

With `--issue-client ORGNR FILE` it only issues an enterprise certificate for a sender and leaves.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.faults import Faults
from simulators.listening import address, bind
from simulators.signing.api import build
from simulators.signing.authority import Authority
from simulators.signing.refusal import refusal
from simulators.signing.service import Rules, Service
from simulators.signing.serving import serve_both, server_context


def arguments() -> argparse.ArgumentParser:
    """What the stand-in can be told at start."""
    parser = argparse.ArgumentParser(prog="simulators signing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="mutual TLS; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="plain HTTP; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="folder that gets a copy of what is sent and signed")
    parser.add_argument("--ca-dir", type=Path, required=True, help="folder of the certificates, made when missing")
    parser.add_argument("--pace", type=float, default=5.0, help="seconds between polls of an empty queue")
    parser.add_argument("--lease", type=float, default=600.0, help="seconds until an unconfirmed change comes back")
    parser.add_argument("--calls-a-second", type=int, default=10, help="more than these are blocked")
    parser.add_argument("--block", type=float, default=30.0, help="seconds a too eager sender is blocked")
    parser.add_argument("--auto-sign", type=float, help="seconds after which signers sign by themselves")
    parser.add_argument("--keep-files", action="store_true", help="signed files stay after the confirmation")
    parser.add_argument("--wrong-organisation", action="store_true", help="show another organisation's certificate")
    parser.add_argument("--broker", action="append", default=[], metavar="BROKER:ORGNR", help="may act for ORGNR")
    parser.add_argument("--issue-client", nargs=2, metavar=("ORGNR", "FILE"), help="issue a certificate and leave")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until stopped."""
    given = arguments().parse_args(argv)
    # pyHanko warns of every sealing that it may not look for revocations on the network; all it needs is given to it.
    logging.getLogger("pyhanko").setLevel(logging.ERROR)
    authority = Authority(given.ca_dir)
    if given.issue_client:
        organisation, file = given.issue_client
        authority.issue_client(organisation, Path(file))
        return
    try:
        asyncio.run(serve(given, authority))
    except KeyboardInterrupt:
        sys.exit(130)


async def serve(given: argparse.Namespace, authority: Authority) -> None:
    """Puts service, faults and ports together."""
    service = Service(authority, rules_of(given))
    app = Faults(build(service), state=service.describe, reset=service.reset, refusal=refusal)
    shown = "server-wrong.pem" if given.wrong_organisation else "server.pem"
    context = server_context(authority.folder / shown, authority.folder / "ca.pem")
    ports = bind(given.host, given.port), bind(given.host, given.control_port)
    service.browser_url = address(ports[1])
    async with service.signing_by_itself():
        await serve_both(app, service.traffic, context, ports)


def rules_of(given: argparse.Namespace) -> Rules:
    """The command line as rules."""
    brokers = frozenset((broker, organisation) for broker, _, organisation in (b.partition(":") for b in given.broker))
    return Rules(
        pace=given.pace,
        lease=given.lease,
        calls_a_second=given.calls_a_second,
        block=given.block,
        auto_sign=given.auto_sign,
        keeps_files=given.keep_files,
        brokers=brokers,
        state=given.state,
    )


if __name__ == "__main__":
    main()
