"""A document's way: one table of allowed moves until it is locked, and what may follow then (DESIGN §3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sikkersak.contracts.cases_documents import DocumentState
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


class DocumentInUse(Declined):
    """Somebody else is writing in it now."""

    def __init__(self) -> None:
        super().__init__(
            "document-in-use", "En annen skriver i dokumentet nå. Vent til det er frigitt, eller be dem frigi det."
        )


class NotFinished(Declined):
    """What was asked is for finished documents."""

    def __init__(self) -> None:
        super().__init__("not-finished", "Dokumentet må ferdigstilles først.")


class DocumentWithdrawn(Declined):
    """It is marked Utgår: it is sent, signed and withdrawn no more."""

    def __init__(self) -> None:
        super().__init__("document-withdrawn", "Dokumentet er merket Utgår. Rett det ved å skrive en ny versjon.")


class OutForSignature(Declined):
    """Those who are asked to sign are looking at it."""

    def __init__(self) -> None:
        super().__init__("out-for-signature", "Dokumentet er ute til signering. Vent til signeringen er avsluttet.")


class CorrectionOpen(Declined):
    """A correction of it is being written already."""

    def __init__(self) -> None:
        super().__init__("correction-open", "En rettelse av dokumentet er allerede under arbeid. Fortsett i den.")


class IncomingNotCorrected(Declined):
    """What others wrote is not ours to correct."""

    def __init__(self) -> None:
        super().__init__(
            "incoming-not-corrected", "Innkommende dokumenter kan ikke rettes her. Merk dem Utgår, eller svar avsender."
        )


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


def demand_finished(state: DocumentState, *, is_withdrawn: bool) -> None:
    """Raises what hinders an act on a finished document that counts."""
    if state is not FINISHED:
        raise NotFinished
    if is_withdrawn:
        raise DocumentWithdrawn


def demand_free(held_by: UUID | None, held_until: datetime | None, by: UUID, moment: datetime) -> None:
    """Raises `DocumentInUse` while somebody else holds it."""
    if held_by is not None and held_by != by and held_until is not None and held_until > moment:
        raise DocumentInUse
