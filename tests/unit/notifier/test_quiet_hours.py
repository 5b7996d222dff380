"""Quiet hours: what has gathered waits until people are at work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from notifier.channels import Channels
from notifier.notices import QuietHours, check_text
from sikkersak.errors import Declined

EVENING = QuietHours(17, 7)


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), False),  # Monday, 16:59 in Norway
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 7, 5, 0, tzinfo=UTC), False),  # summer time
        (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), True),  # Saturday
    ],
)
def test_evenings_nights_and_weekends_are_quiet_by_norwegian_time(moment: datetime, is_quiet: bool) -> None:
    assert EVENING.include(moment) is is_quiet


def test_hours_within_one_day_are_quiet_too() -> None:
    assert QuietHours(11, 12).include(datetime(2026, 11, 23, 10, 30, tzinfo=UTC))
    assert not QuietHours(11, 12).include(datetime(2026, 11, 23, 11, 0, tzinfo=UTC))


@pytest.mark.parametrize("text", ["01851012490", "Gjelder 018510 12490.", "018510-12490"])
def test_a_birth_number_is_not_announced(text: str) -> None:
    with pytest.raises(Declined, match="personal-data-in-notice"):
        check_text(text)


def test_times_and_telephone_numbers_are_announced() -> None:
    assert (
        check_text(" Nede 23.11.2026 til 14:00. Ring 22 33 44 55. ") == "Nede 23.11.2026 til 14:00. Ring 22 33 44 55."
    )


def test_a_set_up_that_cannot_be_read_stops_the_start_without_quoting_a_secret() -> None:
    with pytest.raises(ValueError, match="teams_channels") as refused:
        Channels.read(None, SecretStr('{"x": {"webhook": "https://secret"}}'))
    assert "secret" not in str(refused.value)
