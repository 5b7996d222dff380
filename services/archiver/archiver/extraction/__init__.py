"""Extraction: a Noark 5 deposit package of everything that was archived, verified before it is handed over (M28)."""

from __future__ import annotations

from archiver.extraction.package import PackageWrong, Written, verify, verify_received, write
from archiver.extraction.records import deposit

__all__ = ["PackageWrong", "Written", "deposit", "verify", "verify_received", "write"]
