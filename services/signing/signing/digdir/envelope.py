"""The multipart/mixed body that creates a job: the request's XML, then the container."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class Envelope:
    """A body ready to send, with its content type."""

    content_type: str
    body: bytes


def envelope(request: bytes, container: bytes) -> Envelope:
    """Two parts in the order the service demands, between boundaries that occur in neither."""
    boundary = _boundary(request, container)
    body = b"".join(
        (
            _part(boundary, "application/xml", request),
            _part(boundary, "application/octet-stream", container),
            f"--{boundary}--\r\n".encode("ascii"),
        )
    )
    return Envelope(content_type=f"multipart/mixed; boundary={boundary}", body=body)


def _part(boundary: str, content_type: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode("ascii") + content + b"\r\n"


def _boundary(*parts: bytes) -> str:
    while True:
        boundary = secrets.token_hex(16)
        if not any(boundary.encode("ascii") in part for part in parts):
            return boundary
