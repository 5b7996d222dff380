"""The misbehaviour every stand-in can be ordered to show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

CARD = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "Hei"}]},
        }
    ],
}
INVOKE = "/workflows/w1/triggers/manual/paths/invoke?api-version=2016-06-01&sig=development"


@pytest.fixture(scope="module")
def address(start: Any) -> str:
    return str(start("teams")[0])


@pytest.fixture
def teams(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def put(client: httpx.Client, **faults: Any) -> None:
    client.put("/_control/faults", json=faults).raise_for_status()


def cards(client: httpx.Client) -> int:
    return int(client.get("/_control/state").json()["count"])


def test_a_service_that_is_down_closes_the_connection_without_an_answer(teams: httpx.Client) -> None:
    put(teams, down=True)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        teams.post(INVOKE, json=CARD)
    assert cards(teams) == 0
    put(teams)
    assert teams.post(INVOKE, json=CARD).status_code == 202


def test_a_lost_answer_leaves_the_work_done(teams: httpx.Client) -> None:
    put(teams, lose_answers=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        teams.post(INVOKE, json=CARD)
    assert cards(teams) == 1
    assert teams.post(INVOKE, json=CARD).status_code == 202


def test_a_repeated_request_does_the_work_twice_and_answers_once(teams: httpx.Client) -> None:
    put(teams, answer_twice=1)
    assert teams.post(INVOKE, json=CARD).status_code == 202
    assert cards(teams) == 2
    teams.post(INVOKE, json=CARD)
    assert cards(teams) == 3


def test_refusals_have_the_services_own_form_and_tell_when_to_come_back(teams: httpx.Client) -> None:
    put(teams, refuse_status=429, retry_after=7)
    response = teams.post(INVOKE, json=CARD)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.json()["error"]["code"] == "WorkflowTriggerThrottled"
    assert cards(teams) == 0


def test_a_share_of_the_requests_is_refused_evenly(teams: httpx.Client) -> None:
    put(teams, refuse_status=503, refuse_share=0.5)
    assert [teams.post(INVOKE, json=CARD).status_code for _ in range(4)] == [202, 503, 202, 503]


def test_a_slow_service_answers_late(teams: httpx.Client) -> None:
    put(teams, slow_seconds=0.3)
    begun = time.monotonic()
    assert teams.post(INVOKE, json=CARD).status_code == 202
    assert time.monotonic() - begun >= 0.3


def test_a_request_in_hand_does_not_use_up_what_is_ordered_after_it(teams: httpx.Client) -> None:
    put(teams, slow_seconds=0.6)
    with pytest.raises(httpx.ReadTimeout):
        teams.post(INVOKE, json=CARD, timeout=0.2)
    put(teams, lose_answers=1)
    time.sleep(0.8)  # by now it has been taken up
    assert teams.get("/_control/faults").json()["lose_answers"] == 1


def test_an_answer_can_break_off_in_the_middle(teams: httpx.Client) -> None:
    put(teams, cut_after_bytes=5)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        teams.post(INVOKE, json={})


def test_faults_touch_only_the_paths_they_name(teams: httpx.Client) -> None:
    put(teams, refuse_status=503, only="^/other")
    assert teams.post(INVOKE, json=CARD).status_code == 202


def test_requests_are_listed_without_their_query(teams: httpx.Client) -> None:
    teams.post(INVOKE, json=CARD)
    put(teams, down=True)
    with pytest.raises(httpx.TransportError):
        teams.post(INVOKE, json=CARD)
    listed = teams.get("/_control/requests").json()
    assert [(line["path"], line["status"]) for line in listed] == [
        ("/workflows/w1/triggers/manual/paths/invoke", 202),
        ("/workflows/w1/triggers/manual/paths/invoke", None),
    ]


@pytest.mark.parametrize("wrong", [{"refuse_status": 200}, {"only": "("}, {"donw": True}])
def test_a_fault_that_makes_no_sense_is_refused(teams: httpx.Client, wrong: dict[str, Any]) -> None:
    assert teams.put("/_control/faults", json=wrong).status_code == 422


def test_a_reset_ends_all_faults(teams: httpx.Client) -> None:
    put(teams, down=True)
    teams.post("/_control/reset").raise_for_status()
    assert teams.get("/_control/faults").json()["down"] is False
