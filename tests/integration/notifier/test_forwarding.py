"""Forwarding: encrypted content in one mail and its password in another; through SvarUt to another organisation (M4)."""

from __future__ import annotations

import email
import email.policy
import io
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import pytest
import pyzipper

from sikkersak.contracts.notifier import ForwardingDossier, ForwardToArchive, ForwardToOrganisation, RetryConsignment
from sikkersak.contracts.values import Party, PartyKind, PostalAddress
from sikkersak.errors import Declined
from sikkersak.identity import Actor
from sikkersak.ids import new_id
from sikkersak.testing.waiting import eventually
from sikkersak.vault import seal

pytestmark = pytest.mark.hasty
OTHER = "310000035"
PASSWORD = re.compile(r"^[A-Za-z0-9]{6}(-[A-Za-z0-9]{6}){3}\r?$", re.MULTILINE)


async def forward(house: Any, mail_id: UUID | None = None, number: str | None = "2026/4711") -> UUID:
    dossier = ForwardingDossier(
        title="Søknad om skyss for Kari Prøve",
        sender=Party(kind=PartyKind.PERSON, name="Ola Prøve", national_id="01851012490"),
        received_at=datetime(2026, 9, 1, 8, 30, tzinfo=UTC),
        archive_case_number=number,
        files=(await house.file("Skyss Kari Prøve.pdf"), await house.file("Vedlegg.PDF")),
    )
    mail = mail_id or new_id()
    await house.order(ForwardToArchive(mail_id=mail, dossier=await seal(house.vault, dossier)))
    return mail


async def raw(stand_ins: Any, mail: dict[str, Any]) -> EmailMessage:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{stand_ins.smtp_control}/_control/messages/{mail['id']}")
    return email.message_from_bytes(answer.raise_for_status().content, _class=EmailMessage, policy=email.policy.default)


def opened(content: EmailMessage, password: str) -> dict[str, bytes]:
    (attachment,) = content.iter_attachments()
    with pyzipper.AESZipFile(io.BytesIO(attachment.get_content())) as package:
        package.setpassword(password.encode())
        return {name: package.read(name) for name in package.namelist()}


def message_id(mail: dict[str, Any]) -> str:
    return str(dict(mail["headers"])["Message-ID"])


async def test_the_content_opens_with_the_password_of_the_other_mail(house: Any, stand_ins: Any) -> None:
    with house.notifier():
        await house.until(await forward(house), "delivered")
    first, second = await stand_ins.mails()
    password = PASSWORD.search(second["text"])
    assert password is not None
    files = opened(await raw(stand_ins, first), password.group().strip())
    assert list(files) == ["00-innhold.txt", "01.pdf", "02.pdf"]
    assert files["01.pdf"].startswith(b"%PDF")
    assert "01.pdf: Skyss Kari Prøve.pdf" in files["00-innhold.txt"].decode()
    with pytest.raises(RuntimeError):
        opened(await raw(stand_ins, first), "feil-passord")


async def test_nothing_sensitive_stands_in_what_is_not_encrypted(house: Any, stand_ins: Any) -> None:
    with house.notifier():
        await house.until(await forward(house), "delivered")
    first, second = await stand_ins.mails()
    readable = str([(mail["subject"], mail["text"], mail["attachments"], mail["headers"]) for mail in (first, second)])
    assert not re.search("Prøve|01851012490|[Ss]kyss", readable)
    assert "2026/4711" in first["text"]
    assert not PASSWORD.search(first["text"])
    assert first["rcpt_to"] == ["arkiv@fjordvik.example"]


async def test_the_facts_follow_and_the_password_is_forgotten(house: Any) -> None:
    with house.notifier():
        mail = await forward(house)
        await house.until(mail, "delivered")

        async def is_forgotten() -> bool:
            return (await house.row(mail))["password"] is None

        await eventually(is_forgotten, what="the password's removal")
    assert [(fact["mail_id"], fact["state"]) for fact in await house.facts("intake.facts")] == [
        (str(mail), "delivered")
    ]


async def test_a_mail_whose_reply_was_lost_is_the_same_mail_again(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.smtp_control, lose_answers=1)
    with house.notifier():
        await house.until(await forward(house), "delivered")
    first, again, second = await stand_ins.mails()
    assert message_id(first) == message_id(again) != message_id(second)
    password = PASSWORD.search(second["text"])
    assert password is not None
    for mail in (first, again):
        assert opened(await raw(stand_ins, mail), password.group().strip())


async def test_it_is_not_delivered_before_both_mails_are_accepted(house: Any, stand_ins: Any) -> None:
    with house.notifier():
        await stand_ins.fault(stand_ins.smtp_control, down=True)
        mail = await forward(house)
        await house.until(mail, "trying")
        await stand_ins.fault(stand_ins.smtp_control)
        await house.until(mail, "delivered")
    assert len({message_id(mail) for mail in await stand_ins.mails()}) == 2
    assert [fact["state"] for fact in await house.facts("intake.facts")] == ["trying", "delivered"]


async def test_a_mailbox_that_is_refused_is_for_a_person_and_forwarding_again_begins_anew(
    house: Any, stand_ins: Any
) -> None:
    await stand_ins.fault(stand_ins.smtp_control, refuse_status=550, only="/rcpt/")
    with house.notifier():
        mail = await forward(house)
        row = await house.until(mail, "declined")
        distributor = Actor(staff_id=new_id(), roles=frozenset({"mail_distributor"}), level="high", session="s")
        with pytest.raises(Declined, match="forward-anew"):
            await house.ask(RetryConsignment(consignment_id=mail), distributor)
        await stand_ins.fault(stand_ins.smtp_control)
        await forward(house, mail, number="2026/4712")
        await house.until(mail, "delivered", was="declined")
    assert (row["code"], row["attempts"]) == ("mailbox-refused", 1)
    first, _ = await stand_ins.mails()
    assert "2026/4712" in first["text"]


async def test_a_server_that_is_busy_is_tried_again(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.smtp_control, refuse_status=451, refuse_share=0.5)
    with house.notifier():
        await house.until(await forward(house), "delivered")
    assert len(await stand_ins.mails()) == 2


# --- to another organisation, through SvarUt


async def redirect(house: Any, mail_id: UUID | None = None, number: str = OTHER) -> UUID:
    receiver = Party(kind=PartyKind.ORGANISATION, name="Fjellvik kommune", national_id=number, address=PostalAddress())
    files = (await house.file("Henvisning Kari Prøve.docx"), await house.file("Følgebrev.txt"))
    dossier = await house.letter(receiver=receiver, files=files, sender_name="Sikker Sak", case_number="")
    mail = mail_id or new_id()
    await house.order(ForwardToOrganisation(mail_id=mail, dossier=await seal(house.vault, dossier)))
    return mail


async def test_it_arrives_encrypted_once_and_intake_is_told_of_every_step(house: Any, stand_ins: Any) -> None:
    await stand_ins.fault(stand_ins.svarut, lose_answers=1, only="/forsendelser/organisasjon$")
    with house.notifier():
        mail = await redirect(house)
        await redirect(house, mail)  # ordered again while it is on its way
        await house.until(mail, "delivered")
    (sent,) = await stand_ins.letters()
    assert sent["kind"] == "organisasjon"
    assert sent["letter"]["tittel"] == "Brev fra Sikker Sak"
    assert sent["letter"]["taushetsbelagtPost"] is True
    assert "adresse" not in sent["letter"]["mottaker"]
    assert [document["filename"] for document in sent["documents"]] == ["Brev.docx", "Vedlegg 1.txt"]
    told = await house.facts("intake.facts")
    assert {fact["mail_id"] for fact in told} == {str(mail)}
    assert told[-1]["state"] == "delivered"


async def test_what_is_refused_goes_back_to_the_distributor_who_may_send_it_elsewhere(
    house: Any, stand_ins: Any
) -> None:
    with house.notifier():
        mail = await redirect(house, number="123")
        row = await house.until(mail, "declined")
        distributor = Actor(staff_id=new_id(), roles=frozenset({"mail_distributor"}), level="high", session="s")
        with pytest.raises(Declined, match="forward-anew"):
            await house.ask(RetryConsignment(consignment_id=mail), distributor)
        dossier = ForwardingDossier(
            title="Henvisning",
            sender=Party(kind=PartyKind.ORGANISATION, name="PPT"),
            received_at=datetime(2026, 9, 1, 8, 30, tzinfo=UTC),
            archive_case_number=None,
            files=(await house.file(),),
        )
        await house.order(ForwardToArchive(mail_id=mail, dossier=await seal(house.vault, dossier)))
        await house.until(mail, "delivered", was="declined")
    assert row["code"] == "bad-receiver"
    assert await stand_ins.letters() == []
    assert len(await stand_ins.mails()) == 2
