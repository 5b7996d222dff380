"""What a caseworker sees of signatures and letters: state, sentence, and what can be done next (M20, M21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sikkersak.contracts.cases_documents import LetterStatus, SigningStatus
from sikkersak.contracts.notifier import ConsignmentState, PriceClass
from sikkersak.contracts.signing import JobState, SigningFlow
from sikkersak.guidance.letters import letter_choices, letter_detail
from sikkersak.guidance.signatures import ORDERED, job_guidance

# What is kept of a fact about a job beside its state and code.
KEPT: Final = ("flow", "signed_by", "signers", "expires_at")


def signing_status(row: Mapping[str, Any]) -> SigningStatus | None:
    """Of a document's row; none where signatures were not asked for. Signing has not been told before it answers."""
    if row["signing"] is None or row["job_id"] is None:
        return None
    state, told = JobState(row["signing"]), row["signing_shown"] or {}
    flow = SigningFlow(told.get("flow", SigningFlow.PORTAL))
    advice = ORDERED if row["signing_shown"] is None else job_guidance(state, row["signing_code"], flow)
    known = {"job_id": row["job_id"], "code": row["signing_code"], "changed_at": row["signing_changed_at"]}
    return SigningStatus.model_validate(
        {**told, **known, "state": state, "detail": advice.detail, "choices": advice.choices}
    )


def letter_status(letter: Mapping[str, Any]) -> LetterStatus:
    """Of a letter's row."""
    state, code = ConsignmentState(letter["state"]), letter["code"]
    price = PriceClass(letter["price_class"]) if letter["price_class"] else None
    made = {"detail": letter_detail(state, code, price), "choices": letter_choices(state, code)}
    return LetterStatus.model_validate(
        {name: letter[name] for name in LetterStatus.model_fields if name in letter} | made
    )
