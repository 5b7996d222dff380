"""Reads what clients send as XML: no document types, no entities, no network, and checked against the grammar."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from simulators.signing.refusal import CONTAINER, NAMESPACE, SCHEMA, Refused


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("grammar.rng")))


def parse(content: bytes, code: str = CONTAINER) -> etree._Element:
    """Any XML, safely."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(code, f"Not well-formed XML: {error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise Refused(code, "A document type declaration is not allowed")
    return root


def parse_message(content: bytes, name: str) -> etree._Element:
    """A message of the API: the element `name`, in accordance with the grammar."""
    root = parse(content, SCHEMA)
    if root.tag != f"{{{NAMESPACE}}}{name}":
        raise Refused(SCHEMA, f"Expected the element {name}")
    grammar = _grammar()
    if not grammar.validate(root):
        first = next(iter(grammar.error_log), None)
        raise Refused(SCHEMA, f"Xml-message was not in accordance to schema: {first.message if first else name}")
    return root


def text(element: etree._Element, path: str) -> str | None:
    """Text of the element at `path` (names joined with /), None when absent."""
    return element.findtext("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))


def all_of(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at `path`."""
    return element.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
