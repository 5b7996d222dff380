"""How the stand-in listens: mutual TLS 1.2 for the protocol, plain HTTP for the control calls."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.faults import CONTROL
from simulators.listening import AnnouncedServer, BreakableConnection, address
from simulators.signing.ceremony import BROWSER
from simulators.signing.exchange import PEER
from simulators.signing.service import Traffic


def counted_connection(traffic: Traffic) -> type[BreakableConnection]:
    """A connection that counts what comes through it and tells the application who the client is."""

    class CountedConnection(BreakableConnection):
        """One TLS connection, after its handshake."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Notes the client's certificate."""
            super().connection_made(transport)
            traffic.connections += 1
            peer = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
            inner: ASGIApp = self.app

            async def with_peer(scope: Scope, receive: Receive, send: Send) -> None:
                scope.setdefault("extensions", {})[PEER] = peer
                await inner(scope, receive, send)

            self.app = with_peer

        def data_received(self, data: bytes) -> None:
            """Counts content."""
            traffic.bytes += len(data)
            super().data_received(data)

    return CountedConnection


def server_context(certificate: Path, clients: Path) -> ssl.SSLContext:
    """TLS 1.2 only; a client without a certificate from the enterprises' authority gets no further."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(certificate))
    context.load_verify_locations(str(clients))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def control_only(app: ASGIApp) -> ASGIApp:
    """The control calls of `app` and what browsers see, and nothing of the protocol, which needs a certificate."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope["type"] != "http" or scope["path"].startswith((CONTROL + "/", BROWSER + "/"))
        answering: ASGIApp = app if is_control else PlainTextResponse("control calls only", 404)
        await answering(scope, receive, send)

    return guarded


async def serve_both(
    app: ASGIApp, traffic: Traffic, context: ssl.SSLContext, ports: tuple[socket.socket, socket.socket]
) -> None:
    """Serves the protocol on the first socket and the control calls on the second until SIGTERM or SIGINT."""
    secure, plain = ports
    announcement = f"ready {address(secure, 'https')} {address(plain)}"
    protocol = uvicorn.Config(
        app,
        http=counted_connection(traffic),
        ssl_context_factory=lambda _config, _default: context,
        loop="asyncio",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        date_header=False,  # the service's own clock says the date
        timeout_graceful_shutdown=1,
    )
    control = uvicorn.Config(
        control_only(app),
        http=BreakableConnection,
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    first = uvicorn.Server(control)
    async with asyncio.TaskGroup() as group:
        group.create_task(first.serve(sockets=[plain]))
        while not first.started:
            await asyncio.sleep(0.01)
        group.create_task(AnnouncedServer(protocol, announcement).serve(sockets=[secure]))
