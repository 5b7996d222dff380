"""Mail into a case: opened again where it was closed, and told to whom it is for (M7, M8)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cases import followup
from cases.domain.standing import Permission, Standing
from cases.domain.titles import SHIELD, public_title
from cases.dossiers import Sealed
from cases.store import access, audit, cases, folders, people
from sikkersak.clock import now
from sikkersak.contracts.cases import IncomingMailDossier, RegisterIncoming, Right
from sikkersak.contracts.cases_documents import EventKind
from sikkersak.contracts.notifier import Announce, Notice
from sikkersak.errors import Declined, Forbidden
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction

REOPENED: Final = "Gjenåpnet: innkommende post"


async def demand_open(tx: Transaction, sealed: Sealed, case: Row, order: RegisterIncoming, by: Standing) -> None:
    """A closed case takes mail only from whoever may open it, and says so; it is opened again then (M14)."""
    if case["status"] == "open":
        return
    if not order.is_reopening:
        raise Declined("case-closed", "Saken er avsluttet.")
    if not by.holds_at(Permission.REOPEN_CASE, case["school_id"]):
        raise Declined("case-closed-to-you", "Saken er avsluttet, og du har ikke rett til å gjenåpne den.")
    await folders.lock(tx, case["case_id"])
    await folders.reopen(tx, case["case_id"])
    await cases.add_event(tx, case["case_id"], EventKind.NOTE, REOPENED, now())
    await followup.archive_reopening(tx, sealed, case, REOPENED)
    await audit.note(tx, by.staff_id, "case-reopened", case_id=case["case_id"])


def shown_title(dossier: IncomingMailDossier, names: tuple[str, ...]) -> str:
    """What the public journal shows: no names, or nothing at all where it is withheld."""
    return SHIELD if dossier.is_withheld else public_title(dossier.title, names)


async def open_to(tx: Transaction, case_id: UUID, order: RegisterIncoming) -> None:
    """A new case is opened to those that the plan gives it to; its main caseworker has it already."""
    for staff_id in dict.fromkeys(order.recipients):
        await _demand_colleague(tx, staff_id, order.school_id)
        await access.put_member(tx, case_id, staff_id, Right.WRITE, order.registered_by)
        await audit.note(tx, order.registered_by, "access-given", case_id=case_id, to=str(staff_id), right="write")


async def notices(tx: Transaction, case: Row, order: RegisterIncoming) -> list[Announce]:
    """For its main caseworker and the recipients who may read it. A name gives nobody access to an old case."""
    told = dict.fromkeys((case["responsible_id"], *order.recipients))
    return [
        Announce(notice_id=new_id(), notice=Notice.MAIL_REGISTERED, school_id=case["school_id"], staff_id=staff_id)
        for staff_id in told
        if staff_id != order.registered_by and await _reads(tx, case, staff_id)
    ]


async def _demand_colleague(tx: Transaction, staff_id: UUID, school_id: UUID) -> None:
    """Somebody who works at the school now."""
    if school_id not in (await people.colleague(tx, staff_id)).schools:
        raise Declined("recipient-not-at-school", "En av mottakerne arbeider ikke ved skolen.")


async def _reads(tx: Transaction, case: Row, staff_id: UUID) -> bool:
    try:
        await access.readable_case(tx, await people.standing(tx, staff_id), case["case_id"])
    except (Forbidden, Declined):  # has left, or never had the case
        return False
    return True
