"""Distributing in the running service: the plan, parts, second thoughts, sending on, equal files, paper (M4, M6-M8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import aio_pika
import pytest

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases import IncomingMailDossier, MailTaken, RegisterIncoming
from sikkersak.contracts.cases_acts import NoteAct
from sikkersak.contracts.intake import (
    DiscardMail,
    ForwardMail,
    ListPlanVersions,
    MailState,
    PlanEntry,
    PutPlan,
    ReadMail,
    ReadPlan,
    Registering,
    RegisterMail,
)
from sikkersak.contracts.intake_distribution import (
    AddPaper,
    ChangePaper,
    JoinMail,
    ListPapers,
    ListSenders,
    MailPart,
    PaperState,
    ReadMailText,
    RestoreMail,
    SendBackMail,
    ShredPapers,
    SplitMail,
    UndoMail,
)
from sikkersak.contracts.notifier import ConsignmentState, ForwardingChanged, ForwardToOrganisation, LetterDossier
from sikkersak.contracts.values import AccessAssessment, Party, PartyKind
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.identity.roles import Role
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.testing.waiting import eventually
from sikkersak.vault import Vault, unseal

pytestmark = pytest.mark.asyncio(loop_scope="module")
DISTRIBUTOR, ADMINISTRATOR = Role.MAIL_DISTRIBUTOR, Role.ADMINISTRATOR
OURS, OTHER, PPT = "310000019", "310000043", "310000078"
FJORD, FJELL = new_id(), new_id()


async def came(intake: Any, title: str, *files: tuple[str, bytes], **facts: Any) -> Any:
    """Mail that is safe here, as the distributor reads it."""
    shipment = await intake.svarinn.place(title, *(files or (("brev.txt", title.encode()),)), **facts)
    await intake.stored(shipment)
    return await read(intake, (await intake.row(shipment))["mail_id"])


async def read(intake: Any, mail_id: UUID) -> Any:
    return await intake.ask(ReadMail(mail_id=mail_id), DISTRIBUTOR)


async def orders(intake: Any, queue: str) -> list[Any]:
    """What was said to the service that consumes the queue, and is taken from it now."""

    async def all_is_said() -> bool:
        return not await intake.rows("select 1 from outbox")

    await eventually(all_is_said, what="the relay")
    connection, found = await aio_pika.connect(intake.place.rabbitmq_url), []
    async with connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, passive=True)
        while (message := await declared.get(fail=False)) is not None:
            await message.ack()
            found.append(message)
    return found


async def order(intake: Any, queue: str, model: Any, mail_id: UUID) -> Any:
    """The one order about this mail, which is said when it cannot be undone any more; again while nobody answers it."""
    async with intake.database.transaction() as tx:
        await tx.execute("update mail set held_until = now() where mail_id = $1", mail_id)

    async def look() -> list[Any]:
        heard = [one for one in await orders(intake, queue) if one.type == model.message_type]
        said = [model.model_validate_json(one.body) for one in heard]
        return [one for one in said if one.mail_id == mail_id]

    found, *again = await eventually(look, what=model.message_type)
    assert all(one == found for one in again)
    return found


async def vault_of(intake: Any) -> Vault:
    return await Vault.open(intake.process.environment["VAULT_URL"], intake.folder / "vault_keys.json")


async def test_the_plan_is_kept_in_versions_and_says_why_it_suggests(intake: Any) -> None:
    mail = await came(intake, "Vedrørende mobbing")
    leader = new_id()
    lines = (
        PlanEntry(
            organisation=OURS, school_id=FJELL, title_words=("mobbing",), recipients=(leader,), case_type="environment"
        ),
        PlanEntry(organisation=OURS, school_id=FJORD),
    )
    put = await intake.ask(PutPlan(entries=lines, remark="Første"), ADMINISTRATOR)
    seen = await read(intake, mail.summary.mail_id)
    assert (seen.suggested_school_id, seen.suggested_case_type) == (FJELL, "environment")
    assert (seen.suggested_recipients, seen.suggested_because) == ((leader,), "Linje 1: tittelen har «mobbing»")
    assert seen.summary.school_id == FJELL
    later = await intake.ask(PutPlan(entries=lines[1:], valid_from=now() + timedelta(days=1)), ADMINISTRATOR)
    assert later.version.version == put.version.version + 1
    assert (await intake.ask(ReadPlan(), DISTRIBUTOR)).entries == lines
    assert (await intake.ask(ReadPlan(version=later.version.version), DISTRIBUTOR)).entries == lines[1:]
    known = (await intake.ask(ListPlanVersions(), DISTRIBUTOR)).items
    assert [(one.version, one.is_in_force) for one in known[:2]] == [
        (later.version.version, False),
        (put.version.version, True),
    ]
    with pytest.raises(Declined, match="plan-changed"):
        await intake.ask(PutPlan(entries=(), based_on=put.version.version), ADMINISTRATOR)
    with pytest.raises(Declined, match="forbidden"):
        await intake.ask(PutPlan(entries=()), DISTRIBUTOR)


async def test_a_registration_carries_everything_that_was_said_of_it(intake: Any) -> None:
    mail = await came(intake, "Brev på papir")
    hers, day = Party(kind=PartyKind.PERSON, name="Kari Prøve"), local_date(now()) - timedelta(days=3)
    asked = RegisterMail(
        mail_id=mail.summary.mail_id,
        school_id=FJORD,
        case_id=new_id(),
        sender=hers,
        received_on=day,
        document_date=day - timedelta(days=2),
        registering=Registering.INTERNAL,
        is_withheld=True,
        recipients=(new_id(),),
        is_reopening=True,
    )
    answer = await intake.ask(asked, DISTRIBUTOR)
    assert answer.state is MailState.REGISTERING
    assert answer.undo_until is not None
    said = await order(intake, "cases.orders", RegisterIncoming, mail.summary.mail_id)
    assert (said.recipients, said.is_reopening) == (asked.recipients, True)
    dossier = await unseal(await vault_of(intake), said.dossier, IncomingMailDossier)
    assert (dossier.sender, local_date(dossier.received_at), dossier.document_date) == (hers, day, asked.document_date)
    assert (dossier.is_internal, dossier.is_withheld, dossier.access.restriction) == (True, True, "13")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"received_on": local_date(now()) + timedelta(days=2)}, "received-in-future"),
        ({"is_withheld": True, "access": AccessAssessment(is_exempt=False)}, "withheld-without-basis"),
    ],
)
async def test_what_cannot_be_is_refused(intake: Any, said: dict[str, Any], code: str) -> None:
    mail = await came(intake, f"Nektes: {code}")
    with pytest.raises(Declined, match=code):
        await intake.ask(RegisterMail(mail_id=mail.summary.mail_id, school_id=FJORD, **said), DISTRIBUTOR)


async def test_a_distribution_can_be_undone_until_it_is_carried_out(intake: Any) -> None:
    mail_id = (await came(intake, "Angres")).summary.mail_id
    asked = RegisterMail(mail_id=mail_id, school_id=FJORD, case_id=new_id())
    await intake.ask(asked, DISTRIBUTOR)
    undone = await intake.ask(UndoMail(mail_id=mail_id), DISTRIBUTOR)
    assert (undone.state, undone.undo_until) == (MailState.STORED, None)
    await intake.ask(asked.model_copy(update={"school_id": FJELL}), DISTRIBUTOR)
    said = await order(intake, "cases.orders", RegisterIncoming, mail_id)
    assert said.school_id == FJELL
    with pytest.raises(Declined, match="too-late-to-undo"):
        await intake.ask(UndoMail(mail_id=mail_id), DISTRIBUTOR)


async def test_a_shipment_is_split_and_joined_again(intake: Any) -> None:
    whole = await came(intake, "Tre brev", *((f"{one}.txt", f"Om {one}".encode()) for one in ("ola", "kari", "begge")))
    ola, kari, both = (one.attachment_id for one in whole.attachments)
    mail_id = whole.summary.mail_id
    parts = (MailPart(attachments=(ola, both), title="Om Ola"), MailPart(attachments=(kari, both)))
    split = await intake.ask(SplitMail(mail_id=mail_id, parts=parts), DISTRIBUTOR)
    stays, first = split.items
    assert (stays.mail_id, stays.attachments, first.attachments, first.title) == (mail_id, 2, 2, "Om Ola")
    assert first.split_from == mail_id
    named = [one.file.name for one in (await read(intake, first.mail_id)).attachments]
    assert named == ["ola.txt", "begge.txt"]
    assert [one.file.name for one in (await read(intake, mail_id)).attachments] == ["kari.txt", "begge.txt"]
    assert not any(one.same_content for one in (await read(intake, first.mail_id)).attachments)
    joined = await intake.ask(JoinMail(mail_id=first.mail_id), DISTRIBUTOR)
    assert joined.attachments == 3
    with pytest.raises(Declined, match="not-found"):
        await read(intake, first.mail_id)
    for wrong, code in (
        ((new_id(),), "attachment-unknown"),
        (tuple(split_ids(await read(intake, mail_id))), "nothing-to-split"),
    ):
        with pytest.raises(Declined, match=code):
            await intake.ask(SplitMail(mail_id=mail_id, parts=(MailPart(attachments=wrong),)), DISTRIBUTOR)


def split_ids(mail: Any) -> list[UUID]:
    return [one.attachment_id for one in mail.attachments]


async def test_what_was_set_aside_is_restored(intake: Any) -> None:
    mail_id = (await came(intake, "Lagt bort")).summary.mail_id
    await intake.ask(DiscardMail(mail_id=mail_id, reason="Reklame"), DISTRIBUTOR)
    assert (await read(intake, mail_id)).discard_reason == "Reklame"
    restored = await intake.ask(RestoreMail(mail_id=mail_id), DISTRIBUTOR)
    assert restored.state is MailState.STORED
    with pytest.raises(Declined, match="illegal-move"):
        await intake.ask(RestoreMail(mail_id=mail_id), DISTRIBUTOR)


async def test_what_is_looked_at_and_done_is_told_to_the_audit_log_once(intake: Any) -> None:
    mail_id = (await came(intake, "Fulgt av loggen")).summary.mail_id
    await orders(intake, "cases.orders")
    key = str(new_id())
    actor = Actor(staff_id=new_id(), roles=frozenset({DISTRIBUTOR.value}), level="substantial", session="s")
    discard = DiscardMail(mail_id=mail_id, reason="Reklame")
    for _ in range(2):  # the second has the reply of the first, and nothing is done
        await intake.rpc.ask(discard, actor=actor, idempotency_key=key, within=45)
    await intake.rpc.ask(ReadMail(mail_id=mail_id), actor=actor, within=45)
    with pytest.raises(Declined, match="illegal-move"):  # refused: nothing was done, and nothing is told
        await intake.rpc.ask(discard, actor=actor, idempotency_key=str(new_id()), within=45)
    heard = [one for one in await orders(intake, "cases.orders") if one.type == NoteAct.message_type]
    told = [NoteAct.model_validate_json(one.body) for one in heard]  # beside what earlier tests left unanswered
    assert [(one.operation, one.actor_id, one.about["mail_id"]) for one in told] == [
        (DiscardMail.operation, actor.staff_id, (mail_id,)),
        (ReadMail.operation, actor.staff_id, (mail_id,)),
    ]


async def test_mail_goes_on_to_another_organisation_with_a_note(intake: Any) -> None:
    mail_id = (await came(intake, "Til feil kommune")).summary.mail_id
    to_us = ForwardMail(mail_id=mail_id, to_organisation=OURS)
    with pytest.raises(Declined, match="forward-to-self"):
        await intake.ask(to_us, DISTRIBUTOR)
    asked = ForwardMail(
        mail_id=mail_id, to_organisation=OTHER, to_name="Fjellvik kommune", remark="Eleven har flyttet."
    )
    assert (await intake.ask(asked, DISTRIBUTOR)).state is MailState.FORWARDING
    said = await order(intake, "notifier.orders", ForwardToOrganisation, mail_id)
    vault = await vault_of(intake)
    letter = await unseal(vault, said.dossier, LetterDossier)
    assert (letter.receiver.national_id, letter.receiver.name, letter.is_confidential) == (
        OTHER,
        "Fjellvik kommune",
        True,
    )
    assert [file.name for file in letter.files] == ["brev.txt", "Følgebrev.txt"]
    note = (await vault.read_bytes(letter.files[1].ref, 10_000)).decode()
    assert "Eleven har flyttet." in note
    assert "PP-tjenesten" in note
    assert (await read(intake, mail_id)).forwarded_to == OTHER


async def test_mail_is_sent_back_to_the_organisation_that_sent_it(intake: Any) -> None:
    mail_id = (await came(intake, "I retur")).summary.mail_id
    asked = SendBackMail(mail_id=mail_id, reason="Eleven er ikke hos oss.")

    async def sent_by(kind: str, number: str) -> None:
        async with intake.database.transaction() as tx:
            sender = {"kind": kind, "name": "PP-tjenesten", "national_id": number}
            await tx.execute("update mail set sender = $2 where mail_id = $1", mail_id, sender)

    await sent_by("person", "01819050044")
    with pytest.raises(Declined, match="sender-unknown"):
        await intake.ask(asked, DISTRIBUTOR)
    await sent_by("organisation", PPT)
    await intake.ask(asked, DISTRIBUTOR)
    said = await order(intake, "notifier.orders", ForwardToOrganisation, mail_id)
    letter = await unseal(await vault_of(intake), said.dossier, LetterDossier)
    assert (letter.receiver.national_id, letter.receiver.name) == (PPT, "PP-tjenesten")


async def test_the_very_same_file_in_other_mail_is_warned_about(intake: Any) -> None:
    first = await came(intake, "Første gang", ("sakkyndig.txt", b"Det samme, ord for ord"), ("annet.txt", b"Bare her"))
    again = await came(intake, "Andre gang", ("kopi.txt", b"Det samme, ord for ord"))
    (same,) = again.attachments[0].same_content
    assert (same.mail_id, same.title) == (first.summary.mail_id, "Første gang")
    assert again.summary.has_same_content
    said = await intake.ask(ReadMailText(mail_id=again.summary.mail_id), DISTRIBUTOR)
    assert said.text == "Det samme, ord for ord"
    assert not first.summary.has_same_content
    earlier = {one.file.name: one.same_content for one in (await read(intake, first.summary.mail_id)).attachments}
    assert [one.mail_id for one in earlier["sakkyndig.txt"]] == [again.summary.mail_id]
    assert earlier["annet.txt"] == ()


async def test_organisations_that_have_sent_mail_are_found_and_people_are_not(intake: Any) -> None:
    async with intake.database.transaction() as tx:
        for kind, number in (("organisation", "310000086"), ("person", "01819050044")):
            party = {"kind": kind, "name": "Storsenteret Prøve", "national_id": number}
            sql = "insert into mail (mail_id, system, shipment_id, title, sender, receiver_organisation, received_at) values ($1, 'x', $1, 't', $2, '', now())"
            await tx.execute(sql, new_id(), party)
    found = (await intake.ask(ListSenders(query="storsenteret"), DISTRIBUTOR)).items
    assert [one.organisation for one in found] == ["310000086"]


async def test_a_scans_paper_is_in_the_register_once_it_is_registered(intake: Any) -> None:
    mail_id = (await came(intake, "Skannet brev")).summary.mail_id
    async with intake.database.transaction() as tx:
        sql = "update mail set way = 'folder', named_case = '2026/17', school_id = $2, state = 'registering' where mail_id = $1"
        await tx.execute(sql, mail_id, FJORD)
        for _ in range(2):  # the fact comes twice
            await say(tx, MailTaken(mail_id=mail_id, case_id=new_id(), event_id=new_id()))

    async def look() -> Any:
        page = await intake.ask(ListPapers(school_id=FJORD), DISTRIBUTOR)
        return [one for one in page.items if one.mail_id == mail_id]

    (paper,) = await eventually(look, what="the paper's row")
    assert (paper.reference, paper.state, paper.place) == ("2026/17", PaperState.KEPT, "Ikke oppgitt")
    with pytest.raises(Declined, match="paper-too-early"):
        shredding = ShredPapers(school_id=FJORD, paper_ids=(paper.paper_id,), shredded_on=local_date(now()))
        await intake.ask(shredding, DISTRIBUTOR)


async def test_paper_is_reminded_of_when_it_is_due_and_shredded_by_somebody(intake: Any) -> None:
    school, today = new_id(), local_date(now())
    leader = Actor(
        staff_id=new_id(), roles=frozenset({"school_leader"}), schools=frozenset({school}), level="high", session="s"
    )

    async def asks(operation: Any) -> Any:
        return await intake.rpc.ask(operation, actor=leader, idempotency_key=str(new_id()), within=45)

    old = AddPaper(school_id=school, reference="2026/1", place="Skap 3", kept_since=today - timedelta(days=40))
    due = await asks(old)
    kept = await asks(old.model_copy(update={"reference": "2026/2", "shred_from": today + timedelta(days=9)}))
    assert (due.state, kept.state) == (PaperState.DUE, PaperState.KEPT)
    assert [one.paper_id for one in (await asks(ListPapers(school_id=school, limit=1))).items] == [due.paper_id]

    async def reminded() -> Any:
        return await intake.rows("select paper_id from papers where school_id = $1 and reminded_at is not null", school)

    assert [row["paper_id"] for row in await eventually(reminded, what="the reminder")] == [due.paper_id]
    moved = await asks(ChangePaper(school_id=school, paper_id=kept.paper_id, place="Skap 4"))
    assert (moved.place, moved.shred_from) == ("Skap 4", kept.shred_from)
    shredding = ShredPapers(school_id=school, paper_ids=(due.paper_id,), shredded_on=today)
    (gone,) = (await asks(shredding)).items
    assert (gone.state, gone.shredded_by, gone.shredded_on) == (PaperState.SHREDDED, leader.staff_id, today)
    with pytest.raises(Declined, match="paper-shredded"):
        await asks(shredding)
    page = await asks(ListPapers(school_id=school, limit=1))
    rest = await asks(ListPapers(school_id=school, limit=1, cursor=page.next))
    assert [one.paper_id for one in (*page.items, *rest.items)] == [kept.paper_id, due.paper_id]
    with pytest.raises(Declined, match="forbidden"):
        await asks(ListPapers(school_id=FJORD))
    with pytest.raises(Declined, match="not-found"):
        other = ChangePaper(school_id=FJORD, paper_id=kept.paper_id, place="Et annet sted")
        await intake.ask(other, DISTRIBUTOR)


async def test_content_goes_when_its_time_is_over_and_what_others_have_stays(intake: Any) -> None:
    whole = await came(intake, "To brev", ("reklame.txt", b"Reklame"), ("begge.txt", b"Om begge"))
    flyer, both = split_ids(whole)
    parts = (MailPart(attachments=(flyer, both)), MailPart(attachments=(both,)))
    stays, gone = (await intake.ask(SplitMail(mail_id=whole.summary.mail_id, parts=parts), DISTRIBUTOR)).items
    files = [one.file for one in (await read(intake, gone.mail_id)).attachments]
    await intake.ask(DiscardMail(mail_id=gone.mail_id, reason="Reklame"), DISTRIBUTOR)
    async with intake.database.transaction() as tx:
        sql = "update mail set decided_at = now() - interval '31 days' where mail_id = $1"
        await tx.execute(sql, gone.mail_id)

    async def removed() -> Any:
        return (await read(intake, gone.mail_id)).summary.content_removed_at

    await eventually(removed, what="the removal")
    vault = await vault_of(intake)
    assert [await vault.exists(file.ref) for file in files] == [False, True]
    assert (await intake.ask(ReadMailText(mail_id=stays.mail_id), DISTRIBUTOR)).text == "Reklame\nOm begge"
    assert (await intake.ask(ReadMailText(mail_id=gone.mail_id), DISTRIBUTOR)).text == ""
    assert await vault.read_bytes((await read(intake, stays.mail_id)).attachments[0].file.ref, 100) == b"Om begge"
    acts = [one.act for one in (await read(intake, gone.mail_id)).history]
    assert acts == ["split", "discard", "content-removed"]
    with pytest.raises(Declined, match="content-removed"):
        await intake.ask(RestoreMail(mail_id=gone.mail_id), DISTRIBUTOR)


async def test_what_was_forwarded_goes_with_its_dossier_some_time_after_it_was_delivered(intake: Any) -> None:
    mail_id = (await came(intake, "Videresendes")).summary.mail_id
    await intake.ask(ForwardMail(mail_id=mail_id, to_organisation=OTHER), DISTRIBUTOR)
    said = await order(intake, "notifier.orders", ForwardToOrganisation, mail_id)
    vault = await vault_of(intake)
    letter = await unseal(vault, said.dossier, LetterDossier)
    then = now() - timedelta(days=31)
    async with intake.database.transaction() as tx:
        await say(tx, ForwardingChanged(mail_id=mail_id, state=ConsignmentState.DELIVERED, changed_at=then))

    async def removed() -> Any:
        return (await read(intake, mail_id)).summary.content_removed_at

    await eventually(removed, what="the removal")
    assert (await read(intake, mail_id)).summary.state is MailState.FORWARDED
    (kept,) = await intake.rows("select reading from mail where mail_id = $1", mail_id)
    assert kept["reading"] is None
    assert (await intake.ask(ReadMailText(mail_id=mail_id), DISTRIBUTOR)).text == ""
    assert not any([await vault.exists(ref) for ref in (said.dossier, *(file.ref for file in letter.files))])
