"""The stand-in for a Teams channel."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

MESSAGE: dict[str, Any] = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "Hei"}]},
        }
    ],
}
INVOKE = "/workflows/w1/triggers/manual/paths/invoke"


@pytest.fixture(scope="module")
def address(start: Any) -> str:
    return str(start("teams", "--sig", "right", "--workflow", "w1")[0])


@pytest.fixture
def teams(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def test_a_card_is_taken_and_can_be_seen(teams: httpx.Client) -> None:
    assert teams.post(INVOKE, params={"sig": "right"}, json=MESSAGE).status_code == 202
    (card,) = teams.get("/_control/state").json()["cards"]
    assert (card["workflow"], card["message"]) == ("w1", MESSAGE)


@pytest.mark.parametrize("query", [{}, {"sig": "wrong"}])
def test_an_address_without_the_right_signature_is_refused(teams: httpx.Client, query: dict[str, str]) -> None:
    assert teams.post(INVOKE, params=query, json=MESSAGE).status_code == 401
    assert teams.get("/_control/state").json()["count"] == 0


def test_an_unknown_workflow_is_not_found(teams: httpx.Client) -> None:
    other = INVOKE.replace("w1", "w2")
    assert teams.post(other, params={"sig": "right"}, json=MESSAGE).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("type", "Card"), ("version", None), ("version", "9.0"), ("body", [{}]), ("body", "text")]
)
def test_a_card_teams_cannot_show_is_refused(teams: httpx.Client, field: str, value: object) -> None:
    message = copy.deepcopy(MESSAGE)
    message["attachments"][0]["content"][field] = value
    response = teams.post(INVOKE, params={"sig": "right"}, json=message)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "TriggerInputSchemaMismatch"


def test_a_message_over_28_kilobytes_is_refused(teams: httpx.Client) -> None:
    message = copy.deepcopy(MESSAGE)
    message["attachments"][0]["content"]["body"][0]["text"] = "x" * 28 * 1024
    assert teams.post(INVOKE, params={"sig": "right"}, json=message).status_code == 413
