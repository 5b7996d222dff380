"""What is asked: each operation's golden message with this world's ids in it, and its address in the API."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from fastapi.routing import APIRoute

import gateway.api
import sikkersak.contracts
from local.places import REPOSITORY
from sikkersak.contracts.message import Operation
from sikkersak.identity.permissions import DEFAULTS
from sikkersak.identity.policy import RULES
from sikkersak.identity.roles import Role

GOLDEN: Final = REPOSITORY / "tests" / "contract" / "golden"
PREFIX: Final = "/api/v1"
NO_MAIL: Final = str(UUID(int=0))  # for what is asked about mail, of another than whoever has it
# What would lead nowhere with the golden message's own values. Ids are put in by name.
INSTEAD: Final[dict[str, dict[str, Any]]] = {
    "cases.give_access.v1": {"from_date": None, "to_date": None, "right": "read"},
    "cases.open_case.v1": {"pupil_id": None, "case_type": "general", "responsible_id": None},
    "cases.write_document.v1": {"to_guardians": False, "receivers": []},
    "cases.edit_document.v1": {"version": 999},
    "cases.read_template.v1": {"code": "matrix", "language": "nb"},
    "cases.search.v1": {"query": "Prøvesak", "limit": 100},
    "cases.import_staff.v1": {"is_trial": True, "is_whole": False},
    # what it holds already: whoever has the role tries on as it is
    "cases.put_role.v1": {"role": Role.OPERATIONS.value, "permissions": sorted(DEFAULTS[Role.OPERATIONS])},
    "cases.put_staff.v1": {"roles": [], "schools": [], "is_active": True},
}
# What is sent as a form, with files.
FORMS: Final[dict[str, dict[str, Any]]] = {
    "intake.bring_in_mail.v1": {"title": "Brev", "sender": "Prøve", "receiver_organisation": "310000019"}
}
for _module in pkgutil.iter_modules(sikkersak.contracts.__path__):
    importlib.import_module(f"sikkersak.contracts.{_module.name}")


def operations() -> list[str]:
    """Every operation, those that change nothing first; what is for machines is tried by people too, and refused."""
    return sorted(RULES, key=lambda name: (Operation.catalogue[name].changes, name))


def request(name: str, ids: dict[str, UUID]) -> Operation[Any]:
    """The operation, about these things. A listing asks for as much as one page holds."""
    model = Operation.catalogue[name]
    golden: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    if RULES[name].is_listing:
        golden = {}
    if "limit" in model.model_fields:
        golden |= {"limit": 200, "cursor": None}
    golden |= {key: str(value) for key, value in ids.items() if key in model.model_fields and key in golden}
    return model.model_validate(golden | INSTEAD.get(name, {}))


@dataclass(frozen=True)
class Call:
    """A request to the API."""

    method: str
    path: str
    query: dict[str, str | list[str]]
    body: dict[str, Any] | None
    headers: dict[str, str]
    files: dict[str, bytes] | None = None


def call(asked: Operation[Any], upload_id: str) -> Call | None:
    """How the API is asked for the same, with a file that was sent in; none where it has no address for it."""
    route = routes().get(asked.operation)
    if route is None:
        return None
    said = {"mail_id": NO_MAIL} | asked.model_dump(mode="json")
    said |= {"national_id": "01819050044", "position": 0, "upload_id": upload_id}
    path = route.path
    for parameter in route.dependant.path_params:
        path = path.replace(f"{{{parameter.name}}}", str(said[parameter.name]))
    query = {one.name: said.get(one.name) for one in route.dependant.query_params}
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{said.get("version") or 1}"'}
    method = next(iter((route.methods or set()) - {"HEAD"}))
    shown = {name: _text(value) for name, value in query.items() if value is not None}
    if asked.operation in FORMS:
        return Call(method, PREFIX + path, shown, FORMS[asked.operation], headers, {"files": b"%PDF-1.7 brev"})
    return Call(method, PREFIX + path, shown, _body(route, said), headers)


@cache
def routes() -> dict[str, APIRoute]:
    """The address of every operation that has one: whose function asks for nothing else, and the shortest of those."""
    found: dict[str, APIRoute] = {}
    by_class = {model.__name__: name for name, model in Operation.catalogue.items()}
    asking = [
        (route, [by_class[name] for name in route.endpoint.__code__.co_names if name in by_class])
        for route in _all_routes()
    ]
    for route, names in sorted(asking, key=lambda one: (len(one[1]), len(one[0].path))):
        for name in names:
            found.setdefault(name, route)
    return found


def _all_routes() -> Iterator[APIRoute]:
    for module in pkgutil.iter_modules(gateway.api.__path__):
        router = getattr(importlib.import_module(f"gateway.api.{module.name}"), "router", None)
        if router is not None:
            yield from (route for route in router.routes if isinstance(route, APIRoute))


def _text(value: Any) -> str | list[str]:
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def _body(route: APIRoute, said: dict[str, Any]) -> dict[str, Any] | None:
    annotations = route.endpoint.__annotations__
    model = annotations.get("body")
    fields = getattr(model, "model_fields", None)
    return {name: said[name] for name in fields if name in said} if fields is not None else None
