"""Pages of our own for warming up: what most documents have, so that nothing of it is met for the first time."""

from __future__ import annotations

import io
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Pdf, String
from PIL import Image

A4: Final = (595, 842)
FACES: Final = (Name.Helvetica, Name("/Times-Roman"), Name.Courier)
DRAWN: Final = (
    b"q /G gs 1 0 0 rg 10 10 80 40 re f 0 0 0 1 k 20 20 m 30 30 40 40 50 60 c S Q "
    b"q 90 0 0 90 100 100 cm /Soft Do Q q 80 0 0 80 300 100 cm /Photo Do Q /Form Do "
)


def draw_sample(destination: str) -> dict[str, Any]:
    """A page with a word on it: it takes the same way as a document."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=A4)
    page.obj["/Resources"] = Dictionary(Font=Dictionary(F0=_font(Name.Helvetica)))
    page.obj["/Contents"] = pdf.make_stream(b"BT /F0 12 Tf 72 720 Td (Varm) Tj ET")
    pdf.save(destination)
    return {"pages": 1}


def draw_rich_sample(destination: str) -> dict[str, Any]:
    """A page with pictures, a form, transparency, a link, a bookmark, and fonts that are not in the file."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=A4)
    fonts = Dictionary({f"/F{number}": _font(face) for number, face in enumerate(FACES)})
    page.obj["/Resources"] = Dictionary(
        Font=fonts,
        XObject=Dictionary(Soft=_soft_picture(pdf), Photo=_photo(pdf), Form=_form(pdf, fonts)),
        ExtGState=Dictionary(G=Dictionary(Type=Name.ExtGState, ca=0.5, CA=0.5, BM=Name.Multiply)),
    )
    lines = (b"BT /F%d 11 Tf 1 0 0 1 60 %d Tm [(Varm) -20 (side)] TJ ET\n" % (n % 3, 760 - n * 14) for n in range(9))
    page.obj["/Contents"] = pdf.make_stream(DRAWN + b"".join(lines))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[10, 10, 60, 60], Border=[0, 0, 0])
    link["/A"] = Dictionary(S=Name.URI, URI=String("https://example.no"))
    page.obj["/Annots"] = Array([pdf.make_indirect(link)])
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem("Varm", 0))
    pdf.save(destination)
    return {"pages": 1}


def _font(face: Name) -> Dictionary:
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=face, Encoding=Name.WinAnsiEncoding)


def _picture(pdf: Pdf, content: bytes, side: int, colours: Name, **more: Object) -> Object:
    named = {"Type": Name.XObject, "Subtype": Name.Image, "Width": side, "Height": side, "BitsPerComponent": 8}
    return pdf.make_stream(content, ColorSpace=colours, **named, **more)


def _soft_picture(pdf: Pdf) -> Object:
    mask = _picture(pdf, bytes(range(16)), 4, Name.DeviceGray)
    return _picture(pdf, bytes(range(48)), 4, Name.DeviceRGB, SMask=mask)


def _photo(pdf: Pdf) -> Object:
    target = io.BytesIO()
    Image.new("RGB", (32, 32), (180, 40, 40)).save(target, "JPEG")
    return _picture(pdf, target.getvalue(), 32, Name.DeviceRGB, Filter=Name.DCTDecode)


def _form(pdf: Pdf, fonts: Dictionary) -> Object:
    drawn = b"q 0 0 1 rg 0 0 50 50 re f BT /F0 8 Tf (Skjema) Tj ET Q"
    group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
    kind = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 100, 100]}
    return pdf.make_stream(drawn, Resources=Dictionary(Font=fonts), Group=group, **kind)
