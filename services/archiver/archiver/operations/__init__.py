"""What archiver answers: the archive log, reconciliation."""

from __future__ import annotations

from archiver.operations import log, reconciliation
from archiver.operations.rights import operations

__all__ = ["log", "operations", "reconciliation"]
