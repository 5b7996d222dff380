"""A real renderer for all tests here, and documents made for them, good and bad."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import docx
import pikepdf
import pytest
import pytest_asyncio
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from archiver.rendition import Renderer, Rendition
from archiver.rendition.gate import Gate
from sikkersak.clock import now

Render = Callable[..., Awaitable[Rendition]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def renderer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Renderer]:
    """Started once: Java and LibreOffice take seconds to come up."""
    standing = Renderer(scratch=tmp_path_factory.mktemp("scratch"))
    await standing.start()
    yield standing
    await standing.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    """A gate of the tests' own, so that what the renderer says of itself is checked by another process."""
    standing = Gate(tmp_path_factory.mktemp("gate"), seconds=30.0)
    if not standing.is_present:
        pytest.skip("veraPDF needs Java and libjaxb-java on this machine")
    yield standing
    await standing.stop()


@pytest.fixture
def render(renderer: Renderer, gate: Gate, tmp_path: Path) -> Render:
    """Renders, and lets nothing through that the tests' own gate does not find valid at the flavour it says."""

    async def rendered(source: Path, hint: str | None = None, **more: bool) -> Rendition:
        destination = tmp_path / f"{source.name}.rendition"
        deadline = now() + timedelta(seconds=90)
        made = await renderer.render(source, hint, language="nb", destination=destination, deadline=deadline, **more)
        verdict = await gate.judge(made.path, made.flavour)
        assert verdict.is_valid, verdict.failed_rules
        claimed = await gate.judge(made.path, None)
        assert (claimed.is_valid, claimed.flavour) == (True, made.flavour)
        assert made.path == destination
        assert made.size == destination.stat().st_size
        return made

    return rendered


class Papers:
    """Makes documents in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, content: bytes) -> Path:
        """A file with this content."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def pdf(
        self,
        name: str = "ordinary.pdf",
        *,
        text: bytes = b"Vedtak om spesialundervisning",
        font: str = "Helvetica",
        pages: int = 1,
        change: Callable[[pikepdf.Pdf], None] | None = None,
        content: bytes | None = None,
        **settings: object,
    ) -> Path:
        """A PDF such as careless programs write: the font is named but not there, and there is no metadata."""
        pdf = pikepdf.new()
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=(595, 842))
            named = Dictionary(
                Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/" + font), Encoding=Name.WinAnsiEncoding
            )
            page.obj["/Resources"] = Dictionary(Font=Dictionary(F=named))
            drawn = b"BT /F 18 Tf 72 720 Td (" + text + b") Tj ET"
            page.obj["/Contents"] = pdf.make_stream(drawn if content is None else content)
        if change is not None:
            change(pdf)
        path = self.folder / name
        pdf.save(path, **settings)  # type: ignore[arg-type]
        return path

    def docx(self, name: str = "letter.docx", *paragraphs: str) -> Path:
        """A Word document."""
        document = docx.Document()
        document.add_heading("Møtereferat", 1)
        for paragraph in paragraphs or ("Kåre og Åse møtte opp på skolen.",):
            document.add_paragraph(paragraph)
        path = self.folder / name
        document.save(str(path))
        return path

    def picture(self, name: str, mode: str = "RGB", frames: int = 1, size: tuple[int, int] = (600, 400)) -> Path:
        """A picture with something on it."""
        made = []
        for number in range(frames):
            picture = Image.new(mode, size, 1 if mode == "1" else "white")
            ImageDraw.Draw(picture).rectangle((50, 50, 200 + 40 * number, 300), fill=0 if mode == "1" else "black")
            made.append(picture)
        path = self.folder / name
        extra = {"save_all": True, "append_images": made[1:]} if frames > 1 else {}
        made[0].save(path, **extra)
        return path

    def zipped(self, name: str, entries: dict[str, bytes]) -> Path:
        """A zip archive."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                archive.writestr(entry, content)
        return self.keep(name, packed.getvalue())


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """Where tests make their documents."""
    folder = tmp_path / "papers"
    folder.mkdir()
    return Papers(folder)


def attach(pdf: pikepdf.Pdf, name: str, content: bytes) -> None:
    """Puts a file into a PDF."""
    pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, content, filename=name)


def script(pdf: pikepdf.Pdf) -> None:
    """Everything a PDF should not do: scripts, starting programs, sending forms, in chains too."""
    javascript = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    launch = Dictionary(S=Name.Launch, F=String("calc.exe"), Next=javascript)
    web = Dictionary(S=Name.URI, URI=String("https://example.invalid/"), Next=Array([launch]))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 50]), A=web)
    bad = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=Array([60, 0, 99, 50]), A=launch, AA=Dictionary(E=javascript)
    )
    page = pdf.pages[0].obj
    page["/Annots"] = Array([pdf.make_indirect(link), pdf.make_indirect(bad)])
    page["/AA"] = Dictionary(O=javascript)
    pdf.Root["/OpenAction"] = javascript
    pdf.Root["/Names"] = Dictionary(JavaScript=Dictionary(Names=Array([String("s"), javascript])))


@pytest.fixture
def scripted(papers: Papers) -> Path:
    """A PDF full of forbidden actions."""
    return papers.pdf("scripted.pdf", change=script)
