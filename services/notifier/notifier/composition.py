"""How notifier is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx

from notifier.channels import Channels
from notifier.email import MailServer, Smtp
from notifier.forwarding import Addresses, ForwardingCarrier
from notifier.handlers import handlers
from notifier.hands import Hands
from notifier.notices import QuietHours
from notifier.operations import operations
from notifier.own_channels import WebhookRule
from notifier.periodic import PERIODIC
from notifier.postroom import Carrier, Postroom
from notifier.settings import Settings
from notifier.staff_card import StaffCardCarrier
from notifier.staff_mail import Letterhead, StaffMailCarrier
from notifier.svarut.carrier import LetterCarrier
from notifier.svarut.client import Integration, SvarUt
from notifier.svarut.encryption import Certificate
from notifier.svarut.maskinporten import Maskinporten, load_key
from notifier.teams import NoticeCarrier
from sikkersak.contracts.notifier import ConsignmentKind
from sikkersak.messaging.circuit import Circuit
from sikkersak.observability.health import Level
from sikkersak.service import Frame, Service
from sikkersak.settings import Environment


@asynccontextmanager
async def open_postroom(frame: Frame[Settings]) -> AsyncIterator[Postroom]:
    """The postroom for the life of the process."""
    settings = frame.settings
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        svarut = _svarut(frame, http)
        channels = Channels.read(settings.teams_webhook, settings.teams_channels)
        carriers = _carriers(frame, http, svarut, channels)
        for circuit in {carrier.circuit.target: carrier.circuit for carrier in carriers.values()}.values():
            stack.push_async_callback(circuit.close)
            frame.health.add(circuit.target, Level.DEEP, _is_closed(circuit))
        hands = Hands(settings.hands, settings.patience_seconds)
        stack.push_async_callback(hands.close)
        yield Postroom(
            database=frame.database,
            vault=frame.vault,
            svarut=svarut,
            carriers=carriers,
            hands=hands,
            channels=channels,
            webhooks=WebhookRule(settings.teams_hosts, settings.environment is Environment.PRODUCTION),
            quiet_hours=QuietHours.read(settings.quiet_hours),
            has_effects=settings.outward_effects,
            digest_wait=timedelta(seconds=settings.digest_seconds),
            status_seconds=settings.status_seconds,
            status_rhythm=settings.status_rhythm,
            sweep_seconds=settings.sweep_seconds,
        )


def _svarut(frame: Frame[Settings], http: httpx.AsyncClient) -> SvarUt:
    settings = frame.settings
    key = load_key(settings.maskinporten_key, settings.maskinporten_key_id)
    tokens = Maskinporten(
        http, settings.maskinporten_issuer, settings.maskinporten_client_id, key, settings.maskinporten_scope
    )
    integration = Integration(
        settings.svarut_url,
        settings.svarut_integration_id,
        settings.svarut_integration_password.get_secret_value(),
        settings.svarut_account,
    )
    svarut = SvarUt(http, integration, tokens, frame.metrics, settings.probe_seconds)
    if settings.svarut_certificate is not None:
        svarut.use_certificate(Certificate(settings.svarut_certificate.read_bytes()))
    return svarut


def _carriers(
    frame: Frame[Settings], http: httpx.AsyncClient, svarut: SvarUt, channels: Channels
) -> dict[ConsignmentKind, Carrier]:
    settings = frame.settings
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_starttls,
        settings.smtp_username,
        password,
        settings.smtp_ca,
    )
    smtp = Smtp(server, frame.metrics, settings.probe_seconds)
    addresses = Addresses(settings.smtp_sender, settings.general_archive_mailbox)
    notices = NoticeCarrier(http, channels, frame.vault, settings.public_url, frame.metrics, settings.probe_seconds)
    return {
        ConsignmentKind.LETTER: LetterCarrier(svarut, frame.vault, settings.work_folder, settings.reply_address),
        ConsignmentKind.REDIRECTION: LetterCarrier(svarut, frame.vault, settings.work_folder),
        ConsignmentKind.FORWARDING: ForwardingCarrier(
            smtp, addresses, frame.vault, frame.database, settings.work_folder, settings.forwarding_largest
        ),
        ConsignmentKind.NOTICE: notices,
        ConsignmentKind.STAFF_CARD: StaffCardCarrier(
            http, frame.vault, frame.database, channels, settings.public_url, notices.circuit
        ),
        ConsignmentKind.STAFF_MAIL: StaffMailCarrier(
            smtp, frame.vault, frame.database, channels, Letterhead(settings.smtp_sender, settings.public_url)
        ),
    }


def _is_closed(circuit: Circuit) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return not circuit.is_open

    return check


service: Service[Settings, Postroom] = Service(
    name="notifier",
    settings=Settings,
    room=open_postroom,
    handlers=handlers,
    operations=operations,
    periodic=PERIODIC,
)
