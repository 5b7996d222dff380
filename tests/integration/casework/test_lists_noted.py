"""Looking through the cases of every school is an event; looking through one's own is not (R9, M18)."""

from __future__ import annotations

from typing import Any

from sikkersak.contracts.cases import ListCases


def looks(town: Any, who: str) -> list[dict[str, Any]]:
    sql = "select details from audit where act = 'cases-listed' and actor_id = $1 order by sequence"
    return [row["details"] for row in town.sql(sql, town.staff[who])]


def test_a_look_at_every_schools_cases_is_one_row_with_the_filter_and_the_count(town: Any) -> None:
    for _ in range(3):
        town.open_case()
    shown = town.ask("distributor", ListCases(limit=2))
    town.ask("distributor", ListCases(limit=2, cursor=shown.next))
    north = town.schools["north"]
    town.ask("distributor", ListCases(school_id=north, pupil_id=town.pupil_id, status="closed", query="Ada Nordli"))
    assert looks(town, "distributor") == [
        {"found": 2, "wanted": {}},
        {"found": 1, "wanted": {}},
        {"found": 0, "wanted": {"school_id": str(north), "pupil_id": str(town.pupil_id), "status": "closed"}},
    ]


def test_what_was_given_to_the_reader_is_not_noted_by_being_listed(town: Any) -> None:
    town.open_case()
    for who in ("teacher", "principal", "colleague"):
        town.ask(who, ListCases())
        assert looks(town, who) == []
