"""How signing is put together: the only place that names what it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from signing.desk import Desk
from signing.digdir.client import DigdirPortal, PortalAccess
from signing.digdir.identity import ClientIdentity
from signing.evidence import EvidenceTrust
from signing.handlers import handlers
from signing.operations import operations
from signing.periodic import PERIODIC
from signing.settings import Settings
from sikkersak.messaging.circuit import Circuit
from sikkersak.messaging.handlers import pause, resume
from sikkersak.observability.health import Level
from sikkersak.service import Frame, Service

CREATIONS = ("signing.create",)


@asynccontextmanager
async def open_desk(frame: Frame[Settings]) -> AsyncIterator[Desk]:
    """The desk for the life of the process."""
    settings = frame.settings
    access = PortalAccess(
        root=f"{settings.portal_url.rstrip('/')}/api",
        organisation=settings.portal_organisation,
        queue=settings.portal_queue,
        trusted_roots=settings.portal_trust / "ca.pem",
        calls_a_second=settings.portal_calls_a_second,
    )
    async with DigdirPortal(access, ClientIdentity.read(settings.portal_certificate)) as portal:

        async def probe() -> None:
            await portal.describe_access()

        circuit = Circuit("signing-portal", probe, frame.metrics, probe_every=settings.probe_seconds)
        circuit.on_open.append(lambda: pause(frame.broker, CREATIONS))
        circuit.on_close.append(lambda: resume(frame.broker, CREATIONS))
        frame.health.add("signing-portal", Level.DEEP, probe)
        try:
            yield Desk(
                database=frame.database,
                vault=frame.vault,
                portal=portal,
                trust=EvidenceTrust.read(
                    settings.portal_trust / "signing-root.pem", demands_long_term=settings.portal_long_term
                ),
                circuit=circuit,
                queues=(settings.portal_queue, *settings.portal_former_queues),
                flows=settings.portal_flows,
                poll_seconds=settings.poll_seconds,
                sweep_seconds=settings.sweep_seconds,
                remind_before=timedelta(days=settings.remind_days),
                on_behalf_of=settings.portal_on_behalf_of,
                unknown_after=timedelta(seconds=settings.unknown_after_seconds),
                outward_effects=settings.outward_effects,
                public_url=settings.public_url.rstrip("/"),
            )
        finally:
            await circuit.close()


service: Service[Settings, Desk] = Service(
    name="signing",
    settings=Settings,
    room=open_desk,
    handlers=handlers,
    operations=operations,
    periodic=PERIODIC,
)
