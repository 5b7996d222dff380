"""Contracts: every version's golden message parses, newer ones too, and none can carry personal data (DESIGN §4, R3, R14)."""

from __future__ import annotations

import enum
import importlib
import json
import pkgutil
import types
import typing
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel

import sikkersak.contracts
from sikkersak.contracts.message import Message, Operation
from sikkersak.messaging.topology import WORK_QUEUES
from sikkersak.vault.reference import VaultRef

for module in pkgutil.iter_modules(sikkersak.contracts.__path__):
    importlib.import_module(f"sikkersak.contracts.{module.name}")

GOLDEN = Path(__file__).parent / "golden"
# Text fields that a message may have: codes, and what is public.
CODES = {"code", "flavour", "receiver_organisation", "case_type", "sha256", "media_type", "permissions", "by_school"}
# Of an act for the audit log: names of operations and fields, values of enums, a digest; `telling` fills them in.
CODES |= {"operation", "session", "about", "chosen", "reason_sha256"}


def model_of(name: str) -> type[BaseModel]:
    if name.endswith(".reply"):
        return Operation.catalogue[name.removesuffix(".reply")].reply
    return Message.catalogue.get(name) or Operation.catalogue[name]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_golden_message_parses_and_says_the_same_again(path: Path) -> None:
    model = model_of(path.stem)
    golden = json.loads(path.read_text())
    assert json.loads(model.model_validate(golden).model_dump_json()) == golden


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_newer_sender_may_add_fields(path: Path) -> None:
    newer = json.loads(path.read_text()) | {"something_new": {"from": "a later version"}}
    model_of(path.stem).model_validate(newer)


def test_every_contract_has_its_golden_message() -> None:
    wanted = {*Message.catalogue, *Operation.catalogue, *(f"{name}.reply" for name in Operation.catalogue)}
    assert {path.stem for path in GOLDEN.glob("*.json")} == wanted


def test_every_message_that_is_heard_is_a_contract_and_every_contract_is_heard() -> None:
    heard = {message_type for queue in WORK_QUEUES for message_type in queue.hears}
    assert heard == set(Message.catalogue)


def fields_of(annotation: object) -> list[object]:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType, tuple, frozenset, dict):
        return [one for part in inner if part not in (type(None), ...) for one in fields_of(part)]
    return [annotation]


def demand_harmless(model: type[BaseModel]) -> None:
    """Also of what a field is made of, unless it is a reference."""
    harmless = (UUID, datetime, date, bool, int, float, VaultRef)
    for name, field in model.model_fields.items():
        for annotation in fields_of(field.annotation):
            if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not VaultRef:
                demand_harmless(annotation)
                continue
            is_enum = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
            is_code = annotation is str and name in CODES
            assert annotation in harmless or is_enum or is_code, f"{name} could hold somebody's name"


@pytest.mark.parametrize("message_type", sorted(Message.catalogue))
def test_a_message_carries_ids_codes_and_references_only(message_type: str) -> None:
    demand_harmless(Message.catalogue[message_type])


def test_a_name_inside_a_part_of_a_message_is_found() -> None:
    class Part(BaseModel):
        name: str

    class Whole(BaseModel):
        part: Part | None

    with pytest.raises(AssertionError, match="name"):
        demand_harmless(Whole)
