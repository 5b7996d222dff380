"""Dossiers: sealed, found again, and never guessed from their reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from sikkersak.vault import DossierUnreadable, Vault, VaultRef, seal, unseal


class Pupil(BaseModel):
    """A dossier of one version."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    national_id: str


class NewerPupil(Pupil):
    """The same dossier as a newer sender writes it."""

    nickname: str = "Ola"


class OtherDossier(BaseModel):
    """Something else."""

    name: int
    place: str


PUPIL = Pupil(name="Åse «Prøve» Nordmann", national_id="05891399971")


async def test_a_sealed_dossier_comes_back_equal(vault: Vault) -> None:
    ref = await seal(vault, PUPIL)
    assert ref.media_type == "application/json"
    assert await unseal(vault, ref, Pupil) == PUPIL


async def test_sealing_twice_gives_one_reference_so_a_handler_may_run_twice(vault: Vault) -> None:
    assert await seal(vault, PUPIL) == await seal(vault, PUPIL)


async def test_the_reference_is_no_checksum_of_what_somebody_could_try_out(
    vault: Vault, tmp_path: Path, write_keys: Callable[..., Path]
) -> None:
    ref = await seal(vault, PUPIL)
    other = await Vault.open(f"file://{tmp_path}/other", write_keys("k2"))
    assert (await seal(other, PUPIL)).sha256 != ref.sha256  # who lacks the key cannot make the reference
    guessed = PUPIL.model_dump_json().encode()
    assert ref.sha256 != hashlib.sha256(guessed).hexdigest()
    assert ref.sha256 != hashlib.sha256(b'{"dossier":' + guessed + b"}").hexdigest()


async def test_an_older_reader_ignores_what_a_newer_sender_added(vault: Vault) -> None:
    ref = await seal(vault, NewerPupil(**PUPIL.model_dump()))
    assert await unseal(vault, ref, Pupil) == PUPIL


async def test_a_dossier_of_another_model_is_refused_without_showing_anything(vault: Vault) -> None:
    ref = await seal(vault, PUPIL)
    with pytest.raises(DossierUnreadable) as refused:
        await unseal(vault, ref, OtherDossier)
    assert "name" in str(refused.value)
    assert "place missing" in str(refused.value)
    assert "Nordmann" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"[]", b"{}", b"\xff\xfe"])
async def test_content_that_is_no_dossier_is_refused(vault: Vault, content: bytes) -> None:
    ref: VaultRef = await vault.put(content, "application/json")
    with pytest.raises(DossierUnreadable):
        await unseal(vault, ref, Pupil)
