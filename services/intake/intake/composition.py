"""How intake is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from intake import distribution, inspector, paper, scans, ways
from intake.alarms import Alarms
from intake.clamd import Scanner
from intake.handlers import handlers
from intake.mailroom import Mailroom, ReceivingSystem, Way
from intake.periodic import PERIODIC
from intake.scan_folder import Folder
from intake.scan_mailbox import Mailbox
from intake.settings import FurtherSystem, Settings
from intake.svarinn.client import V2, Dialect, SvarInn
from intake.svarinn.envelope import load_keys
from intake.svarinn.v1 import V1
from sikkersak.observability.health import Level
from sikkersak.service import Frame, Service

DIALECTS: Final[dict[str, type[Dialect]]] = {"v2": V2, "v1": V1}


@asynccontextmanager
async def open_mailroom(frame: Frame[Settings]) -> AsyncIterator[Mailroom]:
    """The mailroom for the life of the process."""
    settings = frame.settings
    async with AsyncExitStack() as stack:
        systems = tuple(_system(one) for one in _systems(settings))
        for system in systems:
            stack.push_async_callback(system.client.close)
        inspecting = inspector.Inspector(settings.scan_languages)
        stack.push_async_callback(inspecting.close)
        alarms = Alarms(frame.database, frame.metrics)
        frame.health.add("mail-in", Level.DEEP, alarms.look)
        if settings.scan_languages:
            frame.health.add("scans", Level.DEEP, lambda: scans.look(settings.scan_languages))
        yield Mailroom(
            database=frame.database,
            vault=frame.vault,
            inspector=inspecting,
            scanner=Scanner(settings.clamd_url),
            systems=systems,
            alarms=alarms,
            work_folder=settings.work_folder,
            largest_shipment=settings.largest_shipment,
            poll_seconds=settings.poll_seconds,
            sweep_seconds=settings.sweep_seconds,
            lease_seconds=settings.lease_seconds,
            at_once=settings.fetch_at_once,
            scan_seconds=settings.scan_seconds,
            undo_seconds=settings.undo_seconds,
            kept_for=timedelta(days=settings.kept_days),
            ways=_ways(settings),
            is_leaving=lambda: frame.health.is_leaving,
        )


def _systems(settings: Settings) -> list[FurtherSystem]:
    """All receiving systems, each with credentials and keys of its own; a user name stands for one of them."""
    first = FurtherSystem(
        url=settings.svarinn_url,
        username=settings.svarinn_username,
        password=settings.svarinn_password,
        keys=settings.svarinn_keys,
        version=settings.svarinn_version,
    )
    path = settings.svarinn_systems
    further = TypeAdapter(list[FurtherSystem]).validate_json(path.read_bytes()) if path else []
    if len({one.username for one in (first, *further)}) != len(further) + 1:
        raise ValueError("two receiving systems have the same user name")
    return [first, *further]


def _ways(settings: Settings) -> tuple[Way, ...]:
    ways: list[Way] = []
    if settings.scan_folder is not None:
        ways.append(Folder(settings.scan_folder, settings.scan_receiver, settings.scan_quiet_seconds))
    if settings.scan_mailbox is not None:
        password = settings.scan_mailbox_password.get_secret_value()
        ways.append(Mailbox(settings.scan_mailbox, password, settings.scan_receiver))
    return tuple(ways)


def _system(one: FurtherSystem) -> ReceivingSystem:
    client = SvarInn(one.url, one.username, one.password.get_secret_value(), DIALECTS[one.version]())
    return ReceivingSystem(client, load_keys(one.keys))


# every module that answers has added its answers to the one set of operations
OPERATIONS: Final = (ways.operations, distribution.operations, paper.operations)
service: Service[Settings, Mailroom] = Service(
    name="intake",
    settings=Settings,
    room=open_mailroom,
    handlers=handlers,
    operations=OPERATIONS[0],
    periodic=PERIODIC,
)
