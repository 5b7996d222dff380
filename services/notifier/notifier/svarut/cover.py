"""A cover page for letters of several documents that may be printed, and one file of all for those that are (M21).

A digital letter keeps its files apart: what is signed stays as it was signed. On paper all comes in one envelope, in
order, with a page on top that says what is in it. SvarUt itself prints the page with the address.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pikepdf

from notifier.svarut.letter import PDF, Letter
from sikkersak.contracts.notifier import LetterDossier
from sikkersak.errors import Declined
from sikkersak.letters import compose
from sikkersak.vault import Vault

COVER: Final = "Følgebrev.pdf"
MERGED: Final = "Brev.pdf"
# Above this the documents go one by one: merging happens in memory, for confidential content never rests in the clear.
LARGEST_MERGED: Final = 30 * 1024 * 1024
# A fixed date in the file's properties, so that the same letter is the same bytes: SvarUt knows what it has had by its
# content too.
TEMPLATE: Final = """
#set document(date: datetime(year: 2020, month: 1, day: 1))
#set page(margin: (x: 2.5cm, y: 3cm))
#text(weight: "bold", size: 14pt)[#field("sender")]
#v(1.5cm)
#field("receiver")
#v(1cm)
Sak #field("case")
#v(0.5cm)
#text(weight: "bold", size: 13pt)[#field("title")]
#v(0.5cm)
I dette brevet ligger #field("count") dokumenter, i denne rekkefølgen:
#v(0.3cm)
#paragraphs("list")
"""


@dataclass(frozen=True)
class Made:
    """A file that was made for this letter alone and rests nowhere."""

    media_type: str
    content: bytes = field(repr=False)


def needs_cover(letter: Letter) -> bool:
    """Whether it is of several documents, and may come on paper."""
    return len(letter.files) > 1 and "adresse" in letter.body["mottaker"]


async def with_cover(letter: Letter, dossier: LetterDossier, vault: Vault) -> Letter:
    """The letter with a cover page before its documents; straight to print it is one file of all."""
    page = await _page(dossier, [name for name, _ in letter.files])
    if letter.kind == "print" and _can_be_merged(dossier):
        contents = [await vault.read_bytes(file.ref, LARGEST_MERGED) for file in dossier.files]
        merged = await asyncio.to_thread(merge, [page, *contents])
        return _of(letter, ((MERGED, Made(PDF, merged)),), [{"filnavn": MERGED, "mimeType": PDF}])
    described = [{"filnavn": COVER, "mimeType": PDF}, *letter.body["dokumenter"]]
    return _of(letter, ((COVER, Made(PDF, page)), *letter.files), described)


def merge(contents: list[bytes]) -> bytes:
    """One PDF of all pages, in order. Blocking. A file that cannot be opened is a person's matter."""
    with pikepdf.new() as result:
        for content in contents:
            try:
                with pikepdf.open(io.BytesIO(content)) as document:
                    result.pages.extend(document.pages)
            except pikepdf.PdfError as broken:
                raise Declined("unreadable-document", "Et av dokumentene kan ikke leses.") from broken
        buffer = io.BytesIO()
        result.save(buffer, deterministic_id=True)
        return buffer.getvalue()


async def _page(dossier: LetterDossier, names: list[str]) -> bytes:
    known = zip(names, dossier.files, strict=True)
    shown = [file.name if dossier.is_confidential else name for name, file in known]
    fields = {
        "sender": dossier.sender_name,
        "receiver": dossier.receiver.name,
        "case": dossier.case_number,
        "title": dossier.title,
        "count": str(len(shown)),
        "list": "\n\n".join(f"{position}. {name}" for position, name in enumerate(shown, start=1)),
    }
    return await compose(TEMPLATE, fields, language="nb", title="Følgebrev")


def _can_be_merged(dossier: LetterDossier) -> bool:
    return sum(file.ref.size for file in dossier.files) <= LARGEST_MERGED


def _of(letter: Letter, files: tuple[tuple[str, Any], ...], described: list[dict[str, Any]]) -> Letter:
    return replace(letter, files=files, body=letter.body | {"dokumenter": described})
