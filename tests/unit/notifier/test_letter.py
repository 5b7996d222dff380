"""A letter in SvarUt's own form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.svarut.letter import FORBIDDEN_IN_NAMES, Letter, compose
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.errors import Declined
from sikkersak.vault import VaultRef

PERSON, ORGANISATION = "01851012490", "310000035"
ADDRESS = PostalAddress(line="Eksempelveien 2", postal_code="0003", city="OSLO")


def file(name: str = "Vedtak.pdf", media_type: str = "application/pdf") -> File:
    return File(name=name, media_type=media_type, ref=VaultRef(sha256="0" * 64, size=1, media_type=media_type))


def party(**changed: Any) -> Party:
    return Party.model_validate(
        {"kind": PartyKind.PERSON, "name": "Ola Prøve", "national_id": PERSON, "address": ADDRESS, **changed}
    )


def letter(round_: int = 1, **changed: Any) -> Letter:
    said = {
        "title": "Vedtak om Kari Prøve",
        "receiver": party(),
        "sender_organisation": "310000019",
        "sender_name": "Fjordvik skole",
        "case_number": "2026/17",
        "files": (file(),),
        **changed,
    }
    return compose(LetterDossier.model_validate(said), "reference", round_)


@pytest.mark.parametrize(
    ("receiver", "kind"),
    [
        (party(), "person"),
        (party(address=PostalAddress()), "person"),
        (party(kind=PartyKind.ORGANISATION, national_id=ORGANISATION), "organisasjon"),
        (party(national_id=None), "print"),
    ],
)
def test_the_receiver_decides_where_a_letter_is_posted(receiver: Party, kind: str) -> None:
    assert letter(receiver=receiver).kind == kind


@pytest.mark.parametrize(
    ("receiver", "code"),
    [
        (party(has_protected_address=True), "protected-address"),
        (party(national_id=None, address=PostalAddress(line="Eksempelveien 2")), "unreachable-receiver"),
        (party(national_id=ORGANISATION), "bad-receiver"),
        (party(kind=PartyKind.ORGANISATION), "bad-receiver"),
    ],
)
def test_who_cannot_get_a_letter_is_refused_with_a_reason(receiver: Party, code: str) -> None:
    with pytest.raises(Declined) as refused:
        letter(receiver=receiver)
    assert refused.value.code == code


def test_a_confidential_letter_is_encrypted_at_the_highest_level_and_an_open_one_is_not() -> None:
    secret, plain = letter(), letter(is_confidential=False)
    assert (secret.body["sikkerhetsniva"], secret.body["kryptert"], secret.is_encrypted) == ("HOYESTE", True, True)
    assert (plain.body["sikkerhetsniva"], plain.body["kryptert"], plain.is_encrypted) == ("BETYDELIG", False, False)
    assert "Kari" not in secret.body["tittel"]
    assert plain.body["tittel"] == "Vedtak om Kari Prøve"


def test_a_letter_that_is_sent_anew_is_no_look_alike_of_the_first() -> None:
    assert letter(2).body["tittel"] == f"{letter().body['tittel']} (2. utsending)"


def test_fields_that_are_not_known_are_left_out() -> None:
    body = letter(receiver=party(address=PostalAddress(line="Eksempelveien 2", city="OSLO"))).body
    assert body["mottaker"]["adresse"] == {"adresselinje1": "Eksempelveien 2", "poststed": "OSLO"}
    assert "adresse" not in letter(receiver=party(address=PostalAddress())).body["mottaker"]


def test_what_cannot_be_printed_is_left_out_of_the_print() -> None:
    files = (file(), file("film.mp4", "video/mp4"))
    first, second = letter(files=files).body["dokumenter"]
    assert "skalEkskluderesFraUtskrift" not in first
    assert second["skalEkskluderesFraUtskrift"] is True
    with pytest.raises(Declined, match="not-printable"):
        letter(files=files, receiver=party(national_id=None))


@given(st.lists(st.text(max_size=300), min_size=1, max_size=6))
def test_file_names_are_unique_and_such_as_svarut_takes(names: list[str]) -> None:
    made = [name for name, _ in letter(files=tuple(map(file, names)), is_confidential=False).files]
    assert len({name.casefold() for name in made}) == len(names)
    assert all(0 < len(name) <= 226 and not FORBIDDEN_IN_NAMES.search(name) for name in made)


def sized(size: int, media_type: str = "application/pdf") -> File:
    return File(name="a.pdf", media_type=media_type, ref=VaultRef(sha256="0" * 64, size=size, media_type=media_type))


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ((sized(200 * 2**20), sized(150 * 2**20)), "too-large"),
        ((sized(1), sized(2**30, "image/png")), "too-large"),
        ((sized(0),), "empty-document"),
    ],
)
def test_what_is_too_large_or_empty_is_refused_before_a_byte_is_sent(files: tuple[File, ...], code: str) -> None:
    with pytest.raises(Declined, match=code):
        letter(files=files)


def test_what_cannot_be_printed_may_be_larger() -> None:
    letter(receiver=party(address=PostalAddress()), files=(sized(400 * 2**20),))


def test_with_the_schools_address_replies_go_to_the_school_through_edialog() -> None:
    body = letter(sender_address=ADDRESS).body
    assert body["svarSendesTil"]["digitalId"] == "310000019"
    assert body["svarSendesTil"]["type"] == "ORGANISASJON"
    assert body["kanSvareViaEdialog"] is True
    assert "kanSvareViaEdialog" not in letter(receiver=party(national_id=None), sender_address=ADDRESS).body
    assert "svarSendesTil" not in letter().body
