"""The staff API: resources in the field's own terms, each answered by the service that owns it."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.security import APIKeyCookie, APIKeyHeader

from gateway.api import (
    archive,
    audit,
    cases,
    casework,
    changes,
    deliveries,
    distribution,
    documents,
    editions,
    employees,
    extraction,
    extraordinary,
    journal,
    letters,
    mail,
    me,
    notices,
    people,
    preferences,
    reconciliation,
    references,
    renditions,
    roles,
    runs,
    school_year,
    search,
    sendings,
    sessions,
    signatures,
    sorting,
    uploads,
    ways_in,
    webhooks,
)
from gateway.problems import documented
from gateway.reception import Reception

PREFIX = "/api/v1"
SHELVES = (
    me,
    sessions,
    uploads,
    mail,
    distribution,
    ways_in,
    sorting,
    people,
    cases,
    casework,
    documents,
    editions,
    changes,
    search,
    deliveries,
    archive,
    renditions,
    reconciliation,
    extraction,
    signatures,
    letters,
    sendings,
    notices,
    preferences,
    roles,
    extraordinary,
    employees,
    school_year,
    audit,
    journal,
    webhooks,
    references,
    runs,
)


def mount(app: FastAPI) -> None:
    """Adds every resource to the application."""
    reception: Reception = app.state.reception
    session = APIKeyCookie(name=reception.cookies.session, scheme_name="session", auto_error=False)
    csrf = APIKeyHeader(
        name="X-CSRF-Token", scheme_name="csrf", auto_error=False, description="with every change; from GET /api/v1/me"
    )
    for resource in SHELVES:  # side by side: a router inside another is searched once more for every request
        dependencies = [Depends(session), Depends(csrf)]
        app.include_router(resource.router, prefix=PREFIX, responses=documented(), dependencies=dependencies)
