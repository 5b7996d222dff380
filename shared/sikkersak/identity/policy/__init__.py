"""The access policy: one row for every operation of every service. What has no row is refused to everyone.

To add an operation: its contract, its golden message, and one row here, in the module of its area, with the words of
`rules`. The services keep to the row by themselves; `./dev access-matrix` tries it as everyone.
"""

from __future__ import annotations

from typing import Final

from sikkersak.identity.policy import cases, intake, openness, outward, people
from sikkersak.identity.policy.rules import NOWHERE, Asker, Need, Place, Rule, Subject, Verdict, access_of, decide

RULES: Final[dict[str, Rule]] = {**cases.RULES, **people.RULES, **openness.RULES, **intake.RULES, **outward.RULES}

__all__ = ["NOWHERE", "RULES", "Asker", "Need", "Place", "Rule", "Subject", "Verdict", "access_of", "decide"]
