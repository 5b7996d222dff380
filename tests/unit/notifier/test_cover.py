"""A cover page on letters of several documents that may come on paper, and one file of all on those that do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from notifier.svarut.cover import COVER, MERGED, Made, merge, needs_cover, with_cover
from notifier.svarut.letter import compose
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.errors import Declined
from sikkersak.testing.running import make_keys
from sikkersak.vault import Vault

ADDRESS = PostalAddress(line="Eksempelveien 2", postal_code="0003", city="OSLO")


@pytest.fixture
async def vault(tmp_path: Path) -> Vault:
    make_keys(tmp_path)
    return await Vault.open(f"file://{tmp_path}/vault", tmp_path / "vault_keys.json")


def pdf(pages: int) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


async def letter_of(vault: Vault, pages: tuple[int, ...], **receiver: Any) -> LetterDossier:
    files = [
        File(name=f"Vedtak {n}.pdf", media_type="application/pdf", ref=await vault.put(pdf(n), "application/pdf"))
        for n in pages
    ]
    return LetterDossier(
        title="Vedtak om Kari",
        receiver=Party(kind=PartyKind.PERSON, name="Ola Prøve", **receiver),
        sender_organisation="310000019",
        sender_name="Fjordvik skole",
        case_number="2026/17",
        files=tuple(files),
    )


def pages_of(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages)


async def test_on_paper_all_is_one_file_with_a_page_on_top(vault: Vault) -> None:
    dossier = await letter_of(vault, (1, 3), address=ADDRESS)
    letter = compose(dossier, "reference", 1)
    assert needs_cover(letter)
    ((name, made),) = (await with_cover(letter, dossier, vault)).files
    assert (name, made.media_type) == (MERGED, "application/pdf")
    assert isinstance(made, Made)
    assert pages_of(made.content) == 1 + 1 + 3


async def test_a_digital_letter_keeps_its_files_and_gets_a_page_before_them(vault: Vault) -> None:
    dossier = await letter_of(vault, (1, 2), address=ADDRESS, national_id="01851012490")
    letter = await with_cover(compose(dossier, "reference", 1), dossier, vault)
    again = await with_cover(compose(dossier, "reference", 1), dossier, vault)
    assert letter == again  # a look-alike is known by its content
    assert [name for name, _ in letter.files] == [COVER, "Brev.pdf", "Vedlegg 1.pdf"]
    assert [one["filnavn"] for one in letter.body["dokumenter"]] == [name for name, _ in letter.files]
    assert letter.files[1][1] == dossier.files[0]


async def test_one_document_and_what_never_comes_on_paper_need_none(vault: Vault) -> None:
    alone = await letter_of(vault, (1,), address=ADDRESS)
    digital = await letter_of(vault, (1, 2), national_id="01851012490")
    assert not needs_cover(compose(alone, "reference", 1))
    assert not needs_cover(compose(digital, "reference", 1))


def test_a_document_that_cannot_be_read_is_a_persons_matter() -> None:
    with pytest.raises(Declined) as no:
        merge([pdf(1), b"no pdf"])
    assert no.value.code == "unreadable-document"
