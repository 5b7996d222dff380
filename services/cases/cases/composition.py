"""How cases is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cases.handlers import handlers
from cases.office import Office
from cases.operations import operations
from cases.periodic import PERIODIC
from cases.settings import Settings
from sikkersak.service import Frame, Service


@asynccontextmanager
async def open_office(frame: Frame[Settings]) -> AsyncIterator[Office]:
    """The office for the life of the process."""
    yield Office(
        vault=frame.vault,
        database=frame.database,
        lookup_key=bytes.fromhex(frame.settings.lookup_key.get_secret_value()),
        text_seconds=frame.settings.text_seconds,
    )


service: Service[Settings, Office] = Service(
    name="cases", settings=Settings, room=open_office, handlers=handlers, operations=operations, periodic=PERIODIC
)
