"""What a rendition is, and what is remembered about how it came to be (M24)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Flavour(StrEnum):
    """The kinds of PDF/A that the archive takes (M24)."""

    A1A = "1a"
    A1B = "1b"
    A2A = "2a"
    A2B = "2b"
    A2U = "2u"


class Rung(StrEnum):
    """Which step of the ladder made the rendition, cheapest and most faithful first."""

    KEPT = "kept"  # the file was PDF/A already: the same bytes
    OFFICE = "office"  # LibreOffice's tagged export
    IMAGE = "image"  # a picture laid on pages of its own
    MENDED = "mended"  # rewritten in process, page content untouched
    GHOSTSCRIPT = "ghostscript"  # redrawn by Ghostscript, then mended
    PICTURED = "pictured"  # a picture of each page, with the words behind it
    NOTICE = "notice"  # a page that says why there is none, chosen by a person


@dataclass(frozen=True)
class Note:
    """Something that a person may want to know about the rendition: a stable code and how many it concerns."""

    code: str
    count: int = 1

    @property
    def text(self) -> str:
        """The note in a reader's words."""
        return NOTE_TEXTS[self.code].format(count=self.count)


@dataclass(frozen=True)
class Verdict:
    """What a validator said about one file. A validator that ran out of time or memory says not valid."""

    is_valid: bool
    flavour: str
    validator: str
    version: str
    failed_rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sameness:
    """How alike two PDFs are. `recall` is the share of the source's words found again, None when neither has any."""

    pages_before: int
    pages_after: int
    recall: float | None
    pages_looked_at: int
    pages_that_differ: int

    @property
    def has_same_pages(self) -> bool:
        """Whether no page came or went; none at all is never the same."""
        return self.pages_before == self.pages_after > 0

    @property
    def looks_same(self) -> bool:
        """Whether every page that was looked at shows the same."""
        return self.has_same_pages and self.pages_looked_at > 0 and self.pages_that_differ == 0

    @property
    def reads_same(self) -> bool:
        """Whether the words are kept. Without words on either side only the look can tell."""
        return self.recall is None or self.recall >= WORDS_KEPT

    @property
    def is_same(self) -> bool:
        """Whether every check is passed."""
        return self.looks_same and self.reads_same


WORDS_KEPT = 0.98


@dataclass(frozen=True)
class Attempt:
    """One rung tried: what the gate said, and why it was left again. Goes to the archive log; no personal data."""

    rung: Rung
    reason: str
    verdict: Verdict | None = None
    sameness: Sameness | None = None


@dataclass
class Record:
    """What is told of a rendering also when nothing comes of it: every rung tried, and the memory used, in MiB."""

    attempts: list[Attempt] = field(default_factory=list)
    peak_mb: int = 0


@dataclass(frozen=True)
class Attachment:
    """A file that lay inside the document, taken out to become a document of its own. `name` may be personal data."""

    path: Path
    name: str


@dataclass(frozen=True)
class Rendition:
    """A file that has passed the gate, and everything worth keeping about how it was made."""

    path: Path
    flavour: Flavour
    rung: Rung
    verdict: Verdict
    pages: int
    sha256: str
    size: int
    source_kind: str
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    sameness: Sameness | None = None


NOTE_TEXTS = {
    "attachments-found": "{count} vedlegg lå inne i filen og er tatt ut som egne dokumenter",
    "attachments-refused": "{count} vedlegg inne i filen kunne ikke tas ut",
    "signature-invalidated": "{count} digital(e) signatur(er) gjelder originalfilen, ikke arkivkopien",
    "annotations-dropped": "{count} skjulte eller ikke tillatte merknader er utelatt",
    "appearances-empty": "{count} merknader uten utseende vises ikke i arkivkopien",
    "actions-removed": "{count} handlinger (skript, oppstart av program o.l.) er fjernet",
    "form-values-drawn": "skjemafeltene er tegnet med verdiene de hadde",
    "dynamic-form": "dynamisk skjema (XFA): innholdet vises ikke på siden; se originalfilen",
    "fonts-substituted": "{count} skrifter lå ikke i filen og er erstattet med tilsvarende",
    "encryption-removed": "rettighetsbegrensningen i filen er ikke med i arkivkopien",
    "external-content-removed": "{count} henvisninger til innhold utenfor filen er fjernet",
    "images-recoded": "{count} bilder er kodet om",
    "pictured": "sidene er gjengitt som bilder; lenker og markeringer er ikke med",
    "text-differs": "teksten lar seg ikke hente ut helt likt, men siden ser lik ut",
    "look-differs": "arkivkopien ser ikke lik ut; forskjellen er godtatt av en person",
    "transparency-flattened": "gjennomsiktige deler av bildet er lagt på hvit bunn",
    "charset-guessed": "tegnsettet var ikke oppgitt og er gjettet ut fra innholdet",
    "words-read": "{count} ord er lest av bildet maskinelt, for søk og opplesing; de kan være feil",
    "notice-page": "dokumentet er ikke gjengitt; en side forteller hvorfor, og originalfilen følger med",
    "second-opinion": "kontrollert uten veraPDF",
}
