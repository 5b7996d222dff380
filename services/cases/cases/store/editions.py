"""What happens to documents beside their main way: holding, attachments, assessment, corrections, Utgår, stand-ins."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from cases.store.people import TODAY
from sikkersak.contracts.cases_documents import DocumentVersion, PutStandIn, StandIn, WaitingApproval
from sikkersak.contracts.values import AccessAssessment, File
from sikkersak.ids import new_id
from sikkersak.persistence.database import Transaction

HELD_FOR: Final = timedelta(minutes=10)


async def hold(tx: Transaction, document_id: UUID, by: UUID) -> None:
    """Nobody else writes in it for a while."""
    sql = "update documents set held_by = $2, held_until = now() + $3::interval where document_id = $1"
    await tx.execute(sql, document_id, by, HELD_FOR)


async def release(tx: Transaction, document_id: UUID) -> None:
    """Others may write again."""
    await tx.execute("update documents set held_by = null, held_until = null where document_id = $1", document_id)


async def put_attachments(tx: Transaction, document_id: UUID, files: list[File]) -> None:
    """The attachments of a draft, in order; a change of them is a new version of the draft, with the text as it was."""
    kept = [file.model_dump(mode="json") for file in files]
    await tx.execute(
        "update documents set attachments = $2, version = version + 1 where document_id = $1", document_id, kept
    )


async def assess_draft(tx: Transaction, document_id: UUID, access: AccessAssessment, public_title: str) -> None:
    """The assessment that it will be archived with."""
    sql = "update documents set access = $2, public_title = $3 where document_id = $1"
    await tx.execute(sql, document_id, access.model_dump(mode="json"), public_title)


async def assess_finished(
    tx: Transaction, document_id: UUID, by: UUID, access: AccessAssessment, public_title: str
) -> None:
    """A later assessment, beside the locked document."""
    sql = "insert into assessments (document_id, assessed_by, access, public_title) values ($1, $2, $3, $4)"
    await tx.execute(sql, document_id, by, access.model_dump(mode="json"), public_title)


async def withdraw(tx: Transaction, document_id: UUID, by: UUID, reason: str) -> None:
    """Utgår; what waited to be sent is not sent."""
    sql = """
    update documents set withdrawn_at = now(), withdrawn_by = $2, withdrawal_reason = $3, is_to_be_sent = false
    where document_id = $1
    """
    await tx.execute(sql, document_id, by, reason)


async def has_open_correction(tx: Transaction, document_id: UUID) -> bool:
    """Whether a correction is being written."""
    sql = "select exists (select from documents where corrects = $1 and state <> 'finished')"
    return bool(await tx.fetchval(sql, document_id))


async def history(tx: Transaction, document_id: UUID) -> tuple[DocumentVersion, ...]:
    """Every version, newest first."""
    sql = "select * from document_versions where document_id = $1 order by version desc"
    return tuple(DocumentVersion.model_validate(dict(row)) for row in await tx.fetch(sql, document_id))


# --- approval


async def waiting_approvals(tx: Transaction, schools: list[UUID]) -> tuple[WaitingApproval, ...]:
    """What waits at these schools, oldest first."""
    sql = """
    select d.document_id, d.case_id, c.school_id, d.title, d.owner_id from documents d join cases c using (case_id)
    where d.state = 'awaiting_approval' and c.school_id = any($1::uuid[]) order by d.document_id limit 500"""
    return tuple(WaitingApproval.model_validate(dict(row)) for row in await tx.fetch(sql, schools))


async def put_stand_in(tx: Transaction, wanted: PutStandIn, by: UUID) -> None:
    """Leads the school from one day to another: the role is held for just so long."""
    sql = """
    insert into stand_ins (stand_in_id, school_id, staff_id, from_date, to_date, given_by) values ($1, $2, $3, $4, $5, $6)
    """
    days = (wanted.from_date, wanted.to_date)
    await tx.execute(sql, new_id(), wanted.school_id, wanted.staff_id, *days, by)
    role = """
    insert into staff_roles (staff_id, role, school_id, valid_from, valid_to, given_by) values ($1, 'school_leader', $2, $3, $4, $5)
    """
    await tx.execute(role, wanted.staff_id, wanted.school_id, *days, by)


async def stand_ins(tx: Transaction, school_id: UUID) -> tuple[StandIn, ...]:
    """Those of today, in Norway, and later."""
    sql = f"select * from stand_ins where school_id = $1 and to_date >= {TODAY} order by from_date, stand_in_id"
    return tuple(StandIn.model_validate(dict(row)) for row in await tx.fetch(sql, school_id))
