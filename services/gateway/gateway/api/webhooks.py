# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""Webhooks: which other systems are told of what, and how that went. For administrators."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.api.caller import Asker, Body, Caller, Cursor, IfMatch, Key, Limit, numbered
from gateway.problems import documented
from gateway.webhooks import store
from gateway.webhooks.domain import Event, Outcome, Secret, Secrets, new_secret
from sikkersak.clock import now
from sikkersak.errors import Declined, Forbidden
from sikkersak.identity import Permission
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import VaultRef, seal, unseal

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
CREATED: Final = 201
ACCEPTED: Final = 202
EMPTY: Final = 204
ADDRESS: Final = "/api/v1/webhooks"
CHANGE: Final = documented(400, 404, 409, 412, 428)
WANTED: Final = frozenset(Event) - {Event.PING}


class WebhookBody(Body):
    """Where to, and what is told there."""

    url: str = Field(min_length=10, max_length=500, description="https; nothing about persons may stand in it")
    description: str = Field(min_length=3, max_length=200, description="which system it is, for colleagues")
    events: tuple[Event, ...] = Field(min_length=1, max_length=10, description="which events it is told of")


class WebhookChange(WebhookBody):
    """The same, and whether anything is sent."""

    is_active: bool = True


class WebhookView(BaseModel):
    """A system that is told of events."""

    webhook_id: UUID
    url: str
    description: str
    events: list[Event]
    is_active: bool
    version: int
    stopped_at: datetime | None = Field(description="since when nothing is sent, because it took nothing for long")
    stopped_code: Outcome | None = Field(description="what came of the last try before it was stopped")
    last_delivered_at: datetime | None
    changed_by: UUID
    changed_at: datetime


class WebhookSecret(WebhookView):
    """With its signing secret, which is shown in this answer and nowhere else."""

    secret: str = Field(description="whsec_ and base64, as Standard Webhooks has it")


class WebhookList(BaseModel):
    """All of them, the newest first."""

    items: list[WebhookView]


class Try(BaseModel):
    """One try; nothing of what was answered is kept."""

    number: int
    at: datetime
    outcome: Outcome
    status: int | None = Field(description="what was answered, where anything was")
    milliseconds: int


class WebhookDelivery(BaseModel):
    """One event for one system."""

    delivery_id: UUID = Field(description="`webhook-id`: the receiver knows by it what it has got already")
    event: Event
    resource_id: UUID
    occurred_at: datetime
    state: str = Field(description="waiting, delivered or given_up")
    next_try_at: datetime | None = Field(description="none when it has ended")
    tries: list[Try]


class WebhookDeliveryPage(BaseModel):
    """The newest first."""

    items: list[WebhookDelivery]
    next: str | None = None


async def administrator(asker: Asker) -> Caller:
    """Webhooks belong to the set-up of the product, at no school."""
    if not asker.person.actor.holds(Permission.ADMINISTER):
        raise Forbidden("Bare administrator kan styre webhooks.")
    return asker


async def fresh_administrator(asker: Annotated[Caller, Depends(administrator)]) -> Caller:
    """Who decides what leaves the house has logged in just now."""
    asker.reception.freshness.require(asker.person.session, now())
    return asker


Admin = Annotated[Caller, Depends(administrator)]
FreshAdmin = Annotated[Caller, Depends(fresh_administrator)]


@router.get("", summary="Webhooks")
async def list_webhooks(admin: Admin) -> WebhookList:
    """Without their secrets."""
    async with admin.reception.database.transaction() as tx:
        return WebhookList(items=[WebhookView.model_validate(_view(row)) for row in await store.every(tx)])


@router.post("", summary="Tell a system of events", status_code=CREATED, responses=documented(400, 409))
async def add_webhook(body: WebhookBody, admin: FreshAdmin, key: Key, response: Response) -> WebhookSecret:
    """Every request to it carries `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks, `v1`).

    It says what kind of thing happened, to which resource, and when; what stands in the resource is asked for here.
    """
    hook = _hook(admin, body)
    sealed = await seal(admin.reception.vault, Secrets(items=(Secret(value=new_secret()),)))
    async with admin.reception.database.transaction() as tx:
        row = await store.add(tx, hook, sealed.model_dump(), admin.person.staff.staff_id, key)
    response.headers["Location"] = f"{ADDRESS}/{row['webhook_id']}"
    return await _with_secret(admin, row, response)


@router.get("/{webhook_id}", summary="One webhook", responses=documented(404))
async def read_webhook(webhook_id: UUID, admin: Admin, response: Response) -> WebhookView:
    """With its version as ETag."""
    async with admin.reception.database.transaction() as tx:
        return _shown(await store.one(tx, webhook_id), response)


@router.patch("/{webhook_id}", summary="Change a webhook", responses=CHANGE)
async def change_webhook(
    webhook_id: UUID, body: WebhookChange, admin: FreshAdmin, version: IfMatch, response: Response
) -> WebhookView:
    """Switched on, one that was stopped gets what waits."""
    hook = _hook(admin, body, is_active=body.is_active)
    async with admin.reception.database.transaction() as tx:
        row = await store.change(tx, webhook_id, hook, numbered(version), admin.person.staff.staff_id)
    return _shown(row, response)


@router.delete("/{webhook_id}", summary="Delete a webhook", status_code=EMPTY)
async def remove_webhook(webhook_id: UUID, admin: FreshAdmin) -> None:
    """With what waits for it. Twice is harmless."""
    async with admin.reception.database.transaction() as tx:
        await store.remove(tx, webhook_id)


@router.post("/{webhook_id}/secret", summary="Another signing secret", responses=documented(400, 404))
async def rotate_secret(webhook_id: UUID, admin: FreshAdmin, key: Key, response: Response) -> WebhookSecret:
    """For a day both sign, so that the receiver can change over. Asked again under the same key, there is no third."""
    vault = admin.reception.vault
    async with admin.reception.database.transaction() as tx:
        row = await store.one(tx, webhook_id, locked=True)
        act = new_id()
        if act == await store.first_result(tx, admin.person.staff.staff_id, key, webhook_id, act):
            known = await unseal(vault, VaultRef.model_validate(row["secrets"]), Secrets)
            sealed = await seal(vault, known.rotated(now()))
            row = await store.change_secrets(tx, webhook_id, sealed.model_dump(), admin.person.staff.staff_id)
    return await _with_secret(admin, row, response)


@router.post("/{webhook_id}/ping", summary="Send a ping", status_code=ACCEPTED, responses=documented(400, 404, 409))
async def ping_webhook(webhook_id: UUID, admin: Admin, key: Key) -> WebhookDelivery:
    """Sent as any event is; how it went stands among the deliveries."""
    async with admin.reception.database.transaction() as tx:
        row = await store.one(tx, webhook_id, locked=True)
        if not row["is_active"] or row["stopped_at"] is not None:
            raise Declined("webhook-off", "Webhooken er slått av eller stanset. Slå den på først.")
        made = await _pinged(tx, row, admin.person.staff.staff_id, key)
    return _delivery(made)


@router.get("/{webhook_id}/deliveries", summary="What was sent, and how it went", responses=documented(404))
async def list_webhook_deliveries(
    webhook_id: UUID, admin: Admin, cursor: Cursor = None, limit: Limit = 50
) -> WebhookDeliveryPage:
    """Every try of each."""
    before = _position(cursor)
    async with admin.reception.database.transaction() as tx:
        await store.one(tx, webhook_id)
        rows = await store.deliveries(tx, webhook_id, before, limit)
    following = str(rows[-1]["delivery_id"]) if len(rows) == limit else None
    return WebhookDeliveryPage(items=[_delivery(row) for row in rows], next=following)


async def _pinged(tx: Transaction, row: Row, staff_id: UUID, key: str) -> Row:
    """The key names the act: asked again, the delivery of then."""
    delivery_id = await store.first_result(tx, staff_id, key, row["webhook_id"], new_id())
    return await store.order_as(tx, delivery_id, row["webhook_id"], Event.PING, row["webhook_id"], now())


def _hook(admin: Caller, body: WebhookBody, *, is_active: bool = True) -> store.Hook:
    admin.reception.webhooks.caller.targets.check(body.url)
    return store.Hook(body.url, body.description, tuple(sorted({one.value for one in body.events})), is_active)


def _view(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in WebhookView.model_fields}


def _shown(row: Row, response: Response) -> WebhookView:
    response.headers["ETag"] = f'"{row["version"]}"'
    return WebhookView.model_validate(_view(row))


async def _with_secret(admin: Caller, row: Row, response: Response) -> WebhookSecret:
    response.headers["ETag"] = f'"{row["version"]}"'
    known = await unseal(admin.reception.vault, VaultRef.model_validate(row["secrets"]), Secrets)
    return WebhookSecret.model_validate(_view(row) | {"secret": known.items[0].value})


def _delivery(row: Row) -> WebhookDelivery:
    said = {name: row[name] for name in ("delivery_id", "event", "resource_id", "occurred_at", "state")}
    said["next_try_at"] = row["next_try_at"] if row["state"] == "waiting" else None
    return WebhookDelivery.model_validate(said | {"tries": row.get("tries", [])})


def _position(cursor: str | None) -> UUID | None:
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise Declined("bad-cursor", "Siden finnes ikke.", status=422) from None
