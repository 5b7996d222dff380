"""Ghostscript as a program of its own, caged. It fails open: what it writes proves nothing until the gate has seen it."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from archiver.rendition.cage import Cage, Limits, run

_DEFINITIONS = """%!
[/_objdef {{icc}} /type /stream /OBJ pdfmark
[{{icc}} << /N 3 >> /PUT pdfmark
[{{icc}} ({profile}) (r) file /PUT pdfmark
[/_objdef {{intent}} /type /dict /OBJ pdfmark
[{{intent}} << /Type /OutputIntent /S /GTS_PDFA1 /DestOutputProfile {{icc}} /OutputConditionIdentifier (sRGB) >> /PUT pdfmark
[{{Catalog}} << /OutputIntents [ {{intent}} ] >> /PUT pdfmark
"""


class Ghostscript:
    """Redraws PDFs. Only ever given what qpdf could open without a password."""

    def __init__(self, cage: Cage) -> None:
        self._cage = cage
        self._program = shutil.which("gs")

    @property
    def is_present(self) -> bool:
        """Whether the program is on this machine."""
        return self._program is not None

    async def redraw(self, source: Path, folder: Path, limits: Limits) -> Path | None:
        """The redrawn file in `folder`, or None when it failed or was late."""
        if self._program is None:
            return None
        made = folder / "redrawn.pdf"
        command = redrawing(self._program, source, made)
        caged = self._cage.command(command, limits, readable=[source], writable=[folder])
        ended = await run(caged, limits.seconds)
        return made if ended == 0 and made.exists() else None


def redrawing(program: str, source: Path, made: Path) -> list[str]:
    """The command that redraws `source` as PDF/A-2b; what it reads besides is put beside `made`."""
    definitions, profile = made.with_name("pdfa_def.ps"), made.with_name("srgb.icc")
    profile.write_bytes((files("pikepdf.pdfa") / "data" / "sRGB.icc").read_bytes())
    definitions.write_text(_DEFINITIONS.format(profile=profile), encoding="ascii")
    return [
        program, "-dBATCH", "-dNOPAUSE", "-dSAFER", "-dQUIET", "-sDEVICE=pdfwrite", "-dAutoRotatePages=/None",
        "-dCompatibilityLevel=1.7", "-sColorConversionStrategy=RGB", "-dPassThroughJPEGImages=true",
        "-dPassThroughJPXImages=true", "-dPDFA=2", "-dPDFACompatibilityPolicy=1", f"--permit-file-read={profile}",
        f"-sOutputFile={made}", str(definitions), str(source),
    ]  # fmt: skip
