"""Our own letters: valid PDF/A-2a at once, and what people write into them stays text."""

from __future__ import annotations

import pypdfium2
import pytest

from sikkersak.letters import TemplateError, compose

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEMPLATE = '= #field("title")\n\n#paragraphs("body")'


async def composed(template: str, body: str = "Hei") -> bytes:
    return await compose(template, {"title": "Vedtak", "body": body}, language="nb", title="Vedtak – test")


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


async def test_a_letter_is_valid_at_2a(gate, tmp_path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(await composed(TEMPLATE, "Første avsnitt.\n\nAndre avsnitt med æøå."))
    verdict = await gate.judge(path, "2a")
    assert verdict.is_valid, verdict.failed_rules


@pytest.mark.parametrize(
    "written", ["#panic()", "*fet* _kursiv_ $x^2$", '#read("/etc/passwd")', "\\#{", "= Overskrift"]
)
async def test_what_is_written_into_a_field_is_never_markup(written: str) -> None:
    assert written in text_of(await composed(TEMPLATE, written))


async def test_a_blank_line_makes_a_paragraph(gate) -> None:
    read = text_of(await composed(TEMPLATE, "Første\n\nAndre"))
    assert read.index("Første") < read.index("\n", read.index("Første")) < read.index("Andre")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a\n#unknown", "linje 2: unknown variable: unknown"),
        ('a\n\n#field("nope")', "linje 3: dictionary does not contain key «nope»"),
        ("#{", "linje 1: unclosed delimiter"),
        ('#import "@preview/x:0.1.0": y', "import"),
        ('#let p = "@" + "preview/x:0.1.0"\n#import p', "import"),
        ('#read("/etc/passwd")', "linje 1: file not found"),
        ('#read("../../etc/passwd")', "would escape"),
        ("#while true {}", "linje 1"),
    ],
)
async def test_a_wrong_template_is_told_what_is_wrong_and_where(template: str, said: str) -> None:
    with pytest.raises(TemplateError) as wrong:
        await composed(template)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "template",
    ['#panic(field("body"))', '#assert(false, message: field("body"))', '#sys.inputs.at("x" + field("body"))'],
)
async def test_an_error_never_tells_what_stood_in_a_field(template: str) -> None:
    with pytest.raises(TemplateError) as wrong:
        await composed(template, "Kari Hemmelig")
    assert "Hemmelig" not in str(wrong.value)


async def test_an_unknown_language_is_a_wrong_template() -> None:
    with pytest.raises(TemplateError):
        await compose("x", {}, language="nb-NO; DROP", title="x")
