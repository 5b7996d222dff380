"""The three kinds of errors (R5): transient, declined, and everything else, which is a bug."""

from __future__ import annotations

from datetime import timedelta


class Transient(Exception):
    """The other side is away or busy; the same attempt may succeed later.

    `reason` is a short text without personal data. `retry_after` is the least time the other side asked us to wait.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class CircuitOpen(Transient):
    """The receiver is known to be down: the attempt was not made and does not count as one."""


class Declined(Exception):
    """The other side, or a rule, says no. A person must act; it is never tried again by itself.

    `code` is stable and in kebab case (`case-not-open`). `detail` tells a person what to do and may be shown to the
    user who asked, but carries no personal data. `status` is the HTTP status the gateway answers with.
    """

    def __init__(self, code: str, detail: str, *, status: int = 409) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status


class NotFound(Declined):
    """What was asked for does not exist, or the actor may not know that it does (R8)."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"{subject}-not-found", "Finnes ikke, eller du har ikke tilgang.", status=404)


class Forbidden(Declined):
    """The actor is known but may not do this."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail, status=403)
