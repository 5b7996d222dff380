"""Identifiers: UUIDv7, so that rows and messages sort by when they were made."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562 §5.7)."""
    return UUID(int=uuid_utils.uuid7().int)
