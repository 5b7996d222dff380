"""How shipments are taken in from one receiving system: from seen to acknowledged, each at its own pace (M1)."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from intake import receivers, store
from intake.mailroom import Mailroom, ReceivingSystem
from intake.packaging import unpack
from intake.reasons import FOR_THE_SENDER, code_of
from intake.svarinn.envelope import decrypt
from intake.svarinn.port import LeftQueue, Listing, WrongPassword
from intake.svarinn.shipment import Shipment
from sikkersak.clock import now
from sikkersak.errors import CircuitOpen, Declined, Transient
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row

log = structlog.get_logger(__name__)

# Shown to the sender: no personal data, no details of ours.
REPORT: Final = "Mottakersystemet klarte ikke å lese forsendelsen. Den prøves igjen."
MOST_ROUNDS: Final = 1000


@dataclass(frozen=True)
class Receiving:
    """The poll of one receiving system."""

    mailroom: Mailroom
    system: ReceivingSystem

    async def poll(self) -> None:
        """Rounds until SvarInn shows all that waits. Refused credentials stop it until a person or others of them come."""
        for _ in range(MOST_ROUNDS):
            if not await self._may_ask():
                return
            try:
                is_more = await self._round()
            except WrongPassword as refused:
                await self._stop(refused)
                return
            if not is_more or self.mailroom.is_leaving():
                return

    async def _round(self) -> bool:
        """One listing: every shipment is tried, a stuck one never stops the others. True if more may wait behind."""
        listing = await self.system.client.waiting()
        seen = {one.shipment_id: one for one in listing.shipments}  # an item listed twice is one shipment
        gate = asyncio.Semaphore(self.mailroom.at_once)
        tried = [asyncio.create_task(self._one(shipment, gate)) for shipment in seen.values()]
        try:
            taken = await asyncio.gather(*tried)
        finally:
            for task in tried:
                task.cancel()
            await asyncio.gather(*tried, return_exceptions=True)
        await self._look_back(listing, any(taken))
        return listing.is_full and any(taken)

    async def _one(self, shipment: Shipment, gate: asyncio.Semaphore) -> bool:
        async with gate:
            if self.mailroom.is_leaving():
                return False
            try:
                return await self.take_in(shipment)
            except WrongPassword:
                raise
            except (Transient, Declined) as later:
                log.warning("shipment_waits", shipment_id=str(shipment.shipment_id), code=code_of(later))
            except Exception as bug:  # a bug: this one comes again in the next round, the others go on
                log.exception("shipment_skipped", exception_type=type(bug).__name__)
            return False

    async def take_in(self, shipment: Shipment) -> bool:
        """From seen to acknowledged; each step is repeated until it is done. Key: the shipment's id. True if it left."""
        client, database = self.system.client, self.mailroom.database
        async with database.transaction() as tx:
            row = await store.note_seen(tx, client.system, shipment)
        if row["refused_at"] is not None and row["stored_at"] is None:
            return await self._refuse(row)
        if row["stored_at"] is None:
            if row["next_try_at"] > now():
                return False
            async with self._claimed(row) as is_ours:
                if not is_ours or not await self._tried(shipment, row):
                    return False
        await self._acknowledge(row)
        return True

    @contextlib.asynccontextmanager
    async def _claimed(self, row: Row) -> AsyncIterator[bool]:
        """The right to fetch this shipment, renewed meanwhile: two replicas never fetch the same at one time (R4)."""
        database, holder = self.mailroom.database, new_id()
        lasts = timedelta(seconds=self.mailroom.lease_seconds)

        async def renew() -> None:
            while True:
                await asyncio.sleep(lasts.total_seconds() / 3)
                with contextlib.suppress(Transient):
                    async with database.transaction() as tx:
                        await store.claim(tx, row["mail_id"], holder, lasts)

        async with database.transaction() as tx:
            is_ours = await store.claim(tx, row["mail_id"], holder, lasts)
        if not is_ours:
            yield False
            return
        renewing = asyncio.create_task(renew())
        try:
            yield True
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
        async with database.transaction() as tx:
            await store.release(tx, row["mail_id"], holder)

    async def _tried(self, shipment: Shipment, row: Row) -> bool:
        """Whether it is safe here now; a failure is kept with its reason and its next try."""
        try:
            await self._store(shipment, row)
        except (WrongPassword, CircuitOpen):
            raise  # not this shipment's failure: nothing was tried
        except (Transient, Declined) as problem:
            await self._failed(row, problem)
            return False
        except Exception as bug:  # bytes that nobody foresaw: kept with a reason and its next try like any other
            log.exception("shipment_unforeseen", mail_id=str(row["mail_id"]), exception_type=type(bug).__name__)
            await self._failed(row, Declined("internal-error", "Forsendelsen kunne ikke leses."))
            return False
        return True

    async def _store(self, shipment: Shipment, row: Row) -> None:
        """Downloads, decrypts, unpacks, checks, keeps; every step from file to file, whatever the size."""
        if not shipment.is_understood:
            raise Declined("not-understood", "Opplysningene om forsendelsen kan ikke leses.")
        largest = self.mailroom.largest_shipment
        with tempfile.TemporaryDirectory(dir=self.mailroom.work_folder, prefix="shipment-") as name:
            folder = Path(name)
            encrypted, clear, files = folder / "encrypted", folder / "clear", folder / "files"
            files.mkdir()
            await self.system.client.download(shipment, encrypted)
            await asyncio.to_thread(decrypt, encrypted, clear, self.system.keys)
            encrypted.unlink()
            unpacked = await asyncio.to_thread(unpack, clear, shipment.files, files, largest=largest)
            clear.unlink()
            await self.mailroom.keep(row, unpacked)

    async def _acknowledge(self, row: Row) -> None:
        """Only after the commit. One that has left the queue needs no acknowledgement any more."""
        if row["acknowledged_at"] is not None:
            log.info("shipment_listed_after_acknowledgement", mail_id=str(row["mail_id"]))
        try:
            await self.system.client.acknowledge(row["shipment_id"])
        except LeftQueue:
            log.warning("shipment_left_queue", mail_id=str(row["mail_id"]))
        async with self.mailroom.database.transaction() as tx:
            await store.keep_acknowledged(tx, row["mail_id"])

    async def _failed(self, row: Row, problem: Transient | Declined) -> None:
        """Kept as a row with its reason and its next try; reported to the sender sparingly, never as permanent."""
        code = code_of(problem)
        async with self.mailroom.database.transaction() as tx:
            await store.keep_problem(tx, row["mail_id"], code, getattr(problem, "retry_after", None))
            is_to_report = code in FOR_THE_SENDER and await store.may_report(tx, row["mail_id"])
        log.warning("shipment_not_taken_in", mail_id=str(row["mail_id"]), code=code)
        if is_to_report:
            with contextlib.suppress(LeftQueue):
                await self.system.client.report_failure(row["shipment_id"], REPORT, permanent=False)

    async def _refuse(self, row: Row) -> bool:
        """What a person decided: it leaves SvarInn, and goes on another way. Key: the shipment's id."""
        with contextlib.suppress(LeftQueue):
            await self.system.client.report_failure(row["shipment_id"], row["refusal_text"], permanent=True)
        async with self.mailroom.database.transaction() as tx:
            await store.keep_refused(tx, row["mail_id"])
        log.warning("shipment_refused_by_a_person", mail_id=str(row["mail_id"]))
        return True

    # --- the receiving system as a whole

    async def _may_ask(self) -> bool:
        blinded = self.mailroom.vault.blind(self.system.client.credentials)
        async with self.mailroom.database.transaction() as tx:
            return await receivers.may_ask(tx, self.system.client.system, blinded)

    async def _stop(self, refused: WrongPassword) -> None:
        blinded = self.mailroom.vault.blind(self.system.client.credentials)
        async with self.mailroom.database.transaction() as tx:
            await receivers.stop(tx, self.system.client.system, refused.code, blinded)
        log.error("svarinn_refuses_us", system=self.system.client.system)

    async def _look_back(self, listing: Listing, is_moving: bool) -> None:
        """Notes the round; and where the whole list was shown, what is no longer in it."""
        system = self.system.client.system
        is_stuck = listing.is_full and not is_moving
        async with self.mailroom.database.transaction() as tx:
            await receivers.note_round(tx, system, listing.items, listing.nameless, is_stuck=is_stuck)
            if not listing.is_full:
                await store.keep_left(tx, system, [one.shipment_id for one in listing.shipments])
        if is_stuck:
            log.error("svarinn_list_is_full", system=system, listed=listing.items)
        if listing.nameless:
            log.error("svarinn_items_without_id", system=system, items=listing.nameless)
