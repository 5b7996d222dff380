"""The answer to a request for access: a list of contents, the files in its order, and all of it as one package (M19)."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Final

from cases.domain.collected import Collected, original
from cases.domain.publicity import shielded
from cases.dossiers import Sealed
from cases.office import Office
from sikkersak.clock import local_date
from sikkersak.contracts.cases_access_requests import ItemDecision, RequestBasis
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.letters import compose
from sikkersak.persistence.database import Row

MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the same content makes the same package
LARGEST: Final = 300 << 20
WORDS: Final[dict[str, dict[str, str]]] = {
    "nb": {
        "heading": "Svar på innsynskrav", "number": "Nr.", "title": "Dokument", "date": "Dato", "result": "Resultat",
        "why": "Hjemmel og begrunnelse", "give": "Gis", "redact": "Gis med sladding", "refuse": "Avslått",
        "attachment": "vedlegg", "contents": "Innhold", "none": "Ingen dokumenter ble funnet.", "complaint": "Klage",
        "public": "Du kan kreve en nærmere begrunnelse innen tre uker (offentleglova § 31). Avslag, også sladding, kan påklages til Statsforvalteren innen tre uker fra du fikk svaret (offentleglova § 32, forvaltningsloven § 29). Klagen sendes til oss.",
        "party": "Avslag, også sladding, kan påklages til Statsforvalteren innen tre uker fra du fikk svaret (forvaltningsloven §§ 21 og 29). Klagen sendes til oss.",
        "data_subject": "Mener du at svaret ikke følger personvernforordningen artikkel 15, kan du skrive til oss og klage til Datatilsynet (artikkel 77).",
    },
    "nn": {
        "heading": "Svar på innsynskrav", "number": "Nr.", "title": "Dokument", "date": "Dato", "result": "Resultat",
        "why": "Heimel og grunngiving", "give": "Blir gitt", "redact": "Blir gitt med sladding", "refuse": "Avslått",
        "attachment": "vedlegg", "contents": "Innhald", "none": "Ingen dokument vart funne.", "complaint": "Klage",
        "public": "Du kan krevje ei nærare grunngiving innan tre veker (offentleglova § 31). Avslag, også sladding, kan klagast på til Statsforvaltaren innan tre veker frå du fekk svaret (offentleglova § 32, forvaltningslova § 29). Klaga skal sendast til oss.",
        "party": "Avslag, også sladding, kan klagast på til Statsforvaltaren innan tre veker frå du fekk svaret (forvaltningslova §§ 21 og 29). Klaga skal sendast til oss.",
        "data_subject": "Meiner du at svaret ikkje følgjer personvernforordninga artikkel 15, kan du skrive til oss og klage til Datatilsynet (artikkel 77).",
    },
    "en": {
        "heading": "Answer to a request for access", "number": "No.", "title": "Document", "date": "Date", "result": "Result",
        "why": "Legal basis and reason", "give": "Given", "redact": "Given redacted", "refuse": "Refused",
        "attachment": "attachment", "contents": "Contents", "none": "No documents were found.", "complaint": "Complaint",
        "public": "You may ask for further reasons within three weeks (Freedom of Information Act § 31). A refusal, redaction included, may be appealed to the County Governor within three weeks of this answer (§ 32; Public Administration Act § 29). Send the appeal to us.",
        "party": "A refusal, redaction included, may be appealed to the County Governor within three weeks of this answer (Public Administration Act §§ 21 and 29). Send the appeal to us.",
        "data_subject": "If this answer does not follow article 15 of the GDPR, write to us; you may complain to the Norwegian Data Protection Authority (article 77).",
    },
}  # fmt: skip
TEMPLATE: Final = """
#set page(margin: 20mm)
#set text(size: 10pt, hyphenate: false)
#heading(field("heading"))
#paragraphs("remark")
#let rows = json(bytes(field("rows")))
#if rows.len() == 0 [#field("none")] else [
#table(columns: (auto, 1.4fr, auto, auto, 2fr),
  table.header(..json(bytes(field("columns"))).map(strong)), ..rows.flatten())]
#heading(level: 2, field("complaint"))
#field("right")
"""


class PackageTooLarge(Declined):
    """More than one package may hold."""

    def __init__(self) -> None:
        super().__init__("package-too-large", "Svaret blir for stort. Ta ut noe, og del innsynskravet i to.")


async def answer(office: Office, request: Row, rows: Sequence[Collected]) -> tuple[File, ...]:
    """The files of the answer: the list of contents, then what is given, under names that name nobody."""
    words = WORDS[request["language"]]
    given = [(row, handed_out(row)) for row in rows if row["decision"] != ItemDecision.REFUSE]
    if sum(file.ref.size for _, file in given) > LARGEST:
        raise PackageTooLarge
    ref = await office.vault.put(await _contents(office, request, rows, words), "application/pdf")
    contents = File(name=f"00 {words['contents']}.pdf", media_type="application/pdf", ref=ref)
    named = (file.model_copy(update={"name": _name(row, file, words)}) for row, file in given)
    return (contents, *named)


async def package(office: Office, request: Row, files: Sequence[File]) -> File:
    """The same as one ZIP in the vault. Made on disk and in threads, for it may be large."""
    with tempfile.TemporaryDirectory() as folder:
        made, part = Path(folder) / "package.zip", Path(folder) / "part"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                await office.vault.save(file.ref, part)
                await asyncio.to_thread(_add, packed, file.name, part)
        ref = await office.vault.put(made, "application/zip")
    name = f"innsyn-{request['year']}-{request['running']}.zip"
    return File(name=name, media_type="application/zip", ref=ref)


def handed_out(row: Collected) -> File:
    """What the requester gets: never the original of what shall be redacted."""
    return File.model_validate(row["redacted"]) if row["decision"] == ItemDecision.REDACT else original(row)


async def _contents(office: Office, request: Row, rows: Sequence[Collected], words: dict[str, str]) -> bytes:
    heading = f"{words['heading']} {request['year']}/{request['running']}"
    fields = {
        "heading": heading,
        "remark": request["remark"] or "",
        "none": words["none"],
        "columns": json.dumps([words[name] for name in ("number", "title", "date", "result", "why")]),
        "rows": json.dumps([await _line(office, row, words) for row in rows]),
        "complaint": words["complaint"],
        "right": words[RequestBasis(request["basis"]).value],
    }
    return await compose(TEMPLATE, fields, language=request["language"], title=heading)


async def _line(office: Office, row: Collected, words: dict[str, str]) -> list[str]:
    """The public title, looked through once more: the list names what was refused too."""
    sealed = Sealed(office)
    names = [row["pupil"] or "", *row["names"], *(party.name for party in await sealed.parties(row))]  # type: ignore[arg-type]
    if row["pupil_id"] is not None:
        names += [guardian.party.name for guardian in (await sealed.pupil(row)).guardians]  # type: ignore[arg-type]
    title = f"{row['entry']} {shielded(row['public_title'], names)}"
    if row["position"]:
        title += f", {words['attachment']} {row['position']}"
    why = " – ".join(part for part in (row["legal_basis"], row["reason"]) if part)
    day = local_date(row["finished_at"]).strftime("%d.%m.%Y")
    return [str(row["item"]), title, day, words[row["decision"]], why]


def _name(row: Collected, file: File, words: dict[str, str]) -> str:
    """By number and entry: a name that somebody gave a file may be a pupil's."""
    suffix = re.sub(r"[^a-z0-9]", "", PurePath(file.name).suffix.lower())[:5] or "bin"
    suffix = "pdf" if file.media_type == "application/pdf" else suffix
    part = f" {words['attachment']} {row['position']}" if row["position"] else ""
    return f"{row['item']:02d} {row['entry'].replace('/', '-')}{part}.{suffix}"


def _add(packed: zipfile.ZipFile, name: str, content: Path) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with content.open("rb") as given, packed.open(entry, "w") as taken:
        shutil.copyfileobj(given, taken, 1 << 20)
