"""How the gateway is put together: the only place that names what it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import httpx
from starlette.types import ASGIApp

from gateway import staff_version
from gateway.app import make_app
from gateway.cookies import Cookies
from gateway.handlers import handlers
from gateway.identities import Identities
from gateway.limits import Brake, Pace
from gateway.login.idporten import IdPorten, Registration, http_client
from gateway.login.session import Limits
from gateway.login.signatures import ClientKey
from gateway.machines.keys import IssuerKeys
from gateway.machines.tokens import MachineTokens
from gateway.periodic import PERIODIC
from gateway.reception import Freshness, Reception
from gateway.settings import Settings, hashes, pem
from gateway.store import SqlSessionStore
from gateway.watch import Watch
from gateway.webhooks.calling import Caller, targets_client
from gateway.webhooks.domain import ladder
from gateway.webhooks.sending import Webhooks
from sikkersak.clock import now
from sikkersak.identity import ActorSigner
from sikkersak.identity.national_number import lookup_key
from sikkersak.messaging.rpc import RpcClient
from sikkersak.observability.health import Level
from sikkersak.service import Frame, Service
from sikkersak.settings import Environment


@asynccontextmanager
async def open_reception(frame: Frame[Settings]) -> AsyncIterator[Reception]:
    """The reception for the life of the process. A key that is unfit stops the start."""
    settings = frame.settings
    rpc = RpcClient(frame.rpc_connection, ActorSigner(pem(settings.actor_signing_key)))
    watch = Watch(frame.database, lambda: frame.health.is_leaving)
    async with http_client() as http, targets_client() as out, _running(watch.run()):
        provider = _provider(settings, http)
        frame.health.add("idporten", Level.DEEP, lambda: _is_reachable(provider))
        yield Reception(
            database=frame.database,
            vault=frame.vault,
            sessions=SqlSessionStore(frame.database),
            provider=provider,
            identities=Identities(
                rpc,
                timedelta(seconds=settings.identity_seconds),
                settings.request_seconds,
                partial(staff_version.current, frame.database),
            ),
            rpc=rpc,
            cookies=Cookies(settings.is_https),
            limits=Limits(timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours)),
            freshness=Freshness(f"idporten-loa-{settings.fresh_level}", timedelta(minutes=settings.fresh_minutes)),
            watch=watch,
            requests=Brake(Pace(settings.requests_a_second, settings.requests_at_once)),
            logins=Brake(Pace(settings.logins_a_second, settings.logins_at_once)),
            lookup_key=lookup_key(settings.pid_lookup_key.get_secret_value()),
            request_seconds=settings.request_seconds,
            largest_body=settings.largest_body,
            largest_upload=settings.largest_upload,
            keep_changes=timedelta(hours=settings.changes_hours),
            prune_seconds=settings.prune_seconds,
            webhooks=_webhooks(settings, out),
            base_url=settings.base_url,
            machines=_machines(settings, http),
            scim_tokens=hashes(settings.scim_token_hashes),
        )
        await rpc.close()


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """For as long as the process."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _provider(settings: Settings, http: httpx.AsyncClient) -> IdPorten:
    registration = Registration(
        issuer=settings.idporten_issuer,
        client_id=settings.idporten_client_id,
        redirect_uri=f"{settings.base_url}/login/callback",
        post_logout_redirect_uri=f"{settings.base_url}/logged-out",
        allow_http=settings.environment is Environment.DEVELOPMENT,
    )
    return IdPorten(registration, ClientKey.of(pem(settings.idporten_key), settings.idporten_key_id), http)


def _machines(settings: Settings, http: httpx.AsyncClient) -> MachineTokens | None:
    if settings.maskinporten_issuer is None:
        return None
    is_development = settings.environment is Environment.DEVELOPMENT
    return MachineTokens(
        issuer=settings.maskinporten_issuer,
        audience=settings.machine_audience or settings.base_url,
        prefix=settings.machine_scope_prefix,
        consumers=frozenset(settings.machine_consumers.replace(",", " ").split()),
        keys=IssuerKeys(settings.maskinporten_issuer, http, now, allow_http=is_development),
        clock=now,
    )


def _webhooks(settings: Settings, http: httpx.AsyncClient) -> Webhooks:
    return Webhooks(
        caller=Caller(http, settings.webhook_targets),
        ladder=ladder(settings.webhook_ladder),
        is_on=settings.outward_effects,
        every=settings.webhook_seconds,
        keep=timedelta(days=settings.webhook_days),
    )


async def _is_reachable(provider: IdPorten) -> bool:
    """Whether anyone can log in: `Transient` says why not. What ID-porten publishes is remembered, so it is not asked often."""
    return bool(await provider.logout_address(None, ""))


def _web(frame: Frame[Settings], reception: Reception) -> ASGIApp:
    del frame
    return make_app(reception)


service: Service[Settings, Reception] = Service(
    name="gateway",
    settings=Settings,
    room=open_reception,
    handlers=handlers,
    periodic=PERIODIC,
    web=_web,
)
