"""A start with addresses or keys that are only fit for development is refused (R13)."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from gateway.cookies import Cookies
from gateway.settings import Settings, pem

GIVEN: dict[str, Any] = {
    "database_url": "postgresql://x",
    "rabbitmq_url": "amqp://gateway:x@broker/sikkersak",
    "rabbitmq_rpc_url": "amqp://gateway:x@broker/sikkersak-rpc",
    "vault_url": "file:///v",
    "vault_keys": "k",
    "identity_keys": "i",
    "idporten_client_id": "c",
    "idporten_key": "-----BEGIN x",
    "idporten_key_id": "1",
    "pid_lookup_key": "ab" * 32,
    "actor_signing_key": "a",
    "base_url": "https://sak.example.no",
    "idporten_issuer": "https://idporten.no",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://sak.example.no"},
        {"base_url": "https://sak.example.no/"},
        {"base_url": "https://sak.example.no/sak"},
        {"base_url": "sak.example.no"},
        {"idporten_issuer": "http://idporten.no"},
        # the stand-ins, as the local stack and docker compose have them
        {"maskinporten_issuer": "http://maskinporten:8080/"},
        {"maskinporten_issuer": "https://127.0.0.1:8443/"},
        {"maskinporten_issuer": "https://maskinporten.localhost/"},
        {"idporten_issuer": "https://idporten.localhost:8001"},
    ],
)
def test_unfit_address_stops_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**{**GIVEN, **wrong})


def test_the_real_issuers_are_let_in() -> None:
    assert Settings(**{**GIVEN, "maskinporten_issuer": "https://maskinporten.no/"}).maskinporten_issuer


def test_plain_http_is_for_development() -> None:
    wanted = {"base_url": "http://127.0.0.1:8000", "idporten_issuer": "http://127.0.0.1:9000"}
    assert not Settings(**{**GIVEN, **wanted, "environment": "development"}).is_https
    assert Settings(**GIVEN).is_https


def test_key_may_be_the_text_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN PRIVATE KEY-----\n")
    assert pem(SecretStr("-----BEGIN PRIVATE KEY-----\n")).startswith(b"-----BEGIN")
    assert pem(SecretStr(f"{file}\n")) == file.read_bytes()


def test_cookies_of_https_belong_to_this_host_alone() -> None:
    assert (Cookies(is_https=True).session, Cookies(is_https=True).ticket) == ("__Host-session", "__Host-login")
    assert (Cookies(is_https=False).session, Cookies(is_https=False).ticket) == ("session", "login")
