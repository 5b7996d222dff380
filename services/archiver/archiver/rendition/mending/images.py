"""Pictures, form XObjects and graphics states: what changes no mark on the page but may not stand there (§6.2)."""

from __future__ import annotations

import re

from pikepdf import (
    Array,
    Name,
    Object,
    Pdf,
    PdfError,
    PdfImage,
    Stream,
    parse_content_stream,
    unparse_content_stream,
)

from archiver.rendition.mending.walk import Tally, content_streams, drop, name_of, text_of, unpacked

_INTERPOLATED_INLINE = re.compile(rb"\bBI\b[^\xff]{0,400}?/(?:I|Interpolate)\s+true", re.DOTALL)
_INTERPOLATE = re.compile(rb"/(?:I|Interpolate)\s+true")
_CHANNELS = {"L": Name.DeviceGray, "RGB": Name.DeviceRGB}
BLEND_MODES = frozenset({
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn",
    "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity",
})  # fmt: skip


def mend_images(pdf: Pdf, everything: list[Object], tally: Tally, *, recode: bool) -> None:
    """Goes through XObjects, graphics states and page contents. `recode` rewrites JPEG 2000 that PDF/A refuses."""
    for holder in everything:
        kind = name_of(holder, "/Subtype")
        if isinstance(holder, Stream) and kind == "/Image":
            drop(holder, "/Alternates", "/OPI")
            if holder.get("/Interpolate", False):
                holder["/Interpolate"] = False
            if recode and "/JPXDecode" in _filters(holder):
                _recode(holder, tally)
        elif isinstance(holder, Stream) and kind == "/Form":
            drop(holder, "/OPI", "/PS", "/Ref", "/Subtype2")
        elif _is_graphics_state(holder):
            _mend_graphics_state(holder)
    for page in pdf.pages:
        _mend_inline_images(pdf, page.obj)


def _filters(stream: Object) -> list[str]:
    filters = stream.get("/Filter")
    return [text_of(one) for one in filters] if isinstance(filters, Array) else [text_of(filters)]


def _is_graphics_state(holder: Object) -> bool:
    return name_of(holder, "/Type") == "/ExtGState" or any(key in holder for key in ("/TR", "/TR2", "/HTP", "/OPM"))


def _mend_graphics_state(state: Object) -> None:
    drop(state, "/TR", "/HTP", "/HT")
    if state.get("/OPM") == 1:  # not together with ICC-based inks (§6.2.4.2); the look is checked afterwards
        state["/OPM"] = 0
    if "/TR2" in state and name_of(state, "/TR2") != "/Default":
        del state["/TR2"]
    mode = state.get("/BM")
    if isinstance(mode, Array):  # a list of wishes: the first that is known (PDF 1.7 §11.3.5)
        wishes = [text_of(wish) for wish in mode]
        state["/BM"] = Name(next((wish for wish in wishes if wish in BLEND_MODES), "/Normal"))


def _mend_inline_images(pdf: Pdf, page: Object) -> None:
    if any(_INTERPOLATED_INLINE.search(unpacked(stream)) for stream in content_streams(page)):
        content = unparse_content_stream(list(parse_content_stream(page)))
        page["/Contents"] = pdf.make_stream(_INTERPOLATE.sub(b"/I false", content))


def _recode(image: Stream, tally: Tally) -> None:
    """JPEG 2000 in a form that PDF/A does not take becomes lossless Flate; what cannot be read is left to the gate."""
    try:
        picture = PdfImage(image).as_pil_image()
        picture.load()
    except (OSError, ValueError, NotImplementedError, PdfError):
        return
    if picture.mode not in _CHANNELS:
        picture = picture.convert("L" if picture.mode in {"1", "LA", "I;16", "I"} else "RGB")
    image.write(picture.tobytes())
    image["/Width"], image["/Height"] = picture.size
    image["/BitsPerComponent"], image["/ColorSpace"] = 8, _CHANNELS[picture.mode]
    drop(image, "/Decode", "/SMaskInData")
    tally["images-recoded"] += 1
