"""Following jobs: every change saved here before it is confirmed (R7), evidence stored and verified before it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from signing import store
from signing.desk import Desk
from signing.domain import ending, is_complete, progress, signed_by
from signing.evidence import ExpectedEvidence, ReceivedEvidence, verify_evidence
from signing.portal import DOCUMENT_BYTES_IN_ALL, PortalJobState, StatusChange
from sikkersak.clock import now
from sikkersak.contracts.signing import DocumentSigned, JobState, SignedEvidence, SigningDossier, SigningFlow
from sikkersak.contracts.values import File
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

log = structlog.get_logger(__name__)

# A job whose creation was never answered became a person's; if it existed after all, its change is taken as any other.
IN_DOUBT: Final = "outcome-unknown"


async def poll(desk: Desk, queue: str, flow: SigningFlow) -> None:
    """Takes every change that waits in a queue; never before the permitted time, which outlives a restart."""
    name = queue if flow is SigningFlow.PORTAL else f"{flow.value}:{queue}"  # each flow has its queues and its pace
    while await _is_permitted(desk, name):
        try:
            async with desk.circuit.attempt():
                answer = await desk.portal.poll(queue, flow)
        except Transient as early:
            if early.retry_after is not None:
                await _keep_permitted(desk, name, early)
            raise
        async with desk.database.transaction() as tx:
            await store.keep_next_poll(tx, name, answer.next_poll_at)
        if answer.change is None:
            return
        await take(desk, answer.change)


async def look(desk: Desk, row: Row) -> None:
    """Asks what came of a ceremony, with the token that the browser brought. What is not known yet the poll brings."""
    token, url = row["status_token"], row["status_url"]
    if token is None or url is None or not desk.outward_effects:
        return
    try:
        async with desk.circuit.attempt():
            change = await desk.portal.look(url, token)
    except Declined as no:  # a token that is none, or no longer one: the landing page proves nothing
        async with desk.database.transaction() as tx:
            await store.forget_token(tx, row["job_id"], token)
            await store.note(tx, row["job_id"], "look", no.code)
        return
    await take(desk, change)
    async with desk.database.transaction() as tx:
        await store.forget_token(tx, row["job_id"], token)


async def _is_permitted(desk: Desk, queue: str) -> bool:
    async with desk.database.transaction() as tx:
        moment = await store.next_poll_at(tx, queue)
    return moment is None or moment <= now()


async def _keep_permitted(desk: Desk, queue: str, early: Transient) -> None:
    """A pause that was asked for is kept by whoever polls next: early polls are punished with longer ones."""
    if early.retry_after is not None:
        async with desk.database.transaction() as tx:
            await store.keep_next_poll(tx, queue, now() + early.retry_after)


async def take(desk: Desk, change: StatusChange) -> None:
    """One change: saved, then confirmed. The same one may come again. Key: the job and its state."""
    async with desk.database.transaction() as tx:
        row = await store.known_job(tx, change.reference)
    if row is None:
        await _keep_strange(desk, change)
        return
    if row["state"] in store.UNSETTLED or row["code"] == IN_DOUBT:
        await _save(desk, row, change)
    elif is_complete(change) and row["evidence"] is None:
        # signed through a link that was open when a person withdrew the job: not taken, but not passed over in silence
        log.warning("signed_after_the_end", job_id=str(row["job_id"]))
        await desk.note(row["job_id"], "status", "signed after the end")
    await desk.portal.confirm(change)


async def _keep_strange(desk: Desk, change: StatusChange) -> None:
    """Of no job of ours: kept, and not confirmed, for it may be another application's (R11)."""
    log.error("change_of_unknown_job", portal_job=change.job_id)
    ref = await desk.vault.put(change.raw, "application/xml")
    async with desk.database.transaction() as tx:
        await store.keep_strange(tx, change.job_id, ref.model_dump(mode="json"))


async def _save(desk: Desk, row: Row, change: StatusChange) -> None:
    dossier = await unseal(desk.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
    seen = progress(dossier.signers, change.signers)
    async with desk.database.transaction() as tx:
        await store.keep_address(tx, row["job_id"], change.job_id, change.cancellation_url)
        await store.keep_progress(tx, row["job_id"], seen)
    if is_complete(change):
        await _keep_signed(desk, row, change, dossier)
        return
    count = signed_by(change)
    state, code = ending(change) if change.state is PortalJobState.FAILED else (JobState.AWAITING_SIGNATURES, None)
    async with desk.database.transaction() as tx:
        await store.change(tx, row["job_id"], state, code, signed_by=count)
        await store.note(tx, row["job_id"], "status", code or f"{count} signed")


async def _keep_signed(desk: Desk, row: Row, change: StatusChange, dossier: SigningDossier) -> None:
    """Fetched, stored, verified; the fact is told only of what held. What did not hold is kept for a person."""
    job_id = row["job_id"]
    try:
        pades = await desk.portal.download(change.pades_url or "")
        xades = [await desk.portal.download(one.xades_url) for one in change.signers if one.xades_url]
    except Declined as gone:
        async with desk.database.transaction() as tx:
            await store.change(tx, job_id, JobState.FAILED, gone.code)
            await store.note(tx, job_id, "download", gone.code)
        return
    files = await _store(desk, dossier, pades, xades)
    sent = [
        await desk.vault.read_bytes(file.ref, DOCUMENT_BYTES_IN_ALL) for file in (dossier.document, *dossier.further)
    ]
    expected = ExpectedEvidence.of(sent, [one.national_id for one in dossier.signers])
    try:
        verdict = await verify_evidence(ReceivedEvidence(pades=pades, xades=tuple(xades)), expected, desk.trust)
    except Declined as no:
        log.error("signature_not_verified", job_id=str(job_id))
        reason = f"{no.code}: {no.detail}"  # our own words: what parsers say may quote the file
        await _settle(desk, job_id, no.code, await _evidence(desk, files, reason), len(xades), reason)
        return
    if not verdict.is_for_long:
        log.warning("no_long_term_data", job_id=str(job_id))
        await desk.note(job_id, "signed", "no-long-term-data")
    await _settle(desk, job_id, None, await _evidence(desk, files, verdict.to_text()), len(xades))


async def _store(desk: Desk, dossier: SigningDossier, pades: bytes, xades: Sequence[bytes]) -> list[File]:
    name = dossier.document.name.rpartition(".")[0] or "dokument"
    pdf, xml = "application/pdf", "application/xml"
    kept = [File(name=f"{name}.signert.pdf", media_type=pdf, ref=await desk.vault.put(pades, pdf))]
    for number, one in enumerate(xades, start=1):
        ref = await desk.vault.put(one, xml)
        kept.append(File(name=f"{name}.signatur-{number}.xml", media_type=xml, ref=ref))
    return kept


async def _evidence(desk: Desk, files: list[File], verdict: str) -> VaultRef:
    return await seal(desk.vault, SignedEvidence(pades=files[0], xades=tuple(files[1:]), verdict=verdict))


async def _settle(
    desk: Desk, job_id: UUID, code: str | None, evidence: VaultRef, count: int, noted: str = "verified"
) -> None:
    """The end of a job that everybody signed: verified without a code, a person's matter with one."""
    state = JobState.FAILED if code else JobState.SIGNED
    async with desk.database.transaction() as tx:
        kept = {"signed_by": count, "evidence": evidence.model_dump(mode="json")}
        row = await store.change(tx, job_id, state, code, **kept)
        await store.note(tx, job_id, "signed", noted)
        if row is not None and state is JobState.SIGNED:
            fact = DocumentSigned(job_id=job_id, document_id=row["document_id"], evidence=evidence, signed_at=now())
            await say(tx, fact)
