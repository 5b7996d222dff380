"""What webhooks say, how it is signed, and where they may go."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.webhooks.domain import (
    Secret,
    Secrets,
    TargetRefused,
    Targets,
    headers,
    ladder,
    networks,
    new_secret,
    payload,
)

WHEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SUBJECT = UUID("01990000-0000-7000-8000-000000000001")


def test_the_signature_is_the_one_of_standard_webhooks_own_example() -> None:
    """The published test vector of the specification's reference libraries."""
    body = b'{"test": 2432232314}'
    moment = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    class Named:
        def __str__(self) -> str:
            return "msg_p5jXN8AQM9LWM0D4loKWxJek"

    signed = headers(Named(), moment, body, [secret])["webhook-signature"]  # type: ignore[arg-type]
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_says_what_happened_to_which_resource_when_and_nothing_else() -> None:
    said = json.loads(payload("document.finished", SUBJECT, WHEN))
    assert said == {"type": "document.finished", "timestamp": "2026-03-02T12:00:00+00:00", "data": {"id": str(SUBJECT)}}


def test_after_a_change_of_secret_both_sign_for_a_day_and_never_a_third() -> None:
    first = Secrets(items=(Secret(value=new_secret()),))
    second = first.rotated(WHEN)
    assert second.current(WHEN) == [second.items[0].value, first.items[0].value]
    assert second.current(WHEN + timedelta(hours=25)) == [second.items[0].value]
    third = second.rotated(WHEN)
    assert len(third.current(WHEN)) == 2
    assert first.items[0].value not in third.current(WHEN)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.org/hook",
            "ftp://example.org/",
            "https:///hook",
            "https://kari@example.org/",
            "https://[::1",
        ),
        *("https://127.0.0.1/", "https://10.0.0.8/", "https://169.254.169.254/latest/meta-data", "https://[::1]/"),
        *("https://192.168.1.4:8443/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[fd00::1]/"),
        *("https://[::ffff:10.0.0.1]/", "https://[2002:0a00:0001::]/", "https://224.0.0.1/", "https://example.org/#a"),
    ],
)
def test_what_is_inside_or_not_https_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        Targets().check(url)


def test_a_network_inside_must_be_named_and_only_that_one_is_open() -> None:
    targets = Targets(networks("10.1.0.0/16"))
    targets.check("https://10.1.2.3/hook")
    targets.check("https://example.org/hook")
    with pytest.raises(TargetRefused):
        targets.check("https://10.2.0.1/hook")


def test_a_ladder_that_cannot_be_read_is_refused() -> None:
    assert ladder("5, 300") == (timedelta(seconds=5), timedelta(seconds=300))
    for wrong in ("", "0", "soon"):
        with pytest.raises(ValueError, match=r"webhook_ladder|could not convert"):
            ladder(wrong)
