"""The signing desk: how a job is created, followed, verified and confirmed; confirmed only when it is safe here (R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from signing import store
from signing.domain import ending, is_complete, signed_by
from signing.evidence import EvidenceTrust, ExpectedEvidence, ReceivedEvidence, verify_evidence
from signing.portal import (
    Availability,
    OutcomeUnknown,
    PortalDocument,
    PortalJob,
    PortalJobState,
    PortalSigner,
    SigningPortal,
    StatusChange,
)
from sikkersak.clock import now
from sikkersak.contracts.signing import DocumentSigned, JobState, SignedEvidence, SigningDossier
from sikkersak.contracts.values import File
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import seal, unseal

log = structlog.get_logger(__name__)

LARGEST_DOCUMENT: Final = 10_485_760
LONGEST_TITLE: Final = 80
NONSENSITIVE: Final = "Dokument til signering fra skolen"


@dataclass(frozen=True)
class Desk:
    """What the service's handlers, operations and poller work with."""

    database: Database
    vault: Vault
    portal: SigningPortal
    trust: EvidenceTrust
    circuit: Circuit
    queue: str
    poll_seconds: float
    unknown_after: timedelta
    outward_effects: bool

    # --- creating

    async def create(self, row: Row) -> None:
        """Creates the job at the portal, at most once. What may exist already is left for the poll to find."""
        if not self.outward_effects:
            async with self.database.transaction() as tx:
                await store.change(tx, row["job_id"], JobState.WAITING, "outward-effects-off")
            return
        job = await self._order(row)
        async with self.database.transaction() as tx:
            if not await store.begin_creating(tx, row["job_id"]):
                return
        try:
            async with self.circuit.attempt():
                made = await self.portal.create(job)
        except OutcomeUnknown:  # never repeated: the poll finds it, or a person looks
            await self._note(row["job_id"], "create", "outcome-unknown")
        except (Transient, CircuitOpen) as later:
            async with self.database.transaction() as tx:
                await store.not_created(tx, row["job_id"])
                await store.note(tx, row["job_id"], "create", type(later).__name__)
            raise
        except Declined as no:
            async with self.database.transaction() as tx:
                await store.change(tx, row["job_id"], JobState.FAILED, no.code)
                await store.note(tx, row["job_id"], "create", no.code)
        else:
            async with self.database.transaction() as tx:
                await store.created(tx, row["job_id"], made)
                await store.note(tx, row["job_id"], "create", "ok")

    async def _order(self, row: Row) -> PortalJob:
        dossier = await unseal(self.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
        content = await self.vault.read_bytes(dossier.document.ref, LARGEST_DOCUMENT)
        title = dossier.title[:LONGEST_TITLE]
        return PortalJob(
            reference=str(row["job_id"]),
            title=title,
            nonsensitive_title=NONSENSITIVE,
            description=dossier.message[:220],
            documents=(PortalDocument(title=title, content=content),),
            signers=tuple(PortalSigner(national_id=one.national_id, order=one.order) for one in dossier.signers),
            availability=Availability(duration=timedelta(days=dossier.days_open)),
        )

    # --- following

    async def poll(self) -> None:
        """Takes every change that waits, each saved before it is confirmed; never before the permitted time."""
        if not self.outward_effects:
            return
        while await self._is_permitted():
            async with self.circuit.attempt():
                answer = await self.portal.poll()
            async with self.database.transaction() as tx:
                await store.keep_next_poll(tx, self.queue, answer.next_poll_at)
            if answer.change is None:
                return
            await self._take(answer.change)

    async def _is_permitted(self) -> bool:
        async with self.database.transaction() as tx:
            moment = await store.next_poll_at(tx, self.queue)
        return moment is None or moment <= now()

    async def _take(self, change: StatusChange) -> None:
        """One change: saved, then confirmed. The same one may come again. Key: the job and its state."""
        async with self.database.transaction() as tx:
            row = await store.known_job(tx, change.reference)
        if row is None:
            log.error("change_of_unknown_job", portal_job=change.job_id)
            return
        if row["state"] in store.UNSETTLED:
            await self._save(row, change)
        await self.portal.confirm(change)

    async def _save(self, row: Row, change: StatusChange) -> None:
        if is_complete(change):
            await self._keep_signed(row, change)
            return
        count = signed_by(change)
        state, code = ending(change) if change.state is PortalJobState.FAILED else (JobState.AWAITING_SIGNATURES, None)
        async with self.database.transaction() as tx:
            await store.change(tx, row["job_id"], state, code, signed_by=count, portal_job=change.job_id)
            await store.note(tx, row["job_id"], "status", code or f"{count} signed")

    async def _keep_signed(self, row: Row, change: StatusChange) -> None:
        """Fetched, stored, verified; the fact is told only of what held. What did not hold is kept for a person."""
        dossier = await unseal(self.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
        pades = await self.portal.download(change.pades_url or "")
        xades = [await self.portal.download(one.xades_url) for one in change.signers if one.xades_url]
        files = await self._store(dossier, pades, xades)
        document = await self.vault.read_bytes(dossier.document.ref, LARGEST_DOCUMENT)
        expected = ExpectedEvidence.of([document], [one.national_id for one in dossier.signers])
        try:
            verdict = await verify_evidence(ReceivedEvidence(pades=pades, xades=tuple(xades)), expected, self.trust)
        except Declined as no:
            await self._settle(
                row["job_id"], JobState.FAILED, no.code, await self._evidence(files, no.code), len(xades)
            )
            return
        evidence = await self._evidence(files, verdict.to_text())
        await self._settle(row["job_id"], JobState.SIGNED, None, evidence, len(xades))

    async def _store(self, dossier: SigningDossier, pades: bytes, xades: list[bytes]) -> list[File]:
        name = dossier.document.name.rpartition(".")[0] or "dokument"
        kept = [
            File(
                name=f"{name}.signert.pdf", media_type="application/pdf", ref=await self._put(pades, "application/pdf")
            )
        ]
        for number, one in enumerate(xades, start=1):
            ref = await self._put(one, "application/xml")
            kept.append(File(name=f"{name}.signatur-{number}.xml", media_type="application/xml", ref=ref))
        return kept

    async def _put(self, content: bytes, media_type: str) -> VaultRef:
        return await self.vault.put(content, media_type)

    async def _evidence(self, files: list[File], verdict: str) -> VaultRef:
        return await seal(self.vault, SignedEvidence(pades=files[0], xades=tuple(files[1:]), verdict=verdict))

    async def _settle(self, job_id: UUID, state: JobState, code: str | None, evidence: VaultRef, count: int) -> None:
        async with self.database.transaction() as tx:
            kept = {"signed_by": count, "evidence": evidence.model_dump(mode="json")}
            row = await store.change(tx, job_id, state, code, **kept)
            await store.note(tx, job_id, "signed", code or "verified")
            if row is not None and state is JobState.SIGNED:
                fact = DocumentSigned(job_id=job_id, document_id=row["document_id"], evidence=evidence, signed_at=now())
                await say(tx, fact)

    async def _note(self, job_id: UUID, step: str, verdict: str) -> None:
        async with self.database.transaction() as tx:
            await store.note(tx, job_id, step, verdict)
