"""The distribution plan: the first line that matches, and why (M7)."""

from __future__ import annotations

from datetime import date

import pytest

from intake.paper import month_after
from intake.plan import demand_words, planned
from sikkersak.contracts.intake import PlanEntry
from sikkersak.errors import Declined
from sikkersak.ids import new_id

OURS, THEIRS = "310000019", "310000027"
RECIPIENT = new_id()
PPT = PlanEntry(organisation=OURS, school_id=new_id(), sender_words=("PP-tjenesten",), recipients=(RECIPIENT,))
BULLYING = PlanEntry(
    organisation=OURS, school_id=new_id(), title_words=("Skolemiljø", "mobbing"), case_type="environment"
)
BOTH = PlanEntry(organisation=OURS, school_id=new_id(), title_words=("møte",), sender_words=("barnevern",))
REST = PlanEntry(organisation=OURS, school_id=new_id())
PLAN = (PPT, BULLYING, BOTH, REST)


@pytest.mark.parametrize(
    ("title", "sender", "wanted", "why"),
    [
        ("Innkalling", "Fjordvik pp-tjenesten", PPT, "Linje 1: avsenderen har «PP-tjenesten»"),
        ("Melding om MOBBING", "En forelder", BULLYING, "Linje 2: tittelen har «mobbing»"),
        ("Møte torsdag", "Barnevernet", BOTH, "Linje 3: tittelen har «møte» og avsenderen har «barnevern»"),
        ("Møte torsdag", "BUP", REST, f"Linje 4: post til {OURS}"),
        ("", "", REST, f"Linje 4: post til {OURS}"),
    ],
)
def test_the_first_line_that_matches_counts_and_says_on_what(
    title: str, sender: str, wanted: PlanEntry, why: str
) -> None:
    found = planned(PLAN, OURS, title, sender)
    assert found is not None
    assert (found.entry, found.because) == (wanted, why)


def test_mail_to_a_number_that_the_plan_does_not_have_is_for_a_person() -> None:
    assert planned(PLAN, THEIRS, "Melding om mobbing", "PP-tjenesten") is None
    assert planned((), OURS, "", "") is None


def test_a_line_with_words_only_takes_what_has_them() -> None:
    assert planned((BULLYING,), OURS, "Skoleskyss", "Fylkeskommunen") is None


@pytest.mark.parametrize("words", [{"title_words": (" ",)}, {"sender_words": ("",)}])
def test_an_empty_word_is_refused_for_it_stands_in_every_title(words: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(Declined, match="plan-empty-word"):
        demand_words((PlanEntry(organisation=OURS, school_id=new_id(), **words),))
    demand_words(PLAN)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-15", "2026-02-15"),
        ("2026-01-31", "2026-02-28"),
        ("2026-12-01", "2027-01-01"),
        ("2028-01-31", "2028-02-29"),
    ],
)
def test_paper_is_kept_for_a_month(since: str, until: str) -> None:
    assert month_after(date.fromisoformat(since)) == date.fromisoformat(until)
