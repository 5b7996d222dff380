"""Staff as API clients: log in through ID-porten as a person would, then use the API as a page would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx


class Refused(Exception):
    """The API said no; the text is its own, in the user's words."""


@dataclass
class Staff:
    """One logged-in person."""

    username: str
    http: httpx.Client
    csrf: str = ""
    staff_id: str = ""

    @classmethod
    def log_in(cls, gateway: str, username: str) -> Staff:
        """Follows the log-in to ID-porten, chooses the person there, and comes back with a session."""
        http = httpx.Client(base_url=gateway, timeout=30, follow_redirects=False)
        sent_away = _away(http.get("/login"), username)
        there = _away(httpx.post(sent_away, data={"user": username, "method": "minid"}, timeout=30), username)
        _away(http.get(there), username)
        person = cls(username, http)
        me = person.get("me")
        person.csrf, person.staff_id = me["csrf_token"], me["staff_id"]
        return person

    def get(self, path: str, **query: Any) -> Any:
        """Reads a resource."""
        return _answer(self.http.get(f"/api/v1/{path}", params=query))

    def put(self, path: str, body: object) -> Any:
        """Replaces a resource that it has just read; of what stands in a list, makes one that is not there."""
        tag = self._tag(path)
        condition = {"If-Match": tag} if tag else {"If-None-Match": "*"}
        return _answer(self.http.put(f"/api/v1/{path}", json=body, headers=self._headers() | condition))

    def change(self, path: str, version: str, body: object) -> Any:
        """Replaces one of a list, as it was read there at this version."""
        headers = self._headers() | {"If-Match": f'"{version}"'}
        return _answer(self.http.put(f"/api/v1/{path}", json=body, headers=headers))

    def decide(self, path: str, act: str, body: object = None) -> Any:
        """Does something once with what it has just read."""
        headers = self._headers() | {"Idempotency-Key": str(uuid4()), "If-Match": self._tag(path) or ""}
        return _answer(self.http.post(f"/api/v1/{path}/{act}", json=body, headers=headers))

    def post(self, path: str, body: object = None) -> Any:
        """Does something once, under a key of its own."""
        headers = self._headers() | {"Idempotency-Key": str(uuid4())}
        return _answer(self.http.post(f"/api/v1/{path}", json=body, headers=headers))

    def later(self, path: str, body: object = None) -> Any:
        """Orders it, to be asked about later."""
        headers = self._headers() | {"Idempotency-Key": str(uuid4()), "Prefer": "respond-async"}
        return _answer(self.http.post(f"/api/v1/{path}", json=body, headers=headers))

    def patch(self, path: str, version: int, body: object) -> Any:
        """Changes what was read at this version."""
        headers = self._headers() | {"If-Match": f'"{version}"'}
        return _answer(self.http.patch(f"/api/v1/{path}", json=body, headers=headers))

    def _tag(self, path: str) -> str | None:
        """What this was when it was read; none where there is no such page, or it is a list."""
        tag: str | None = self.http.get(f"/api/v1/{path}").headers.get("ETag")
        return tag

    def _headers(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.csrf}


def send_file(who: Staff, content: bytes) -> str:
    """Sends a file in, as this person."""
    named = {
        "Content-Disposition": "attachment; filename*=UTF-8''vedlegg.pdf",
        "Content-Type": "application/pdf",
        "X-CSRF-Token": who.csrf,
        "Idempotency-Key": str(uuid4()),
    }
    return str(who.http.post("/api/v1/uploads", content=content, headers=named).raise_for_status().json()["upload_id"])


def _away(response: httpx.Response, username: str) -> str:
    """Where a step of the log-in sends the browser next."""
    if "location" not in response.headers:
        raise Refused(f"{username} could not log in: {response.status_code} {response.text[:500]}")
    return response.headers["location"]


def _answer(response: httpx.Response) -> Any:
    if response.is_error:
        raise Refused(
            f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:500]}"
        )
    return response.json() if response.content else None
