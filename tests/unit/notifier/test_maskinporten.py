"""Tokens from Maskinporten, against its stand-in."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from notifier.svarut.maskinporten import ClockSkew, Maskinporten, load_key
from notifier.trouble import NotLetIn
from sikkersak.errors import Transient

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
LIFE = 30


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    clients = tmp_path_factory.mktemp("maskinporten") / "clients.json"
    client = {"client_id": "sikkersak", "organisation": "310000019", "jwk": KEY.as_dict(private=False)}
    clients.write_text(json.dumps({"clients": [client]}))
    command = [sys.executable, "-m", "simulators", "maskinporten", "--port", "0", "--clients", str(clients)]
    with subprocess.Popen(
        [*command, "--token-seconds", str(LIFE)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(DEPLOY)},
    ) as started:
        assert started.stdout is not None
        line = started.stdout.readline()
        assert line.startswith("ready ")
        yield line.split()[1]
        started.terminate()


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address) as client:
        (await client.post("/_control/reset")).raise_for_status()
        yield client


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        import time

        self.moment = time.time()

    def __call__(self) -> float:
        return self.moment


async def issued(http: httpx.AsyncClient) -> int:
    return int((await http.get("/_control/state")).json()["issued"])


def maskinporten(http: httpx.AsyncClient, clock: Any = None, client_id: str = "sikkersak") -> Maskinporten:
    return Maskinporten(http, str(http.base_url), client_id, KEY, "ks:fiks", clock or Clock())


async def test_a_token_is_kept_and_fetched_once_however_many_ask(http: httpx.AsyncClient) -> None:
    tokens = maskinporten(http)
    found = await asyncio.gather(*(tokens.token() for _ in range(8)))
    assert len(set(found)) == 1
    assert await issued(http) == 1


async def test_a_token_is_renewed_before_it_expires(http: httpx.AsyncClient) -> None:
    clock = Clock()
    tokens = maskinporten(http, clock)
    first = await tokens.token()
    clock.moment += LIFE - 11
    assert await tokens.token() == first
    await http.put("/_control/clock", json={"ahead_seconds": LIFE - 9})
    clock.moment += 2
    assert await tokens.token() != first


async def test_a_token_that_was_refused_is_replaced_once(http: httpx.AsyncClient) -> None:
    tokens = maskinporten(http)
    first = await tokens.token()
    tokens.forget(first)
    second = await tokens.token()
    tokens.forget(first)
    assert await tokens.token() == second != first


@pytest.mark.parametrize("ahead", [-30, 300, -300])
async def test_clocks_that_differ_are_called_by_their_name(http: httpx.AsyncClient, ahead: int) -> None:
    await http.put("/_control/clock", json={"ahead_seconds": ahead})
    with pytest.raises(ClockSkew):
        await maskinporten(http).token()


async def test_a_client_that_is_not_known_is_our_own_set_up(http: httpx.AsyncClient) -> None:
    with pytest.raises(NotLetIn, match="MP-100"):
        await maskinporten(http, client_id="stranger").token()


@pytest.mark.parametrize("fault", [{"down": True}, {"refuse_status": 503}])
async def test_one_that_is_away_is_asked_again_later(http: httpx.AsyncClient, fault: dict[str, Any]) -> None:
    await http.put("/_control/faults", json=fault)
    with pytest.raises(Transient):
        await maskinporten(http).token()


def test_the_key_is_read_from_a_file_under_its_id(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    assert load_key(tmp_path / "key.pem", "k7").kid == "k7"
