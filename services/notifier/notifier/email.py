"""The mail server: one message at a time, and what its replies mean (SMTP, RFC 5321)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import aiosmtplib
import structlog

from notifier.trouble import NotLetIn, OutcomeUnknown
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.observability.metrics import Metrics

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS: Final = 120.0
FIRST_PERMANENT: Final = 500
TOO_LARGE: Final = 552


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    starttls: bool
    username: str | None
    password: str | None
    authority: Path | None


class Smtp:
    """Hands mail over. A message whose reply was lost is handed over again with the same Message-ID."""

    def __init__(self, server: MailServer, metrics: Metrics, probe_every: float) -> None:
        self._server = server
        self._tls = ssl.create_default_context(cafile=str(server.authority) if server.authority else None)
        self.circuit = Circuit("smtp", self._probe, metrics, probe_every=probe_every)

    async def deliver(self, message: EmailMessage) -> None:
        """Returns when the server has taken responsibility. Raises `Transient`, `OutcomeUnknown`, `Declined`."""
        async with self.circuit.attempt():
            try:
                async with self._connection() as connection:
                    await connection.send_message(message)
            except aiosmtplib.SMTPException as trouble:
                raise _meaning(trouble) from trouble
            except ssl.SSLError as untrusted:
                log.error("smtp_server_untrusted")
                raise NotLetIn("SMTP: the server's certificate is not trusted", "mail-server-untrusted") from untrusted
            except OSError as away:
                raise OutcomeUnknown(f"SMTP: {type(away).__name__}") from away

    async def _probe(self) -> None:
        try:
            async with self._connection() as connection:
                await connection.noop()
        except (aiosmtplib.SMTPException, OSError) as away:
            raise Transient(f"SMTP: {type(away).__name__}") from away

    def _connection(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            start_tls=server.starttls,
            tls_context=self._tls if server.starttls else None,
            username=server.username,
            password=server.password,
            timeout=TIMEOUT_SECONDS,
        )


def _meaning(trouble: aiosmtplib.SMTPException) -> Transient | Declined:
    """4xx passes, 5xx about the message or the receiver is final, 5xx about us is our set-up."""
    if isinstance(trouble, aiosmtplib.SMTPAuthenticationError):
        log.error("smtp_refuses_us", code=trouble.code)
        return NotLetIn(f"SMTP answered {trouble.code} to our login")
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(trouble)):
        log.error("smtp_server_untrusted")
        return NotLetIn("SMTP: the server's certificate is not trusted", "mail-server-untrusted")
    if isinstance(trouble, aiosmtplib.SMTPConnectError):
        return Transient(f"SMTP: {type(trouble).__name__}")
    if "STARTTLS" in str(trouble) and not isinstance(trouble, aiosmtplib.SMTPRecipientsRefused):
        log.error("smtp_unencrypted")
        return NotLetIn("SMTP: one side wants encryption, the other has none", "mail-server-unencrypted")
    code = _code(trouble)
    if code is None:
        return OutcomeUnknown(f"SMTP: {type(trouble).__name__}")
    if code < FIRST_PERMANENT:
        return Transient(f"SMTP answered {code}")
    if isinstance(trouble, aiosmtplib.SMTPRecipientsRefused):
        return Declined("mailbox-refused", f"E-posttjeneren godtar ikke mottakerens adresse (svar {code}).")
    if code == TOO_LARGE:
        return Declined("mail-too-large", "E-posten er for stor for e-posttjeneren.")
    return Declined("mail-refused", f"E-posttjeneren avviste e-posten (svar {code}).")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _code(trouble: aiosmtplib.SMTPException) -> int | None:
    if isinstance(trouble, aiosmtplib.SMTPRecipientsRefused):
        return max((refused.code for refused in trouble.recipients), default=None)
    return trouble.code if isinstance(trouble, aiosmtplib.SMTPResponseException) and trouble.code > 0 else None
