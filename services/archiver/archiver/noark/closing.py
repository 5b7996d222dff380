"""A case file is closed, with what the core demands before (requirements 3.2.5-3.2.9 of Noark 5.5)."""

from __future__ import annotations

from archiver.core import ArchivedCaseFile
from archiver.noark.conversation import Conversation
from archiver.noark.links import Resource
from archiver.noark.reading import CLOSED, FINAL, archived_case
from sikkersak.contracts.archiver import RecordType
from sikkersak.errors import Declined

BACKLOG = frozenset({RecordType.INCOMING.value, RecordType.INTERNAL_FOLLOW_UP.value})


async def close_case(talk: Conversation, case_files: str, key: str, remark: str) -> ArchivedCaseFile:
    """Signs off, archives the records, leaves the remark, closes. A case that is closed already is left alone.

    :raises Declined: no such case, a record in it that is only half made, or what the core has against it.
    """
    found = await talk.find("find-case-file", case_files, key)
    if found is None:
        raise Declined("archive-case-missing", "Saksmappen finnes ikke i arkivet.")
    if found.code("saksstatus") in CLOSED:
        return archived_case(found, key, was_created=False)
    records = await talk.every("read-records", found.href("arkivstruktur/registrering/"))
    if any(record.code("journalstatus") not in FINAL | CLOSED for record in records):
        raise Declined("archive-case-unfinished", "Saksmappen har journalposter som ikke er ferdige i arkivet.")
    for record in records:
        if record.code("journalstatus") in FINAL:
            await archive_record(talk, record)
    await leave_remark(talk, found, remark)
    closed = await talk.change(
        "close-case-file",
        found,
        lambda now: None if now.code("saksstatus") in CLOSED else {"saksstatus": {"kode": "A"}},
    )
    return archived_case(closed, key, was_created=False)


async def archive_record(talk: Conversation, record: Resource) -> None:
    """Signs off a record that waits for an answer, and sets it archived."""
    if record.code("journalposttype") in BACKLOG:
        held = await talk.every("read-sign-offs", record.href("sakarkiv/avskrivning/"))
        if not held:
            body = {"avskrivningsmaate": {"kode": talk.session.access.codes.sign_off}}
            await talk.make("sign-off", record.href("sakarkiv/ny-avskrivning/"), body)
    if record.code("journalstatus") != "A":
        await talk.change(
            "archive-record",
            record,
            lambda now: None if now.code("journalstatus") in CLOSED else {"journalstatus": {"kode": "A"}},
        )


async def leave_remark(talk: Conversation, case: Resource, remark: str) -> None:
    """Why the case was closed (M14), once."""
    held = await talk.every("read-remarks", case.href("arkivstruktur/merknad/"))
    if remark.strip() and not any(one.body.get("merknadstekst") == remark for one in held):
        await talk.make("create-remark", case.href("arkivstruktur/ny-merknad/"), {"merknadstekst": remark})
