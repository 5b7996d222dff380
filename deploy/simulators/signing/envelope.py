"""Takes the multipart/mixed body apart, strictly: exactly two parts, in order, each with its content type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulators.signing.refusal import SCHEMA, Refused

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))')
_TYPES = ("application/xml", "application/octet-stream")


@dataclass(frozen=True)
class Parts:
    """The request's XML and the container."""

    request: bytes
    container: bytes


def open_envelope(content_type: str, body: bytes) -> Parts:
    """The two parts, or a refusal that says what is wrong with the envelope."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or found is None:
        raise Refused(SCHEMA, "Content-Type must be multipart/mixed with a boundary", 415)
    delimiter = b"--" + (found.group(1) or found.group(2)).encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + delimiter)
    parts, end = pieces[1:-1], pieces[-1]
    if len(parts) != len(_TYPES) or not end.startswith(b"--"):
        raise Refused(SCHEMA, "Expected exactly two parts and a closing boundary")
    request, container = (_content(part, expected) for part, expected in zip(parts, _TYPES, strict=True))
    return Parts(request, container)


def _content(piece: bytes, expected: str) -> bytes:
    head, blank, content = piece.partition(b"\r\n\r\n")
    if not blank:
        raise Refused(SCHEMA, "A part lacks the blank line after its headers")
    headers = dict(_header(line) for line in head.decode("latin-1").split("\r\n") if line.strip())
    if headers.get("content-type", "").split(";")[0].strip().lower() != expected:
        raise Refused(SCHEMA, f"Expected a part of type {expected}")
    return content


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
