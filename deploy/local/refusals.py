"""Every error code with its text, read from the sources: what the reference shows, without starting anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from local.places import REPOSITORY, SERVICES

CODE: Final = re.compile(r"[a-z]+(-[a-z0-9]+)+|forbidden")
OF_LOGIN: Final = ("reason", "text")
NOT_FOUND: Final = "Finnes ikke, eller du har ikke tilgang."


@dataclass(frozen=True)
class Refusal:
    """One code, where it comes from, its text, and the HTTP status where the source names one."""

    owner: str
    code: str
    text: str
    status: str


def all_refusals() -> list[Refusal]:
    """Of every service and of the library; the same code may stand with several texts."""
    found: list[Refusal] = []
    for root, owner in _roots():
        for path in sorted(root.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [Refusal(owner, code, text, status) for code, text, status in _of_module(tree)]
            if owner == "gateway":  # only here are numbers that lead to a code our own HTTP statuses
                found += [Refusal(owner, code, text, status) for code, text, status in _by_status(tree)]
    return found


def rows(found: list[Refusal], owner: str) -> list[tuple[str, str, str]]:
    """Code, text and status of one owner, each once; a text whose status is known is not said again without it."""
    given = {(one.code, one.text, one.status) for one in found if one.owner == owner}
    known = {(code, text) for code, text, status in given if status}
    return sorted(row for row in given if row[2] or row[:2] not in known)


def _roots() -> Iterator[tuple[Path, str]]:
    yield REPOSITORY / "shared" / "sikkersak", "everywhere"
    for service in SERVICES:
        yield REPOSITORY / "services" / service / service, service


def _of_module(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """A code is a word in kebab case that stands before its sentence: in a call, a tuple, or a table of texts."""
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in {"NotFound", "present"}:
            subject = _text(node.args[-1], constants)
            if subject:
                yield f"{subject}-not-found", NOT_FOUND, "404"
        elif isinstance(node, ast.Call):
            yield from _of_row(node.args, constants, _status(node))
        elif isinstance(node, ast.Tuple):
            yield from _of_row(node.elts, constants, _leading_status(node.elts))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from _of_row([key, value] if key else [], constants, "")
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node, constants)


def _by_status(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, int) and isinstance(value, ast.Tuple):
                yield from _of_row(value.elts, {}, str(key.value))


def _of_row(cells: list[ast.expr], constants: dict[str, str], status: str) -> Iterator[tuple[str, str, str]]:
    for first, second in pairwise(cells):
        code, text = _text(first, constants), _text(second, constants)
        is_said_later = isinstance(second, ast.Name) and second.id in {"detail", "text"}
        if CODE.fullmatch(code) and (_is_sentence(text) or (is_said_later and not text)):
            yield code, text or "…", status


def _of_class(node: ast.ClassDef, constants: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Refused log-ins say both as attributes of the class."""
    given = {
        _name(target): _text(part.value, constants)
        for part in node.body
        if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
    }
    code, text = (given.get(name) for name in OF_LOGIN)
    if code and text and CODE.fullmatch(code):
        yield code, text, _own_status(node) or "401"


def _own_status(node: ast.ClassDef) -> str:
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and _name(part.targets[0]) == "status" and isinstance(part.value, ast.Constant):
            return str(part.value.value)
    return ""


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        text = _text(value, {})
        if isinstance(target, ast.Name) and text:
            yield target.id, text


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    """The words of a literal, with … for what is put in while it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in parts)  # type: ignore[misc]
        case ast.Name(id=name):
            return constants.get(name, "")
        case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
            return _text(inner, constants)
        case _:
            return ""


def _is_sentence(text: str) -> bool:
    return " " in text and (text[0].isupper() or text[0] in "«…")  # the gaps of a text may stand first


def _status(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "status" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return _leading_status(call.args) or ("409" if _name(call.func) in {"Declined", "__init__"} else "")


def _leading_status(cells: list[ast.expr]) -> str:
    match cells:
        case [ast.Constant(value=int(status)), *_] if 400 <= status < 600:
            return str(status)
        case _:
            return ""


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
