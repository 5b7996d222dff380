"""The gateway's two cookies: the session's secret, and the ticket of a log-in under way."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway.login.provider import PATIENCE


@dataclass(frozen=True)
class Cookies:
    """With https the names begin with `__Host-`: no other host, path or plain connection can set or read them."""

    is_https: bool

    @property
    def session(self) -> str:
        """The name of the session's cookie."""
        return "__Host-session" if self.is_https else "session"

    @property
    def ticket(self) -> str:
        """The name of the cookie that ties a log-in to the browser that began it."""
        return "__Host-login" if self.is_https else "login"

    def session_of(self, request: Request) -> str | None:
        """What the browser holds of a session."""
        return request.cookies.get(self.session)

    def ticket_of(self, request: Request) -> str | None:
        """What the browser holds of a log-in under way."""
        return request.cookies.get(self.ticket)

    def give_session(self, answer: Response, value: str) -> None:
        """Until the browser closes; the server decides when it really ends."""
        self._set(answer, self.session, value, None)

    def give_ticket(self, answer: Response, value: str) -> None:
        """As long as ID-porten gives a person."""
        self._set(answer, self.ticket, value, int(PATIENCE.total_seconds()))

    def take_session(self, answer: Response) -> None:
        """Makes the browser forget it."""
        self._set(answer, self.session, "", 0)

    def take_ticket(self, answer: Response) -> None:
        """Makes the browser forget it."""
        self._set(answer, self.ticket, "", 0)

    def _set(self, answer: Response, name: str, value: str, seconds: int | None) -> None:
        # Lax, not strict: the way back from ID-porten is a navigation from another site and must carry the ticket.
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self.is_https, httponly=True, samesite="lax")
