"""Mail that is registered: what is said of it, closed cases, whom it is for, and which case it may belong in (M7, M8)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from sikkersak.contracts.archiver import ArchiveDossier
from sikkersak.contracts.cases import (
    CloseCase,
    GiveAccess,
    IncomingMailDossier,
    MailRefused,
    MailTaken,
    ReadCase,
    RegisterIncoming,
    Right,
)
from sikkersak.contracts.cases_mail import Likeness, SuggestCases
from sikkersak.contracts.notifier import ConsignmentState, LetterChanged
from sikkersak.contracts.values import AccessAssessment, File, Party, PartyKind
from sikkersak.errors import Forbidden
from sikkersak.ids import new_id
from sikkersak.vault import VaultRef, seal, unseal


def register(town: Any, by: str = "distributor", case_id: UUID | None = None, **also: Any) -> RegisterIncoming:
    """The order as intake gives it."""
    about = {name: also.pop(name) for name in list(also) if name in IncomingMailDossier.model_fields}
    ref = town.run(town.office.vault.put(b"%PDF-1.7 brev", "application/pdf"))
    dossier = IncomingMailDossier(
        **{
            "title": "Sakkyndig vurdering av Ada Nordli",
            "sender": Party(kind=PartyKind.ORGANISATION, name="PP-tjenesten"),
            "received_at": datetime(2026, 9, 3, 10, tzinfo=UTC),
            "document_date": date(2026, 8, 30),
            "category": "expert-assessment",
            "access": AccessAssessment(),
            "case_title": None,
            "files": (File(name="brev.pdf", media_type="application/pdf", ref=ref),),
            **about,
        }
    )
    said = {
        "pupil_id": None if case_id else town.pupil_id,
        "case_id": case_id,
        "case_type": "pupil",
        "responsible_id": None,
    }
    order = RegisterIncoming(
        mail_id=new_id(),
        school_id=town.schools["north"],
        registered_by=town.staff[by],
        dossier=town.run(seal(town.office.vault, dossier)),
        **(said | also),
    )
    town.hear(order)
    return order


def answered(town: Any, order: RegisterIncoming) -> Any:
    """What became of it."""
    rows = town.sql(
        "select message_type, body from outbox where message_type in ($1, $2)",
        MailTaken.message_type,
        MailRefused.message_type,
    )
    bodies = [(row["message_type"], json.loads(bytes(row["body"]))) for row in rows]
    (found,) = [one for one in bodies if one[1]["mail_id"] == str(order.mail_id)]
    return {MailTaken.message_type: MailTaken, MailRefused.message_type: MailRefused}[found[0]].model_validate(found[1])


def archived(town: Any, case_id: UUID) -> ArchiveDossier:
    """What the archive is given of the case's last document."""
    rows = town.sql("select body from outbox where message_type = 'archiver.deliver.v1' order by id desc")
    body = next(one for row in rows if (one := json.loads(bytes(row["body"])))["case_id"] == str(case_id))
    return town.run(unseal(town.office.vault, VaultRef.model_validate(body["dossier"]), ArchiveDossier))


def told(town: Any) -> set[str]:
    rows = town.sql("select body from outbox where message_type = 'notifier.announce.v1'")
    notices = [json.loads(bytes(row["body"])) for row in rows]
    return {one["staff_id"] for one in notices if one["notice"] == "mail_registered"}


def test_the_documents_own_date_and_the_day_it_came_go_to_the_archive(town: Any) -> None:
    order = register(town, responsible_id=town.staff["teacher"])
    sent = archived(town, answered(town, order).case_id)
    assert (sent.document_date, sent.received_at) == (date(2026, 8, 30), datetime(2026, 9, 3, 10, tzinfo=UTC))
    assert (sent.record_type, sent.parties[0].party.name) == ("I", "PP-tjenesten")
    assert sent.public_title == "Sakkyndig vurdering av ***** *****"


def test_an_internal_note_has_no_correspondents_and_a_withheld_title_shows_nothing(town: Any) -> None:
    sent = archived(town, answered(town, register(town, is_internal=True, is_withheld=True)).case_id)
    assert (sent.record_type, sent.parties, sent.public_title) == ("X", (), "*****")


def test_a_new_case_is_opened_to_those_it_is_for_and_they_are_told(town: Any) -> None:
    teacher, colleague = town.staff["teacher"], town.staff["colleague"]
    case_id = answered(town, register(town, recipients=(teacher, colleague))).case_id
    seen = town.ask("colleague", ReadCase(case_id=case_id))
    assert seen.summary.responsible_id == teacher
    assert {str(teacher), str(colleague)} <= told(town)
    stranger = register(town, recipients=(town.staff["southerner"],))
    assert answered(town, stranger).code == "recipient-not-at-school"


def test_naming_somebody_gives_no_access_to_a_case_that_is_there_already(town: Any) -> None:
    case_id = town.open_case()
    outsider = town.put_staff("outsider", {"employee"}, "north")
    answered(town, register(town, case_id=case_id, recipients=(outsider,)))
    assert str(outsider) not in told(town)
    with pytest.raises(Exception, match="not-found"):
        town.ask("outsider", ReadCase(case_id=case_id))
    town.ask("teacher", GiveAccess(case_id=case_id, staff_id=outsider, right=Right.READ))
    register(town, case_id=case_id, recipients=(outsider,))
    assert str(outsider) in told(town)


def test_a_closed_case_takes_mail_from_whoever_may_open_it_and_says_so(town: Any) -> None:
    case_id = town.open_case()
    town.ask("teacher", CloseCase(case_id=case_id, remark="Ferdig"))
    assert answered(town, register(town, case_id=case_id)).code == "case-closed"
    assert answered(town, register(town, case_id=case_id, is_reopening=True)).code == "case-closed-to-you"
    assert answered(town, register(town, "southerner", case_id=case_id, is_reopening=True)).code == "case-closed-to-you"
    town.put_staff("both", {"mail_distributor", "school_leader"}, "north")
    assert answered(town, register(town, "both", case_id=case_id)).code == "case-closed"
    assert answered(town, register(town, "both", case_id=case_id, is_reopening=True)).case_id == case_id
    seen = town.ask("teacher", ReadCase(case_id=case_id))
    assert seen.summary.status == "open"
    assert {event.title for event in seen.events} >= {
        "Gjenåpnet: innkommende post",
        "Sakkyndig vurdering av Ada Nordli",
    }


def test_the_case_that_mail_answers_names_or_is_about_is_suggested_and_why(town: Any) -> None:
    pupils_case, answered_case = (
        town.open_case(title="Elevens sak"),
        town.open_case(title="Sak med brev", pupil_id=None, case_type="general"),
    )
    shipment, letter = new_id(), new_id()
    document = register(town, case_id=answered_case)
    document_id = town.sql(
        "select document_id from documents join events using (event_id) where mail_id = $1", document.mail_id
    )[0][0]
    town.sql("insert into letters (letter_id, document_id) values ($1, $2)", letter, document_id)
    for _ in range(2):
        town.hear(
            LetterChanged(
                letter_id=letter,
                document_id=document_id,
                state=ConsignmentState.SENT,
                changed_at=datetime.now(UTC),
                shipment_id=shipment,
            )
        )

    def suggested(**said: Any) -> Any:
        return town.ask("distributor", SuggestCases(**said))

    (only,) = suggested(replies_to=shipment).cases
    assert (only.case_id, only.because) == (answered_case, Likeness.REPLY)
    number = town.ask("teacher", ReadCase(case_id=pupils_case)).summary.number
    (only,) = suggested(case_number=number).cases
    assert (only.case_id, only.because) == (pupils_case, Likeness.CASE_NUMBER)
    for said, because in (
        ({"sender_number": town.pupil_number}, Likeness.NATIONAL_ID),
        ({"text": f"Gjelder {town.pupil_number[:6]} {town.pupil_number[6:]}"}, Likeness.NATIONAL_ID),
        ({"text": "Referat, NORDLI Ada"}, Likeness.NAME),
    ):
        found = suggested(**said)
        assert [(one.pupil_id, one.because) for one in found.pupils] == [(town.pupil_id, because)]
        assert pupils_case in {one.case_id for one in found.cases if one.because is because}
    assert suggested(text="Nordli skole, uten elevens fornavn") == suggested()
    both = suggested(replies_to=shipment, text="Ada Nordli").cases
    assert both[0].case_id == answered_case
    with pytest.raises(Forbidden):
        town.ask("teacher", SuggestCases(text="Ada Nordli"))
