"""Which filters are understood: equality of what an HR system looks people up by, and several of them at once."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from scim2_models import InvalidFilterException, ScimFilter

from gateway.scim.users import SchoolUser, looks_personal

NAMES: Final = {"username": "user_name", "externalid": "external_id", "id": "employee_id", "active": "is_active"}
UNDERSTOOD: Final = "Filters: eq on userName, externalId, id and active, joined by and."


def criteria(text: str) -> dict[str, Any] | None:
    """The filter as cases asks for it; none where it can match nobody."""
    asked: dict[str, Any] = {}
    for term in _terms(ScimFilter[SchoolUser](text).ast):
        path = getattr(term, "attr_path", None)
        if path is None or path.sub_attr or getattr(term, "op", "") != "eq" or str(path.attr).lower() not in NAMES:
            raise InvalidFilterException(detail=UNDERSTOOD)
        name = NAMES[str(path.attr).lower()]
        value = _value(name, term.value)
        if value is None or asked.setdefault(name, value) != value:
            return None
    return asked


def _terms(node: Any) -> list[Any]:
    if not hasattr(node, "terms"):
        return [node]
    if node.op != "and":
        raise InvalidFilterException(detail=UNDERSTOOD)
    return [term for part in node.terms for term in _terms(part)]


def _value(name: str, value: Any) -> Any:
    """The value in the type that cases asks with; none where nobody can have it."""
    if name == "is_active":
        if not isinstance(value, bool):
            raise InvalidFilterException(detail="active is true or false")
        return value
    if not isinstance(value, str):
        raise InvalidFilterException(detail=f"{name} is a string")
    if looks_personal(value):  # no user name here is one, and it may not travel further
        return None
    if name == "employee_id":
        try:
            return UUID(value)
        except ValueError:
            return None
    return value if 0 < len(value) <= 200 else None
