"""docker-compose.yml, read as the engine reads it: what every service is given, and what it is not allowed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from containers.placing import FILES, SECRET_SETTINGS, place
from containers.stack import ContainerStack
from local.places import REPOSITORY, SERVICES
from sikkersak.settings import ServiceSettings

TEXT = (REPOSITORY / "docker-compose.yml").read_text()
SUBSTITUTION = re.compile(r"\$\{(\w+):-((?:[^${}]|\$\{[^{}]*\})*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_substituted(TEXT))
    return found


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> tuple[ContainerStack, Path]:
    folder = tmp_path_factory.mktemp("containers")
    stack, target = ContainerStack(folder / "keys"), folder / "placed"
    place(stack, target)
    return stack, target


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_settings_that_the_local_stack_gives_it(
    service: str, compose: dict[str, Any], placed: tuple[ContainerStack, Path]
) -> None:
    common = {"ENVIRONMENT", "VAULT_URL", "VAULT_KEYS", "IDENTITY_KEYS", "OUTWARD_EFFECTS", "HTTP_PORT"}
    given = set(compose["services"][service]["environment"]) - common
    assert given | set(SECRET_SETTINGS[service]) == set(placed[0].configuration.own()[service])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_accepts_its_settings_and_every_file_that_they_name_is_in_its_own_folder(
    service: str, compose: dict[str, Any], placed: tuple[ContainerStack, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = placed[1] / service
    for name, value in compose["services"][service]["environment"].items():
        monkeypatch.setenv(name, str(value).replace("/run/secrets", str(secrets)))
    monkeypatch.setenv("SECRETS_DIR", str(secrets))
    settings: ServiceSettings = importlib.import_module(f"{service}.settings").Settings()
    paths = [value for _, value in settings if isinstance(value, Path) and value.is_relative_to(secrets)]
    assert settings.vault_keys in paths
    assert all(path.exists() for path in paths), paths
    assert f"sikkersak_{service}:" in settings.database_url.get_secret_value()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_no_more_than_it_must(service: str, compose: dict[str, Any]) -> None:
    given = compose["services"][service]
    assert given["read_only"]
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert given["stop_grace_period"] == "45s"
    assert given["build"]["target"] == service
    assert given["volumes"] == [f"secrets-{service}:/run/secrets:ro", "vault:/vault"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_stops_within_the_time_that_the_engine_gives_it(service: str, compose: dict[str, Any]) -> None:
    drain = importlib.import_module(f"{service}.settings").Settings.model_fields["drain_seconds"].default
    assert float(compose["services"][service]["stop_grace_period"].removesuffix("s")) >= drain + 10


def test_nothing_is_published_to_other_machines(compose: dict[str, Any]) -> None:
    published = {name: given["ports"] for name, given in compose["services"].items() if "ports" in given}
    assert published.keys() == {"gateway", "rabbitmq", "idporten"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_stand_ins_reach_neither_database_nor_broker(compose: dict[str, Any]) -> None:
    assert compose["networks"]["servers"] == {"internal": True}
    reaching = {name for name, given in compose["services"].items() if "servers" in (given.get("networks") or ())}
    assert reaching == {*SERVICES, "postgres", "rabbitmq", "provision", "demo"}


def test_no_service_waits_for_a_stand_in(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        assert compose["services"][service]["depends_on"].keys() == {"provision"}


def test_every_image_is_a_target_of_the_dockerfile_and_none_runs_as_root(compose: dict[str, Any]) -> None:
    stages = _stages((REPOSITORY / "deploy" / "Dockerfile").read_text())
    for name, given in compose["services"].items():
        if "build" not in given:
            continue
        stage, users = given["build"]["target"], list[str]()
        while stage in stages:
            users = re.findall(r"^USER (\S+)", stages[stage][1], re.MULTILINE) + users
            stage = stages[stage][0]
        assert users, name
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), name


def test_a_secret_lies_in_the_folder_of_the_one_that_needs_it_and_no_other(
    placed: tuple[ContainerStack, Path],
) -> None:
    stack, target = placed
    holders: dict[str, set[str]] = {}
    for service, names in SECRET_SETTINGS.items():
        for name in names:
            value = (target / service / name.lower()).read_text()
            holders[f"{service}: {name}"] = {
                path.parent.name for path in target.glob("*/*") if path.is_file() and path.read_text() == value
            } - {"stand-ins"}
    assert all(found == {label.partition(":")[0]} for label, found in holders.items()), holders
    assert FILES.keys() <= set(SERVICES)
    for server in ("postgres", "rabbitmq"):
        assert [path.name for path in (target / server).iterdir()] == ["password"]
    assert not list((target / "signing" / "signing-ca").glob("*.key"))
    assert stack.memory.knows_password(stack.provision.operator)


def test_placing_again_changes_nothing(placed: tuple[ContainerStack, Path]) -> None:
    stack, target = placed
    before = _content(target)
    place(ContainerStack(stack.folder), target)
    assert _content(target) == before


def test_only_its_owner_may_read_a_services_secrets(placed: tuple[ContainerStack, Path]) -> None:
    files = [path for service in SERVICES for path in (placed[1] / service).iterdir() if path.is_file()]
    assert len(files) > 3 * len(SERVICES)
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def _substituted(text: str) -> str:
    """`${NAME:-default}` as it is where nothing is set; defaults may hold one more inside."""
    while SUBSTITUTION.search(text):
        text = SUBSTITUTION.sub(lambda found: found[2], text)
    return text


def _stages(dockerfile: str) -> dict[str, tuple[str, str]]:
    """Every stage by its name: what it is from, and its lines."""
    parts = re.split(r"^FROM (\S+) AS (\S+)\n", dockerfile, flags=re.MULTILINE)[1:]
    return {parts[i + 1]: (parts[i], parts[i + 2]) for i in range(0, len(parts), 3)}


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
