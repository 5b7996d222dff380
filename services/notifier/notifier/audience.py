"""Whom each kind of news concerns, by what their roles hold where they work (M22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifier.notices import QuietHours
from sikkersak.clock import OSLO
from sikkersak.contracts.notifier import MailRhythm, Notice
from sikkersak.identity import Permission


@dataclass(frozen=True)
class Audience:
    """Who is told: with one of these permissions anywhere, or at the school it is of; everybody there, or everybody."""

    anywhere: frozenset[Permission] = frozenset()
    at_school: frozenset[Permission] = frozenset()
    is_everybody: bool = False


EVERYBODY: Final = Audience(is_everybody=True)
NOBODY_ELSE: Final = Audience()  # the one person who is named alone
SENDINGS: Final = Audience(at_school=frozenset({Permission.FOLLOW_SENDINGS}))
AUDIENCES: Final = {
    Notice.NEW_MAIL: Audience(anywhere=frozenset({Permission.HANDLE_MAIL})),
    Notice.APPROVAL_WAITING: Audience(at_school=frozenset({Permission.APPROVE})),
    Notice.SIGNATURE_ENDED: SENDINGS,
    Notice.SIGNATURE_WAITING: SENDINGS,
    Notice.DELIVERY_FAILED: Audience(
        anywhere=frozenset({Permission.HANDLE_MAIL}), at_school=frozenset({Permission.FOLLOW_SENDINGS})
    ),
    Notice.SHREDDING_DUE: Audience(
        anywhere=frozenset({Permission.HANDLE_MAIL}), at_school=frozenset({Permission.FOLLOW_SENDINGS})
    ),
    Notice.MAIL_REGISTERED: NOBODY_ELSE,
    # who can see it in the log, at the school it was taken at
    Notice.EMERGENCY_ACCESS: Audience(at_school=frozenset({Permission.READ_AUDIT})),
    # visible to others than those who agreed on it (M17)
    Notice.FULL_ACCESS: Audience(anywhere=frozenset({Permission.GRANT_FULL_ACCESS})),
    Notice.ROLE_GIVEN: NOBODY_ELSE,
    Notice.ROLE_TAKEN: NOBODY_ELSE,
    Notice.WEBHOOK_STOPPED: Audience(anywhere=frozenset({Permission.ADMINISTER})),
    Notice.ARCHIVE_DOWN: EVERYBODY,
    Notice.ARCHIVE_UP: EVERYBODY,
    Notice.OUTAGE: EVERYBODY,
    Notice.ALL_CLEAR: EVERYBODY,
}
# Told at once, also in somebody's quiet hours.
URGENT: Final = frozenset(
    {
        *(Notice.ARCHIVE_DOWN, Notice.ARCHIVE_UP, Notice.OUTAGE, Notice.ALL_CLEAR),
        *(Notice.EMERGENCY_ACCESS, Notice.FULL_ACCESS),
    }
)
# Access out of the ordinary is visible to others, whatever they have chosen not to hear of (M17).
NEVER_MUTED: Final = frozenset({Notice.EMERGENCY_ACCESS, Notice.FULL_ACCESS})
MORNING: Final = 7


def is_due(rhythm: MailRhythm, since: datetime, moment: datetime, soon: timedelta) -> bool:
    """Whether news that have waited `since` are told now. Daily: the morning after, Norwegian time."""
    if rhythm is MailRhythm.DAILY:
        local = moment.astimezone(OSLO)
        return local.date() > since.astimezone(OSLO).date() and local.hour >= MORNING
    return moment - since >= (soon if rhythm is MailRhythm.SOON else timedelta(hours=1))


def is_quiet(own: str | None, usual: QuietHours | None, moment: datetime) -> bool:
    """Whether somebody is not to be told now: by the own quiet hours, else by everybody's."""
    quiet = QuietHours.read(own) or usual
    return quiet is not None and quiet.include(moment)
