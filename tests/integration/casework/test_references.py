"""Pupils by the school system's reference, and how far a document is, for people and for machines (M10, M15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from cases.gate import gate
from cases.operations import operations
from sikkersak.contracts.cases_documents import WriteDocument
from sikkersak.contracts.cases_references import FindPupilCases, PutPupilReference, ReadDocumentStatus
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined, Forbidden, NotFound
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.policy import RULES
from sikkersak.ids import new_id
from sikkersak.messaging.operations import Ask, Request


def ask_as_machine(town: Any, scopes: set[str], asked: Operation[Any]) -> Any:
    async def asking() -> Any:
        kind = ActorKind.MACHINE
        actor = Actor(staff_id=UUID(int=9), level="high", session="m", kind=kind, scopes=frozenset(scopes))
        async with town.database.transaction() as tx:
            ask = Ask(actor, tx)
            await gate(Request(RULES[asked.operation], asked), ask)
            return await operations._answers[asked.operation][1](asked, ask, town.office)

    return town.run(asking())


def test_a_reference_opens_the_cases_of_those_who_may_and_of_nobody_else(town: Any) -> None:
    ask_as_machine(town, {"pupils"}, PutPupilReference(national_id=town.pupil_number, reference="elev-4711"))
    case_id = town.open_case()
    for who in ("teacher", "principal"):
        assert case_id in {one.case_id for one in town.ask(who, FindPupilCases(reference="elev-4711")).items}
    answers = []
    for who, reference in (("southerner", "elev-4711"), ("colleague", "elev-4711"), ("teacher", "elev-0000")):
        with pytest.raises(NotFound) as no:
            town.ask(who, FindPupilCases(reference=reference))
        answers.append((no.value.code, no.value.detail, no.value.status))
    assert len(set(answers)) == 1
    acts = town.sql("select act from audit where act in ('pupil-cases-opened', 'pupil-reference-kept')")
    assert sorted(row["act"] for row in acts) == ["pupil-cases-opened"] * 2 + ["pupil-reference-kept"]


def test_a_reference_is_one_pupils_and_never_a_birth_number(town: Any) -> None:
    for number, code in (("01819050044", "pupil-not-found"), (town.pupil_number, "reference-like-number")):
        reference = "01819050044" if number == town.pupil_number else "elev-1"
        with pytest.raises(Declined) as no:
            town.ask("distributor", PutPupilReference(national_id=number, reference=reference))
        assert no.value.code == code
    with pytest.raises(Forbidden):
        town.ask("teacher", PutPupilReference(national_id=town.pupil_number, reference="elev-1"))


def test_a_machine_reads_how_far_a_document_is_and_nothing_else(town: Any) -> None:
    document_id = town.ask(
        "teacher", WriteDocument(case_id=town.open_case(), template="letter", title="Brev")
    ).document_id
    said = ask_as_machine(town, {"status"}, ReadDocumentStatus(document_id=document_id))
    assert (said.state, said.archive, said.letters) == ("draft", None, {})
    assert "Brev" not in said.model_dump_json()
    with pytest.raises(NotFound):
        ask_as_machine(town, {"status"}, ReadDocumentStatus(document_id=new_id()))
    with pytest.raises(NotFound):
        town.ask("southerner", ReadDocumentStatus(document_id=document_id))
    for scopes in (set(), {"mail"}, {"pupils"}):
        with pytest.raises(Forbidden):
            ask_as_machine(town, scopes, ReadDocumentStatus(document_id=document_id))
