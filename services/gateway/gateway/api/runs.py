# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Long work that was ordered with `Prefer: respond-async`: how far it is, and what came of it."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway import runs
from gateway.api.caller import Asker, Caller
from gateway.problems import Problem, documented, make
from sikkersak.contracts.message import Operation

router = APIRouter(prefix="/runs", tags=["runs"])
ADDRESS: Final = "/api/v1/runs"
ACCEPTED: Final = 202
SECONDS: Final = 2
Prefer = Annotated[
    str | None,
    Header(max_length=200, description="`respond-async`: 202 at once, and the answer at the address in `Location`"),
]


class RunView(BaseModel):
    """Long work: waiting, done, or failed."""

    run_id: UUID
    state: str = Field(description="waiting, done or failed")
    ordered_at: datetime
    ended_at: datetime | None
    answer: dict[str, Any] | None = Field(description="what would have been answered at once, when it is done")
    problem: Problem | None = Field(description="why it did not go, when it failed")


LONG: Final[dict[int | str, dict[str, Any]]] = {
    ACCEPTED: {"description": "Ordered, because `Prefer: respond-async` was asked for", "model": RunView}
}


async def ordered(asker: Caller, asked: Operation[Any], key: str) -> Response:
    """202 with the run, and where to ask about it."""
    run = await runs.order(asker.reception, asker.person, asked, key)
    headers = {"Location": f"{ADDRESS}/{run.run_id}", "Retry-After": str(SECONDS), "Preference-Applied": runs.ASYNC}
    return JSONResponse(_view(run).model_dump(mode="json"), ACCEPTED, headers=headers)


@router.get("/{run_id}", summary="How far long work is", responses=documented(404))
async def read_run(run_id: UUID, asker: Asker, response: Response) -> RunView:
    """For whoever ordered it, for a day after it ended."""
    run = await runs.find(asker.reception, asker.person, run_id)
    if run.ended_at is None:
        response.headers["Retry-After"] = str(SECONDS)
    return _view(run)


def _view(run: runs.Run) -> RunView:
    problem = make(**run.problem) if run.problem else None
    return RunView(
        run_id=run.run_id,
        state=run.state,
        ordered_at=run.ordered_at,
        ended_at=run.ended_at,
        answer=run.answer,
        problem=problem,
    )
