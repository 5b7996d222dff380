"""Who makes the public journal, and who answers requests for access (M19)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, at_school, holding

JOURNAL: Final = holding(Permission.READ_JOURNAL, refusal="Rollen din gir ikke innsyn i postlisten.")
REFUSAL: Final = "Bare skoleleder ved skolen kan behandle innsynskrav."
ANSWERING: Final = at_school(Permission.ANSWER_ACCESS_REQUESTS, refusal=REFUSAL)
RULES: Final[dict[str, Rule]] = {
    "cases.read_public_journal.v1": JOURNAL,
    "cases.export_public_journal.v1": JOURNAL,
    "cases.register_access_request.v1": at_school(
        Permission.ANSWER_ACCESS_REQUESTS,
        or_anywhere=Permission.HANDLE_MAIL,
        refusal="Bare skoleleder ved skolen og postfordeler kan registrere innsynskrav.",
    ),
    # which documents somebody may collect and see is decided by their cases
    "cases.list_access_requests.v1": ANSWERING,
    "cases.read_access_request.v1": ANSWERING,
    "cases.collect_documents.v1": ANSWERING,
    "cases.remove_request_item.v1": ANSWERING,
    "cases.decide_request_item.v1": ANSWERING,
    "cases.redact_request_item.v1": ANSWERING,
    "cases.read_request_item.v1": ANSWERING,
    "cases.finish_access_request.v1": ANSWERING,
    "cases.reopen_access_request.v1": ANSWERING,
    "cases.answer_access_request.v1": ANSWERING,
    "cases.read_request_answer.v1": ANSWERING,
    "cases.withdraw_access_request.v1": ANSWERING,
}
