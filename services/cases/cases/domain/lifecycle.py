"""A document's way until it is locked: one table of allowed moves (DESIGN §3)."""

from __future__ import annotations

from typing import Final

from sikkersak.contracts.cases import DocumentState
from sikkersak.errors import Declined

DRAFT, AWAITING, RETURNED = DocumentState.DRAFT, DocumentState.AWAITING_APPROVAL, DocumentState.RETURNED
APPROVED, FINISHED = DocumentState.APPROVED, DocumentState.FINISHED

MOVES: Final[dict[DocumentState, frozenset[DocumentState]]] = {
    DRAFT: frozenset({AWAITING, FINISHED}),
    AWAITING: frozenset({APPROVED, RETURNED}),
    RETURNED: frozenset({AWAITING, FINISHED}),
    APPROVED: frozenset({FINISHED, DRAFT}),
    FINISHED: frozenset(),
}
EDITABLE: Final = frozenset({DRAFT, RETURNED, APPROVED})
NAMES: Final = {
    DRAFT: "et utkast",
    AWAITING: "til godkjenning",
    RETURNED: "returnert",
    APPROVED: "godkjent",
    FINISHED: "ferdigstilt",
}


class IllegalMove(Declined):
    """The document cannot go there from where it is."""

    def __init__(self, state: DocumentState, wanted: DocumentState) -> None:
        super().__init__("illegal-move", f"Dokumentet er {NAMES[state]} og kan ikke bli {NAMES[wanted]}.")


class ApprovalMissing(Declined):
    """This type of document must be approved before it is finished (M13)."""

    def __init__(self) -> None:
        super().__init__("approval-missing", "Dokumenttypen må godkjennes av skoleleder før den ferdigstilles.")


class DocumentLocked(Declined):
    """It is finished, or lies with the one who approves."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__("document-locked", f"Dokumentet er {NAMES[state]} og kan ikke endres.")


class StaleVersion(Declined):
    """Someone else changed the draft since it was read."""

    def __init__(self) -> None:
        super().__init__("stale-version", "Noen andre har endret dokumentet. Hent det på nytt.", status=412)


def move(state: DocumentState, wanted: DocumentState, *, needs_approval: bool) -> DocumentState:
    """The new state, or a named error that a user can act on."""
    if wanted not in MOVES[state]:
        raise IllegalMove(state, wanted)
    if wanted is FINISHED and needs_approval and state is not APPROVED:
        raise ApprovalMissing
    return wanted


def after_edit(state: DocumentState, *, needs_approval: bool) -> DocumentState:
    """An edit is allowed of what is not locked, and takes an approval back: it was given for another text."""
    if state not in EDITABLE:
        raise DocumentLocked(state)
    return DRAFT if state is APPROVED and needs_approval else state
