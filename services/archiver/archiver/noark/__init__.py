"""The archive core behind the Noark 5 tjenestegrensesnitt 1.1 (REST with HAL-like links)."""

from __future__ import annotations

from archiver.noark.access import NoarkAccess, NoarkCodes
from archiver.noark.client import NoarkCore

__all__ = ["NoarkAccess", "NoarkCodes", "NoarkCore"]
