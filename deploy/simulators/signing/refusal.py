"""A request refused, in the service's own XML form (Signature API, errors)."""

from __future__ import annotations

from http import HTTPStatus

from lxml import etree
from starlette.responses import Response

NAMESPACE = "http://signering.posten.no/schema/v1"
SCHEMA = "SCHEMA_VALIDATION_ERROR"
CONTAINER = "ASICE_VALIDATION_FAILED"


class Refused(Exception):
    """The request is the client's mistake. `code` as the service names it, `status` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def error_xml(code: str, message: str, kind: str = "CLIENT") -> bytes:
    """The `error` element."""
    root = etree.Element(f"{{{NAMESPACE}}}error", nsmap={None: NAMESPACE})
    for name, text in (("error-code", code), ("error-message", message), ("error-type", kind)):
        etree.SubElement(root, f"{{{NAMESPACE}}}{name}").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def refusal(status: int, path: str) -> Response:
    """What an ordered refusal looks like; above 499 the body is empty, as from a gateway."""
    del path
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Response(status_code=status)
    return Response(error_xml("SIMULATED_REFUSAL", "Refused on order"), status, media_type="application/xml")
