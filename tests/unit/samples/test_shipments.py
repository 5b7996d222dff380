"""The sample mail: what was promised is there, every file is what it says, and it is made the same way every time."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pikepdf
import pytest
from PIL import Image

from samples.municipality import municipality
from samples.office import PASSWORD
from samples.shipment import Level, Outcome, SampleFile, Shipment
from samples.shipments import shipments

MAIL = shipments()
BY_KEY = {one.key: one for one in MAIL}
FILES = [pytest.param(file, id=f"{one.key}-{file.name}") for one in MAIL for file in one.files]
DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
FINGERPRINT = """
import hashlib
from samples.shipments import shipments
print(hashlib.sha256(b"".join(f.content for one in shipments() for f in one.files)).hexdigest())
"""


def expecting(outcome: Outcome) -> list[Shipment]:
    return [one for one in MAIL if one.expected.outcome is outcome]


def test_there_is_mail_of_every_kind_to_every_school() -> None:
    counts = Counter(one.expected.outcome for one in MAIL)
    assert len(MAIL) >= 24
    assert counts[Outcome.BELONGS_HERE] >= 15
    assert counts[Outcome.GENERAL_ARCHIVE] >= 2
    assert counts[Outcome.DAMAGED] == 2
    assert counts[Outcome.DUPLICATE] == counts[Outcome.FOR_A_PERSON] == 1
    assert {one.receiver for one in MAIL} == {school.organisation for school in municipality().schools}
    assert {one.level for one in MAIL} == set(Level)
    assert any(len(one.files) >= 3 for one in MAIL)
    assert any(one.is_from_citizen and one.sending_system == "EDIALOG" for one in MAIL)


def test_ids_and_keys_are_unique_and_another_edition_has_other_ids() -> None:
    assert len({one.id for one in MAIL}) == len(BY_KEY) == len(MAIL)
    assert [one.id for one in shipments()] == [one.id for one in MAIL]
    assert not {one.id for one in shipments("again")} & {one.id for one in MAIL}


def test_mail_that_belongs_here_says_where() -> None:
    for one in expecting(Outcome.BELONGS_HERE):
        right = one.expected
        pupil = municipality().pupil(right.pupil or "")
        assert right.school == pupil.school
        assert right.category
        assert right.document_type
        assert right.document_title
    assert any(one.expected.school != one.receiver for one in expecting(Outcome.BELONGS_HERE))


def test_mail_for_the_general_archive_names_no_pupil_and_at_times_a_case() -> None:
    away = expecting(Outcome.GENERAL_ARCHIVE)
    assert all(one.expected.pupil is None and one.expected.school is None for one in away)
    numbers = {one.expected.case_number for one in away} - {None}
    assert numbers
    assert all(any(str(number) in one.title for one in away) for number in numbers)


def test_the_duplicate_has_the_first_ones_everything_but_its_id() -> None:
    [copy] = expecting(Outcome.DUPLICATE)
    [first] = [one for one in MAIL if one.id == copy.expected.duplicate_of]
    assert copy.id != first.id
    assert (copy.title, copy.sender, copy.receiver) == (first.title, first.sender, first.receiver)
    assert [file.content for file in copy.files] == [file.content for file in first.files]


def test_apart_from_the_duplicate_no_two_files_are_alike() -> None:
    others = [one for one in MAIL if one.expected.outcome is not Outcome.DUPLICATE]
    digests = Counter(hashlib.sha256(file.content).hexdigest() for one in others for file in one.files)
    assert digests.most_common(1)[0][1] == 1


def openable(file: SampleFile) -> bool:
    """Whether an ordinary program opens it as what it says that it is."""
    source = io.BytesIO(file.content)
    if file.media_type == "application/pdf":
        with pikepdf.open(source) as pdf:
            return len(pdf.pages) > 0
    if file.media_type.startswith("image/"):
        with Image.open(source) as picture:
            picture.load()
            return Image.MIME[picture.format or ""] == file.media_type
    if file.media_type == "text/plain":
        return "æ" in file.content.decode() or "ø" in file.content.decode() or "å" in file.content.decode()
    return any(part.text for part in docx.Document(source).paragraphs)


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_small_and_what_it_says(file: SampleFile) -> None:
    assert 0 < len(file.content) < 200_000
    assert not set(file.name) & set('*:"\\/<>|?')
    if file.problem is None:
        assert openable(file)
    elif file.problem == "password":
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(file.content))
        with pikepdf.open(io.BytesIO(file.content), password=PASSWORD) as pdf:
            assert len(pdf.pages) == 1
    else:
        assert file.content.startswith(b"%PDF-")
        with pytest.raises(pikepdf.PdfError):
            pikepdf.open(io.BytesIO(file.content))


def test_all_media_types_occur() -> None:
    types = {file.media_type.split("/")[-1].split(".")[-1] for one in MAIL for file in one.files}
    assert types == {"pdf", "jpeg", "tiff", "png", "plain", "document"}


def test_old_systems_pdf_has_a_font_that_is_not_embedded() -> None:
    with pikepdf.open(io.BytesIO(BY_KEY["epicrisis-leah"].files[0].content)) as pdf:
        font = pdf.pages[0].Resources.Font.F1
        assert "/FontDescriptor" not in font
        assert pdf.trailer.get("/Info") is None or "/Title" not in pdf.docinfo


def test_scanned_pages_are_pictures_without_text() -> None:
    with pikepdf.open(io.BytesIO(BY_KEY["transfer-adrian"].files[1].content)) as pdf:
        assert "/Font" not in pdf.pages[0].Resources
        assert len(pdf.pages[0].images) == 1


def test_word_files_carry_no_time_of_their_making() -> None:
    with zipfile.ZipFile(io.BytesIO(BY_KEY["minutes-sofie"].files[0].content)) as packed:
        assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_another_process_makes_the_same_bytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        capture_output=True, text=True, check=True, timeout=60, cwd=DEPLOY, env={"PYTHONHASHSEED": "7"},
    )  # fmt: skip
    here = hashlib.sha256(b"".join(file.content for one in MAIL for file in one.files)).hexdigest()
    assert done.stdout.strip() == here


def test_mail_about_the_pupil_with_a_protected_address_is_of_the_highest_level() -> None:
    [mail] = [one for one in MAIL if one.key == "welfare-request-mille"]
    assert mail.level is Level.HIGHEST
    assert mail.sender.address_lines == ()


def test_the_stand_in_for_svarinn_takes_every_shipment() -> None:
    from simulators.svarinn_shipment import ShipmentOrder

    for one in MAIL:
        order = ShipmentOrder.model_validate_json(json.dumps(one.order()))
        assert order.id == one.id
        assert [file.filename for file in order.files] == [file.name for file in one.files]
        assert order.receiver.organisation_number == one.receiver
        assert order.external_ref == one.external_reference
