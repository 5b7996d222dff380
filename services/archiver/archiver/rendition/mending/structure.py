"""Keys of catalogue, pages, fonts and optional content that PDF/A-2 does not allow (ISO 19005-2 §6.1, §6.4, §6.9)."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from archiver.rendition.mending.walk import Tally, drop, name_of, number_of

SYMBOLIC = 4


def mend_structure(pdf: Pdf, everything: list[Object], tally: Tally) -> None:
    """Deletes what is not allowed, and names what must have a name."""
    drop(pdf.Root, "/Perms", "/Requirements", "/NeedsRendering", "/Threads", "/SpiderInfo", "/Legal")
    if isinstance(names := pdf.Root.get("/Names"), Dictionary):
        drop(names, "/AlternatePresentations", "/JavaScript", "/EmbeddedFiles")
    for page in pdf.pages:
        drop(page.obj, "/PresSteps", "/Trans", "/Dur")
    for holder in everything:
        if holder != pdf.Root:
            drop(holder, "/Metadata")
        if isinstance(holder, Stream):
            tally["external-content-removed"] += drop(holder, "/F", "/FFilter", "/FDecodeParms") and 1
        mend_font_dictionary(holder)
        if name_of(holder, "/FT") == "/Sig":
            drop(
                holder, "/V", "/Lock", "/SV"
            )  # it signed the file as it came, which is kept; here it would prove nothing
    mend_optional_content(pdf)


def mend_font_dictionary(holder: Object) -> None:
    """Optional and usually wrong lists of glyphs go; symbolic TrueType fonts have no encoding of their own."""
    drop(holder, "/CIDSet") if "/FontName" in holder else None
    drop(holder, "/CharSet") if "/FontName" in holder else None
    for key in ("/BaseFont", "/FontName"):
        if isinstance(holder.get(key), Name) and not name_of(holder, key):
            holder[key] = Name("/Skrift")  # a name in another character set than UTF-8 (§6.1.8)
    kind = name_of(holder, "/Subtype")
    descriptor = holder.get("/FontDescriptor")
    if not isinstance(descriptor, Dictionary):
        return
    if kind == "/TrueType" and "/FontFile2" in descriptor and int(number_of(descriptor, "/Flags")) & SYMBOLIC:
        drop(holder, "/Encoding")
    if kind == "/CIDFontType2" and "/FontFile2" in descriptor and "/CIDToGIDMap" not in holder:
        holder["/CIDToGIDMap"] = Name.Identity


def mend_optional_content(pdf: Pdf) -> None:
    """Every configuration has a name of its own, no automatic states, and no order that leaves layers out."""
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, Dictionary):
        return
    others = properties.get("/Configs")
    configurations = [properties.get("/D"), *(list(others) if isinstance(others, Array) else [])]
    for number, configuration in enumerate(configurations):
        if isinstance(configuration, Dictionary):
            configuration["/Name"] = String(f"Lag {number + 1}")
            drop(configuration, "/AS", "/Order")
