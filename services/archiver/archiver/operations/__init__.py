"""What archiver answers: the archive log, renditions, reconciliation."""

from __future__ import annotations

from archiver.operations import log, reconciliation, renditions
from archiver.operations.rights import operations

__all__ = ["log", "operations", "reconciliation", "renditions"]
