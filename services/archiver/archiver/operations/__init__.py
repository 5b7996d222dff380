"""What archiver answers: the archive log, renditions, reconciliation, extraction."""

from __future__ import annotations

from archiver.operations import extraction, log, reconciliation, renditions
from archiver.operations.rights import operations

__all__ = ["extraction", "log", "operations", "reconciliation", "renditions"]
