"""The stand-in for Maskinporten."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
CLIENT = {
    "client_id": "sikkersak",
    "organisation": "310000019",
    "scopes": ["ks:fiks"],
    "jwk": KEY.as_dict(private=False),
}


@pytest.fixture(scope="module")
def address(start: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("maskinporten") / "clients.json"
    file.write_text(json.dumps({"clients": [CLIENT]}))
    return str(start("maskinporten", "--clients", str(file), "--token-seconds", "30")[0])


@pytest.fixture
def maskinporten(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def ask(
    client: httpx.Client,
    key: RSAKey = KEY,
    *,
    kid: str = "k1",
    issued_in: int = 0,
    lives: int = 120,
    **changed: Any,
) -> httpx.Response:
    issued = int(time.time()) + issued_in
    claims = {
        "aud": f"{str(client.base_url).rstrip('/')}/",
        "iss": "sikkersak",
        "scope": "ks:fiks",
        "iat": issued,
        "exp": issued + lives,
        "jti": str(uuid.uuid4()),
        **changed,
    }
    assertion = jwt.encode({"alg": "RS256", "kid": kid}, claims, key)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return client.post("/token", data=form)


def test_a_good_assertion_gives_a_token_signed_with_a_published_key(maskinporten: httpx.Client) -> None:
    metadata = maskinporten.get("/.well-known/oauth-authorization-server").json()
    answer = ask(maskinporten).json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 30, "ks:fiks")
    keys = KeySet.import_key_set(maskinporten.get(metadata["jwks_uri"]).json())
    claims = jwt.decode(answer["access_token"], keys).claims
    assert claims["iss"] == metadata["issuer"]
    assert claims["consumer"] == {"authority": "iso6523-actorid-upis", "ID": "0192:310000019"}


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"aud": "https://maskinporten.no/"}, "invalid_grant", "MP-110"),
        ({"iss": "somebody"}, "invalid_grant", "MP-100"),
        ({"scope": "ks:other"}, "invalid_scope", "MP-201"),
        ({"scope": ""}, "invalid_scope", "MP-200"),
        ({"issued_in": -500}, "invalid_grant", "MP-130"),
        ({"issued_in": 600}, "invalid_grant", "Issue time is after now"),
        ({"lives": 121}, "invalid_grant", "at most 120 seconds"),
        ({"jti": ""}, "invalid_grant", "jti"),
    ],
)
def test_a_wrong_assertion_is_refused_with_the_real_text(
    maskinporten: httpx.Client, changed: dict[str, Any], error: str, text: str
) -> None:
    response = ask(maskinporten, **changed)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert text in response.json()["error_description"]


def test_an_assertion_can_be_used_once(maskinporten: httpx.Client) -> None:
    assert ask(maskinporten, jti="same").status_code == 200
    assert "MP-012" in ask(maskinporten, jti="same").json()["error_description"]


def test_an_assertion_signed_with_another_key_is_refused(maskinporten: httpx.Client) -> None:
    assert "MP-124" in ask(maskinporten, RSAKey.generate_key(2048)).json()["error_description"]


def test_an_unregistered_kid_is_refused(maskinporten: httpx.Client) -> None:
    response = ask(maskinporten, kid="k2")
    assert "MP-121" in response.json()["error_description"]


def test_a_clock_that_is_wrong_is_noticed(maskinporten: httpx.Client) -> None:
    maskinporten.put("/_control/clock", json={"ahead_seconds": 300}).raise_for_status()
    assert "MP-130" in ask(maskinporten).json()["error_description"]
    maskinporten.put("/_control/clock", json={"ahead_seconds": -300}).raise_for_status()
    assert "Issue time is after now" in ask(maskinporten).json()["error_description"]


def test_the_state_counts_tokens_without_showing_them(maskinporten: httpx.Client) -> None:
    token = ask(maskinporten).json()["access_token"]
    state = maskinporten.get("/_control/state")
    assert state.json()["issued"] == 1
    assert token not in state.text


def test_tokens_signed_before_a_key_change_can_still_be_checked(maskinporten: httpx.Client) -> None:
    token = ask(maskinporten).json()["access_token"]
    fresh = maskinporten.post("/_control/keys/rotate", json={"keep_old": True}).json()["kid"]
    published = maskinporten.get("/jwk").json()
    assert published["keys"][0]["kid"] == fresh
    jwt.decode(token, KeySet.import_key_set(published))
    maskinporten.post("/_control/keys/rotate", json={"keep_old": False}).raise_for_status()
    assert len(maskinporten.get("/jwk").json()["keys"]) == 1
