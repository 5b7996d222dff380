"""What is changed in the archive afterwards, over the Noark 5 service interface: repeated, it changes nothing more (M27)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from archiver.core import DocumentKind, MetadataScreening, Variant
from sikkersak.errors import Declined

Core = Any


async def archived(core: Core, make: Any) -> Any:
    entry = make.entry()
    await core.ensure_registry_entry(entry)
    return entry


def patches(archive: Any) -> int:
    return sum(method in {"PATCH", "POST", "PUT", "DELETE"} for method, _ in archive.requests())


async def test_titles_screening_and_parties_are_corrected_and_files_stay(core: Core, archive: Any, make: Any) -> None:
    entry = await archived(core, make)
    first, second, *others = entry.parties
    wanted = replace(
        entry,
        title="Vedtak – rettet",
        public_title="Vedtak *****",
        screening=replace(make.screening, restriction="XX", metadata=(MetadataScreening.RECORD_TITLE,)),
        parties=(replace(first, name="Ny Eksempel"), second, *others),
        documents=tuple(replace(one, title=f"Rettet {one.title}") for one in entry.documents),
    )
    before = archive.records()[0]
    receipt = await core.correct_record(wanted)
    assert (receipt.record.title, receipt.record.public_title) == ("Vedtak – rettet", "Vedtak *****")
    assert receipt.record.restriction == "XX"
    (held,) = archive.records()
    assert held["parties"] == before["parties"]
    assert [one["objects"] for one in held["documents"]] == [one["objects"] for one in before["documents"]]
    count = patches(archive)
    await core.correct_record(wanted)
    assert patches(archive) == count, "a repetition finds all as wanted"


async def test_screening_can_be_taken_away(core: Core, make: Any) -> None:
    entry = await archived(core, make)
    receipt = await core.correct_record(replace(entry, screening=None))
    assert receipt.record.restriction == ""


async def test_withdrawn_is_utgaar_and_never_deleted(core: Core, archive: Any, make: Any) -> None:
    entry = await archived(core, make)
    for _ in range(2):
        assert (await core.withdraw_record(entry.key)).record.status == "U"
    (held,) = archive.records()
    assert held["status"] == "U"
    with pytest.raises(Declined, match="archive-record-cancelled"):
        await core.correct_record(entry)


async def test_a_closed_case_file_is_opened_again_and_takes_records(core: Core, make: Any) -> None:
    entry = await archived(core, make)
    await core.close_case_file(entry.case_file.key, "Ferdig")
    with pytest.raises(Declined, match="archive-case-closed"):
        await core.ensure_registry_entry(make.entry(entry.case_file))
    for _ in range(2):
        assert not (await core.reopen_case_file(entry.case_file.key)).is_closed
    await core.ensure_registry_entry(make.entry(entry.case_file))


async def test_the_shielded_variant_comes_beside_the_others_once(core: Core, archive: Any, make: Any) -> None:
    entry = await archived(core, make)
    shielded = make.object(make.pdf(), variant=Variant.SHIELDED)
    wanted = replace(entry.documents[0], objects=(shielded,))
    for _ in range(2):
        receipt = await core.add_variant(entry.key, wanted)
    main = next(one for one in receipt.record.documents if one.key == wanted.key)
    assert sorted(one.variant for one in main.objects) == ["A", "O", "P"]
    with pytest.raises(Declined, match="archive-checksum-mismatch"):
        other = make.object(make.pdf(), variant=Variant.SHIELDED)
        await core.add_variant(entry.key, replace(wanted, objects=(other,)))
    with pytest.raises(Declined, match="archive-document-missing"):
        await core.add_variant(entry.key, make.document(DocumentKind.MAIN, shielded))


async def test_changes_of_what_is_not_there_are_for_a_person(core: Core, make: Any) -> None:
    entry = make.entry()
    with pytest.raises(Declined, match="archive-record-missing"):
        await core.correct_record(entry)
    with pytest.raises(Declined, match="archive-case-missing"):
        await core.reopen_case_file(entry.case_file.key)
