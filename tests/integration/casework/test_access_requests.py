"""Requests for access: from the clock that starts to the package that is handed out, and what must not slip through (M19)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from pydantic import ValidationError

from sikkersak.clock import local_date, now
from sikkersak.contracts.cases_access_requests import (
    AnswerAccessRequest,
    AnswerChannel,
    CollectDocuments,
    DecideItem,
    FinishAccessRequest,
    ItemDecision,
    ListAccessRequests,
    ReadAccessRequest,
    ReadRequestAnswer,
    ReadRequestItem,
    RedactItem,
    RegisterAccessRequest,
    RemoveItem,
    ReopenAccessRequest,
    RequestBasis,
    RequestDetail,
    Requester,
    WithdrawAccessRequest,
)
from sikkersak.contracts.cases_casework import CompleteTask, ListTasks, TaskKind
from sikkersak.contracts.cases_documents import FinishDocument, WithdrawDocument, WriteDocument
from sikkersak.contracts.values import AccessAssessment
from sikkersak.errors import Declined, Forbidden, NotFound

OPEN = AccessAssessment(is_exempt=False, restriction="", legal_basis="")
ASKS = Requester(name="Petra Presse", reached_by="petra@eksempel.no")
PARAGRAPH = {"legal_basis": "Offl. § 13 jf. fvl. § 13", "reason": "Opplysninger om helse"}


@pytest.fixture(scope="module")
def letters(town: Any) -> dict[str, UUID]:
    case_id = town.open_case()
    made: dict[str, UUID] = {"case": case_id}
    for name, access in (("open", OPEN), ("exempt", AccessAssessment()), ("secret", AccessAssessment())):
        body = f"Synlig avsnitt. Hemmeligsen bor her. {name}"
        wanted = WriteDocument(case_id=case_id, template="letter", title=f"Om Ada {name}", body=body, access=access)
        made[name] = town.ask("teacher", wanted).document_id
        town.ask("teacher", FinishDocument(document_id=made[name]))
    return made


def register(town: Any, **also: Any) -> RequestDetail:
    wanted = {"school_id": town.schools["north"], "requester": ASKS, "wanted": "Alle brev"} | also
    made: RequestDetail = town.ask("distributor", RegisterAccessRequest.model_validate(wanted))
    return made


def act(town: Any, operation: Any, of: RequestDetail, who: str = "principal", **also: Any) -> RequestDetail:
    wanted: dict[str, Any] = {"school_id": of.summary.school_id, "request_id": of.summary.request_id}
    made: RequestDetail = town.ask(who, operation(**({"version": of.summary.version} | wanted | also)))
    return made


def refused(town: Any, operation: Any, of: RequestDetail, **also: Any) -> str:
    with pytest.raises(Declined) as no:
        act(town, operation, of, **also)
    assert no.value.detail.endswith("."), no.value.code
    return no.value.code


def content(town: Any, ref: Any) -> bytes:
    read: bytes = town.run(town.office.vault.read_bytes(ref, limit=50_000_000))
    return read


def text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in opened).split())


def test_a_request_from_the_clock_to_the_package(town: Any, letters: dict[str, UUID]) -> None:
    asked = register(town)
    assert (asked.summary.state, asked.summary.working_days_left) == ("received", 3)
    assert [task.request_id for task in town.ask("principal", ListTasks(kind=TaskKind.ACCESS_REQUEST)).items] == [
        asked.summary.request_id
    ]
    asked = act(town, CollectDocuments, asked, case_ids=(letters["case"],))
    assert [item.document_id for item in asked.items] == [letters[name] for name in ("open", "exempt", "secret")]
    assert refused(town, FinishAccessRequest, asked) == "items-undecided"
    asked = act(town, DecideItem, asked, item=1, decision="give")
    assert refused(town, DecideItem, asked, item=2, decision="give") == "secrecy-not-given"
    assert refused(town, DecideItem, asked, item=2, decision="redact") == "basis-missing"
    asked = act(town, DecideItem, asked, item=2, decision="redact", **PARAGRAPH)
    by_choice = {"legal_basis": "Offl. § 14", "reason": "Internt"}
    assert refused(town, DecideItem, asked, item=3, decision="refuse", **by_choice) == "extended-not-considered"
    asked = act(town, DecideItem, asked, item=3, decision="refuse", **PARAGRAPH)
    assert refused(town, FinishAccessRequest, asked) == "redaction-missing"
    asked = act(town, RedactItem, asked, item=2, words=("hemmeligsen",))
    redacted = act(town, ReadRequestItem, asked, item=2)
    assert "Hemmeligsen" not in text(content(town, redacted.file.ref))  # type: ignore[attr-defined]
    original = act(town, ReadRequestItem, asked, item=2, is_redacted=False)
    assert "Hemmeligsen" in text(content(town, original.file.ref))  # type: ignore[attr-defined]
    asked = act(town, FinishAccessRequest, asked, remark="Takk for henvendelsen.")
    assert refused(town, DecideItem, asked, item=1, decision="give") == "request-decided"
    asked = act(town, AnswerAccessRequest, asked, channel="email")
    package = act(town, ReadRequestAnswer, asked).file  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content(town, package.ref))) as opened:
        names = opened.namelist()
        assert [name[:3] for name in names] == ["00 ", "01 ", "02 "]
        contents = text(opened.read(names[0]))
        assert "Hemmeligsen" not in text(opened.read(names[2]))
        assert "Hemmeligsen" in text(opened.read(names[1]))
    for said in ("Avslått", "Opplysninger om helse", "Statsforvalteren", "Takk for henvendelsen."):
        assert said in contents
    assert "Ada" not in contents
    assert town.ask("principal", ListTasks(kind=TaskKind.ACCESS_REQUEST)).items == ()
    acts = town.sql("select act from audit where details->>'request_id' = $1", str(asked.summary.request_id))
    assert {"access-request-registered", "document-collected", "request-item-redacted", "document-access-answered"} <= {
        row["act"] for row in acts
    }
    for statement in ("update access_requests set remark = 'x'", "delete from access_request_items"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            town.sql(f"{statement} where request_id = $1", asked.summary.request_id)


def test_documents_are_found_by_the_journal_and_by_search_and_only_by_those_who_may(
    town: Any, letters: dict[str, UUID]
) -> None:
    asked = register(town)
    entry = "select year || '/' || running || '-2' as entry from cases where case_id = $1"
    found = act(town, CollectDocuments, asked, entries=(town.sql(entry, letters["case"])[0]["entry"],))
    assert [item.document_id for item in found.items] == [letters["exempt"]]
    for wrong in ("2026/1", "x/1-1", "2026/1-1; drop", "2026/99999999999-1"):
        with pytest.raises(ValidationError):
            act(town, CollectDocuments, found, entries=(wrong,))
    assert refused(town, CollectDocuments, found, entries=("2026/999999999-999999999",)) == "none-collected"
    found = act(town, CollectDocuments, found, query="Hemmeligsen")
    assert {item.document_id for item in found.items} == {letters[name] for name in ("open", "exempt", "secret")}
    with pytest.raises(Forbidden):
        act(town, ReadAccessRequest, asked, who="southerner")
    with pytest.raises(Forbidden):
        act(town, ReadAccessRequest, asked, who="teacher")
    south = register(town, school_id=town.schools["south"])
    with pytest.raises(Declined) as no:
        act(town, CollectDocuments, south, who="southerner", document_ids=(letters["open"],))
    assert no.value.code == "none-collected"
    with pytest.raises(NotFound):
        town.ask(
            "southerner",
            ReadAccessRequest(school_id=town.schools["south"], request_id=asked.summary.request_id),
        )


def test_who_answers_without_the_case_sees_nothing_of_it(town: Any, letters: dict[str, UUID]) -> None:
    asked = act(town, CollectDocuments, register(town), document_ids=(letters["open"],))
    held = ["answer_access_requests"]
    town.sql(
        "insert into role_contents (role, permissions, changed_by) values ('employee', $1, $2)",
        held,
        town.staff["admin"],
    )
    try:
        seen = act(town, ReadAccessRequest, asked, who="colleague")
        assert [(item.is_visible, item.title, item.file) for item in seen.items] == [(False, None, None)]
        for operation, also in ((DecideItem, {"decision": "give"}), (RemoveItem, {}), (ReadRequestItem, {})):
            with pytest.raises(NotFound):
                act(town, operation, asked, who="colleague", item=1, **also)
        with pytest.raises(Declined) as no:
            act(town, FinishAccessRequest, asked, who="colleague")
        assert no.value.code == "items-unseen"
    finally:
        town.sql("delete from role_contents where role = 'employee'")


def test_what_cannot_be_redacted_is_said_and_nothing_is_made(town: Any, letters: dict[str, UUID]) -> None:
    asked = act(town, CollectDocuments, register(town), document_ids=(letters["open"],))
    area = {"page": 1, "x": 10, "y": 10, "width": 50, "height": 50}
    for wrong in (area | {"page": 2}, area | {"x": 580}, area | {"y": 840}):
        assert refused(town, RedactItem, asked, item=1, areas=(wrong,)) == "area-outside"
    assert refused(town, RedactItem, asked, item=1, words=("Finnesikke",)) == "word-unseen"
    assert refused(town, RedactItem, asked, item=1, words=("  ",)) == "nothing-to-redact"
    assert act(town, ReadAccessRequest, asked).items[0].is_redacted is False
    assert act(town, RedactItem, asked, item=1, areas=(area,)).items[0].is_redacted


def test_an_encrypted_pdf_is_said_to_be_unreadable_and_a_picture_no_pdf(town: Any) -> None:
    made = io.BytesIO()
    with pikepdf.new() as locked:
        locked.add_blank_page()
        locked.save(made, encryption=pikepdf.Encryption(owner="eier", user="bruker"))
    case_id = town.open_case()
    for media_type, code in (("application/pdf", "paper-unreadable"), ("image/png", "not-pdf")):
        document_id = town.ask("teacher", WriteDocument(case_id=case_id, template="letter", title="Brev")).document_id
        ref = town.run(town.office.vault.put(made.getvalue(), media_type))
        attached = [{"name": "vedlegg", "media_type": media_type, "ref": ref.model_dump(mode="json")}]
        town.sql("update documents set attachments = $2 where document_id = $1", document_id, attached)
        town.ask("teacher", FinishDocument(document_id=document_id))
        asked = act(town, CollectDocuments, register(town), document_ids=(document_id,))
        assert [item.position for item in asked.items] == [0, 1]
        assert refused(town, RedactItem, asked, item=2, words=("noe",)) == code


def test_a_document_withdrawn_after_collecting_or_after_deciding_stops_the_answer(town: Any) -> None:
    case_id = town.open_case()
    wanted = WriteDocument(case_id=case_id, template="letter", title="Brev", access=OPEN)
    document_id = town.ask("teacher", wanted).document_id
    town.ask("teacher", FinishDocument(document_id=document_id))
    first = act(town, CollectDocuments, register(town), document_ids=(document_id,))
    first = act(town, DecideItem, first, item=1, decision="give")
    second = act(town, CollectDocuments, register(town), case_ids=(case_id,))
    second = act(town, FinishAccessRequest, act(town, DecideItem, second, item=1, decision="give"))
    town.ask("principal", WithdrawDocument(document_id=document_id, reason="Feil sak"))
    assert refused(town, FinishAccessRequest, first) == "collected-withdrawn"
    assert refused(town, AnswerAccessRequest, second, channel="letter") == "collected-withdrawn"
    second = act(town, RemoveItem, act(town, ReopenAccessRequest, second), item=1)
    assert refused(town, FinishAccessRequest, second) == "nothing-collected"
    second = act(town, FinishAccessRequest, second, remark="Dokumentet var feilført.")
    assert act(town, AnswerAccessRequest, second, channel="letter").summary.state == "answered"


def test_a_redaction_of_another_original_is_made_again(town: Any, letters: dict[str, UUID]) -> None:
    asked = act(town, CollectDocuments, register(town), document_ids=(letters["secret"],))
    asked = act(town, RedactItem, asked, item=1, words=("Hemmeligsen",))
    asked = act(town, DecideItem, asked, item=1, decision="redact", **PARAGRAPH)
    signed = town.run(town.office.vault.put(b"%PDF-1.7 signert", "application/pdf"))
    file = {"name": "signert.pdf", "media_type": "application/pdf", "ref": signed.model_dump(mode="json")}
    town.sql("update documents set signed = $2 where document_id = $1", letters["secret"], file)
    assert refused(town, FinishAccessRequest, asked) == "original-changed"
    town.sql("update documents set signed = null where document_id = $1", letters["secret"])
    assert act(town, FinishAccessRequest, asked).summary.state == "decided"


def test_of_two_handlers_at_once_one_is_told_to_look_again(town: Any, letters: dict[str, UUID]) -> None:
    asked = act(town, CollectDocuments, register(town), document_ids=(letters["open"],))
    about = {"school_id": asked.summary.school_id, "request_id": asked.summary.request_id, "item": 1}
    version = asked.summary.version

    async def both() -> list[Any]:
        give = DecideItem(**about, version=version, decision=ItemDecision.GIVE)
        refuse = DecideItem(**about, version=version, decision=ItemDecision.REFUSE, **PARAGRAPH)
        tries = (town.asking("principal", give), town.asking("principal", refuse))
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = town.run(both())
    assert [one.code for one in answers if isinstance(one, Declined)] == ["stale-version"]
    assert sum(isinstance(one, RequestDetail) for one in answers) == 1


def test_a_party_gets_what_the_public_does_not_with_a_reason(town: Any, letters: dict[str, UUID]) -> None:
    asked = register(town, basis=RequestBasis.PARTY, language="en", received_on=date(2026, 3, 30))
    assert asked.summary.deadline == date(2026, 4, 7), "over Easter"
    assert asked.summary.working_days_left < 0
    asked = act(town, CollectDocuments, asked, document_ids=(letters["exempt"],))
    assert refused(town, DecideItem, asked, item=1, decision="give") == "reason-missing"
    asked = act(town, DecideItem, asked, item=1, decision="give", reason="Part i saken")
    asked = act(town, AnswerAccessRequest, act(town, FinishAccessRequest, asked), channel="collected")
    package = act(town, ReadRequestAnswer, asked).file  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content(town, package.ref))) as opened:
        assert "County Governor" in text(opened.read("00 Contents.pdf"))


def test_the_task_is_done_by_answering_only_and_the_list_shows_the_clock(town: Any) -> None:
    asked = register(town)
    task = next(
        task
        for task in town.ask("principal", ListTasks(kind=TaskKind.ACCESS_REQUEST)).items
        if task.request_id == asked.summary.request_id
    )
    with pytest.raises(Declined) as no:
        town.ask("principal", CompleteTask(task_id=task.task_id, remark="Ferdig"))
    assert no.value.code == "request-unanswered"
    with pytest.raises(Declined):
        register(town, received_on=local_date(now()) + timedelta(days=400))
    north = town.schools["north"]
    first = town.ask("principal", ListAccessRequests(school_id=north, limit=1))
    assert first.items[0].request_id == asked.summary.request_id
    following = town.ask("principal", ListAccessRequests(school_id=north, limit=1, cursor=UUID(first.next)))
    assert following.items[0].request_id < asked.summary.request_id
    act(town, WithdrawAccessRequest, asked, remark="Ringte og trakk kravet")


class RequestLife(RuleBasedStateMachine):
    """Any order of acts: what the model refuses, the product refuses by the same name."""

    town: ClassVar[Any]
    document_id: ClassVar[UUID]

    def __init__(self) -> None:
        super().__init__()
        self.shown = register(self.town)
        self.state, self.decision, self.is_collected = "received", None, False

    def attempt(self, operation: Any, code: str | None, **also: Any) -> bool:
        if code is None:
            self.shown = act(self.town, operation, self.shown, **also)
            return True
        with pytest.raises(Declined) as no:
            act(self.town, operation, self.shown, **also)
        assert no.value.code == code
        return False

    def locked(self) -> str | None:
        if self.state == "decided":
            return "request-decided"
        return "request-move-illegal" if self.state in {"answered", "withdrawn"} else None

    @rule()
    def collect(self) -> None:
        if self.attempt(CollectDocuments, self.locked(), document_ids=(self.document_id,)):
            self.state, self.is_collected = "in_progress", True

    @rule(decision=st.sampled_from(["give", "refuse"]))
    def decide(self, decision: str) -> None:
        code = self.locked() or (None if self.is_collected else "item-not-found")
        item = self.shown.items[0].item if self.shown.items else 1
        if self.attempt(DecideItem, code, item=item, decision=decision, **PARAGRAPH):
            self.state, self.decision = "in_progress", decision

    @rule()
    def remove(self) -> None:
        code = self.locked() or (None if self.is_collected else "item-not-found")
        item = self.shown.items[0].item if self.shown.items else 1
        if self.attempt(RemoveItem, code, item=item):
            self.state, self.decision, self.is_collected = "in_progress", None, False

    @rule(remark=st.sampled_from(["", "Ingenting funnet"]))
    def finish(self, remark: str) -> None:
        code = None if self.state in {"received", "in_progress"} else "request-move-illegal"
        if code is None and not self.is_collected and not remark:
            code = "nothing-collected"
        if code is None and self.is_collected and self.decision is None:
            code = "items-undecided"
        if self.attempt(FinishAccessRequest, code, remark=remark):
            self.state = "decided"

    @rule()
    def reopen(self) -> None:
        if self.attempt(ReopenAccessRequest, None if self.state == "decided" else "request-move-illegal"):
            self.state = "in_progress"

    @rule()
    def answer(self) -> None:
        code = None if self.state == "decided" else "request-move-illegal"
        if self.attempt(AnswerAccessRequest, code, channel=AnswerChannel.LETTER):
            self.state = "answered"

    @rule()
    def withdraw(self) -> None:
        code = "request-move-illegal" if self.state in {"answered", "withdrawn"} else None
        if self.attempt(WithdrawAccessRequest, code, remark="Trukket"):
            self.state = "withdrawn"

    @rule()
    def stale(self) -> None:
        old = self.shown.summary.version
        stale = self.shown.model_copy(update={"summary": self.shown.summary.model_copy(update={"version": old + 1})})
        with pytest.raises(Declined) as no:
            act(self.town, FinishAccessRequest, stale, remark="x")
        assert no.value.code == "stale-version"

    def teardown(self) -> None:
        shown = act(self.town, ReadAccessRequest, self.shown)
        assert shown.summary.state == self.state
        assert bool(shown.items) == self.is_collected


def test_no_order_of_acts_leaves_the_model(town: Any, letters: dict[str, UUID]) -> None:
    RequestLife.town, RequestLife.document_id = town, letters["open"]
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        RequestLife,
        settings=settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=checks),
    )
