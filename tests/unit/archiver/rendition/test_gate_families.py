"""The gate against labelled files: each is a valid PDF/A with one rule broken, and the gate names the family of the rule.

The good file passes at every level, so what is refused is refused for its fault; a gate that says yes to all, or no to
all, fails here (ISO 19005-1 and -2, the clauses as veraPDF numbers them).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
import pytest_asyncio
from pikepdf import Array, Dictionary, Name, Pdf, String

from archiver.rendition.gate import Gate
from sikkersak.letters import compose

pytestmark = pytest.mark.asyncio(loop_scope="session")
Fault = Callable[[Pdf], None]
KEEP_PROFILE = b"1 0 0 rg 0 0 9 9 re f"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def letter() -> bytes:
    """A valid PDF/A-2a with text, made by Typst; saved once by qpdf, so that only the fault is new."""
    made = await compose('= Brev\n\n#field("body")', {"body": "Hei på deg"}, language="nb", title="Brev")
    return _saved(pikepdf.open(io.BytesIO(made)))


@pytest.fixture(scope="module")
def plain() -> bytes:
    """A valid PDF/A-1b and -2b: a red square, no text."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(KEEP_PROFILE)
    pikepdf.pdfa.prepare(pdf, "1b", output_intent="sRGB")
    return _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")


def _saved(pdf: Pdf, **settings: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **(settings or {"object_stream_mode": pikepdf.ObjectStreamMode.disable}))  # type: ignore[arg-type]
    return out.getvalue()


async def _judged(gate: Gate, folder: Path, content: bytes, flavour: str) -> tuple[bool, tuple[str, ...]]:
    path = folder / "labelled.pdf"
    path.write_bytes(content)
    verdict = await gate.judge(path, flavour)
    return verdict.is_valid, verdict.failed_rules


@pytest.mark.parametrize("flavour", ["2a", "2u", "2b"])
async def test_the_letter_is_good_at_every_level(gate: Gate, letter: bytes, tmp_path: Path, flavour: str) -> None:
    assert await _judged(gate, tmp_path, letter, flavour) == (True, ())


async def test_the_plain_file_is_good_at_part_one(gate: Gate, plain: bytes, tmp_path: Path) -> None:
    assert await _judged(gate, tmp_path, plain, "1b") == (True, ())


# --- faults put into the letter


def fonts(pdf: Pdf) -> list[Dictionary]:
    return [one for one in pdf.objects if isinstance(one, Dictionary) and one.get("/Type") == Name.Font]


def descriptors(pdf: Pdf) -> list[Dictionary]:
    return [one for one in pdf.objects if isinstance(one, Dictionary) and one.get("/Type") == Name.FontDescriptor]


def font_not_embedded(pdf: Pdf) -> None:
    for descriptor in descriptors(pdf):
        for key in ("/FontFile", "/FontFile2", "/FontFile3"):
            if key in descriptor:
                del descriptor[key]


def font_widths_that_lie(pdf: Pdf) -> None:
    for font in fonts(pdf):
        if "/W" in font:
            font["/W"], font["/DW"] = Array([]), 123


def font_program_of_noise(pdf: Pdf) -> None:
    for descriptor in descriptors(pdf):
        for key in ("/FontFile2", "/FontFile3"):
            if key in descriptor:
                descriptor[key].write(b"this is no font")


def text_without_unicode(pdf: Pdf) -> None:
    for font in fonts(pdf):
        if "/ToUnicode" in font:
            del font["/ToUnicode"]


def draw(content: bytes, **resources: object) -> Fault:
    """Adds to the page's content, with what it needs."""

    def fault(pdf: Pdf) -> None:
        page = pdf.pages[0]
        held = page.obj.get("/Resources", Dictionary())
        for kind, entries in resources.items():
            held[f"/{kind}"] = entries(pdf) if callable(entries) else entries
        page.obj["/Resources"] = held
        page.contents_add(b"q " + content + b" Q")

    return fault


def no_output_intent(pdf: Pdf) -> None:
    pdf.pages[0].contents_add(KEEP_PROFILE)
    del pdf.Root["/OutputIntents"]


def broken_profile(pdf: Pdf) -> None:
    pdf.pages[0].contents_add(KEEP_PROFILE)
    pdf.Root["/OutputIntents"][0]["/DestOutputProfile"].write(b"no profile at all")


def state(**entries: object) -> Fault:
    return draw(b"/G gs", ExtGState=lambda _: Dictionary(G=Dictionary(**entries)))


def image(**entries: object) -> Fault:
    def made(pdf: Pdf) -> Dictionary:
        picture = {
            "Type": Name.XObject, "Subtype": Name.Image, "Width": 1, "Height": 1, "BitsPerComponent": 8,
            "ColorSpace": Name.DeviceGray,
        }  # fmt: skip
        return Dictionary(I=pdf.make_stream(b"\x00", **(picture | entries)))

    return draw(b"/I Do", XObject=made)


def form(**entries: object) -> Fault:
    def made(pdf: Pdf) -> Dictionary:
        return Dictionary(X=pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], **entries))

    return draw(b"/X Do", XObject=made)


def no_metadata(pdf: Pdf) -> None:
    del pdf.Root["/Metadata"]


def no_claim(pdf: Pdf) -> None:
    pdf.Root.Metadata.write(bytes(pdf.Root.Metadata.read_bytes()).replace(b"pdfaid:", b"other:"))


def metadata_of_noise(pdf: Pdf) -> None:
    pdf.Root.Metadata.write(b"<x:xmpmeta")


def root(**entries: object) -> Fault:
    def fault(pdf: Pdf) -> None:
        for key, value in entries.items():
            pdf.Root[f"/{key}"] = value(pdf) if callable(value) else value

    return fault


def annotation(**entries: object) -> Fault:
    def fault(pdf: Pdf) -> None:
        whole = {"Type": Name.Annot, "Subtype": Name.Square, "Rect": Array([9, 9, 40, 40]), "F": 4} | entries
        if whole.pop("has_look", True):
            look = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 31, 31]))
            whole["AP"] = Dictionary(N=look)
        pdf.pages[0].obj["/Annots"] = Array([pdf.make_indirect(Dictionary(**whole))])

    return fault


def embedded(pdf: Pdf) -> None:
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, b"hei", filename="a.txt")


def forget(*keys: str) -> Fault:
    def fault(pdf: Pdf) -> None:
        for key in keys:
            del pdf.Root[f"/{key}"]

    return fault


def layers(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lag")))
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(Order=Array([layer])))


def page(**entries: object) -> Fault:
    def fault(pdf: Pdf) -> None:
        for key, value in entries.items():
            pdf.pages[0].obj[f"/{key}"] = value

    return fault


SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
LABELLED: list[tuple[str, Fault, str, str]] = [
    ("fonts: none in the file", font_not_embedded, "2b", "6.2.11.4"),
    ("fonts: widths that the font does not have", font_widths_that_lie, "2b", "6.2.11.5"),
    ("fonts: a program that is none", font_program_of_noise, "2b", "6.2.11"),
    ("fonts: text that cannot be read out", text_without_unicode, "2u", "6.2.11.7"),
    ("colour: nothing says what red is", no_output_intent, "2b", "6.2.4.3"),
    ("colour: printers' inks without a profile", draw(b"0 1 1 0 k 0 0 9 9 re f"), "2b", "6.2.4.3"),
    ("colour: a profile that is none", broken_profile, "2b", "6.2"),
    ("colour: a rendering intent of one's own", draw(b"/Sparkling ri"), "2b", "6.2.6"),
    ("content: an operator that nobody knows", draw(b"glitter"), "2b", "6.2.2"),
    ("graphics state: a transfer function", state(TR=Name.Identity), "2b", "6.2.5"),
    ("transparency: a blend mode of one's own", state(BM=Name("/Sparkle")), "2b", "6.2.10"),
    ("images: smoothed on the way", image(Interpolate=True), "2b", "6.2.8"),
    ("images: another one for print", image(Alternates=Array([])), "2b", "6.2.8"),
    ("forms: drawn by PostScript", form(PS=Dictionary()), "2b", "6.2.9"),
    ("forms: drawn by another file", form(Ref=Dictionary()), "2b", "6.2.9"),
    ("metadata: none", no_metadata, "2b", "6.6"),
    ("metadata: no claim", no_claim, "2b", "6.6.4"),
    ("metadata: no XML", metadata_of_noise, "2b", "6.6"),
    ("actions: a script at the opening", root(OpenAction=SCRIPT), "2b", "6.5.1"),
    ("actions: a program", root(OpenAction=Dictionary(S=Name.Launch, F=String("a.exe"))), "2b", "6.5.1"),
    ("actions: at every event of the file", root(AA=Dictionary(WC=SCRIPT)), "2b", "6.5.2"),
    ("annotations: no look of its own", annotation(has_look=False), "2b", "6.3.3"),
    ("annotations: hidden", annotation(F=6), "2b", "6.3.2"),
    ("annotations: not printed", annotation(F=0), "2b", "6.3.2"),
    ("annotations: sound", annotation(Subtype=Name.Sound), "2b", "6.3.1"),
    ("annotations: a script behind", annotation(Subtype=Name.Link, A=SCRIPT), "2b", "6.5.1"),
    ("form fields: to be drawn by the reader", root(AcroForm=Dictionary(Fields=Array([]), NeedAppearances=True)), "2b", "6.4.1"),
    ("form fields: dynamic", root(AcroForm=Dictionary(Fields=Array([]), XFA=String("x"))), "2b", "6.4.2"),
    ("embedded files: not PDF/A", embedded, "2b", "6.8"),
    ("layers: without names", layers, "2b", "6.9"),
    ("catalogue: requirements", root(Requirements=Array([])), "2b", "6.11"),
    ("page: a slide show", page(PresSteps=Dictionary()), "2b", "6.10"),
    ("page: too large", page(MediaBox=Array([0, 0, 20_000, 20_000])), "2b", "6.1.13"),
    ("tags: no tree", forget("StructTreeRoot"), "2a", "6.7.3"),
    ("tags: not marked", forget("MarkInfo"), "2a", "6.7.2"),
    ("tags: a language that is none", root(Lang=String("ikke et språk")), "2a", "6.7.4"),
    ("limits: a name too long", root(X=Name("/" + "x" * 130)), "2b", "6.1.13"),
    ("limits: a text too long", root(X=String("x" * 33_000)), "2b", "6.1.13"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "flavour", "rule"), [one[1:] for one in LABELLED], ids=[one[0] for one in LABELLED])
async def test_one_broken_rule_is_refused_by_its_name(
    gate: Gate, letter: bytes, tmp_path: Path, fault: Fault, flavour: str, rule: str
) -> None:
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        fault(pdf)
        broken = _saved(pdf)
    is_valid, failed = await _judged(gate, tmp_path, broken, flavour)
    assert not is_valid
    assert any(name.startswith(rule) for name in failed), failed


async def test_text_without_unicode_is_lawful_one_level_down(gate: Gate, letter: bytes, tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        text_without_unicode(pdf)
        assert await _judged(gate, tmp_path, _saved(pdf), "2b") == (True, ())


@pytest.mark.parametrize("key", ["StructTreeRoot", "MarkInfo"])
async def test_missing_tags_are_lawful_at_the_lower_levels(gate: Gate, letter: bytes, tmp_path: Path, key: str) -> None:
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        forget(key)(pdf)
        assert await _judged(gate, tmp_path, _saved(pdf), "2u") == (True, ())


# --- faults of the file itself, which disappear when a library writes it anew


def _shortened(whole: bytes) -> bytes:
    """The first stream's length, one less than it is."""
    at = whole.index(b"/Length ") + len(b"/Length ")
    digits = whole[at : at + 6].split()[0]
    return whole[:at] + str(int(digits) - 1).zfill(len(digits)).encode() + whole[at + len(digits) :]


FILES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("something before the head", lambda whole: b"\n\n" + whole, "6.1"),
    ("something after the end", lambda whole: whole + b"more", "6.1"),
    ("a head of another kind", lambda whole: whole.replace(b"%PDF-1.7", b"%PDF-2.0", 1), "6.1.2"),
    ("no mark of binary content", lambda whole: whole[:9] + b"%abcd" + whole[whole.index(b"\n", 9) :], "6.1.2"),
    ("no identity", lambda whole: whole.replace(b"/ID [", b"/IX [", 1), "6.1.3"),
    ("a stream longer than it says", _shortened, "6.1.7"),
]


@pytest.mark.parametrize(("fault", "rule"), [one[1:] for one in FILES], ids=[one[0] for one in FILES])
async def test_a_fault_of_the_file_itself_is_refused(
    gate: Gate, letter: bytes, tmp_path: Path, fault: Callable[[bytes], bytes], rule: str
) -> None:
    is_valid, failed = await _judged(gate, tmp_path, fault(letter), "2b")
    assert not is_valid
    assert any(name.startswith(rule) for name in failed), failed


@pytest.mark.parametrize("user", ["", "hemmelig"])
async def test_encryption_is_refused_with_and_without_a_password(
    gate: Gate, letter: bytes, tmp_path: Path, user: str
) -> None:
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        locked = _saved(pdf, encryption=pikepdf.Encryption(owner="eier", user=user))
    assert not (await _judged(gate, tmp_path, locked, "2b"))[0]


async def test_what_part_two_allows_part_one_refuses(gate: Gate, plain: bytes, tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        state(ca=0.5)(pdf)
        translucent = _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")
    is_valid, failed = await _judged(gate, tmp_path, translucent, "1b")
    assert not is_valid
    assert any(name.startswith("6.4") for name in failed), failed
    with pikepdf.open(io.BytesIO(translucent)) as pdf:
        pikepdf.pdfa.prepare(pdf, "2b", output_intent="sRGB")
        assert await _judged(gate, tmp_path, _saved(pdf), "2b") == (True, ())
