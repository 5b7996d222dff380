"""Mending: what keeps an ordinary PDF from being PDF/A-2 is put right in process, without redrawing a page."""

from __future__ import annotations

from archiver.rendition.mending.mend import LEVELS, mend, relabel

__all__ = ["LEVELS", "mend", "relabel"]
