"""How intake is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from intake.handlers import handlers
from intake.mailroom import Mailroom
from intake.operations import operations
from intake.periodic import PERIODIC
from intake.settings import Settings
from intake.svarinn.client import connected
from intake.svarinn.envelope import load_keys
from sikkersak.service import Frame, Service


@asynccontextmanager
async def open_mailroom(frame: Frame[Settings]) -> AsyncIterator[Mailroom]:
    """The mailroom for the life of the process."""
    settings = frame.settings
    password = settings.svarinn_password.get_secret_value()
    async with connected(settings.svarinn_url, settings.svarinn_username, password) as svarinn:
        yield Mailroom(
            database=frame.database,
            vault=frame.vault,
            svarinn=svarinn,
            keys=load_keys(settings.svarinn_keys),
            work_folder=settings.work_folder,
            largest_shipment=settings.largest_shipment,
            poll_seconds=settings.poll_seconds,
        )


service: Service[Settings, Mailroom] = Service(
    name="intake",
    settings=Settings,
    room=open_mailroom,
    handlers=handlers,
    operations=operations,
    periodic=PERIODIC,
)
