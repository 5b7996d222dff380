"""State machines of a case and its documents against a simple model: what the model refuses, the product refuses by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from sikkersak.clock import now
from sikkersak.contracts.archiver import DeliveryChanged, DeliveryKind, DeliveryState
from sikkersak.contracts.cases import (
    CloseCase,
    DecideApproval,
    EditDocument,
    FinishDocument,
    ReadCase,
    SubmitForApproval,
    WriteDocument,
)
from sikkersak.contracts.cases_casework import ReadClosing, ReopenCase
from sikkersak.contracts.cases_documents import CorrectDocument, HoldDocument, ReleaseDocument, WithdrawDocument
from sikkersak.errors import Declined

CODE = re.compile(r"[a-z]+(-[a-z]+)*")
WRITERS = st.sampled_from(["teacher", "principal"])


@dataclass
class Paper:
    """What the model knows of a document."""

    document_id: UUID
    owner: str
    needs_approval: bool
    state: str = "draft"
    version: int = 1
    held_by: str | None = None
    is_withdrawn: bool = False
    is_archived: bool = False
    corrects: Paper | None = None
    corrected_by: list[Paper] = field(default_factory=list)


class CaseLife(RuleBasedStateMachine):
    """One case, its caseworker and its principal, and whatever they try in whatever order."""

    town: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.case_id = self.town.open_case()
        self.is_open = True
        self.papers: list[Paper] = []

    # --- the model's word against the product's

    def attempt(self, who: str, asked: Any, refusal: str | None) -> Any:
        """Does it; `refusal` is the code that the model expects, or none where it must succeed."""
        if refusal is None:
            return self.town.ask(who, asked)
        with pytest.raises(Declined) as refused:
            self.town.ask(who, asked)
        assert refused.value.code in refusal.split("|"), (refused.value.code, refusal)
        assert CODE.fullmatch(refused.value.code)
        assert refused.value.detail.endswith("."), "a text that a user can act on is a sentence"
        return None

    def closed(self) -> str | None:
        return None if self.is_open else "forbidden|case-closed"

    def in_use(self, paper: Paper, who: str) -> str | None:
        return "document-in-use" if paper.held_by not in (None, who) else None

    def paper(self, data: Any) -> Paper:
        return data.draw(st.sampled_from(self.papers))

    # --- the case

    @rule(who=WRITERS)
    def close(self, who: str) -> None:
        hindered = any(paper.state != "finished" or not paper.is_archived for paper in self.papers)
        refusal = self.closed() or ("case-not-closable" if hindered else None)
        self.attempt(who, CloseCase(case_id=self.case_id, remark="Ferdig behandlet."), refusal)
        self.is_open = self.is_open and refusal is not None

    @rule(who=WRITERS)
    def reopen(self, who: str) -> None:
        refusal = "forbidden" if who == "teacher" else "case-not-closed" if self.is_open else None
        self.attempt(who, ReopenCase(case_id=self.case_id, reason="Nye opplysninger."), refusal)
        self.is_open = self.is_open or refusal is None

    # --- documents

    @rule(who=WRITERS, needs_approval=st.booleans())
    def write(self, who: str, needs_approval: bool) -> None:
        template = "decision" if needs_approval else "letter"
        asked = WriteDocument(case_id=self.case_id, template=template, title="Et brev", body="Hei.")
        made = self.attempt(who, asked, self.closed())
        if made is not None:
            self.papers.append(Paper(made.document_id, who, needs_approval))

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data(), is_stale=st.integers(0, 5))
    def edit(self, who: str, data: Any, is_stale: int) -> None:
        paper = self.paper(data)
        version = paper.version - (1 if is_stale == 0 else 0)
        refusal = self.closed() or ("stale-version" if version != paper.version else None) or self.in_use(paper, who)
        if refusal is None and paper.state not in ("draft", "returned", "approved"):
            refusal = "document-locked"
        self.attempt(who, EditDocument(document_id=paper.document_id, version=version, body="Nytt."), refusal)
        if refusal is None:
            paper.version += 1
            if paper.state == "approved" and paper.needs_approval:
                paper.state = "draft"

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def hold(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed()
        if refusal is None and paper.state not in ("draft", "returned", "approved"):
            refusal = "document-locked"
        refusal = refusal or self.in_use(paper, who)
        self.attempt(who, HoldDocument(document_id=paper.document_id), refusal)
        if refusal is None:
            paper.held_by = who

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def release(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed() or self.in_use(paper, who)
        self.attempt(who, ReleaseDocument(document_id=paper.document_id), refusal)
        if refusal is None:
            paper.held_by = None

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def submit(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed() or self.in_use(paper, who)
        refusal = refusal or (None if paper.state in ("draft", "returned") else "illegal-move")
        self.attempt(who, SubmitForApproval(document_id=paper.document_id), refusal)
        if refusal is None:
            paper.state, paper.held_by = "awaiting_approval", None

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data(), is_approved=st.booleans())
    def decide(self, who: str, data: Any, is_approved: bool) -> None:
        paper = self.paper(data)
        refusal = self.closed() or ("forbidden" if who == "teacher" else None)
        refusal = refusal or ("own-document" if paper.owner == who else None)
        refusal = refusal or (None if paper.state == "awaiting_approval" else "illegal-move")
        asked = DecideApproval(document_id=paper.document_id, is_approved=is_approved, remark="Se merknad.")
        self.attempt(who, asked, refusal)
        if refusal is None:
            paper.state = "approved" if is_approved else "returned"

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def finish(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed()
        if refusal is None and paper.state not in ("draft", "returned", "approved"):
            refusal = "illegal-move"
        if refusal is None and paper.needs_approval and paper.state != "approved":
            refusal = "approval-missing"
        refusal = refusal or self.in_use(paper, who)
        self.attempt(who, FinishDocument(document_id=paper.document_id), refusal)
        if refusal is None:
            paper.state, paper.held_by = "finished", None

    @precondition(lambda self: any(paper.state == "finished" for paper in self.papers))
    @rule()
    def archive(self) -> None:
        """The archive takes what is finished, at last."""
        for paper in self.papers:
            if paper.state == "finished" and not paper.is_archived:
                self.town.hear(archived(self.town, self.case_id, paper.document_id))
                paper.is_archived = True

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def withdraw(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed() or (None if paper.state == "finished" else "not-finished")
        refusal = refusal or ("document-withdrawn" if paper.is_withdrawn else None)
        self.attempt(who, WithdrawDocument(document_id=paper.document_id, reason="Feil elev."), refusal)
        paper.is_withdrawn = paper.is_withdrawn or refusal is None

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def correct(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = self.closed() or (None if paper.state == "finished" else "not-finished")
        if refusal is None and any(one.state != "finished" for one in paper.corrected_by):
            refusal = "correction-open"
        made = self.attempt(who, CorrectDocument(document_id=paper.document_id), refusal)
        if made is not None:
            assert made.corrects == paper.document_id
            correction = Paper(made.document_id, who, paper.needs_approval, corrects=paper)
            paper.corrected_by.append(correction)
            self.papers.append(correction)

    # --- what is always so

    @invariant()
    def the_product_says_what_the_model_says(self) -> None:
        shown = self.town.ask("principal", ReadCase(case_id=self.case_id))
        assert (shown.summary.status == "open") is self.is_open
        views = {view.document_id: view for event in shown.events for view in event.documents}
        assert views.keys() == {paper.document_id for paper in self.papers}
        for paper in self.papers:
            view = views[paper.document_id]
            assert (view.state, view.version) == (paper.state, paper.version)
            assert (view.withdrawn_at is not None) is paper.is_withdrawn
            assert (view.held_by is not None) is (paper.held_by is not None)
            assert (view.archive is not None) is (paper.state == "finished"), "finished means obliged to the archive"

    @invariant()
    def the_checklist_and_closing_agree(self) -> None:
        hindered = any(paper.state != "finished" or not paper.is_archived for paper in self.papers)
        checklist = self.town.ask("teacher", ReadClosing(case_id=self.case_id))
        assert checklist.is_closable is not hindered

    @invariant()
    def the_database_itself_keeps_what_is_finished(self) -> None:
        for paper in self.papers:
            if paper.state == "finished":
                with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                    self.town.sql("update documents set body = 'x' where document_id = $1", paper.document_id)
                break


def archived(town: Any, case_id: UUID, document_id: UUID) -> DeliveryChanged:
    row = town.sql("select delivery_id from archive_obligations where document_id = $1", document_id)[0]
    return DeliveryChanged(
        delivery_id=row["delivery_id"],
        document_id=document_id,
        case_id=case_id,
        school_id=town.schools["north"],
        kind=DeliveryKind.RECORD,
        state=DeliveryState.ARCHIVED,
        changed_at=now(),
    )


def test_no_order_of_acts_leaves_the_model(town: Any) -> None:
    CaseLife.town = town
    run_state_machine_as_test(
        CaseLife,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
