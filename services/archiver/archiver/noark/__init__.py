"""The archive core behind the Noark 5 tjenestegrensesnitt 1.1 (REST with HAL-like links)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from pydantic import SecretStr

from archiver.noark.access import NoarkAccess, NoarkCodes
from archiver.noark.client import NoarkCore

__all__ = ["NoarkAccess", "NoarkCodes", "NoarkCore", "NoarkSettings", "connected"]


class NoarkSettings(Protocol):
    """What a service's settings say of its archive core."""

    @property
    def noark_url(self) -> str:
        """The root of the interface."""

    @property
    def noark_client_id(self) -> str:
        """Our client there."""

    @property
    def noark_client_secret(self) -> SecretStr:
        """Its secret."""

    @property
    def noark_series(self) -> str | None:
        """The series our case files lie in; None takes the only one."""


@asynccontextmanager
async def connected(settings: NoarkSettings) -> AsyncIterator[NoarkCore]:
    """The core for the life of a process. Nothing is asked of it until it is used."""
    access = NoarkAccess(
        root=settings.noark_url,
        client_id=settings.noark_client_id,
        client_secret=settings.noark_client_secret,
        series=settings.noark_series,
    )
    core = NoarkCore(access)
    try:
        yield core
    finally:
        await core.close()
