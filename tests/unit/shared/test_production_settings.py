"""A production start refuses what is only fit for development, in every service (R13)."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from sikkersak.ids import new_id
from sikkersak.messaging.topology import SERVICES
from sikkersak.settings import ServiceSettings

PLAIN = {
    "database_url": "postgresql://service:x@database/sikkersak",
    "rabbitmq_url": "amqp://service:x@broker/sikkersak",
    "rabbitmq_rpc_url": "amqp://service:x@broker/sikkersak-rpc",
    "public_url": "https://sak.example.no",
}
OUTSIDE = "https://outside.example.no"


def settings_of(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{service}.settings")
    found = [one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, ServiceSettings)]
    return max(found, key=lambda one: len(one.model_fields))


def given(service: str) -> dict[str, Any]:
    """Enough to start in production with: what must be given, as it would be."""
    model, values = settings_of(service), dict(PLAIN)
    for name, field in model.model_fields.items():
        if name not in values and field.is_required():
            plain = str(new_id()) if field.annotation is UUID else "310000019"
            values[name] = OUTSIDE if name.endswith(("_url", "_issuer")) else plain
        if name == "pid_lookup_key":
            values[name] = "ab" * 32
    if service == "archiver":
        values |= {"noark_url": OUTSIDE, "noark_client_id": "c", "noark_client_secret": "s"}
    return {name: value for name, value in values.items() if name in model.model_fields}


def addresses(service: str) -> list[str]:
    """The settings that hold an address of something outside."""
    model = settings_of(service)
    held = [name for name, field in model.model_fields.items() if field.annotation in (str, str | None, SecretStr)]
    own = {"database_url", "rabbitmq_url", "rabbitmq_rpc_url", "vault_url", "fiks_url"}
    return [name for name in held if name.endswith(("_url", "_issuer", "_api")) and name not in own]


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment of whoever runs the tests is not the service's."""
    for service in SERVICES:
        for name in settings_of(service).model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SECRETS_DIR", raising=False)


@pytest.mark.parametrize("service", SERVICES)
def test_production_is_what_a_start_is_unless_it_says_otherwise_and_nothing_goes_out(service: str) -> None:
    started = settings_of(service)(**given(service))
    assert (started.environment, started.outward_effects) == ("production", False)
    assert settings_of(service).model_fields["environment"].default is not PydanticUndefined


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"rabbitmq_url": "amqp://guest:guest@broker/sikkersak"},
        {"rabbitmq_rpc_url": "amqp://guest:other@broker/sikkersak-rpc"},
        {"database_url": "postgresql://postgres:secret@database/sikkersak"},
        {"rabbitmq_url": "amqp://service:x@broker/"},
        {"rabbitmq_url": "amqp://service:x@broker"},
        {"rabbitmq_rpc_url": "amqp://service:x@broker/%2F"},
        {"rabbitmq_rpc_url": PLAIN["rabbitmq_url"]},
        {"log_level": "debug"},
    ],
)
def test_development_accounts_and_open_virtual_hosts_stop_the_start(service: str, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_of(service)(**given(service) | wrong)
    assert "guest" not in str(refused.value)
    assert "secret" not in str(refused.value)
    settings_of(service)(**given(service) | wrong | {"environment": "development"})


@pytest.mark.parametrize(("service", "name"), [(one, name) for one in SERVICES for name in addresses(one)])
@pytest.mark.parametrize("address", ["http://outside.example.no", "https://127.0.0.1:8443", "https://localhost/x"])
def test_nothing_outside_is_reached_in_the_clear_or_on_this_machine(service: str, name: str, address: str) -> None:
    with pytest.raises(ValidationError):
        settings_of(service)(**given(service) | {name: address})
