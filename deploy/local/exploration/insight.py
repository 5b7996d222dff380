"""Requests for access, in every state that an operation asks for; they leave a task with the school's leaders."""

from __future__ import annotations

from typing import Any, Final

from local.exploration.seeds import REMARK, SCHOOL, Seeding

REQUESTS: Final = "/schools/{school_id}/access-requests"
REQUEST: Final = f"{REQUESTS}/{{request_id}}"
ITEM: Final = f"{REQUEST}/items/{{item}}"
WANTED: Final = {"requester": {"name": "Prøve Prøvesen", "reached_by": "prove@eksempel.no"}, "wanted": "Alt i saken"}
REFUSAL: Final = {
    "decision": "refuse",
    "legal_basis": "Offl. § 13 jf. fvl. § 13 (1) nr. 1",
    "reason": "Elevens forhold",
}


class Requests:
    """The leader's requests about one case with a finished document."""

    def __init__(self, seeding: Seeding) -> None:
        self._leader, self._case = seeding.leader, seeding.case()
        seeding.finished(self._case)
        self.school: Final = seeding.setting.school_ids[SCHOOL]

    def registered(self) -> dict[str, Any]:
        """Nothing collected."""
        made: dict[str, Any] = self._leader.post(f"schools/{self.school}/access-requests", WANTED)
        return made

    def collected(self) -> dict[str, Any]:
        """With the case's documents."""
        return self._moved(self.registered(), "collection", {"case_ids": [self._case]})

    def decided(self) -> dict[str, Any]:
        """Every file refused."""
        request = self.collected()
        for item in request["items"]:
            request = self._moved(request, f"items/{item['item']}/decision", REFUSAL)
        return request

    def finished(self) -> dict[str, Any]:
        """Ready to be handed out."""
        return self._moved(self.decided(), "finishing", {})

    def answered(self) -> dict[str, Any]:
        """Handed out."""
        return self._moved(self.finished(), "answer", {"channel": "letter"})

    def _moved(self, request: dict[str, Any], act: str, body: dict[str, Any]) -> dict[str, Any]:
        address = f"schools/{self.school}/access-requests/{_of(request)['request_id']}/{act}"
        moved: dict[str, Any] = self._leader.post(address, body | _version(request))
        return moved


def _of(request: dict[str, Any]) -> dict[str, Any]:
    summary: dict[str, Any] = request.get("summary", request)
    return summary


def _version(request: dict[str, Any]) -> dict[str, Any]:
    return {"version": _of(request)["version"]}


def access_requests(seeding: Seeding) -> None:
    """Each operation has a request of its own."""
    seeds, requests = seeding.seeds, Requests(seeding)
    at = {"school_id": requests.school}

    def add(label: str, request: dict[str, Any], body: dict[str, Any] | None = None, **more: str) -> None:
        told = None if body is None else body | _version(request)
        seeds.add(label, told, request_id=_of(request)["request_id"], **at, **more)

    seeds.add(f"POST {REQUESTS}", WANTED, **at)
    seeds.add(f"GET {REQUESTS}", **at)
    kept = requests.collected()
    item = str(kept["items"][0]["item"])
    add(f"GET {REQUEST}", kept)
    add(f"GET {ITEM}/file", kept, item=item)
    add(f"POST {REQUEST}/collection", requests.registered(), {"query": "Prøvebrev"})
    add(f"POST {ITEM}/removal", requests.collected(), {}, item=item)
    add(f"POST {ITEM}/decision", requests.collected(), REFUSAL, item=item)
    add(f"POST {ITEM}/redaction", requests.collected(), {"words": ["Tekst"]}, item=item)
    add(f"POST {REQUEST}/finishing", requests.decided(), {})
    add(f"POST {REQUEST}/reopening", requests.finished(), {})
    add(f"POST {REQUEST}/answer", requests.finished(), {"channel": "letter"})
    add(f"GET {REQUEST}/package", requests.answered())
    add(f"POST {REQUEST}/withdrawal", requests.registered(), REMARK)
    task = seeding.leader.get("tasks")["items"][0]["task_id"]
    seeds.add("POST /tasks/{task_id}/completion", REMARK, task_id=task)
