"""A token counts only when one of the provider's published RSA keys signed it, whatever the token says of itself."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from gateway.login.idporten import LOGOUT_EVENT, IdPorten, Registration
from gateway.login.metadata import Directory
from gateway.login.refusals import LogoutNotTrusted
from gateway.login.signatures import ClientKey, read_signed

ISSUER = "https://idporten.example.no"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = RSAKey.generate_key(2048, {"kid": "k1"})


def answer(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/jwks.json":
        return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
    places = ("authorization_endpoint", "token_endpoint", "end_session_endpoint")
    addresses = {place: f"{ISSUER}/{place}" for place in places}
    return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks.json", **addresses})


@pytest.fixture
def http() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


@pytest.fixture
def directory(http: httpx.AsyncClient) -> Directory:
    return Directory(ISSUER, http, lambda: NOW)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class TestReadingSigned:
    @pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
    async def test_published_key_is_believed(self, directory: Directory, algorithm: str) -> None:
        token = jwt.encode({"alg": algorithm, "kid": "k1"}, {"sub": "s"}, KEY, algorithms=[algorithm])
        signed = await read_signed(token, directory)
        assert signed is not None
        assert signed.claims == {"sub": "s"}

    async def test_public_key_used_as_shared_secret_is_not(self, directory: Directory) -> None:
        secret = OctKey.import_key(base64.b64encode(KEY.as_der(private=False)))
        token = jwt.encode({"alg": "HS256", "kid": "k1"}, {"sub": "s"}, secret, algorithms=["HS256"])
        assert await read_signed(token, directory) is None

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "PS256", "ES256", "", None])
    async def test_other_algorithms_are_not(self, directory: Directory, algorithm: str | None) -> None:
        real = jwt.encode({"alg": "RS256", "kid": "k1"}, {"sub": "s"}, KEY)
        _, claims, signature = real.split(".")
        for ending in ("", signature):
            assert await read_signed(f"{part({'alg': algorithm, 'kid': 'k1'})}.{claims}.{ending}", directory) is None

    async def test_key_inside_the_token_is_not_looked_at(self, directory: Directory) -> None:
        own = RSAKey.generate_key(2048)
        header = {"alg": "RS256", "kid": "k1", "jwk": own.as_dict(private=False)}
        assert await read_signed(jwt.encode(header, {"sub": "s"}, own), directory) is None

    async def test_token_without_key_id_is_not(self, directory: Directory) -> None:
        assert await read_signed(jwt.encode({"alg": "RS256"}, {"sub": "s"}, KEY), directory) is None

    async def test_unknown_critical_header_is_not(self, directory: Directory) -> None:
        claims = part({"sub": "s"})
        token = f"{part({'alg': 'RS256', 'kid': 'k1', 'crit': ['b64'], 'b64': False})}.{claims}.AAAA"
        assert await read_signed(token, directory) is None


async def test_logout_token_of_another_kind_ends_nothing(http: httpx.AsyncClient) -> None:
    registration = Registration(ISSUER, "sikker-sak", f"{ISSUER}/cb", f"{ISSUER}/out")
    idporten = IdPorten(registration, ClientKey(KEY, "k1"), http, clock=lambda: NOW)
    at = int(NOW.timestamp())
    claims: dict[str, object] = {"iss": ISSUER, "aud": "sikker-sak", "iat": at, "exp": at + 60, "jti": "j", "sid": "s"}
    claims["events"] = {LOGOUT_EVENT: {}}
    right = jwt.encode({"alg": "RS256", "kid": "k1", "typ": "logout+jwt"}, claims, KEY)
    assert (await idporten.logout_notice(right, NOW)).provider_session == "s"
    with pytest.raises(LogoutNotTrusted):
        await idporten.logout_notice(jwt.encode({"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims, KEY), NOW)


class TestOwnKey:
    def test_assertion_is_for_the_issuer_alone_and_never_twice(self) -> None:
        key = ClientKey(KEY, "k1")
        one, two = (jwt.decode(key.assertion("sikker-sak", ISSUER, NOW), KEY) for _ in range(2))
        assert one.header["kid"] == "k1"
        assert (one.claims["iss"], one.claims["sub"], one.claims["aud"]) == ("sikker-sak", "sikker-sak", ISSUER)
        assert one.claims["exp"] - one.claims["iat"] == 60
        assert one.claims["jti"] != two.claims["jti"]

    @pytest.mark.parametrize(
        "pem",
        [KEY.as_pem(private=False), RSAKey.generate_key(1024).as_pem(private=True)],
        ids=["public", "too-small"],
    )
    def test_unfit_key_stops_the_start(self, tmp_path: Path, pem: bytes) -> None:
        (tmp_path / "key.pem").write_bytes(pem)
        with pytest.raises(ValueError, match="2048 bits"):
            ClientKey.read(tmp_path / "key.pem", "k1")
