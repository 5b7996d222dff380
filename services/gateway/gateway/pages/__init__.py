"""The staff's pages, rendered on the server."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from gateway.pages import entry, login, signing, start
from gateway.pages.view import answer_with_page as answer_with_page

FOR_PROGRAMS: Final = frozenset({login.BACK_CHANNEL})


def mount(app: FastAPI) -> None:
    """Adds the pages to the application."""
    app.include_router(start.router)
    app.include_router(login.router)
    app.include_router(signing.router)
    app.include_router(entry.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
