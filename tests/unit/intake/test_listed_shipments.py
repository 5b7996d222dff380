"""What SvarInn lists, as real data and hostile senders make it: read, cleaned for a database and a screen (SvarInn §3.5)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.svarinn.client import SvarInn
from intake.svarinn.shipment import Shipment, fit_to_show
from intake.svarinn.v1 import V1

ID = "6f2f0c0e-6a0f-4d3a-9b52-0d8f5d3b7a11"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CLIENTS = (SvarInn("http://127.0.0.1:9", "u", "p"), SvarInn("http://127.0.0.1:9", "u", "p", V1()))
FIELDS = (
    "tittel", "dato", "avsender", "mottaker", "filer", "svarSendesTil", "svarPaForsendelse", "type", "eksternRef",
    "date", "filmetadata", "niva", "forsendelseType", "downloadUrl", "nedlastingslenke",
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet=st.characters(), max_size=2000))
def test_shown_text_is_fit_for_a_database_and_a_screen(text: str) -> None:
    shown = fit_to_show(text)
    assert shown.encode() is not None
    assert all(character.isprintable() for character in shown)
    assert len(shown) <= 1000


def test_marks_that_turn_text_round_are_taken_out() -> None:
    assert fit_to_show("vedtak\u202efdp.exe\x00 \ud83d") == "vedtakfdp.exe\ufffd ?"


@pytest.mark.parametrize("dialect", [None, V1()], ids=["V2", "V1"])
@settings(deadline=None, max_examples=50)
@given(item=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6))
def test_an_item_with_an_id_is_always_something(dialect: Any, item: dict[str, Any]) -> None:
    read = CLIENTS[dialect is not None]._read({"id": ID, **item})
    assert read is not None
    assert read.shipment_id == UUID(ID)


@settings(deadline=None, max_examples=50)
@given(item=ANYTHING)
def test_an_item_without_an_id_is_counted_and_breaks_nothing(item: Any) -> None:
    assert CLIENTS[0]._read(item) is None


def test_v1_says_the_same_as_v2() -> None:
    file = {"filnavn": "v.pdf", "mimetype": "application/pdf", "sha256hash": "ab", "size": 0, "dokumentType": None}
    given = {
        "id": ID,
        "tittel": "Sakkyndig vurdering",
        "date": 1788250530000,
        "avsender": {"navn": "Fylket", "adresselinje1": "Veien 1", "postnr": "0001", "poststed": "OSLO"},
        "mottaker": {"navn": "Skolen", "adresse1": "Veien 2", "orgnr": "310000019"},
        "niva": "4",
        "filmetadata": [file],
        "svarSendesTil": {"navn": "PPT", "orgnr": "310000027", "fnr": None},
        "svarPaForsendelse": None,
        "forsendelseType": "ks.eksempel",
        "eksternRef": "PPT-1",
        "downloadUrl": "https://x/y",
    }
    read = Shipment.model_validate(V1().read(json.loads(json.dumps(given))))
    assert read.sent_at is not None
    assert read.sent_at.isoformat().startswith("2026-09-01")
    assert (read.title, read.level, read.shipment_type) == ("Sakkyndig vurdering", "HOYESTE", "ks.eksempel")
    assert (read.sender.address.name, read.sender.address.line) == ("Fylket", "Veien 1")
    assert (read.receiver.organisation, read.receiver.address.line) == ("310000019", "Veien 2")
    assert read.reply_to is not None
    assert read.reply_to.organisation == "310000027"
    assert (read.files[0].name, read.files[0].sha256, read.files[0].size) == ("v.pdf", "ab", 0)
    assert (read.external_reference, read.download) == ("PPT-1", "https://x/y")
