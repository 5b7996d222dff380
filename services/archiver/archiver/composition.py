"""How archiver is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from archiver.archive import Archive
from archiver.core import ArchiveCore
from archiver.fiks import (
    Accounts,
    BrokerTransport,
    Client,
    FiksAccess,
    FiksArkivCore,
    FiksIOAccess,
    FiksIOTransport,
    Integration,
    Seal,
)
from archiver.handlers import handlers
from archiver.noark import NoarkAccess, NoarkCore
from archiver.operations import operations
from archiver.periodic import PERIODIC
from archiver.rendition import Renderer, RenderingLimits
from archiver.rendition.renderer import QUIETLY
from archiver.settings import Settings
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.errors import Transient
from sikkersak.ids import new_id
from sikkersak.messaging.circuit import Circuit
from sikkersak.messaging.outbox import say
from sikkersak.observability.health import Level
from sikkersak.service import Frame, Service


@asynccontextmanager
async def open_archive(frame: Frame[Settings]) -> AsyncIterator[Archive]:
    """The archive room for the life of the process."""
    settings = frame.settings
    limits = RenderingLimits(scan_languages=settings.scan_languages, scan_pages=settings.scan_pages)
    core, renderer = _core(settings), Renderer(settings.work_folder, limits)
    circuit = Circuit(
        "archive", core.probe, frame.metrics, failures=settings.circuit_failures, probe_every=settings.probe_seconds
    )
    circuit.on_open.append(lambda: _announce(frame, Notice.ARCHIVE_DOWN))
    circuit.on_close.append(lambda: _announce(frame, Notice.ARCHIVE_UP))
    frame.health.add("archive", Level.DEEP, core.probe)
    await renderer.start()
    frame.health.add("rendering", Level.DEEP, lambda: _rendering(renderer))
    try:
        yield Archive(
            database=frame.database,
            vault=frame.vault,
            core=core,
            renderer=renderer,
            circuit=circuit,
            work_folder=settings.work_folder,
            render_seconds=settings.render_seconds,
            sweep_seconds=settings.sweep_seconds,
            quiet_seconds=settings.quiet_seconds,
            drain_per_second=settings.drain_per_second,
            scrub_days=settings.scrub_days,
            series=settings.noark_series or "ELEVSAK",
            class_id=settings.noark_class or "Elevsaker",
            schemas=settings.extraction_schemas,
        )
    finally:
        await circuit.close()
        await renderer.stop()
        await core.close()


async def _rendering(renderer: Renderer) -> str:
    """What this machine has for conversions; what it lacks is said, never silent (R13)."""
    lacks = renderer.lacks()
    if any(not one.startswith(QUIETLY) for one in lacks):
        raise Transient(f"missing: {'; '.join(lacks)}")
    return "; ".join(lacks) or "ok"


def _core(settings: Settings) -> ArchiveCore:
    if settings.archive_adapter == "fiks-arkiv":
        return _fiks_core(settings)
    access = NoarkAccess(
        root=settings.noark_url,
        client_id=settings.noark_client_id,
        client_secret=settings.noark_client_secret,
        series=settings.noark_series,
        class_id=settings.noark_class,
    )
    return NoarkCore(access)


def _fiks_core(settings: Settings) -> FiksArkivCore:
    access = FiksAccess(series=settings.noark_series, class_id=settings.noark_class)
    if settings.fiks_transport == "fiks-io":
        return FiksArkivCore(access, FiksIOTransport(fiks_io_access(settings)))
    return FiksArkivCore(access, _over_broker(settings))


def _over_broker(settings: Settings) -> BrokerTransport:
    assert settings.fiks_key is not None
    assert settings.fiks_archive_certificate is not None
    accounts = Accounts(
        own=settings.fiks_account,
        archive=settings.fiks_archive_account,
        own_key=settings.fiks_key.read_bytes(),
        archive_certificate=settings.fiks_archive_certificate.read_bytes(),
    )
    return BrokerTransport(settings.fiks_url.get_secret_value(), accounts)


def fiks_io_access(settings: Settings) -> FiksIOAccess:
    """Who we are at Fiks IO, and who the archive is."""
    given = (settings.fiks_key, settings.fiks_certificate, settings.fiks_signing_key, settings.maskinporten_key)
    key, certificate, signing_key, client_key = (path.read_bytes() for path in given if path is not None)
    password = settings.fiks_integration_password.get_secret_value()
    own = (settings.fiks_integration_id, password, settings.fiks_account)
    client = (settings.maskinporten_client_id, client_key, settings.maskinporten_key_id)
    return FiksIOAccess(
        integration=Integration(settings.fiks_io_api.rstrip("/"), *own),
        amqp=settings.fiks_io_amqp,
        archive=settings.fiks_archive_account,
        own_key=key,
        seal=Seal(certificate, signing_key),
        client=Client(settings.maskinporten_issuer, *client),
    )


async def _announce(frame: Frame[Settings], notice: Notice) -> None:
    """The schools are told when the archive is away and when it is back (M22)."""
    async with frame.database.transaction() as tx:
        await say(tx, Announce(notice_id=new_id(), notice=notice))


service: Service[Settings, Archive] = Service(
    name="archiver",
    settings=Settings,
    room=open_archive,
    handlers=handlers,
    operations=operations,
    periodic=PERIODIC,
)
