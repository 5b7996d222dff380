"""The peer that `./dev bench gateway` measures beside: one bare FastAPI process on asyncpg, on the same databases.

It runs the very same queries as the owners do, for one person it believes without asking: no log-in, no sessions, no
broker, no signatures, no limits. It is what the way through the gateway is paid against.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from cases.operations import operations as cases
from gateway.api.mail import RegistrationBody
from intake.operations import operations as intake
from sikkersak.contracts.cases import CaseDetail, ReadCase
from sikkersak.contracts.cases_documents import ReadDocument
from sikkersak.contracts.intake import ListMail, MailPage, MailSummary, RegisterMail
from sikkersak.identity import Actor
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Ask, Request
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault

TOLD = json.loads(os.environ["BARE"])
ACTOR = Actor.model_validate(TOLD["actor"])


@asynccontextmanager
async def life(app: FastAPI) -> AsyncIterator[None]:
    vault = await Vault.open(TOLD["vault_url"], Path(TOLD["vault_keys"]))
    app.state.room = SimpleNamespace(vault=vault, undo_seconds=0.0)
    app.state.databases = {
        name: await Database.connect(TOLD["databases"][name], application="bare", size=12)
        for name in ("cases", "intake")
    }
    yield
    for database in app.state.databases.values():
        await database.close()


app = FastAPI(lifespan=life)


async def answer(owner: Any, asked: Any) -> Any:
    async with app.state.databases[owner.service].transaction() as tx:
        ask = Ask(ACTOR, tx)
        await owner._gate(Request(RULES[asked.operation], asked), ask)
        return await owner._answers[asked.operation][1](asked, ask, app.state.room)


@app.get("/api/v1/mail")
async def inbox(limit: int = 50) -> MailPage:
    return await answer(intake, ListMail(limit=limit))


@app.get("/api/v1/cases/{case_id}")
async def case(case_id: UUID) -> CaseDetail:
    return await answer(cases, ReadCase(case_id=case_id))


@app.get("/api/v1/documents/{document_id}/files/{position}")
async def download(document_id: UUID, position: int) -> Response:
    document = await answer(cases, ReadDocument(document_id=document_id))
    ref = document.files[position].ref
    return StreamingResponse(app.state.room.vault.read(ref), headers={"Content-Length": str(ref.size)})


@app.post("/api/v1/mail/{mail_id}/registration")
async def register(mail_id: UUID, body: RegistrationBody) -> MailSummary:
    return await answer(intake, RegisterMail(mail_id=mail_id, **dict(body)))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
