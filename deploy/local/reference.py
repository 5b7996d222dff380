"""`./dev reference`: the reference of messages, operations, settings, error codes and the API, made from the code.

Every page is made from what the code itself says; a test fails when a page is not what this would write. Nothing is
started and nothing is asked for: contracts, settings and the API are imported, error codes are read from the sources.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
import typing
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import httpx
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from local import refusals
from local.places import REPOSITORY, SERVICES
from sikkersak.contracts.message import Message, Operation
from sikkersak.messaging.topology import WORK_QUEUES
from sikkersak.settings import ServiceSettings

FOLDER: Final = REPOSITORY / "docs" / "reference"
NOTE: Final = "<!-- Made by ./dev reference from the code. Change the code, then run it again. -->"
METHODS: Final = ("get", "put", "post", "patch", "delete")
LONGEST_CELL: Final = 300


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes every page; the ones that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def pages() -> dict[str, str]:
    """Every page by its file name."""
    made = {"messages.md": _messages, "operations.md": _operations, "settings.md": _settings}
    made |= {"errors.md": _errors, "api.md": _api}
    return {name: f"{NOTE}\n\n" + "\n".join(make()).rstrip() + "\n" for name, make in made.items()}


# --- messages and operations


def _messages() -> Iterator[str]:
    _contracts()
    yield from (
        "# Messages",
        "",
        "What services say to each other. A name is `owner.subject.fact.vN` for a fact and `owner.order.vN` for an",
        "order; a published version never changes. Every message has a golden example in",
        "[tests/contract/golden](../../tests/contract/golden). Fields are ids, codes and references: never personal data.",
        "",
    )
    heard = {name: queue.name for queue in WORK_QUEUES for name in queue.hears}
    by_owner: dict[str, list[type[Message]]] = defaultdict(list)
    for name, message in sorted(Message.catalogue.items()):
        if message.__module__.startswith("sikkersak.contracts."):
            by_owner[name.split(".")[0]].append(message)
    for owner in SERVICES:
        if by_owner[owner]:
            yield from (f"## {owner}", "")
        for message in by_owner[owner]:
            name = message.message_type
            heard_on = f"Queue `{heard[name]}`." if name in heard else "No queue is bound to it."
            yield from (f"### `{name}`", "", f"{_summary(message)} {heard_on}", "", *_fields(message), "")
    yield from ("## Queues", "", "| queue | at a time | tries again after | hears |", "| --- | --- | --- | --- |")
    for queue in WORK_QUEUES:
        hears = ", ".join(f"`{name}`" for name in queue.hears)
        yield f"| `{queue.name}` | {queue.prefetch} | {' · '.join(queue.ladder)} | {hears} |"


def _operations() -> Iterator[str]:
    _contracts()
    yield from (
        "# Operations",
        "",
        "What the gateway asks the service that owns the answer, in the name of the logged-in person. A *change* takes an",
        "idempotency key: the same key with the same content has its effect once. What the staff API makes of them is",
        "in [api.md](api.md).",
        "",
    )
    by_owner: dict[str, list[type[Operation[Any]]]] = defaultdict(list)
    for name, operation in sorted(Operation.catalogue.items()):
        if operation.__module__.startswith("sikkersak.contracts."):
            by_owner[name.split(".")[0]].append(operation)
    for owner in SERVICES:
        if by_owner[owner]:
            yield from (f"## {owner}", "")
        for operation in by_owner[owner]:
            kind = "A change" if operation.changes else "A question"
            yield from (f"### `{operation.operation}`", "", f"{_summary(operation)}", "")
            yield from (f"{kind}; the answer is `{operation.reply.__name__}`.", "", *_fields(operation), "")


def _contracts() -> None:
    folder = REPOSITORY / "shared" / "sikkersak" / "contracts"
    for path in sorted(folder.glob("[!_]*.py")):
        importlib.import_module(f"sikkersak.contracts.{path.stem}")


def _fields(model: type[BaseModel]) -> Iterator[str]:
    if not model.model_fields:
        yield "No fields."
        return
    yield from ("| field | type | default | meaning |", "| --- | --- | --- | --- |")
    for name, field in model.model_fields.items():
        limits = _limits(field)
        meaning = "; ".join(part for part in (_plain(field.description or ""), limits) if part)
        yield _row(f"`{name}`", _type(field.annotation), _default(field), meaning)


# --- settings


def _settings() -> Iterator[str]:
    yield from (
        "# Settings",
        "",
        "A setting is an environment variable of this name in capitals, or a file of the setting's name in the folder",
        "that `SECRETS_DIR` names; the file wins. **Bold** settings have no default: without them the service does not",
        "start. A secret is never shown in a log or an error.",
        "",
        "## Every service",
        "",
        *_settings_of(ServiceSettings, {}),
        "",
    )
    common = ServiceSettings.model_fields
    for service in SERVICES:
        own: type[BaseModel] = importlib.import_module(f"{service}.settings").Settings
        yield from (f"## {service}", "", *_settings_of(own, common), "")


def _settings_of(model: type[BaseModel], besides: dict[str, FieldInfo]) -> Iterator[str]:
    yield from ("| setting | type | default | meaning |", "| --- | --- | --- | --- |")
    for name, field in model.model_fields.items():
        known = besides.get(name)
        if known is not None and (known.default, known.description) == (field.default, field.description):
            continue
        shown = f"**`{name.upper()}`**" if field.is_required() else f"`{name.upper()}`"
        limits = _limits(field)
        meaning = "; ".join(part for part in (_plain(field.description or ""), limits) if part)
        yield _row(shown, _type(field.annotation), _default(field), meaning)


# --- error codes


def _errors() -> Iterator[str]:
    yield from (
        "# Error codes",
        "",
        "Every problem that the API answers, and every delivery, letter or signature job that stands still, has a code.",
        "Programs look at the code; the text is for people and may be improved. `…` stands for what differs from time to",
        "time. The HTTP status is that of an answer which carries the code; what waits in a list carries it as `code`.",
        "What the states mean that go with them is in [states.md](states.md).",
        "",
    )
    found = refusals.all_refusals()
    for owner in ("everywhere", *SERVICES):
        rows = refusals.rows(found, owner)
        if rows:
            yield from (f"## {owner}", "", "| code | HTTP | text |", "| --- | --- | --- |")
            yield from (_row(f"`{code}`", status, text) for code, text, status in rows)
            yield ""


# --- the API


def _api() -> Iterator[str]:
    described = _openapi()
    yield from (
        "# The staff API",
        "",
        "Every address under `/api/v1`, as the running system describes itself at `/api/v1/openapi.json`. How to log in,",
        "and what every call carries, is in [the manual](../manual/README.md).",
        "",
    )
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                by_tag[methods[method]["tags"][0]].append((path, method, methods[method]))
    schemas = described["components"]["schemas"]
    for tag in sorted(by_tag):
        yield from (f"## {tag}", "", "| address | what | body | query | answer |", "| --- | --- | --- | --- | --- |")
        for path, method, told in sorted(by_tag[tag], key=lambda one: (one[0], METHODS.index(one[1]))):
            what = _plain(f"{told['summary']}. {told.get('description', '')}")
            body, query = _body(told, schemas), _query(told)
            yield _row(f"`{method.upper()} {path.removeprefix('/api/v1')}`", what, body, query, _reply(told))
        yield ""


class _Unmanned(SimpleNamespace):
    """A reception with nothing behind it: enough for the application to describe itself."""

    def __getattr__(self, name: str) -> None:
        """Nothing, whatever is asked for."""


def _openapi() -> dict[str, Any]:
    """What the application itself answers, with nothing behind it."""
    return asyncio.run(_asked_of_itself())


async def _asked_of_itself() -> dict[str, Any]:
    from gateway.app import make_app
    from gateway.cookies import Cookies

    reception: Any = _Unmanned(cookies=Cookies(is_https=True), largest_body=1000)
    transport = httpx.ASGITransport(make_app(reception))
    async with httpx.AsyncClient(transport=transport, base_url="https://sak.example.no") as client:
        described: dict[str, Any] = (await client.get("/api/v1/openapi.json")).raise_for_status().json()
    return described


def _body(told: dict[str, Any], schemas: dict[str, Any]) -> str:
    content = told.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    named = schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    required = named.get("required", ())
    return ", ".join(f"**`{name}`**" if name in required else f"`{name}`" for name in named.get("properties", ()))


def _query(told: dict[str, Any]) -> str:
    return ", ".join(f"`{one['name']}`" for one in told.get("parameters", ()) if one["in"] == "query")


def _reply(told: dict[str, Any]) -> str:
    for status, answer in told["responses"].items():
        if status.startswith("2"):
            content = answer.get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            name = schema.get("$ref", "").rsplit("/", 1)[-1]
            kind = f"`{name}`" if name else ", ".join(content) or "nothing"
            return kind if status == "200" else f"{status} {kind}"
    return ""


# --- words for types


def _summary(thing: type) -> str:
    """The first paragraph of what it promises, without our own rule numbers."""
    return _plain((inspect.getdoc(thing) or "").split("\n\n")[0])


def _plain(text: str) -> str:
    return re.sub(r" \((?:R\d|M\d|DESIGN)[^)]*\)", "", " ".join(text.split()))


def _type(annotation: Any) -> str:
    if annotation is type(None):
        return "none"
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        return _NAMES.get(getattr(annotation, "__name__", ""), f"`{getattr(annotation, '__name__', annotation)}`")
    if origin in (tuple, list, frozenset, set):
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"{_type(inner[0])} → {_type(inner[1])}"
    if origin is typing.Annotated:
        return _type(inner[0])
    return " or ".join(_type(one) for one in inner)


_NAMES: Final = {
    "str": "text", "int": "number", "float": "number", "bool": "yes or no", "UUID": "id", "datetime": "time",
    "date": "date", "SecretStr": "secret", "Path": "path", "VaultRef": "vault reference",
}  # fmt: skip


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    given = field.default
    if field.default_factory is not None:
        return "empty"
    if given is None or given == ():
        return "none"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, BaseModel):
        return f"a plain `{type(given).__name__}`"
    return f"`{getattr(given, 'value', given)}`"


def _limits(field: FieldInfo) -> str:
    """What pydantic enforces, in words."""
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    words |= {"min_length": "at least", "max_length": "at most", "pattern": "of the form"}
    said = []
    for limit in field.metadata:
        for name, text in words.items():
            value = getattr(limit, name, None)
            if value is not None:
                length = " long" if name.endswith("length") else ""
                said.append(f"{text} {f'`{value}`' if name == 'pattern' else value}{length}")
    return ", ".join(said)


def _row(*cells: object) -> str:
    return "| " + " | ".join(_cell(str(cell)) for cell in cells) + " |"


def _cell(text: str) -> str:
    short = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    return " ".join(short.split()).replace("|", "\\|")


def stale(folder: Path = FOLDER) -> Iterable[str]:
    """The pages that are not what the code says now."""
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield name
