"""PDFs of every sort end as valid PDF/A, with what was changed on the way written down."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, String

from archiver.rendition import Flavour, Rendition, Rung
from sikkersak.letters import compose

pytestmark = pytest.mark.asyncio(loop_scope="session")


def codes(made: Rendition) -> dict[str, int]:
    return {note.code: note.count for note in made.notes}


def text_of(path: Path) -> str:
    return " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))


async def test_a_true_claim_keeps_the_very_same_bytes(render, papers) -> None:
    letter = await compose("= Brev", {}, language="nb", title="Brev")
    made = await render(papers.keep("letter.pdf", letter))
    assert (made.rung, made.flavour) == (Rung.KEPT, Flavour.A2A)
    assert made.path.read_bytes() == letter
    assert made.notes == ()


async def test_a_false_claim_is_found_out_and_mended(render, papers) -> None:
    def lie(pdf: pikepdf.Pdf) -> None:
        with pdf.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"

    made = await render(papers.pdf(change=lie))
    assert made.rung is Rung.MENDED
    assert (made.attempts[0].rung, made.attempts[0].reason) == (Rung.KEPT, "false-claim")


async def test_part_three_is_not_kept_for_the_archive_does_not_take_it(render, gate, papers) -> None:
    path = papers.folder / "three.pdf"
    with pikepdf.open(papers.pdf()) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, Dictionary) and thing.get("/Type") == Name.Font:
                thing["/Subtype"] = Name.Type3  # the font is not under test
        del pdf.pages[0].obj["/Contents"]
        del pdf.pages[0].obj["/Resources"]
        pikepdf.pdfa.save(pdf, path, "3b")
    assert (await gate.judge(path, None)).flavour == "3b"
    assert (await gate.judge(path, None)).is_valid
    assert (await render(path)).flavour is Flavour.A2U


@pytest.mark.parametrize("font", ["Helvetica", "Times-BoldItalic", "Courier", "Arial,Bold", "Georgia"])
async def test_a_font_that_is_not_there_is_replaced_and_the_words_stay(render, papers, font: str) -> None:
    made = await render(papers.pdf(text=b"Bl\xe5b\xe6rsyltet\xf8y 1234", font=font))
    assert (made.rung, made.flavour) == (Rung.MENDED, Flavour.A2U)
    assert "Blåbærsyltetøy 1234" in text_of(made.path)
    assert codes(made)["fonts-substituted"] == 1
    assert made.sameness is not None
    assert made.sameness.looks_same
    assert made.sameness.recall == 1.0


async def test_a_symbol_font_goes_further_up_the_ladder(render, papers) -> None:
    made = await render(papers.pdf(font="ZapfDingbats", text=b"abc"))
    assert made.rung in {Rung.GHOSTSCRIPT, Rung.PICTURED}
    assert any(attempt.rung is Rung.MENDED for attempt in made.attempts)


async def test_scripts_and_programs_are_taken_out_and_web_links_stay(render, scripted) -> None:
    made = await render(scripted)
    assert codes(made)["actions-removed"] >= 2
    with pikepdf.open(made.path) as pdf:
        everything = [thing for thing in pdf.objects if isinstance(thing, Dictionary)]
        assert not [thing for thing in everything if thing.get("/S") in {Name.JavaScript, Name.Launch}]
        links = [thing for thing in pdf.pages[0].obj["/Annots"] if "/A" in thing]
        assert [str(link.A.URI) for link in links] == ["https://example.invalid/"]


async def test_files_inside_a_pdf_are_taken_out_and_kept(render, papers) -> None:
    def attach(pdf: pikepdf.Pdf) -> None:
        for name, content in {"regneark.csv": b"a;b\n", "brev.txt": b"hei"}.items():
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, content, filename=name)

    made = await render(papers.pdf(change=attach))
    assert {one.name: one.path.read_bytes() for one in made.attachments} == {
        "regneark.csv": b"a;b\n",
        "brev.txt": b"hei",
    }
    assert codes(made)["attachments-found"] == 2
    with pikepdf.open(made.path) as pdf:
        assert not pdf.attachments


async def test_a_file_hanging_on_the_page_is_taken_out_too(render, papers) -> None:
    def pin(pdf: pikepdf.Pdf) -> None:
        file = pdf.make_stream(b"innhold", Type=Name.EmbeddedFile)
        specification = Dictionary(Type=Name.Filespec, F=String("notat.txt"), EF=Dictionary(F=file))
        pin = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([9, 9, 30, 30]), FS=specification)
        pdf.pages[0].obj["/Annots"] = Array([pdf.make_indirect(pin)])

    made = await render(papers.pdf(change=pin))
    assert [(one.name, one.path.read_bytes()) for one in made.attachments] == [("notat.txt", b"innhold")]
    assert codes(made)["annotations-dropped"] == 1


async def test_hidden_annotations_are_dropped_and_counted(render, papers) -> None:
    def hide(pdf: pikepdf.Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([9, 9, 30, 30]), F=2, Contents=String("x"))
        pdf.pages[0].obj["/Annots"] = Array([pdf.make_indirect(note)])

    assert codes(await render(papers.pdf(change=hide)))["annotations-dropped"] == 1


async def test_values_of_form_fields_are_drawn(render, papers) -> None:
    def form(pdf: pikepdf.Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("navn"), V=String("Ola Nordmann"),
                DA=String("/F 12 Tf 0 g"), Rect=Array([72, 600, 400, 630]), F=4,
            )
        )  # fmt: skip
        pdf.Root["/AcroForm"] = Dictionary(
            Fields=Array([field]),
            NeedAppearances=True,
            DR=Dictionary(Font=Dictionary(F=font)),
            DA=String("/F 12 Tf 0 g"),
        )
        pdf.pages[0].obj["/Annots"] = Array([field])

    made = await render(papers.pdf(change=form))
    assert codes(made)["form-values-drawn"] == 1
    shown = pypdfium2.PdfDocument(made.path)
    shown.init_forms()
    crop = shown[0].render(scale=1).to_pil().convert("L").crop((72, 842 - 630, 200, 842 - 600))
    assert min(crop.tobytes()) < 100, "the value can be seen"


async def test_cmyk_colours_get_a_profile(render, papers) -> None:
    made = await render(papers.pdf(content=b"0 1 1 0 k 100 100 300 300 re f 1 0 0 0 K 4 w 50 50 m 500 500 l S"))
    assert made.rung is Rung.MENDED
    red, green, blue = (
        pypdfium2.PdfDocument(made.path)[0].render(scale=0.5).to_pil().convert("RGB").getpixel((125, 300))
    )
    assert red > 180
    assert max(green, blue) < 90


async def test_a_digital_signature_is_said_to_belong_to_the_original(render, papers) -> None:
    def sign(pdf: pikepdf.Pdf) -> None:
        value = Dictionary(
            Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=Array([0, 1, 2, 3]), Contents=b"0" * 8
        )
        field = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=pdf.make_indirect(value),
            Rect=Array([0, 0, 0, 0]), F=4,
        )  # fmt: skip
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([pdf.make_indirect(field)]), SigFlags=3)

    made = await render(papers.pdf(change=sign))
    assert codes(made)["signature-invalidated"] == 1
    with pikepdf.open(made.path) as pdf:
        assert "/V" not in pdf.Root.AcroForm.Fields[0], "what signed another file proves nothing here"


async def test_an_owner_password_only_is_left_off_and_noted(render, papers) -> None:
    made = await render(papers.pdf(encryption=pikepdf.Encryption(owner="eier", user="")))
    assert codes(made)["encryption-removed"] == 1


async def test_a_cipher_that_only_one_reader_opens_is_no_obstacle(render, papers) -> None:
    """Without an owner's password qpdf opens it and pdfium does not: the others are given what qpdf opened."""
    made = await render(papers.pdf(encryption=pikepdf.Encryption(owner="", user="hemmelig")))
    assert made.rung is Rung.MENDED
    assert made.sameness is not None
    assert made.sameness.recall == 1.0


async def test_a_font_with_a_name_in_another_character_set_is_renamed(render, papers) -> None:
    whole = papers.pdf(font="Helvetica-Bl", object_stream_mode=pikepdf.ObjectStreamMode.disable).read_bytes()
    made = await render(papers.keep("name.pdf", whole.replace(b"Helvetica-Bl", b"Helvetica#e5l")))
    assert made.rung is Rung.MENDED


async def test_a_button_without_any_look_and_with_an_action_is_mended(render, papers) -> None:
    def button(pdf: pikepdf.Pdf) -> None:
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Btn, T=String("kryss"), AS=Name.Off, F=4,
                Rect=Array([72, 600, 90, 618]), AP=Dictionary(N=Dictionary(Yes=Dictionary())),
                A=Dictionary(S=Name.URI, URI=String("https://example.invalid/")),
            )
        )  # fmt: skip
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]))
        pdf.pages[0].obj["/Annots"] = Array([field])

    assert (await render(papers.pdf(change=button))).rung is Rung.MENDED


async def test_content_that_does_not_unpack_is_no_reason_to_stop(render, papers) -> None:
    def spoil(pdf: pikepdf.Pdf) -> None:
        spoilt = pikepdf.Stream(pdf, b"")
        spoilt.write(b"this is not squeezed at all", filter=Name.FlateDecode)
        pdf.pages[0].obj["/Contents"] = Array([pdf.make_indirect(spoilt)])

    source = papers.pdf(change=spoil, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert (await render(source)).pages == 1


async def test_every_word_of_a_pictured_page_can_be_searched_for(render, papers) -> None:
    def stretch(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj["/MediaBox"] = Array([0, 0, 15_000, 15_000])

    lines = b"BT /F 300 Tf 400 TL 700 9000 Td (Vedtak om spesialundervisning) Tj T* (etter opplaeringslova 5-1) Tj ET"
    made = await render(papers.pdf(change=stretch, content=lines))
    assert made.rung is Rung.PICTURED
    assert text_of(made.path).split() == ["Vedtak", "om", "spesialundervisning", "etter", "opplaeringslova", "5-1"]
    assert made.sameness is not None
    assert made.sameness.is_same


async def test_a_page_too_large_for_pdfa_becomes_a_picture_with_its_words(render, papers) -> None:
    def stretch(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj["/MediaBox"] = Array([0, 0, 20_000, 20_000])

    made = await render(papers.pdf(change=stretch, content=b"BT /F 1800 Tf 720 7200 Td (Vedtak) Tj ET"))
    assert made.rung is Rung.PICTURED
    assert "Vedtak" in text_of(made.path)
    assert codes(made)["pictured"] == 1


async def test_all_pages_are_there(render, papers) -> None:
    made = await render(papers.pdf(pages=7))
    assert made.pages == 7
    assert len(pypdfium2.PdfDocument(made.path)) == 7


async def test_rendering_twice_gives_the_same_outcome(render, papers) -> None:
    source = papers.pdf()
    first, second = await render(source), await render(source)
    assert (first.rung, first.flavour, first.pages) == (second.rung, second.flavour, second.pages)


async def test_the_language_of_the_case_is_set_where_the_file_names_none(render, papers) -> None:
    with pikepdf.open((await render(papers.pdf())).path) as pdf:
        assert str(pdf.Root.Lang) == "nb"
