"""What was collected for a request for access: which file it is, and whether it can be handed out as decided (M19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.domain.insight import CollectedWithdrawn, NotAllDecided, OriginalChanged, RedactionMissing
from sikkersak.contracts.cases_access_requests import ItemDecision, RequestItem
from sikkersak.contracts.values import AccessAssessment, File

Collected = Mapping[str, Any]


def original(row: Collected) -> File:
    """The file as it counts: what was signed, else what is archived, else what it was made from."""
    position: int = row["position"]
    if position == 0 and row["signed"]:
        return File.model_validate(row["signed"])
    file = File.model_validate(row["files"][position])
    if position == 0 and row["rendition"]:
        return File(name=f"{row['title']}.pdf", media_type="application/pdf", ref=row["rendition"])
    return file


def problem(row: Collected) -> str | None:
    """Why it cannot be handed out like this; none: it can."""
    if row["decision"] is None:
        return "items-undecided"
    if row["decision"] == ItemDecision.REFUSE:
        return None
    if row["withdrawn_at"] is not None:
        return "collected-withdrawn"
    if row["decision"] == ItemDecision.REDACT:
        if row["redacted"] is None:
            return "redaction-missing"
        if row["redacted_from"] != original(row).ref.sha256:
            return "original-changed"
    return None


def demand_ready(rows: Sequence[Collected]) -> None:
    """Raises what stands in the way of the answer, by name, with the numbers of the files."""
    for code, error in (
        ("items-undecided", NotAllDecided),
        ("collected-withdrawn", CollectedWithdrawn),
        ("redaction-missing", RedactionMissing),
        ("original-changed", OriginalChanged),
    ):
        found = [row["item"] for row in rows if problem(row) == code]
        if found:
            raise error(found)


def view(row: Collected) -> RequestItem:
    """As a handler sees it; of what they may not see, only that it is there."""
    file, access = original(row), AccessAssessment.model_validate(row["access"])
    is_visible = bool(row["is_visible"])
    return RequestItem(
        item=row["item"],
        document_id=row["document_id"],
        position=row["position"],
        is_visible=is_visible,
        case_number=row["case_number"] if is_visible else None,
        title=(row["title"] if row["position"] == 0 else file.name) if is_visible else None,
        file=file if is_visible else None,
        is_exempt=access.is_exempt if is_visible else None,
        assessed_basis=access.legal_basis if is_visible and access.is_exempt else None,
        decision=row["decision"],
        legal_basis=row["legal_basis"],
        reason=row["reason"] if is_visible else None,
        is_extended_considered=row["is_extended_considered"],
        is_redacted=row["redacted"] is not None,
        problem=problem(row),
    )
