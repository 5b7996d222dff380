"""Sorting explains itself, and nothing that belongs here is ever sorted away (M2–M4)."""

from __future__ import annotations

import pytest

from intake.sorting.default import DEFAULT_RULES
from intake.sorting.engine import Decision, Document, Facts, ready
from samples.shipment import Outcome
from samples.shipments import shipments
from sikkersak.contracts.sorting import Belonging, SortingField

HERE, AWAY, PERSON = Belonging.HERE, Belonging.GENERAL_ARCHIVE, Belonging.FOR_A_PERSON
TRANSPORT = "Vi søker om skoleskyss for Jonas. Vi bor 4,8 km fra skolen og ønsker busskort."


def sort(
    title: str, text: str = "", sender: str = "", *, kind: str = "", whole: bool = True, name: str = ""
) -> Decision:
    document = Document(name, "pdf", text, whole)
    return ready(DEFAULT_RULES).sort(Facts(title, kind, sender, documents=(document,)))


@pytest.mark.parametrize("shipment", shipments(), ids=lambda shipment: shipment.key)
def test_the_samples_are_sorted_as_they_should_be_or_left_for_a_person(shipment) -> None:
    decision = sort(shipment.title, kind=shipment.type or "", sender=shipment.sender.name)
    wanted = AWAY if shipment.expected.outcome is Outcome.GENERAL_ARCHIVE else HERE
    assert decision.belonging in {wanted, PERSON}
    assert decision.explanation


def test_what_names_a_childs_case_stays_even_when_it_names_transport_too() -> None:
    assert sort("Sakkyndig vurdering og skoleskyss", TRANSPORT).belonging is HERE


@pytest.mark.parametrize(
    "title", ["", "Vedr. eleven", "Hei", "FW: dokumenter", "Uten tittel", "Biopsi?", "Transformasjon"]
)
def test_what_no_rule_knows_is_never_sent_away(title: str) -> None:
    assert sort(title, TRANSPORT).belonging is not AWAY


def test_the_explanation_names_the_rule_the_words_and_where_they_stand() -> None:
    decision = sort("Søknad om skoleskyss", TRANSPORT)
    assert decision.belonging is AWAY
    assert decision.explanation == "Skoleskyss: «skoleskyss» i tittel"
    assert {(match.field, match.quote) for match in decision.matches} >= {
        (SortingField.TITLE, "skoleskyss"),
        (SortingField.TEXT, "km"),
    }
