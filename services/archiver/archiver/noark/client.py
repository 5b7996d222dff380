"""The archive core as the port wants it, over the Noark 5 tjenestegrensesnitt."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from archiver.core import (
    ArchivedCaseFile,
    ArchivedRecord,
    CaseFile,
    DocumentDescription,
    Observer,
    Receipt,
    RegistryEntry,
    require_key,
    unobserved,
)
from archiver.noark import changing
from archiver.noark.access import NoarkAccess
from archiver.noark.closing import close_case
from archiver.noark.conversation import Conversation
from archiver.noark.delivery import Delivery
from archiver.noark.entrance import Entrances
from archiver.noark.links import equals
from archiver.noark.reading import moment_of, read_record
from archiver.noark.session import Call, Session
from sikkersak.errors import Declined


class NoarkCore:
    """`ArchiveCore` for one Noark 5 core. One instance for a process, safe for many deliveries at a time.

    Deliveries of the same case must not run at the same time: nothing in the interface keeps two searches that both
    found nothing from both making the case file. The caller holds a lock per case, over all replicas.
    """

    def __init__(self, access: NoarkAccess) -> None:
        self._session = Session(access)
        self._entrances = Entrances(self._session)

    @property
    def adds_documents(self) -> bool:
        """An entry that is not archived yet takes more documents."""
        return True

    async def ensure_case_file(self, case_file: CaseFile, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: `case_file.key`."""
        delivery = await self._delivery(on_step)
        return (await delivery.case_file(case_file))[1]

    async def ensure_registry_entry(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Keys: `entry.key`, and that of its case file and of each document."""
        return await (await self._delivery(on_step)).entry(entry)

    async def add_documents(
        self, record_key: str, documents: tuple[DocumentDescription, ...], *, on_step: Observer = unobserved
    ) -> Receipt:
        """Keys: those of the documents."""
        require_key(record_key, "record")
        return await (await self._delivery(on_step)).more(record_key, documents)

    async def close_case_file(self, key: str, remark: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: the case file's."""
        require_key(key, "case")
        delivery = await self._delivery(on_step)
        return await close_case(delivery.talk, delivery.entrance.case_files, key, remark)

    async def correct_record(self, entry: RegistryEntry, *, on_step: Observer = unobserved) -> Receipt:
        """Key: `entry.key`."""
        delivery = await self._delivery(on_step)
        await changing.correct(delivery, await changing.standing(delivery, entry.key), entry)
        return await self._read_back(delivery, entry.key)

    async def withdraw_record(self, key: str, *, on_step: Observer = unobserved) -> Receipt:
        """Key: the record's."""
        require_key(key, "record")
        delivery = await self._delivery(on_step)
        await changing.withdraw(delivery, await changing.standing(delivery, key))
        return await self._read_back(delivery, key)

    async def add_variant(
        self, record_key: str, document: DocumentDescription, *, on_step: Observer = unobserved
    ) -> Receipt:
        """Keys: the record's, the document's."""
        require_key(record_key, "record")
        delivery = await self._delivery(on_step)
        await changing.add_variant(delivery, await changing.standing(delivery, record_key), document)
        return await self._read_back(delivery, record_key)

    async def reopen_case_file(self, key: str, *, on_step: Observer = unobserved) -> ArchivedCaseFile:
        """Key: the case file's."""
        require_key(key, "case")
        delivery = await self._delivery(on_step)
        found = await delivery.talk.find("find-case-file", delivery.entrance.case_files, key)
        if found is None:
            raise Declined("archive-case-missing", "Saksmappen finnes ikke i arkivet.")
        return await changing.reopen(delivery.talk, found, key)

    async def find_record(self, key: str, *, on_step: Observer = unobserved) -> ArchivedRecord | None:
        """Raises `ManyHits` when the archive has more than one."""
        require_key(key, "record")
        delivery = await self._delivery(on_step)
        found = await delivery.find_record(key)
        return None if found is None else await read_record(delivery.talk, found, key)

    async def record_keys(
        self, since: datetime, until: datetime, *, on_step: Observer = unobserved
    ) -> tuple[str, ...] | None:
        """By journal year, which every core can look for; the exact times are compared here."""
        delivery = await self._delivery(on_step)
        keys: list[str] = []
        for year in range(since.year, until.year + 1):
            address = f"{delivery.entrance.records}?{urlencode({'$filter': f'journalaar eq {year}'})}"
            for record in await delivery.talk.every("list-records", address):
                key, made = delivery.talk.key_of(record), moment_of(record)
                if key is not None and made is not None and since <= made < until:
                    keys.append(key)
        return tuple(keys)

    async def unfinished_records(self, *, on_step: Observer = unobserved) -> tuple[str, ...]:
        """Those in the status that a record has until it is whole."""
        delivery = await self._delivery(on_step)
        status = self._session.access.codes.initial_status
        address = equals(delivery.entrance.records, "journalstatus/kode", status)
        found = await delivery.talk.every("find-unfinished", address)
        keys = [delivery.talk.key_of(record) for record in found if record.code("journalstatus") == status]
        return tuple(key for key in keys if key is not None)

    async def probe(self) -> None:
        """One request when logged in: the root, with our token."""
        await self._session.send(Call("probe", "GET", self._session.access.root), unobserved)

    async def close(self) -> None:
        """Gives back connections."""
        await self._session.close()

    async def _read_back(self, delivery: Delivery, key: str) -> Receipt:
        held = await read_record(delivery.talk, await changing.standing(delivery, key), key)
        return Receipt(case_file=None, record=held, was_created=False)

    async def _delivery(self, on_step: Observer) -> Delivery:
        talk = Conversation(self._session, on_step)
        return Delivery(talk, await self._entrances.current(talk))
