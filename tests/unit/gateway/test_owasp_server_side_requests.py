"""OWASP API7 and API10 (2023): webhooks go where somebody says; neither a name, a redirect nor an answer leads them inside."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.webhooks.calling import Answer, Caller, targets_client
from gateway.webhooks.domain import Outcome, TargetRefused, Targets, networks

PUBLIC, INSIDE = "93.184.215.14", "10.0.0.8"


class Names:
    """A name server of somebody with bad intent: each question gets the next answer, the last for ever."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answer]
        raise AssertionError("what is an address is not looked up")


class Outside(httpx.AsyncBaseTransport):
    """Notes where it is called, and answers."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.called: list[httpx.Request] = []
        self.status, self.headers = status, headers
        self.pieces = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.called.append(request)
        return httpx.Response(self.status, headers=self.headers, stream=_Endless(self))


class _Endless(httpx.AsyncByteStream):
    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.outside.pieces += 1
            yield b"x" * 65_536


async def called(
    monkeypatch: pytest.MonkeyPatch, names: Names, outside: Outside, url: str = "https://skole.example/hook"
) -> Answer:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo, raising=False)
    async with targets_client() as made, httpx.AsyncClient(transport=outside) as http:
        assert (made.follow_redirects, made.trust_env) == (False, False)
        return await Caller(http, Targets()).call(url, b"{}", {})


async def test_a_name_that_leads_elsewhere_the_second_time_is_called_where_it_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names, outside = Names((PUBLIC,), (INSIDE,)), Outside()
    answer = await called(monkeypatch, names, outside)
    (request,) = outside.called
    assert answer.outcome is Outcome.DELIVERED
    assert (request.url.host, request.headers["host"]) == (PUBLIC, "skole.example")
    assert request.extensions["sni_hostname"] == "skole.example", "the certificate is still the name's"
    assert names.asked == 1, "whoever asks twice can be told two things"


@pytest.mark.parametrize(
    "answer",
    [(INSIDE,), (PUBLIC, INSIDE), ("169.254.169.254",), ("::1",), ("fd00::1",), ("64:ff9b::a00:8",), ("0.0.0.0",)],
)
async def test_a_name_with_any_address_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[str, ...]
) -> None:
    outside = Outside()
    assert (await called(monkeypatch, Names(answer), outside)).outcome is Outcome.FORBIDDEN
    assert outside.called == []


@pytest.mark.parametrize("written", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "localhost."])
async def test_other_ways_to_write_this_machine_are_looked_up_and_refused(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    outside = Outside()
    answer = await called(monkeypatch, Names(("127.0.0.1",)), outside, f"https://{written}/hook")
    assert answer.outcome is Outcome.FORBIDDEN
    assert outside.called == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    outside = Outside(status, location=f"https://{INSIDE}/latest/meta-data")
    answer = await called(monkeypatch, Names((PUBLIC,)), outside)
    assert (answer.outcome, answer.status) == (Outcome.REFUSED, status)
    assert len(outside.called) == 1


async def test_of_an_answer_without_end_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside()
    assert (await called(monkeypatch, Names((PUBLIC,)), outside)).status == 200
    assert outside.pieces == 0


@pytest.mark.parametrize(
    "url", ["https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a00:8]/", "https://[::ffff:127.0.0.1]/"]
)
def test_what_is_written_as_ipv6_is_judged_as_what_it_leads_to(url: str) -> None:
    with pytest.raises(TargetRefused):
        Targets().check(url)
    Targets(networks("10.0.0.0/8")).check("https://[64:ff9b::a00:8]/")
