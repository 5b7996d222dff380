"""The page that stands in the archive for a document that cannot become PDF/A, with the original beside it."""

from __future__ import annotations

from typing import Final

from sikkersak.clock import now
from sikkersak.letters import compose

_TEMPLATE: Final = """
= #field("heading")

#paragraphs("text")

*#field("label-title")* #field("title")

*#field("label-file")* #field("file")

*#field("label-why")* #field("why")

*#field("label-said")* #field("said")

*#field("label-made")* #field("made")
"""
_WORDS: Final = {
    "nb": {
        "heading": "Dokumentet er ikke gjengitt her",
        "text": "Dokumentet lot seg ikke gjøre om til arkivformatet PDF/A. Originalfilen er arkivert uendret sammen med "
        "denne siden, som produksjonsformat.",
        "label-title": "Dokument:",
        "label-file": "Originalfil:",
        "label-why": "Årsak:",
        "label-said": "Begrunnelse for valget:",
        "label-made": "Siden er laget:",
    },
    "nn": {
        "heading": "Dokumentet er ikkje gjeve att her",
        "text": "Dokumentet lét seg ikkje gjere om til arkivformatet PDF/A. Originalfila er arkivert uendra saman med "
        "denne sida, som produksjonsformat.",
        "label-title": "Dokument:",
        "label-file": "Originalfil:",
        "label-why": "Årsak:",
        "label-said": "Grunngjeving for valet:",
        "label-made": "Sida er laga:",
    },
}


async def compose_notice(*, language: str, title: str, file: str, why: str, said: str) -> bytes:
    """PDF/A-2a. `why` is the refusal's words, `said` the person's."""
    words = _WORDS.get(language, _WORDS["nb"])
    told = {"title": title, "file": file, "why": why, "said": said, "made": now().strftime("%d.%m.%Y")}
    spoken = language if language in _WORDS else "nb"
    return await compose(_TEMPLATE, words | told, language=spoken, title=words["heading"])
