"""Inspection: what a file really is, and what hinders its use; by content, never by name.

`python -m intake.inspection FILE…` runs as a limited child process, because other people's files are hostile, and
prints one JSON object a file: `{"media_type", "problem"}`. The service calls `inspect`.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

SECONDS: Final = 30
MEMORY: Final = 2 << 30
MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
)
OFFICE: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
PDF_HEAD: Final = 1024


class Finding(NamedTuple):
    """The media type by content, and a stable code for what hinders its use."""

    media_type: str
    problem: str | None


async def inspect(paths: list[Path]) -> list[Finding]:
    """Inspects files in one limited child. Where the child breaks on them, each is inspected alone."""
    found = await _in_child(paths)
    if found is not None:
        return found
    if len(paths) == 1:
        return [Finding("application/octet-stream", "not-inspectable")]
    return [finding for path in paths for finding in await inspect([path])]


async def _in_child(paths: list[Path]) -> list[Finding] | None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "intake.inspection", *map(str, paths)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(), SECONDS * 2)
    except TimeoutError:
        child.kill()
        await child.wait()
        return None
    lines = out.decode().splitlines()
    if child.returncode != 0 or len(lines) != len(paths):
        return None
    return [Finding(**json.loads(line)) for line in lines]


def judge(path: Path) -> Finding:
    """What one file is."""
    size = path.stat().st_size
    if size == 0:
        return Finding("application/octet-stream", "empty")
    with path.open("rb") as file:
        head = file.read(PDF_HEAD)
    if b"%PDF-" in head:
        return Finding("application/pdf", _pdf_problem(path))
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            return Finding(media_type, None)
    if head.startswith(b"PK"):
        return _archive(path)
    return _text(head)


def _pdf_problem(path: Path) -> str | None:
    import pikepdf

    try:
        with pikepdf.open(path) as pdf:
            return None if len(pdf.pages) else "damaged"
    except pikepdf.PasswordError:
        return "password"
    except pikepdf.PdfError:
        return "damaged"


def _archive(path: Path) -> Finding:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                return Finding(archive.read("mimetype")[:100].decode("ascii", "replace"), None)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        return Finding("application/zip", "damaged")
    known = next((media_type for name, media_type in OFFICE.items() if name in names), None)
    return Finding(known, None) if known else Finding("application/zip", "archive-in-shipment")


def _text(head: bytes) -> Finding:
    for encoding in ("utf-8", "latin-1"):
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError as cut:
            if encoding == "utf-8" and cut.start < len(head) - 4:
                continue
            text = head[: cut.start].decode(encoding)
        if sum(not (character.isprintable() or character.isspace()) for character in text) == 0:
            is_html = "<html" in text.lower() or "<!doctype html" in text.lower()
            return Finding("text/html" if is_html else "text/plain", None)
    return Finding("application/octet-stream", "unknown-format")


def main(arguments: list[str]) -> None:
    """The limited child."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY, MEMORY))
    for argument in arguments:
        print(json.dumps(judge(Path(argument))._asdict()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
