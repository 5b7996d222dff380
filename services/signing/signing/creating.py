"""Creating a job at the portal, at most once, and withdrawing it. What may exist already is left for the poll to find."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from signing import store
from signing.desk import Desk
from signing.domain import EFFECTS_OFF, SET_UP
from signing.portal import (
    DOCUMENT_BYTES_IN_ALL,
    Availability,
    ContactInformation,
    JobCreated,
    OnBehalfOf,
    OutcomeUnknown,
    PortalDocument,
    PortalJob,
    PortalSigner,
    RegisterLookup,
    SecurityLevel,
    SignatureType,
)
from sikkersak.contracts.signing import Capacity, JobState, Signer, SigningDossier
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

log = structlog.get_logger(__name__)

LONGEST_TITLE: Final = 80
LONGEST_DESCRIPTION: Final = 220
NONSENSITIVE: Final = "Dokument til signering fra skolen"
SET_UP_PAUSE: Final = timedelta(minutes=1)


class NotLetIn(Transient):
    """The set-up is at fault, not the job: it waits, and the circuit opens."""

    def __init__(self, refused: Declined) -> None:
        super().__init__(refused.code, retry_after=SET_UP_PAUSE)
        self.code = refused.code


async def create(desk: Desk, row: Row) -> None:
    """Creates the job. Key: job_id; one that was begun is never begun again unless it certainly was not taken."""
    job_id = row["job_id"]
    if not desk.outward_effects:
        async with desk.database.transaction() as tx:
            await store.wait(tx, job_id, EFFECTS_OFF)
        return
    try:
        job = await compose(desk, row)
    except Declined as no:
        await _fail(desk, row, no)
        return
    async with desk.database.transaction() as tx:
        if not await store.begin_creating(tx, job_id):
            return
    try:
        made = await _post(desk, job)
    except OutcomeUnknown:  # never repeated: the poll finds it, or a person looks
        await desk.note(job_id, "create", "outcome-unknown")
    except (Transient, CircuitOpen) as later:
        async with desk.database.transaction() as tx:
            await store.not_created(tx, job_id)
            await store.note(tx, job_id, "create", later.reason[:200])
            if isinstance(later, NotLetIn):
                await store.wait(tx, job_id, later.code)
        raise
    except Declined as no:
        await _fail(desk, row, no)
    else:
        async with desk.database.transaction() as tx:
            await store.created(tx, job_id, made)
            await store.note(tx, job_id, "create", "ok")


async def _post(desk: Desk, job: PortalJob) -> JobCreated:
    async with desk.circuit.attempt():
        try:
            return await desk.portal.create(job)
        except Declined as no:
            if no.code not in SET_UP:
                raise
            log.error("signing_set_up_refused", code=no.code)
            raise NotLetIn(no) from no


async def _fail(desk: Desk, row: Row, no: Declined) -> None:
    async with desk.database.transaction() as tx:
        await store.change(tx, row["job_id"], JobState.FAILED, no.code)
        await store.note(tx, row["job_id"], "create", no.code)


async def cancel(desk: Desk, row: Row) -> None:
    """Withdraws the job. When it is too late the poll brings the end that it had."""
    url = row["cancellation_url"]
    if url is None or not desk.outward_effects:
        return
    try:
        async with desk.circuit.attempt():
            await desk.portal.cancel(url)
    except Declined as no:
        async with desk.database.transaction() as tx:
            await store.keep_cancelled_too_late(tx, row["job_id"])
            await store.note(tx, row["job_id"], "cancel", no.code)
        return
    async with desk.database.transaction() as tx:
        await store.change(tx, row["job_id"], JobState.FAILED, "cancelled")
        await store.note(tx, row["job_id"], "cancel", "ok")


async def compose(desk: Desk, row: Row) -> PortalJob:
    """The job in the portal's terms. Raises `Declined` for what the service would never take, before anything is sent."""
    dossier = await unseal(desk.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
    files = (dossier.document, *dossier.further)
    if sum(file.ref.size for file in files) > DOCUMENT_BYTES_IN_ALL:
        raise Declined("documents-too-large", "Dokumentene er over 10 MB til sammen.")
    documents = [
        PortalDocument(
            title=_title(dossier.title if position == 0 else file.name.rpartition(".")[0]),
            content=await desk.vault.read_bytes(file.ref, DOCUMENT_BYTES_IN_ALL),
        )
        for position, file in enumerate(files)
    ]
    try:
        return PortalJob(
            reference=str(row["job_id"]),
            title=_title(dossier.title),
            nonsensitive_title=NONSENSITIVE,
            description=dossier.message[:LONGEST_DESCRIPTION],
            documents=tuple(documents),
            signers=tuple(_signer(one, dossier, desk.on_behalf_of) for one in dossier.signers),
            security_level=SecurityLevel(str(dossier.level)),
            availability=Availability(activation=dossier.opens_at, duration=timedelta(days=dossier.days_open)),
        )
    except ValidationError as wrong:  # its text would quote names and numbers
        raise Declined("job-not-possible", "Oppdraget kan ikke sendes slik det er satt sammen.") from wrong


def _signer(signer: Signer, dossier: SigningDossier, usual: Capacity) -> PortalSigner:
    """Notified where it is said; else by the contact register, which respects a reservation (private matters only)."""
    capacity = signer.on_behalf_of or usual
    notification: RegisterLookup | ContactInformation = RegisterLookup()
    if signer.email or signer.mobile:
        notification = ContactInformation(email=signer.email, mobile=signer.mobile)
    elif capacity is Capacity.OTHER:
        raise Declined("contact-needed", "Den som signerer på vegne av andre, må ha e-post eller mobil.")
    return PortalSigner(
        national_id=signer.national_id,
        notification=notification,
        signature_type=SignatureType.ADVANCED if dossier.is_advanced else SignatureType.AUTHENTICATED,
        on_behalf_of=OnBehalfOf(capacity.value.upper()),
        order=signer.order,
    )


def _title(text: str) -> str:
    return text.strip()[:LONGEST_TITLE] or "Dokument"
