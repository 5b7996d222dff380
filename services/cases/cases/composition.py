"""How cases is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from cases import accounts, staff_acts  # noqa: F401 - they register what they hear
from cases.handlers import handlers
from cases.office import Office
from cases.operations import operations
from cases.periodic import periodic
from cases.seals import Sealer, pem
from cases.settings import Settings
from sikkersak.service import Frame, Service


@asynccontextmanager
async def open_office(frame: Frame[Settings]) -> AsyncIterator[Office]:
    """The office for the life of the process."""
    settings = frame.settings
    yield Office(
        vault=frame.vault,
        lookup_key=bytes.fromhex(settings.lookup_key.get_secret_value()),
        database=frame.database,
        text_seconds=settings.text_seconds,
        sealer=Sealer(pem(settings.audit_key.get_secret_value())),
        seal_seconds=settings.seal_seconds,
        sweep_seconds=settings.sweep_seconds,
        remind_after=timedelta(days=settings.approval_reminder_days),
    )


service: Service[Settings, Office] = Service(
    name="cases",
    settings=Settings,
    room=open_office,
    handlers=handlers,
    operations=operations,
    periodic=periodic,
)
