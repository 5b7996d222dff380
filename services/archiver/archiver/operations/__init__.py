"""What archiver answers: the archive log, reconciliation, extraction."""

from __future__ import annotations

from archiver.operations import extraction, log, reconciliation
from archiver.operations.rights import operations

__all__ = ["extraction", "log", "operations", "reconciliation"]
