"""How every stand-in listens: says `ready <url>` when it does, and lets faults break connections."""

from __future__ import annotations

import argparse
import asyncio
import socket
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulators.faults import TRANSPORT

ANY_HOST = "0.0.0.0"  # noqa: S104 - compared with, never bound to by itself


class BreakableConnection(H11Protocol):
    """An HTTP connection whose transport the application can reach, to break it without an answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Puts the transport where `simulators.faults` looks for it."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        inner: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


def listening_arguments(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with what all stand-ins are told at start."""
    parser = argparse.ArgumentParser(prog=f"simulators {name}", description=description)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="folder that keeps the content; memory only when left out")
    return parser


def bind(host: str, port: int) -> socket.socket:
    """A socket that is taken but does not answer yet, so that its port is known before the first request."""
    # The protocol must be named, or asyncio leaves Nagle's algorithm on and each answer takes 40 ms more.
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((host, port))
    return taken


def address(taken: socket.socket, scheme: str = "http") -> str:
    """The URL of a socket, without a trailing slash."""
    host, port = taken.getsockname()[:2]
    return f"{scheme}://{'127.0.0.1' if host == ANY_HOST else host}:{port}"


class AnnouncedServer(uvicorn.Server):
    """Says that it is ready once it listens."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then tells."""
        await super().startup(sockets)
        if self.started:
            print(self._announcement, flush=True)


async def serve(app: ASGIApp, taken: socket.socket, announcement: str | None = None) -> None:
    """Serves on a bound socket until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        http=BreakableConnection,
        loop="asyncio",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    await AnnouncedServer(config, announcement or f"ready {address(taken)}").serve(sockets=[taken])


def run(app: ASGIApp, taken: socket.socket) -> None:
    """`serve` for a stand-in that needs no event loop of its own."""
    asyncio.run(serve(app, taken))
