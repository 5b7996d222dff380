"""What leaves a case: how signatures are asked for, who is told of what, and what somebody who may only read may not do."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from cases import signatures as ordering
from cases.dossiers import Sealed
from cases.handlers import letter_changed
from cases.office import Office
from cases.operations import operations
from cases.store import cases, documents, people
from cases.telling import remind_of_approvals, tell_staff
from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryKind
from sikkersak.contracts.cases import GiveAccess, Right, StaffContact
from sikkersak.contracts.cases_casework import CompleteTask, ListTasks, ReadClosing, TaskKind
from sikkersak.contracts.cases_documents import (
    AskForSignatures,
    ConfirmWriting,
    DocumentState,
    EventKind,
    ReadDocument,
    SendDocument,
    SignerWish,
    SigningStatus,
)
from sikkersak.contracts.cases_people import Guardian, Pupil, PutStaff
from sikkersak.contracts.message import Operation
from sikkersak.contracts.notifier import LetterChanged, LetterChoice, LetterDossier
from sikkersak.contracts.signing import JobChanged, JobState, NextStep, SigningDossier, SigningFlow
from sikkersak.contracts.values import File, Party, PartyKind
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask
from sikkersak.testing.running import make_keys
from sikkersak.vault import Vault, VaultRef, unseal

OLA, KARI = "15926100175", "15926100256"


@pytest.fixture
async def office(town, tmp_path: Path) -> Office:
    make_keys(tmp_path)
    vault = await Vault.open(f"file://{tmp_path}/vault", tmp_path / "vault_keys.json")
    return Office(
        vault=vault,
        lookup_key=b"k" * 32,
        database=town.database,
        sealer=cast("Any", None),
        seal_seconds=600,
        sweep_seconds=60,
        remind_after=timedelta(days=3),
        text_seconds=10,
    )


class Signatures:
    """A case of a pupil with two guardians, and finished documents in it."""

    def __init__(self, town: Any, office: Office, leader: UUID, case_id: UUID) -> None:
        self.town, self.office, self.leader, self.case_id = town, office, leader, case_id

    async def document(
        self, case_id: UUID | None = None, state: str = "finished", *, is_rendered: bool = True, **changed: Any
    ) -> UUID:
        async with self.town.database.transaction() as tx:
            case = case_id or self.case_id
            event_id = await cases.add_event(tx, case, EventKind.DECISION, "Vedtak", now())
            fields = {
                "event_id": event_id,
                "case_id": case,
                "title": "Vedtak",
                "public_title": "Vedtak",
                "kind": "decision",
                "record_type": "U",
                "state": state,
                "needs_approval": False,
                "access": {},
                "language": "nb",
                "files": [],
                "owner_id": self.leader,
                "to_guardians": False,
                **changed,
            }
            document_id: UUID = (await documents.add_document(tx, fields))["document_id"]
            if state == "finished":
                await documents.oblige_archive(tx, case, document_id, DeliveryKind.RECORD)
            if is_rendered:
                await documents.rendition_ready(tx, document_id, await self.vault_pdf())
            return document_id

    async def vault_pdf(self) -> VaultRef:
        return await self.office.vault.put(f"%PDF {new_id()}".encode(), "application/pdf")

    async def answer(self, asked: Operation[Any]) -> None:
        """As the service would, with nothing said before."""
        _, answering = operations._answers[asked.operation]
        async with self.town.database.transaction() as tx:
            await tx.execute("delete from outbox")
            await answering(asked, Ask(Actor(staff_id=self.leader, level="high", session="test"), tx), self.office)

    async def ask(self, **wishes: Any) -> SigningDossier:
        """Asks, and unseals what signing is ordered to do."""
        document_id = wishes.pop("document_id", None) or await self.document()
        await self.answer(AskForSignatures(document_id=document_id, **wishes))
        (order,) = await said(self.town, "signing.request.v1")
        assert order["asked_by"] == str(self.leader)
        return await unseal(self.office.vault, VaultRef.model_validate(order["dossier"]), SigningDossier)


async def said(town: Any, message_type: str) -> list[dict[str, Any]]:
    async with town.database.transaction() as tx:
        rows = await tx.fetch("select body from outbox where message_type = $1 order by id", message_type)
    return [json.loads(row["body"]) for row in rows]


@pytest.fixture
async def signatures(town, office: Office) -> Signatures:
    leader = await town.person("school_leader", schools=(town.here,))
    case_id = await town.case(leader)
    parties = [Party(kind=PartyKind.PERSON, name=name, national_id=pid) for name, pid in (("Ola", OLA), ("Kari", KARI))]
    guardians = tuple(Guardian(party=party) for party in parties)
    pupil = Pupil(pupil_id=new_id(), name="Per Prøve", school_id=town.here, guardians=guardians)
    fields = {"school_id": town.here, "name": "Per Prøve", "pid_lookup": new_id().hex, "has_protected_address": False}
    async with town.database.transaction() as tx:
        pupil_id = await people.put_pupil(tx, fields, await Sealed(office).keep(pupil))
        await tx.execute("update cases set pupil_id = $2 where case_id = $1", case_id, pupil_id)
        await tx.execute("delete from outbox")
    return Signatures(town, office, leader, case_id)


async def test_all_guardians_sign_side_by_side_where_nothing_is_wished(signatures: Signatures) -> None:
    dossier = await signatures.ask()
    assert [(one.national_id, one.order, one.email) for one in dossier.signers] == [(OLA, 0, None), (KARI, 0, None)]
    assert (dossier.level, dossier.flow, dossier.further) == (3, SigningFlow.PORTAL, ())
    assert {one.on_behalf_of for one in dossier.signers} == {None}  # the school owner's setting


async def test_wishes_reach_signing_as_they_were_given(signatures: Signatures) -> None:
    further = await signatures.document()
    wishes = (
        SignerWish(guardian=2, email="kari@example.no"),
        SignerWish(name="PP-rådgiver", mobile="99999999", order=1, on_behalf_of="other"),
    )
    dossier = await signatures.ask(
        signers=wishes, level=4, days_open=7, message="Les først.", further_documents=(further,)
    )
    first, second = dossier.signers
    assert (first.name, first.national_id, first.email, first.order) == ("Kari", KARI, "kari@example.no", 0)
    assert (second.name, second.national_id, second.mobile, second.order) == ("PP-rådgiver", None, "99999999", 1)
    assert (dossier.level, dossier.days_open, dossier.message, len(dossier.further)) == (4, 7, "Les først.", 1)


async def test_a_guardian_at_the_screen_and_an_advanced_signature(signatures: Signatures) -> None:
    at_screen = await signatures.ask(flow=SigningFlow.DIRECT, signers=(SignerWish(guardian=1),))
    assert (at_screen.flow, len(at_screen.signers)) == (SigningFlow.DIRECT, 1)
    assert (await signatures.ask(is_advanced=True)).level == 4  # MinID makes none


async def test_what_cannot_be_asked_is_said_before_anything_is_ordered(signatures: Signatures, town: Any) -> None:
    other_case = await town.case(signatures.leader)
    elsewhere, unready = await signatures.document(other_case), await signatures.document(is_rendered=False)
    refused = {
        "no-such-guardian": {"signers": (SignerWish(guardian=3),)},
        "signer-unknown": {"signers": (SignerWish(name="Noen"),)},
        "signer-twice": {"signers": (SignerWish(guardian=1), SignerWish(name="Ola", national_id=OLA))},
        "contact-needed": {"signers": (SignerWish(guardian=1, on_behalf_of="other"),)},
        "other-case": {"further_documents": (elsewhere,)},
        "not-ready-to-sign": {"further_documents": (unready,)},
        "advanced-one-document": {"further_documents": (await signatures.document(),), "is_advanced": True},
        "at-screen-at-once": {"flow": SigningFlow.DIRECT, "opens_at": now()},
    }
    for code, wishes in refused.items():
        with pytest.raises(Declined) as no:
            await signatures.ask(**wishes)
        assert no.value.code == code
    assert await said(town, "signing.request.v1") == []


async def test_the_wishes_wait_for_the_rendition(signatures: Signatures, town: Any) -> None:
    waiting = await signatures.document(is_rendered=False)
    with pytest.raises(ValueError, match="not enough values"):  # nothing is ordered yet
        await signatures.ask(document_id=waiting, level=4, signers=(SignerWish(guardian=2),))
    ref = await signatures.office.vault.put(b"%PDF", "application/pdf")
    async with town.database.transaction() as tx:
        row = await documents.rendition_ready(tx, waiting, ref)
        assert row is not None
        await ordering.order(tx, Sealed(signatures.office), row)
    (order,) = await said(town, "signing.request.v1")
    assert order["case_id"] == str(row["case_id"])
    dossier = await unseal(signatures.office.vault, VaultRef.model_validate(order["dossier"]), SigningDossier)
    assert (dossier.level, [one.national_id for one in dossier.signers]) == (4, [KARI])
    assert dossier.document.ref == ref


async def test_a_letter_holds_what_goes_with_it_signed_where_it_was_signed(signatures: Signatures, town: Any) -> None:
    receiver = Party(kind=PartyKind.PERSON, name="Ola", national_id=OLA)
    main = await signatures.document(parties=await Sealed(signatures.office).keep_parties((receiver,)))
    plain, signed = [await signatures.document() for _ in range(2)]
    result = File(name="Samtykke.signert.pdf", media_type="application/pdf", ref=await signatures.vault_pdf())
    async with town.database.transaction() as tx:
        done = "update documents set signed = $2, signing = 'signed' where document_id = $1"
        await tx.execute(done, signed, result.model_dump(mode="json"))
    asked = SendDocument(document_id=main, further_documents=(plain, signed))
    await signatures.answer(asked)
    (order,) = await said(town, "notifier.send_letter.v1")
    letter = await unseal(signatures.office.vault, VaultRef.model_validate(order["dossier"]), LetterDossier)
    assert [file.name for file in letter.files] == ["Vedtak.pdf", "Vedtak.pdf", "Samtykke.signert.pdf"]
    row = await town.database.one("select case_id from documents where document_id = $1", main)
    assert (order["asked_by"], order["case_id"]) == (str(signatures.leader), str(row["case_id"]))


async def test_only_who_may_write_is_confirmed_also_when_the_case_is_closed(signatures: Signatures, town: Any) -> None:
    document_id = await signatures.document()
    reader, writer, stranger = [await town.person("employee", schools=(town.here,)) for _ in range(3)]
    for who, right in ((reader, Right.READ), (writer, Right.WRITE)):
        await town.ask(signatures.leader, GiveAccess(case_id=signatures.case_id, staff_id=who, right=right))
    async with town.database.transaction() as tx:
        await tx.execute("update cases set status = 'closed' where case_id = $1", signatures.case_id)
    assert (await town.ask(writer, ConfirmWriting(document_id=document_id))).document_id == document_id
    with pytest.raises(Forbidden):
        await town.ask(reader, ConfirmWriting(document_id=document_id))
    with pytest.raises(NotFound):
        await town.ask(stranger, ConfirmWriting(document_id=document_id))


async def test_what_becomes_of_staff_is_told_once_for_each_change(town, office: Office) -> None:
    lookup = new_id().hex * 2
    wanted = PutStaff(
        pid_lookup=lookup,
        name="Kari Prøve",
        email="kari@fjordvik.example",
        roles=frozenset({"school_leader"}),
        schools=frozenset({town.here}),
    )
    async with town.database.transaction() as tx:
        staff_id = (await people.put_staff(tx, wanted)).staff_id
        await tx.execute("delete from outbox")

    async def told() -> list[dict[str, Any]]:
        await tell_staff(office)
        return [fact for fact in await said(town, "cases.staff.changed.v1") if fact["staff_id"] == str(staff_id)]

    (fact,) = await told()
    assert len(await told()) == 1
    contact = await unseal(office.vault, VaultRef.model_validate(fact["contact"]), StaffContact)
    assert contact.email == "kari@fjordvik.example"
    assert "kari@" not in json.dumps(fact)
    assert "approve" in fact["permissions"]
    async with town.database.transaction() as tx:
        await people.put_staff(tx, wanted.model_copy(update={"is_active": False}))
    gone = (await told())[-1]
    assert (gone["is_active"], gone["contact"], gone["permissions"]) == (False, None, [])


async def test_schools_are_reminded_of_approvals_that_wait_once_every_few_days(
    signatures: Signatures, town: Any
) -> None:
    for _ in range(2):
        await signatures.document(state=DocumentState.AWAITING_APPROVAL.value)

    async def reminders() -> list[dict[str, Any]]:
        await remind_of_approvals(signatures.office)
        found = await said(town, "notifier.announce.v1")
        return [one for one in found if one["school_id"] == str(town.here)]

    async with town.database.transaction() as tx:
        await tx.execute("update documents set approval_asked_at = now() where state = 'awaiting_approval'")
    assert await reminders() == []
    async with town.database.transaction() as tx:
        sql = "update documents set approval_asked_at = now() - interval '4 days' where state = 'awaiting_approval'"
        await tx.execute(sql)
    (reminder,) = await reminders()
    assert (reminder["notice"], reminder["count"]) == ("approval_waiting", 2)
    assert len(await reminders()) == 1


ENDS = [
    ("declined", "signer-declined", NextStep.ASK_AGAIN),
    ("expired", "time-ran-out", NextStep.ASK_AGAIN),
    ("failed", "signer-reserved", NextStep.PAPER),
    ("failed", "contact-missing", NextStep.GIVE_CONTACT),
    ("failed", "signature-not-verified", NextStep.OPERATIONS),
]


async def test_the_event_shows_how_far_signatures_have_come_and_what_can_be_done_next(
    signatures: Signatures, town: Any
) -> None:
    document_id = await signatures.document(is_rendered=False)

    async def seen() -> SigningStatus:
        status: SigningStatus = (await town.ask(signatures.leader, ReadDocument(document_id=document_id))).signatures
        return status

    assert await seen() is None
    await signatures.answer(AskForSignatures(document_id=document_id))
    ordered = await seen()
    assert (ordered.state, ordered.choices) == ("waiting", (NextStep.WAIT,))

    async def told(state: str, code: str | None = None, **also: Any) -> SigningStatus:
        about = {"job_id": ordered.job_id, "document_id": document_id, "changed_at": now(), "signers": 2}
        fact = JobChanged.model_validate({"state": state, "code": code, **about, **also})
        await town.run(lambda tx: documents.signing_changed(tx, fact))
        return await seen()

    at_screen = await told("awaiting_signatures", flow="direct", signed_by=1)
    assert (at_screen.choices[0], at_screen.signed_by, at_screen.signers) == (NextStep.SIGN_HERE, 1, 2)
    for state, code, step in ENDS:
        status = await told(state, code)
        assert (status.state, status.code) == (state, code)
        assert step in status.choices
        assert code not in status.detail
    assert (await told("waiting", changed_at=now() - timedelta(days=1))).code == "signature-not-verified"


@pytest.mark.parametrize("is_told_first", [True, False])
async def test_a_document_is_signed_with_its_signed_result_whichever_fact_comes_first(
    signatures: Signatures, town: Any, *, is_told_first: bool
) -> None:
    document_id = await signatures.document()
    await signatures.ask(document_id=document_id)

    async def seen() -> SigningStatus:
        status: SigningStatus = (await town.ask(signatures.leader, ReadDocument(document_id=document_id))).signatures
        return status

    ids = {"job_id": (await seen()).job_id, "document_id": document_id}
    told = JobChanged(state=JobState.SIGNED, changed_at=now(), signed_by=2, signers=2, **ids)
    result = File(name="Vedtak.signert.pdf", media_type="application/pdf", ref=await signatures.vault_pdf())

    async def tell() -> None:
        await town.run(lambda tx: documents.signing_changed(tx, told))

    if is_told_first:
        await tell()
        assert ((await seen()).state, (await seen()).signed_by) == ("waiting", 2)
    await town.run(lambda tx: documents.keep_signed(tx, ids["job_id"], result))
    if not is_told_first:
        assert (await seen()).state == "signed"
        await tell()
    assert ((await seen()).state, (await seen()).signed_by, (await seen()).code) == ("signed", 2, None)


async def test_a_letter_that_does_not_arrive_is_a_task_with_choices_until_it_is_decided_about(
    signatures: Signatures, town: Any
) -> None:
    document_id = await signatures.document()
    letter_id = await town.run(lambda tx: documents.add_letter(tx, document_id))

    async def told(state: str, **also: Any) -> None:
        about = {"letter_id": letter_id, "document_id": document_id, "changed_at": now()}
        fact = LetterChanged.model_validate({"state": state, **about, **also})
        await town.run(lambda tx: letter_changed(fact, tx, signatures.office))

    async def tasks(staff_id: UUID = signatures.leader) -> list[Any]:
        asked = ListTasks(kind=TaskKind.LETTER_UNDELIVERED)
        return [one for one in (await town.ask(staff_id, asked)).items if one.letter_id == letter_id]

    await told("sent", price_class="mailbox", attempts=2)
    assert await tasks() == []
    failed_at = now()
    for _ in range(2):
        await told("declined", code="not-delivered", price_class="mailbox", attempts=2)
    (task,) = await tasks()
    assert task.choices == (LetterChoice.PRINT, LetterChoice.SEND_AGAIN, LetterChoice.HANDLED)
    assert "ikke leveres digitalt" in task.detail
    assert await tasks(await town.person("school_leader", schools=(town.elsewhere,))) == []
    document = await town.ask(signatures.leader, ReadDocument(document_id=document_id))
    (sending,) = document.sendings
    assert (sending.state, sending.attempts, sending.price_class) == ("declined", 2, "mailbox")
    assert (sending.detail, sending.choices) == (task.detail, task.choices)
    with pytest.raises(Declined, match="letter-undecided"):
        await town.ask(signatures.leader, CompleteTask(task_id=task.task_id, remark="Ferdig."))
    hindrances = (await town.ask(signatures.leader, ReadClosing(case_id=signatures.case_id))).hindrances
    assert "undelivered" in {one.code for one in hindrances}

    await told("waiting")
    assert await tasks() == []
    await told("declined", code="not-delivered", changed_at=failed_at)  # overtaken: it makes no task anew
    assert await tasks() == []
    await told("delivered", price_class="paper", attempts=3)
    document = await town.ask(signatures.leader, ReadDocument(document_id=document_id))
    assert document.sendings[0].detail == "Skrevet ut og sendt i posten."
    assert document.letters == {letter_id: "delivered"}
