"""A reader of BER (X.690) that streams: indefinite lengths and chunked octet strings, never the whole thing in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

SMALL: Final = 1 << 20  # no header structure of a shipment is larger than this
PIECE: Final = 1 << 18
DEEPEST: Final = 16  # elements inside elements; a shipment needs five
END_OF_CONTENTS: Final = 0x00
CONSTRUCTED: Final = 0x20
LONG_TAG: Final = 0x1F


class Truncated(Exception):
    """The message ends before it should: the download was cut off."""


class NotBer(Exception):
    """What was received is not the structure that was promised."""


@dataclass(frozen=True)
class Header:
    """Tag byte, and the content's length in bytes; none when it is indefinite. `raw` is the header itself."""

    tag: int
    length: int | None
    raw: bytes

    @property
    def is_constructed(self) -> bool:
        """Whether the content is further elements."""
        return bool(self.tag & CONSTRUCTED)


class Ber:
    """Reads elements one after the other from a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def header(self) -> Header:
        """The next element's header (X.690 §8.1)."""
        start = self._exactly(2)
        tag, first = start[0], start[1]
        if tag & LONG_TAG == LONG_TAG:
            raise NotBer("multi-byte tag")
        if first < 0x80:
            return Header(tag, first, start)
        if first == 0x80:
            return Header(tag, None, start)
        more = self._exactly(first & 0x7F)
        if len(more) > 8:
            raise NotBer("a length that no file has")
        return Header(tag, int.from_bytes(more), start + more)

    def enter(self, tag: int) -> Header:
        """Goes into an element that must have this tag."""
        header = self.header()
        if header.tag != tag:
            raise NotBer(f"tag {header.tag:#x} where {tag:#x} was expected")
        return header

    def element(self, header: Header | None = None, depth: int = 0) -> bytes:
        """One whole small element, its header included."""
        header = header or self.header()
        if header.length is None:
            return header.raw + self._until_end(depth + 1)
        if header.length > SMALL:
            raise NotBer("a header structure larger than any can be")
        return header.raw + self._exactly(header.length)

    def octets(self, header: Header, depth: int = 0) -> Iterator[bytes]:
        """The octets of a string, primitive or in chunks, a piece at a time (X.690 §8.7)."""
        _not_too_deep(depth)
        if not header.is_constructed:
            yield from self._pieces(header.length)
            return
        left = header.length
        while left is None or left > 0:
            inner = self.header()
            if inner.tag == END_OF_CONTENTS and left is None:
                return
            yield from self.octets(inner, depth + 1)
            if left is not None:
                left -= len(inner.raw) + (inner.length or 0)

    def _until_end(self, depth: int) -> bytes:
        _not_too_deep(depth)
        whole = b""
        while len(whole) <= SMALL:
            header = self.header()
            if header.tag == END_OF_CONTENTS:
                return whole + header.raw
            whole += self.element(header, depth)
        raise NotBer("a header structure larger than any can be")

    def _pieces(self, length: int | None) -> Iterator[bytes]:
        if length is None:
            raise NotBer("a primitive element of indefinite length")
        while length > 0:
            piece = self._exactly(min(length, PIECE))
            length -= len(piece)
            yield piece

    def _exactly(self, count: int) -> bytes:
        read = self._file.read(count)
        if len(read) != count:
            raise Truncated
        return read


def _not_too_deep(depth: int) -> None:
    if depth > DEEPEST:
        raise NotBer("elements inside elements without end")
