"""Stand-in for a Teams channel's «Workflows» webhook, a Power Automate flow that posts an adaptive card.

`python -m simulators teams --port N [--sig SIGNATURE] [--workflow ID …]`; the workflow's address is
`POST /workflows/{id}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=…&sv=1.0&sig=SIGNATURE`.
"""

from __future__ import annotations

import hmac
import json
import re
import time
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.listening import bind, listening_arguments, run

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
NEWEST_VERSION = (1, 5)
MAX_MESSAGE_BYTES = 28 * 1024
"""What Teams takes in one message; larger ones never reach the channel."""

CODES = {
    401: ("DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme."),
    404: ("WorkflowNotFound", "The workflow could not be found."),
    413: ("RequestEntityTooLarge", "The message is larger than 28 KB."),
    429: ("WorkflowTriggerThrottled", "The number of requests is over the limit. Try again later."),
}


def refusal(status: int, _path: str) -> Response:
    """The error object of Azure Logic Apps."""
    code, message = CODES.get(status, ("ServiceUnavailable", "The service is unavailable. Try again later."))
    return JSONResponse({"error": {"code": code, "message": message}}, status)


def mismatch(problem: str) -> Response:
    """What the trigger answers to a body that is not the message it expects."""
    message = (
        "The input body for trigger 'manual' of type 'Request' did not match its schema definition. "
        f"Error details: '{problem}'."
    )
    return JSONResponse({"error": {"code": "TriggerInputSchemaMismatch", "message": message}}, 400)


def problem_with(message: Any) -> str | None:
    """What is wrong with a message, or None."""
    if not isinstance(message, dict) or message.get("type") != "message":
        return "type must be 'message'"
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return "attachments must be a list with at least one card"
    for attachment in attachments:
        if not isinstance(attachment, dict) or attachment.get("contentType") != CARD_TYPE:
            return f"attachments: contentType must be '{CARD_TYPE}'"
        problem = problem_with_card(attachment.get("content"))
        if problem:
            return problem
    return None


def problem_with_card(card: Any) -> str | None:
    """What is wrong with one adaptive card, as far as Teams itself looks."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return "content.type must be 'AdaptiveCard'"
    version = re.fullmatch(r"(\d+)\.(\d+)", str(card.get("version", "")))
    if version is None:
        return "content.version must be given, like '1.4'"
    if tuple(map(int, version.groups())) > NEWEST_VERSION:
        return "content.version is newer than Teams knows"
    body = card.get("body")
    if not isinstance(body, list) or not all(isinstance(part, dict) and part.get("type") for part in body):
        return "content.body must be a list of elements with a type"
    return None


class Channel:
    """The cards that were posted, and who may post."""

    def __init__(self, signature: str, workflows: Sequence[str], folder: Path | None) -> None:
        self._signature = signature
        self._workflows = frozenset(workflows)
        self._folder = folder
        self.cards: list[dict[str, Any]] = []
        self.refused = 0

    def knows(self, workflow: str) -> bool:
        """Whether the workflow exists; all do when none was named at start."""
        return not self._workflows or workflow in self._workflows

    def accepts(self, signature: str | None) -> bool:
        """Whether the address carried the right signature."""
        return signature is not None and hmac.compare_digest(signature.encode(), self._signature.encode())

    def post(self, workflow: str, message: dict[str, Any]) -> str:
        """Keeps a message and gives the id of the run."""
        run_id = uuid.uuid4().hex
        kept = {"run": run_id, "workflow": workflow, "at": time.time(), "message": message}
        self.cards.append(kept)
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{run_id}.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        return run_id

    def state(self) -> dict[str, Any]:
        """What `GET /_control/state` shows."""
        return {"count": len(self.cards), "refused": self.refused, "cards": self.cards}

    def reset(self) -> None:
        """Forgets all cards; files are left."""
        self.cards.clear()
        self.refused = 0


async def invoke(request: Request) -> Response:
    """POST /workflows/{id}/triggers/manual/paths/invoke: 202 when the flow has been started."""
    channel: Channel = request.app.state.channel
    response = await answer(channel, request)
    channel.refused += response.status_code != HTTPStatus.ACCEPTED
    return response


async def answer(channel: Channel, request: Request) -> Response:
    """Checks in the order the service does: address, signature, size, content."""
    workflow = request.path_params["workflow"]
    if not channel.knows(workflow):
        return refusal(404, request.url.path)
    if not channel.accepts(request.query_params.get("sig")):
        return refusal(401, request.url.path)
    body = await request.body()
    if len(body) > MAX_MESSAGE_BYTES:
        return refusal(413, request.url.path)
    try:
        message = json.loads(body)
    except ValueError:
        return mismatch("the body is not JSON")
    problem = problem_with(message)
    if problem:
        return mismatch(problem)
    return Response(status_code=202, headers={"x-ms-workflow-run-id": channel.post(workflow, message)})


def build(channel: Channel) -> Faults:
    """The stand-in around one channel."""
    app = Starlette(routes=[Route("/workflows/{workflow}/triggers/manual/paths/invoke", invoke, methods=["POST"])])
    app.state.channel = channel
    return Faults(app, state=channel.state, reset=channel.reset, refusal=refusal)


def main(argv: Sequence[str]) -> None:
    """Runs until stopped."""
    parser = listening_arguments("teams", __doc__)
    parser.add_argument("--sig", default="development", help="the signature in the webhook's address")
    parser.add_argument("--workflow", action="append", default=[], help="an id that exists; all do when left out")
    given = parser.parse_args(argv)
    run(build(Channel(given.sig, given.workflow, given.state)), bind(given.host, given.port))
