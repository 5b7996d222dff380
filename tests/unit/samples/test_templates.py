"""Text templates: they become PDF/A letters in both written forms, and what a caseworker writes stays text."""

from __future__ import annotations

import io
import json
import re

import pikepdf
import pypdfium2
import pytest
import typst

from samples.templates import EXAMPLE_FIELDS, FOLDER, MERGE_FIELDS, TEMPLATES, Template
from sikkersak.letters import compose

EACH = pytest.mark.parametrize("template", [pytest.param(one, id=f"{one.code}.{one.language}") for one in TEMPLATES])


def made(template: Template, fields: dict[str, str]) -> bytes:
    pdf = typst.compile(
        template.source.encode(),
        sys_inputs={"data": json.dumps(fields)},
        pdf_standards="a-2a",
        ignore_system_fonts=True,
    )
    assert isinstance(pdf, bytes)
    return pdf


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        said = "\n".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s+", " ", said)


@EACH
def test_a_template_becomes_a_tagged_pdf_a_in_its_language(template: Template) -> None:
    with pikepdf.open(io.BytesIO(made(template, EXAMPLE_FIELDS[template.language]))) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata.pdfa_status == "2A"
            assert metadata["dc:title"]
        assert str(pdf.Root.Lang) == template.language
        assert pdf.Root.MarkInfo.Marked


@EACH
def test_every_merge_field_is_shown(template: Template) -> None:
    fields = EXAMPLE_FIELDS[template.language]
    said = text_of(made(template, fields))
    hidden = {"body", "title", "recipient_name"}
    for name in set(fields) - hidden:
        assert fields[name] in said
    if template.kind != "note":
        assert all(name in said for name in fields["recipient_name"].split(", "))


@EACH
async def test_the_products_own_letters_can_be_made_of_it(template: Template) -> None:
    fields = EXAMPLE_FIELDS[template.language] | {"title": "Om høsten", "body": "Første.\n\n- én\n- to"}
    pdf = await compose(template.source, fields, language=template.language, title="Om høsten")
    said = text_of(pdf)
    assert "Om høsten" in said
    assert "• én" in said
    assert fields["pupil_name"] in said


@EACH
def test_fields_that_are_not_given_are_empty(template: Template) -> None:
    assert text_of(made(template, {}))


def test_what_a_caseworker_writes_never_becomes_markup() -> None:
    hostile = 'Hei #panic("nå") *ikke fet* $x^2$ <merke> @vis'
    assert hostile in text_of(made(TEMPLATES[0], {"body": hostile, "pupil_name": "#read(1)"}))


def test_a_long_text_runs_over_several_pages() -> None:
    body = "\n\n".join(["Et avsnitt som går over flere linjer fordi det sier noe viktig om saken. " * 4] * 20)
    with pypdfium2.PdfDocument(made(TEMPLATES[0], {"body": body, "title": "Lang"})) as document:
        assert len(document) >= 3


def test_every_template_comes_in_both_written_forms_and_with_documented_fields() -> None:
    codes = {one.code for one in TEMPLATES}
    assert len(codes) == 3
    assert {(one.code, one.language) for one in TEMPLATES} == {(code, form) for code in codes for form in ("nb", "nn")}
    assert all(set(fields) == set(MERGE_FIELDS) for fields in EXAMPLE_FIELDS.values())
    used = {name for path in FOLDER.iterdir() for name in re.findall(r'known\("(\w+)"\)', path.read_text())}
    assert used == set(MERGE_FIELDS)
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}", code) for code in codes)


def test_decisions_need_the_school_leaders_approval() -> None:
    assert all(one.needs_approval == (one.kind == "decision") for one in TEMPLATES)
