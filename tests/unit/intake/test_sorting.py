"""Sorting explains itself, and nothing that belongs here is ever sorted away (M2–M4)."""

from __future__ import annotations

import pytest

from intake.domain import sort
from samples.shipment import Outcome
from samples.shipments import shipments
from sikkersak.contracts.intake import Belonging


@pytest.mark.parametrize("shipment", shipments(), ids=lambda shipment: shipment.key)
def test_the_samples_are_sorted_as_they_should_be_or_left_for_a_person(shipment) -> None:
    decision = sort(shipment.title, shipment.type or "")
    wanted = Belonging.GENERAL_ARCHIVE if shipment.expected.outcome is Outcome.GENERAL_ARCHIVE else Belonging.HERE
    assert decision.belonging in {wanted, Belonging.FOR_A_PERSON}
    assert decision.explanation


def test_what_names_a_childs_case_stays_even_when_it_names_transport_too() -> None:
    assert sort("Sakkyndig vurdering og skoleskyss", "").belonging is Belonging.HERE


@pytest.mark.parametrize("title", ["", "Vedr. eleven", "Hei", "FW: dokumenter"])
def test_what_no_rule_knows_is_for_a_person(title: str) -> None:
    assert sort(title, "").belonging is Belonging.FOR_A_PERSON


def test_the_explanation_names_the_rule_and_the_word() -> None:
    assert sort("Søknad om skoleskyss", "").explanation == "Skoleskyss: «skoleskyss»"
