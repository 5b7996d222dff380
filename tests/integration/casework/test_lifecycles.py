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
from sikkersak.contracts.cases import CloseCase, ReadCase
from sikkersak.contracts.cases_casework import ReadClosing, ReopenCase
from sikkersak.contracts.cases_documents import (
    AssessAccess,
    CorrectDocument,
    DecideApproval,
    EditDocument,
    FinishDocument,
    HoldDocument,
    ReleaseDocument,
    SubmitForApproval,
    WithdrawDocument,
    WriteDocument,
)
from sikkersak.contracts.values import AccessAssessment
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
    public_title: str = ""
    orders: list[str] = field(default_factory=list)
    """What the archive was ordered to do with it, and waits for nothing but the archive."""
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
        self.orders: list[str] = []
        self.waiting = 0

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

    def order(self, orders: list[str], kind: str) -> None:
        """The archive is to do something; closing must wait for it, unless it is the closing."""
        orders.append(kind)
        self.waiting += kind != "closing"

    def is_hindered(self) -> bool:
        return bool(self.waiting) or any(paper.state != "finished" for paper in self.papers)

    def in_use(self, paper: Paper, who: str) -> str | None:
        return "document-in-use" if paper.held_by not in (None, who) else None

    def paper(self, data: Any) -> Paper:
        return data.draw(st.sampled_from(self.papers))

    # --- the case

    @rule(who=WRITERS)
    def close(self, who: str) -> None:
        refusal = self.closed() or ("case-not-closable" if self.is_hindered() else None)
        self.attempt(who, CloseCase(case_id=self.case_id, remark="Ferdig behandlet."), refusal)
        if refusal is None:
            self.is_open = False
            self.order(self.orders, "closing")

    @rule(who=WRITERS)
    def reopen(self, who: str) -> None:
        refusal = "forbidden" if who == "teacher" else "case-not-closed" if self.is_open else None
        self.attempt(who, ReopenCase(case_id=self.case_id, reason="Nye opplysninger."), refusal)
        if refusal is None:
            self.is_open = True
            self.order(self.orders, "reopening")

    # --- documents

    @rule(who=WRITERS, needs_approval=st.booleans())
    def write(self, who: str, needs_approval: bool) -> None:
        template = "decision" if needs_approval else "letter"
        asked = WriteDocument(case_id=self.case_id, template=template, title="Et brev", body="Hei.")
        made = self.attempt(who, asked, self.closed())
        if made is not None:
            self.papers.append(Paper(made.document_id, who, needs_approval, public_title=made.public_title))

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
            self.order(paper.orders, "record")

    @precondition(lambda self: self.waiting)
    @rule()
    def archive(self) -> None:
        """The archive does what it was ordered to, at last."""
        sql = "select * from archive_obligations where case_id = $1 and state <> 'archived'"
        for row in self.town.sql(sql, self.case_id):
            self.town.hear(archived(self.town, row))
        self.waiting = 0

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data(), public_title=st.sampled_from(["Et brev", "Et annet brev", "Et tredje brev"]))
    def assess(self, who: str, data: Any, public_title: str) -> None:
        """Of what is finished, the archive gets it; of a draft, with the draft."""
        paper = self.paper(data)
        refusal = self.closed() or ("document-locked" if paper.state == "awaiting_approval" else None)
        if paper.state != "finished":
            refusal = refusal or self.in_use(paper, who)
        asked = AssessAccess(document_id=paper.document_id, access=AccessAssessment(), public_title=public_title)
        self.attempt(who, asked, refusal)
        if refusal is None:
            if paper.state == "finished" and paper.public_title != public_title and not paper.is_withdrawn:
                self.order(paper.orders, "correction")
            paper.public_title = public_title

    @precondition(lambda self: self.papers)
    @rule(who=WRITERS, data=st.data())
    def withdraw(self, who: str, data: Any) -> None:
        paper = self.paper(data)
        refusal = "forbidden" if who == "teacher" else self.closed()
        refusal = refusal or (None if paper.state == "finished" else "not-finished")
        refusal = refusal or ("document-withdrawn" if paper.is_withdrawn else None)
        self.attempt(who, WithdrawDocument(document_id=paper.document_id, reason="Feil elev."), refusal)
        if refusal is None:
            paper.is_withdrawn = True
            self.order(paper.orders, "withdrawal")

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
            assert made.public_title == paper.public_title
            correction = Paper(
                made.document_id, who, paper.needs_approval, corrects=paper, public_title=made.public_title
            )
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
            assert view.public_title == paper.public_title

    @invariant()
    def the_archive_was_ordered_what_was_done_and_nothing_else(self) -> None:
        sql = "select document_id, kind from archive_obligations where case_id = $1 order by delivery_id"
        ordered: dict[UUID | None, list[str]] = {}
        for row in self.town.sql(sql, self.case_id):
            ordered.setdefault(row["document_id"], []).append(row["kind"])
        known = {None: self.orders} | {paper.document_id: paper.orders for paper in self.papers}
        assert ordered == {key: orders for key, orders in known.items() if orders}
        everything = self.town.sql("select count(*) from archive_obligations")[0][0]
        assert self.town.said("archiver.deliver.v1") == everything, "said in the transaction of the act"

    @invariant()
    def the_checklist_and_closing_agree(self) -> None:
        checklist = self.town.ask("teacher", ReadClosing(case_id=self.case_id))
        assert checklist.is_closable is not self.is_hindered()
        assert all(CODE.fullmatch(one.code) and one.detail.endswith(".") for one in checklist.hindrances)

    @invariant()
    def the_database_itself_keeps_what_is_finished(self) -> None:
        for paper in self.papers:
            if paper.state == "finished":
                with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                    self.town.sql("update documents set body = 'x' where document_id = $1", paper.document_id)
                break


def archived(town: Any, row: Any) -> DeliveryChanged:
    return DeliveryChanged(
        delivery_id=row["delivery_id"],
        document_id=row["document_id"] or row["case_id"],
        case_id=row["case_id"],
        school_id=town.schools["north"],
        kind=DeliveryKind(row["kind"]),
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
