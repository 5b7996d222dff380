"""The stand-in for ID-porten as a process, the adapter towards it, a browser; and what the API says of itself."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from gateway.app import make_app
from gateway.cookies import Cookies
from gateway.login.idporten import IdPorten, Registration, http_client
from gateway.login.signatures import ClientKey

REPOSITORY = Path(__file__).resolve().parents[3]
USERS = [
    {"pid": "14838141278", "name": "Kari Prøve", "username": "kari"},
    {"pid": "02917531008", "name": "Ola Prøve", "username": "ola"},
]


@dataclass
class StandIn:
    """Where the stand-in is, the files it was started with, and the logout tokens it has sent us."""

    address: str
    folder: Path
    callback: str
    logout_tokens: "Queue[str]"
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=60))

    def quirks(self, **quirks: object) -> None:
        self.order("PUT", "quirks", quirks)

    def order(self, method: str, path: str, body: object = None) -> httpx.Response:
        answer = self.browser.request(method, f"{self.address}/_control/{path}", json=body)
        assert answer.is_success, answer.text
        return answer

    def choose(self, address: str, user: str = "kari", method: str = "minid") -> dict[str, str]:
        """What the browser brings back after the person has chosen."""
        return self.landed(self.browser.post(address, data={"user": user, "method": method}))

    def visit(self, address: str) -> dict[str, str]:
        """What the browser brings back when single sign-on answers."""
        return self.landed(self.browser.get(address))

    def landed(self, answer: httpx.Response) -> dict[str, str]:
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(self.callback)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.fixture(scope="session")
def logout_receiver() -> Iterator[tuple[str, "Queue[str]"]]:
    """An address that takes back-channel logouts, and what it has taken."""
    taken: Queue[str] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.put(parse_qs(body)["logout_token"][0])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Quiet: the token names a person."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()


@pytest.fixture(scope="session")
def stand_in_process(
    tmp_path_factory: pytest.TempPathFactory, logout_receiver: tuple[str, "Queue[str]"]
) -> Iterator[StandIn]:
    folder = tmp_path_factory.mktemp("idporten")
    key = RSAKey.generate_key(2048)
    (folder / "private.pem").write_bytes(key.as_pem(private=True))
    (folder / "public.pem").write_bytes(key.as_pem(private=False))
    own, tokens = logout_receiver
    client = {
        "client_id": "sikker-sak",
        "name": "Sikker Sak",
        "redirect_uris": [f"{own}/login/callback"],
        "post_logout_redirect_uris": [f"{own}/logged-out"],
        "backchannel_logout_uri": f"{own}/login/backchannel",
        "public_key_file": "public.pem",
        "kid": "key-1",
    }
    (folder / "users.json").write_text(json.dumps({"users": USERS}))
    (folder / "clients.json").write_text(json.dumps({"clients": [client]}))
    command = [sys.executable, "-m", "simulators", "idporten", "--port", "0"]
    files = ["--users", str(folder / "users.json"), "--clients", str(folder / "clients.json")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "deploy")}
    with subprocess.Popen([*command, *files], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        yield StandIn(line.split()[1], folder, f"{own}/login/callback", tokens)
        process.terminate()


@pytest.fixture
def stand_in(stand_in_process: StandIn) -> StandIn:
    """The stand-in as new, and a browser without cookies."""
    stand_in_process.browser = httpx.Client(trust_env=False, timeout=60)
    stand_in_process.order("POST", "reset")
    return stand_in_process


@pytest.fixture
def registration(stand_in: StandIn) -> Registration:
    return Registration(
        issuer=stand_in.address,
        client_id="sikker-sak",
        redirect_uri=stand_in.callback,
        post_logout_redirect_uri=stand_in.callback.replace("login/callback", "logged-out"),
        allow_http=True,
    )


@pytest.fixture
async def idporten(stand_in: StandIn, registration: Registration) -> AsyncIterator[IdPorten]:
    async with http_client() as http:
        yield IdPorten(registration, ClientKey.read(stand_in.folder / "private.pem", "key-1"), http)


@pytest.fixture
def reception() -> Any:
    """One that knows nobody."""

    async def nobody(cookie: str | None) -> None:
        del cookie

    return SimpleNamespace(
        cookies=Cookies(is_https=True), largest_body=1000, largest_upload=2000, recognise=nobody, machines=None
    )


@pytest.fixture
def app(reception: Any) -> Any:
    """The API on it."""
    return make_app(reception)


@pytest.fixture
async def described(app: Any) -> dict[str, Any]:
    """The API's description."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://sak") as client:
        said: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
    return said


@pytest.fixture
def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Address, method and description of each operation."""
    return [(path, method, told) for path, methods in described["paths"].items() for method, told in methods.items()]
