"""Archive renditions: any file that comes in becomes PDF/A that has passed a real validator (M24)."""

from __future__ import annotations

from archiver.rendition.outcome import Attachment, Attempt, Flavour, Note, Record, Rendition, Rung, Sameness, Verdict
from archiver.rendition.renderer import Renderer, RenderingLimits

__all__ = [
    "Attachment",
    "Attempt",
    "Flavour",
    "Note",
    "Record",
    "Renderer",
    "RenderingLimits",
    "Rendition",
    "Rung",
    "Sameness",
    "Verdict",
]
