"""Stand-in for a mail server: takes everything, keeps it, and shows it; control calls on a second port, over HTTP.

`python -m simulators smtp --port N [--control-port M] [--tls-cert FILE --tls-key FILE] [--user U --password P] …`
says `ready smtp://127.0.0.1:N http://127.0.0.1:M`. The faults mean, per message:

| fault | effect |
| --- | --- |
| down | connections are broken at once, also those that are open |
| refuse_status | this reply, 4xx or 5xx, after the message; at once when `only` matches `/mail` or `/rcpt/<address>` |
| lose_answers | the message is kept, then the connection is broken before the reply |
| answer_twice | the message is kept twice |
| slow_seconds | the reply to the message comes late |
"""

# The hooks have the library's names and parameters, used or not.
# ruff: noqa: ARG001, ARG002, N802

from __future__ import annotations

import asyncio
import email
import email.policy
import hmac
import ssl
import time
import uuid
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import FaultPlan, Faults
from simulators.listening import address, bind, listening_arguments, serve

REPLIES = {
    421: "4.3.2 Service not available, closing transmission channel",
    450: "4.2.1 Mailbox unavailable",
    451: "4.3.0 Local error in processing",
    452: "4.3.1 Insufficient system storage",
    550: "5.1.1 Mailbox unavailable",
    552: "5.3.4 Message too big",
    554: "5.7.1 Transaction failed",
}
ACCEPTED = "250 2.0.0 OK"
FIRST_PERMANENT = 500


class Mailbox:
    """What was delivered."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._raw: dict[str, bytes] = {}
        self._messages: list[dict[str, Any]] = []

    def deliver(self, envelope: Envelope, session: Session) -> None:
        """Keeps one message."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message_id = uuid.uuid4().hex
        self._raw[message_id] = content
        self._messages.append(
            {
                "id": message_id,
                "at": time.time(),
                "mail_from": envelope.mail_from,
                "rcpt_to": envelope.rcpt_tos,
                "tls": session.ssl is not None,
                "authenticated": session.authenticated,
                **described(content),
            }
        )
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{message_id}.eml").write_bytes(content)

    def raw(self, message_id: str) -> bytes | None:
        """The message as it came."""
        return self._raw.get(message_id)

    def state(self) -> dict[str, Any]:
        """What `GET /_control/state` shows."""
        return {"count": len(self._messages), "messages": self._messages}

    def reset(self) -> None:
        """Forgets all messages; files are left."""
        self._raw.clear()
        self._messages.clear()


def described(content: bytes) -> dict[str, Any]:
    """Headers and readable parts of a message."""
    message = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "subject": str(message.get("Subject", "")),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": text.get_content() if text else None,
        "html": html.get_content() if html else None,
        "attachments": [part.get_filename() for part in message.iter_attachments()],
        "size": len(content),
    }


class Handler:
    """aiosmtpd's hooks: faults first, then the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.plan = FaultPlan()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        """Takes the sender."""
        if refusal := self._early(server, "/mail"):
            return refusal
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return ACCEPTED

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, receiver: str, options: list[str]
    ) -> str:
        """Takes one receiver."""
        if refusal := self._early(server, f"/rcpt/{receiver}"):
            return refusal
        envelope.rcpt_tos.append(receiver)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Takes the message."""
        plan = self.plan
        if not plan.affects("/data"):
            self._mailbox.deliver(envelope, session)
            return ACCEPTED
        if plan.settings.down:
            return broken(server)
        await asyncio.sleep(plan.settings.slow_seconds)
        if plan.refuses():
            return reply(plan.settings.refuse_status)
        self._mailbox.deliver(envelope, session)
        if plan.loses_answer():
            return broken(server)
        if plan.answers_twice():
            self._mailbox.deliver(envelope, session)
        return ACCEPTED

    def _early(self, server: SMTP, path: str) -> str | None:
        """A fault before the message, which needs `only`, except that `down` counts everywhere."""
        if self.plan.settings.down and self.plan.affects(path):
            return broken(server)
        named = self.plan.settings.only is not None and self.plan.affects(path)
        return reply(self.plan.settings.refuse_status) if named and self.plan.refuses() else None


def reply(status: int | None) -> str:
    """A refusal in SMTP's form."""
    code = status or 451
    default = "4.0.0 Try again later" if code < FIRST_PERMANENT else "5.0.0 Refused"
    return f"{code} {REPLIES.get(code, default)}"


def broken(server: SMTP) -> str:
    """Breaks the connection; the reply goes nowhere."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    return "421 4.3.2 Gone"


class BreakableSMTP(SMTP):
    """Does not even greet while the stand-in is down."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets, or breaks the connection."""
        plan: FaultPlan = self.event_handler.plan
        if plan.settings.down and plan.affects("/connect") and isinstance(transport, asyncio.Transport):
            transport.abort()
        else:
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """A connection that was never greeted has nothing to end."""
        if self.transport is not None:
            super().connection_lost(error)


def smtp_options(given: Any) -> dict[str, Any]:
    """Options of aiosmtpd from the command line."""
    options: dict[str, Any] = {
        "data_size_limit": given.size_limit,
        "enable_SMTPUTF8": True,
        "ident": "stand-in",
        "hostname": "localhost",
    }
    if given.tls_cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(given.tls_cert, given.tls_key)
        options |= {"tls_context": context, "require_starttls": given.require_starttls}
    if given.user:

        def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            expected = LoginPassword(given.user.encode(), (given.password or "").encode())
            is_right = isinstance(data, LoginPassword) and all(map(hmac.compare_digest, data, expected))
            return AuthResult(success=is_right, handled=is_right)

        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": bool(given.tls_cert)}
    return options


async def get_raw(request: Request) -> Response:
    """GET /_control/messages/{id}: the message as it came."""
    raw = request.app.state.mailbox.raw(request.path_params["id"])
    if raw is None:
        return JSONResponse({"error": "not found"}, 404)
    return Response(raw, media_type="message/rfc822")


async def run_both(given: Any) -> None:
    """SMTP on one port, the control calls on the other, until stopped."""
    mailbox = Mailbox(given.state)
    handler = Handler(mailbox)
    app = Starlette(routes=[Route("/_control/messages/{id}", get_raw)])
    app.state.mailbox = mailbox
    control = Faults(app, state=mailbox.state, reset=mailbox.reset)
    control.plan = handler.plan
    mail_socket, control_socket = bind(given.host, given.port), bind(given.host, given.control_port)
    options = smtp_options(given)
    server = await asyncio.get_running_loop().create_server(lambda: BreakableSMTP(handler, **options), sock=mail_socket)
    announcement = f"ready {address(mail_socket, 'smtp')} {address(control_socket)}"
    await serve(control, control_socket, announcement)
    server.close()


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("smtp", "Stand-in for a mail server.")
    parser.add_argument("--control-port", type=int, default=0, help="for the control calls; a free one when left out")
    parser.add_argument("--size-limit", type=int, default=25 * 1024 * 1024, help="bytes, announced and enforced")
    parser.add_argument("--tls-cert", type=Path, help="PEM chain: offers STARTTLS")
    parser.add_argument("--tls-key", type=Path, help="PEM key; in --tls-cert when left out")
    parser.add_argument("--require-starttls", action="store_true")
    parser.add_argument("--user", help="then a login is needed")
    parser.add_argument("--password")
    asyncio.run(run_both(parser.parse_args(argv)))
