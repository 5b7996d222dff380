"""The stand-in for ID-porten keeps the rules that a client must be ready for. It runs as a process of its own."""

import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

REPOSITORY = Path(__file__).resolve().parents[3]
CALLBACK = "http://localhost:9/oidc/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
USERS = {
    "users": [
        {"pid": "14838141278", "name": "Kari Prøve", "username": "kari"},
        {"pid": "02917531008", "name": "Ola Prøve", "username": "ola", "locale": "nn"},
    ]
}


class Client:
    """A registered client as a test plays it: the browser and the program in one."""

    def __init__(self, address: str, client_id: str, key: RSAKey) -> None:
        self.address = address
        self.client_id = client_id
        self.key = key
        self.http = httpx.Client(base_url=address, trust_env=False, timeout=60)
        self.verifier = secrets.token_urlsafe(48)

    def request(self, **changes: str | None) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        fields: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "acr_values": "idporten-loa-substantial",
        }
        return {name: value for name, value in (fields | changes).items() if value is not None}

    def choose(self, user: str = "kari", method: str = "minid") -> dict[str, str]:
        answer = self.http.post("/authorize", params=self.request(), data={"user": user, "method": method})
        return landed(answer)

    def assertion(self, key: RSAKey | None = None, **changes: object) -> str:
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.address, "iat": now, "exp": now + 120}
        claims = {**claims, "jti": secrets.token_hex(16), **changes}
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key or self.key)

    def post(self, path: str, assertion: str | None = None, **fields: str) -> httpx.Response:
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}
        return self.http.post(path, data={"client_id": self.client_id, **proof, **fields})

    def redeem(self, code: str, assertion: str | None = None, **changes: str) -> httpx.Response:
        fields = {"code": code, "redirect_uri": CALLBACK, "code_verifier": self.verifier} | changes
        return self.post("/token", assertion, grant_type="authorization_code", **fields)

    def claims(self, **request: str) -> dict[str, object]:
        """What the id_token says when single sign-on answers the request."""
        return self.read(self.redeem(landed(self.http.get("/authorize", params=self.request(**request)))["code"]))

    def read(self, answer: httpx.Response) -> dict[str, object]:
        assert answer.status_code == 200, answer.text
        keys = KeySet.import_key_set(self.http.get("/jwks.json").json())
        return dict(jwt.decode(answer.json()["id_token"], keys).claims)


def landed(answer: httpx.Response) -> dict[str, str]:
    """The parameters the browser brings back to the client."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.fixture(scope="module")
def client_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "first"})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, client_key: RSAKey) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("idporten")
    (folder / "users.json").write_text(json.dumps(USERS))
    (folder / "key.pem").write_bytes(client_key.as_pem(private=False))
    common = {"name": "Prøve", "redirect_uris": [CALLBACK], "public_key_file": "key.pem", "kid": "first"}
    clients = [
        {
            **common,
            "client_id": "case-app",
            "post_logout_redirect_uris": ["http://localhost:9/ute"],
            "backchannel_logout_uri": "http://localhost:9/oidc/logout",
        },
        {**common, "client_id": "other-app"},
        {**common, "client_id": "alone-app", "sso_disabled": True},
        {
            **common,
            "client_id": "framed-app",
            "post_logout_redirect_uris": ["http://localhost:9/ute"],
            "frontchannel_logout_uri": "http://localhost:9/oidc/front",
        },
    ]
    (folder / "clients.json").write_text(json.dumps({"clients": clients}))
    command = [sys.executable, "-m", "simulators", "idporten", "--port", "0"]
    files = ["--users", str(folder / "users.json"), "--clients", str(folder / "clients.json")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "deploy")}
    with subprocess.Popen([*command, *files], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        yield line.split()[1]
        process.terminate()


@pytest.fixture
def client(address: str, client_key: RSAKey) -> Client:
    httpx.post(f"{address}/_control/reset", trust_env=False).raise_for_status()
    return Client(address, "case-app", client_key)


class TestDiscovery:
    def test_names_itself_and_only_what_it_takes(self, client: Client) -> None:
        found = client.http.get("/.well-known/openid-configuration").json()
        assert found["issuer"] == client.address
        assert found["code_challenge_methods_supported"] == ["S256"]
        assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]

    def test_publishes_no_private_key(self, client: Client) -> None:
        assert all("d" not in key for key in client.http.get("/jwks.json").json()["keys"])


class TestLogin:
    def test_tells_who_logged_in_and_how(self, client: Client) -> None:
        callback = client.choose("kari", "bankid")
        claims = client.read(client.redeem(callback["code"]))
        assert callback["state"] == "state-1"
        assert callback["iss"] == client.address
        assert claims["pid"] == "14838141278"
        assert (claims["acr"], claims["amr"]) == ("idporten-loa-high", ["BankID"])
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (client.address, "case-app", "nonce-1")
        assert claims["exp"] == claims["iat"] + 120  # type: ignore[operator]
        assert claims["sid"]
        assert "at_hash" not in claims

    def test_page_lets_a_person_choose(self, client: Client) -> None:
        page = client.http.get("/authorize", params=client.request())
        assert "Kari Prøve" in page.text
        interaction = re.search(r'name="interaction" value="([^"]+)"', page.text)
        assert interaction
        form = {"interaction": interaction.group(1), "user": "ola", "method": "minid"}
        claims = client.read(client.redeem(landed(client.http.post("/authorize", data=form))["code"]))
        assert (claims["pid"], claims["locale"]) == ("02917531008", "nn")
        assert client.http.post("/authorize", data=form).status_code == 400

    def test_cancel_goes_back_with_an_error(self, client: Client) -> None:
        answer = client.http.post("/authorize", params=client.request(), data={"cancel": "1"})
        assert landed(answer)["error"] == "access_denied"

    def test_login_hint_logs_a_synthetic_person_in_without_a_page(self, client: Client) -> None:
        claims = client.claims(login_hint="testid:14838141278_idporten-loa-high")
        assert (claims["pid"], claims["amr"]) == ("14838141278", ["TestID"])

    def test_session_id_is_told_only_to_clients_that_hear_logout(self, client: Client, client_key: RSAKey) -> None:
        other = Client(client.address, "other-app", client_key)
        claims = other.read(other.redeem(other.choose()["code"]))
        mine = client.read(client.redeem(client.choose()["code"]))
        assert "sid" not in claims
        assert claims["sub"] != mine["sub"]

    def test_method_below_the_level_is_refused(self, client: Client) -> None:
        fields = client.request(acr_values="idporten-loa-high")
        assert client.http.post("/authorize", params=fields, data={"user": "kari"}).status_code == 400

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"scope": "profile"}, "invalid_scope"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"nonce": None}, "invalid_request"),
            ({"prompt": "none"}, "invalid_request"),
            ({"acr_values": "Level4"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"request": "e30.e30."}, "request_not_supported"),
        ],
    )
    def test_faulty_request_goes_back_with_its_error(
        self, client: Client, changes: dict[str, str | None], error: str
    ) -> None:
        answer = client.http.post("/authorize", params=client.request(**changes), data={"user": "kari"})
        assert landed(answer)["error"] == error

    @pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": CALLBACK + "/x"}])
    def test_unregistered_address_is_never_sent_to(self, client: Client, changes: dict[str, str]) -> None:
        assert client.http.get("/authorize", params=client.request(**changes)).status_code == 400


class TestToken:
    def test_code_is_good_once_and_a_replay_takes_its_token_back(self, client: Client) -> None:
        code = client.choose()["code"]
        token = client.redeem(code).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.http.get("/userinfo", headers=bearer).json()["pid"] == "14838141278"
        again = client.redeem(code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert client.http.get("/userinfo", headers=bearer).status_code == 401

    def test_wrong_verifier_spends_the_code(self, client: Client) -> None:
        code = client.choose()["code"]
        assert client.redeem(code, code_verifier="x" * 43).json()["error"] == "invalid_grant"
        assert client.redeem(code).json()["error"] == "invalid_grant"

    def test_code_of_another_client_is_refused(self, client: Client, client_key: RSAKey) -> None:
        other = Client(client.address, "other-app", client_key)
        other.verifier = client.verifier
        assert other.redeem(client.choose()["code"]).json()["error"] == "invalid_grant"

    def test_other_redirect_address_is_refused(self, client: Client) -> None:
        answer = client.redeem(client.choose()["code"], redirect_uri="http://localhost:9/else")
        assert answer.json()["error"] == "invalid_grant"

    def test_other_grants_are_refused(self, client: Client) -> None:
        assert client.post("/token", grant_type="password").json()["error"] == "unsupported_grant_type"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda c: c.assertion(aud=f"{c.address}/token"),
            lambda c: c.assertion(aud=[c.address, "https://other.example.no"]),
            lambda c: c.assertion(exp=int(time.time()) + 300),
            lambda c: c.assertion(iat=int(time.time()) - 300, exp=int(time.time()) - 200),
            lambda c: c.assertion(iss="other-app"),
            lambda c: c.assertion(sub="other-app"),
            lambda c: c.assertion(jti=""),
            lambda c: c.assertion(RSAKey.generate_key(2048)),
            lambda _: "not.a.token",
        ],
        ids=["token-address", "two-audiences", "long", "old", "issuer", "subject", "no-jti", "other-key", "garbage"],
    )
    def test_faulty_assertion_is_refused(self, client: Client, spoil: Callable[[Client], str]) -> None:
        answer = client.redeem(client.choose()["code"], spoil(client))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_assertion_is_good_once(self, client: Client) -> None:
        assertion = client.assertion()
        assert client.redeem(client.choose()["code"], assertion).status_code == 200
        assert client.redeem(client.choose()["code"], assertion).json()["error"] == "invalid_client"


class TestPushedRequest:
    def test_is_used_once_and_only_by_its_client(self, client: Client) -> None:
        pushed = client.post("/par", **client.request())
        assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 120)
        uri = pushed.json()["request_uri"]
        assert uri.startswith("urn:idporten:")
        form = {"user": "kari", "method": "minid"}
        stolen = client.http.post("/authorize", params={"client_id": "other-app", "request_uri": uri}, data=form)
        assert stolen.status_code == 400
        mine = {"client_id": "case-app", "request_uri": uri}
        assert landed(client.http.post("/authorize", params=mine, data=form))["code"]
        assert client.http.post("/authorize", params=mine, data=form).status_code == 400

    def test_faulty_request_is_refused_at_once(self, client: Client) -> None:
        fields = client.request(code_challenge=None)
        assert client.post("/par", **fields).json()["error"] == "invalid_request"

    def test_needs_a_client(self, client: Client) -> None:
        assert client.http.post("/par", data=client.request()).json()["error"] == "invalid_client"


class TestSingleSignOn:
    def test_answers_without_a_page_and_keeps_the_first_login_time(self, client: Client) -> None:
        first = client.read(client.redeem(client.choose()["code"]))
        self.age(client, 600)
        second = client.claims()
        assert second["auth_time"] == first["auth_time"] - 600  # type: ignore[operator]
        assert second["sid"] == first["sid"]

    @pytest.mark.parametrize("request_", [{"prompt": "login"}, {"max_age": "300"}, {"acr_values": "idporten-loa-high"}])
    def test_is_not_enough_when_more_is_asked(self, client: Client, request_: dict[str, str]) -> None:
        client.choose()
        self.age(client, 600)
        assert "Logg inn" in client.http.get("/authorize", params=client.request(**request_)).text

    def test_ends_after_thirty_idle_minutes(self, client: Client) -> None:
        client.choose()
        self.age(client, 31 * 60)
        assert client.http.get("/authorize", params=client.request()).status_code == 200

    def test_ends_after_two_hours_however_much_it_is_used(self, client: Client) -> None:
        client.choose()
        for _ in range(5):
            self.age(client, 29 * 60)
            answer = client.http.get("/authorize", params=client.request())
        assert answer.status_code == 200

    def test_isolated_client_does_not_share(self, client: Client, client_key: RSAKey) -> None:
        client.choose()
        alone = Client(client.address, "alone-app", client_key)
        alone.http = client.http
        assert alone.http.get("/authorize", params=alone.request()).status_code == 200

    def test_session_begun_in_feide_gives_itself_away_by_method_only(self, client: Client) -> None:
        begun = client.http.post("/_control/sessions", json={"user": "kari", "method": "feide", "age_seconds": 900})
        client.http.cookies.set(begun.json()["cookie"]["name"], begun.json()["cookie"]["value"])
        claims = client.claims()
        assert (claims["acr"], claims["amr"]) == ("idporten-loa-substantial", ["Feide"])
        assert claims["auth_time"] <= time.time() - 900  # type: ignore[operator]

    @staticmethod
    def age(client: Client, seconds: int) -> None:
        client.http.post("/_control/sessions/age", json={"seconds": seconds}).raise_for_status()


class TestLogout:
    def test_leads_back_with_hint_and_ends_the_session(self, client: Client) -> None:
        hint = client.redeem(client.choose()["code"]).json()["id_token"]
        fields = {"id_token_hint": hint, "post_logout_redirect_uri": "http://localhost:9/ute", "state": "s"}
        answer = client.http.post("/logout", data=fields)
        assert answer.headers["location"] == "http://localhost:9/ute?state=s"
        assert client.http.get("/_control/state").json()["sessions"] == []

    def test_without_hint_the_person_stays(self, client: Client) -> None:
        client.choose()
        fields = {"post_logout_redirect_uri": "http://localhost:9/ute"}
        assert "Du er logget ut" in client.http.get("/logout", params=fields).text

    def test_without_session_it_is_an_error(self, client: Client) -> None:
        assert client.http.get("/logout").status_code == 400

    def test_unregistered_address_is_refused(self, client: Client) -> None:
        hint = client.redeem(client.choose()["code"]).json()["id_token"]
        fields = {"id_token_hint": hint, "post_logout_redirect_uri": "http://localhost:9/else"}
        assert client.http.get("/logout", params=fields).status_code == 400

    def test_back_channel_is_tried_once_and_the_failure_kept(self, client: Client) -> None:
        client.choose()
        found = client.http.post("/_control/sessions/end", json={"user": "kari"}).json()
        assert [(told["client_id"], told["outcome"]) for told in found["logouts"]] == [("case-app", "ConnectError")]

    def test_front_channel_is_called_in_a_frame(self, client: Client, client_key: RSAKey) -> None:
        framed = Client(client.address, "framed-app", client_key)
        framed.choose()
        assert "http://localhost:9/oidc/front?iss=" in framed.http.get("/logout").text


class TestControl:
    def test_new_keys_are_published_beside_the_old(self, client: Client) -> None:
        old = {key["kid"] for key in client.http.get("/jwks.json").json()["keys"]}
        fresh = client.http.post("/_control/keys/rotate", json={"keep_old": True}).json()["kid"]
        now = {key["kid"] for key in client.http.get("/jwks.json").json()["keys"]}
        assert now == old | {fresh}

    def test_misspelt_quirk_is_refused(self, client: Client) -> None:
        assert client.http.put("/_control/quirks", json={"expierd": True}).status_code == 422

    def test_down_breaks_connections_and_state_survives(self, client: Client) -> None:
        client.choose()
        client.http.put("/_control/faults", json={"down": True}).raise_for_status()
        with pytest.raises(httpx.TransportError):
            client.http.get("/.well-known/openid-configuration")
        client.http.put("/_control/faults", json={}).raise_for_status()
        assert client.claims()["pid"] == "14838141278"
