"""Who makes the public journal, and who answers requests for access (M19)."""

from __future__ import annotations

from typing import Final

from sikkersak.identity.permissions import Permission
from sikkersak.identity.policy.rules import Rule, holding

JOURNAL: Final = holding(Permission.READ_JOURNAL, refusal="Rollen din gir ikke innsyn i postlisten.")
RULES: Final[dict[str, Rule]] = {
    "cases.read_public_journal.v1": JOURNAL,
    "cases.export_public_journal.v1": JOURNAL,
}
