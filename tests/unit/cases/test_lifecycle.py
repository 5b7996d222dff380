"""A document's way: every pair of states is either a move or a named refusal (DESIGN §3, M12, M13)."""

from __future__ import annotations

from itertools import product

import pytest

from cases.domain.lifecycle import (
    EDITABLE,
    MOVES,
    ApprovalMissing,
    DocumentLocked,
    IllegalMove,
    after_edit,
    move,
)
from sikkersak.contracts.cases_documents import DocumentState

S = DocumentState


@pytest.mark.parametrize(("state", "wanted"), list(product(S, S)))
def test_a_move_is_allowed_by_the_table_or_refused_with_a_text(state: S, wanted: S) -> None:
    if wanted in MOVES[state]:
        assert move(state, wanted, needs_approval=False) is wanted
        return
    with pytest.raises(IllegalMove) as refused:
        move(state, wanted, needs_approval=False)
    assert refused.value.detail.startswith("Dokumentet er ")


@pytest.mark.parametrize("state", [S.DRAFT, S.RETURNED])
def test_what_needs_approval_is_not_finished_without(state: S) -> None:
    with pytest.raises(ApprovalMissing):
        move(state, S.FINISHED, needs_approval=True)


def test_an_approved_document_may_be_finished() -> None:
    assert move(S.APPROVED, S.FINISHED, needs_approval=True) is S.FINISHED


def test_nothing_leads_out_of_finished() -> None:
    assert MOVES[S.FINISHED] == frozenset()


@pytest.mark.parametrize("state", sorted(set(S) - EDITABLE))
def test_what_is_locked_is_not_edited(state: S) -> None:
    with pytest.raises(DocumentLocked):
        after_edit(state, needs_approval=False)


def test_an_edit_takes_back_an_approval_that_was_given_for_another_text() -> None:
    assert after_edit(S.APPROVED, needs_approval=True) is S.DRAFT
    assert after_edit(S.RETURNED, needs_approval=True) is S.RETURNED
