"""The public journal as a file: PDF/A, HTML that search engines leave alone, or CSV (M19)."""

from __future__ import annotations

import csv
import html
import io
import json
from datetime import date
from typing import Final

from sikkersak.contracts.archiver import RecordType
from sikkersak.contracts.cases_journal import ExportPublicJournal, JournalFormat, JournalParty, JournalRecord
from sikkersak.letters import compose

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "nb": ("Offentlig journal", "Journalpost", "Journalnummer", "Journaldato", "Dokumentdato", "Type", "Sak", "Tittel", "Avsender eller mottaker", "Enhet", "Hjemmel", "Udatert", "Utgår", "Ikke kjent ennå"),
    "nn": ("Offentleg journal", "Journalpost", "Journalnummer", "Journaldato", "Dokumentdato", "Type", "Sak", "Tittel", "Avsendar eller mottakar", "Eining", "Heimel", "Udatert", "Utgår", "Ikkje kjent enno"),
    "en": ("Public journal", "Entry", "Journal number", "Journal date", "Document date", "Type", "Case", "Title", "Sender or receiver", "Unit", "Legal basis", "Undated", "Withdrawn", "Not known yet"),
}  # fmt: skip
TYPES: Final[dict[str, tuple[str, str, str]]] = {
    "nb": ("Inngående", "Utgående", "Internt"),
    "nn": ("Inngåande", "Utgåande", "Internt"),
    "en": ("Incoming", "Outgoing", "Internal"),
}
# Whoever opens the CSV in a spreadsheet reads text, whatever a title begins with.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
TEMPLATE: Final = """
#set page(flipped: true, margin: 12mm, numbering: "1 / 1")
#set text(size: 8pt, hyphenate: false)
#let rows = json(bytes(field("rows")))
#heading(field("heading"))
#field("period")
#table(columns: (auto, auto, auto, auto, auto, 1fr, 1fr, 1fr, auto, auto),
  table.header(..json(bytes(field("columns"))).map(strong)), ..rows.flatten())
"""
STYLE: Final = "body{font-family:sans-serif}table{border-collapse:collapse}th,td{border:1px solid #888;padding:.3em;text-align:left;vertical-align:top}"


async def made(asked: ExportPublicJournal, records: tuple[JournalRecord, ...]) -> tuple[str, str, bytes]:
    """Name, media type and content."""
    name = f"offentlig-journal-{asked.from_date}-{asked.to_date}.{asked.format.value}"
    if asked.format is JournalFormat.CSV:
        return name, "text/csv", _csv(asked, records)
    if asked.format is JournalFormat.HTML:
        return name, "text/html", _html(asked, records)
    return name, "application/pdf", await _pdf(asked, records)


def _columns(language: str) -> tuple[str, ...]:
    return WORDS[language][1:11]


def _row(record: JournalRecord, language: str) -> list[str]:
    words = WORDS[language]
    incoming, outgoing, internal = TYPES[language]
    kind = {RecordType.INCOMING: incoming, RecordType.OUTGOING: outgoing}.get(record.record_type, internal)
    title = f"{record.title} ({words[12]})" if record.is_withdrawn else record.title
    parties = "; ".join(party.name for party in record.parties)
    dated = _day(record.document_date) if record.document_date else words[11]
    number = f"{record.journal.sequence}/{record.journal.year}" if record.journal else words[13]
    return [
        *(record.entry, number, _day(record.journal_date), dated, kind, record.case_title, title, parties),
        *(record.school, record.legal_basis or ""),
    ]


def _csv(asked: ExportPublicJournal, records: tuple[JournalRecord, ...]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(_columns(asked.language))
    for record in records:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in _row(record, asked.language)])
    return written.getvalue().encode("utf-8-sig")


def _html(asked: ExportPublicJournal, records: tuple[JournalRecord, ...]) -> bytes:
    heading = html.escape(f"{WORDS[asked.language][0]} {_period(asked)}")
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in _columns(asked.language))
    body = "\n".join(_html_row(record, asked.language) for record in records)
    return (
        f'<!doctype html>\n<html lang="{asked.language}"><head><meta charset="utf-8">'
        '<meta name="robots" content="noindex, nofollow, noarchive">'
        f"<title>{heading}</title><style>{STYLE}</style></head>\n<body><h1>{heading}</h1>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></body></html>\n"
    ).encode()


def _html_row(record: JournalRecord, language: str) -> str:
    cells = [html.escape(cell) for cell in _row(record, language)]
    cells[7] = "; ".join(map(_marked, record.parties))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _marked(party: JournalParty) -> str:
    """A private person's name is marked, so that what publishes it can keep it out of searches (Noark 5.2.34)."""
    name = html.escape(party.name)
    return f'<span class="personnavn" data-nosnippet>{name}</span>' if party.is_person else name


async def _pdf(asked: ExportPublicJournal, records: tuple[JournalRecord, ...]) -> bytes:
    heading = WORDS[asked.language][0]
    fields = {
        "heading": heading,
        "period": _period(asked),
        "columns": json.dumps(_columns(asked.language)),
        "rows": json.dumps([_row(record, asked.language) for record in records]),
    }
    return await compose(TEMPLATE, fields, language=asked.language, title=f"{heading} {_period(asked)}")


def _period(asked: ExportPublicJournal) -> str:
    return f"{_day(asked.from_date)} – {_day(asked.to_date)}"


def _day(day: date) -> str:
    return day.strftime("%d.%m.%Y")
