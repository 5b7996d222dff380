"""A signed extract of the audit log as one file, and checking it without this product's database (M18)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any, Final

ROWS, MANIFEST, KEY, READ_ME = "hendelseslogg.ndjson", "manifest.jws", "nøkkel.pem", "LESMEG.txt"
# The same content makes the same file, whenever it is packed.
MOMENT: Final = (1980, 1, 1, 0, 0, 0)
TEXT: Final = """\
Utdrag av hendelsesloggen i Sikker Sak.

hendelseslogg.ndjson  én rad per linje, i rekkefølge
manifest.jws          signert (Ed25519, RFC 7515): antall rader, første og siste nummer, SHA-256 av filen over
nøkkel.pem            den offentlige nøkkelen; hent den heller fra driftsansvarlig enn herfra når du kontrollerer

Kontroll:  python -m cases.verify_export UTDRAG.zip --key NØKKEL.pem
"""


def ndjson(rows: list[dict[str, Any]]) -> bytes:
    """One row a line."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def claims(rows: list[dict[str, Any]], content: bytes, about: dict[str, Any]) -> dict[str, Any]:
    """What is signed about the file."""
    ends = {"first": rows[0]["sequence"], "sequence": rows[-1]["sequence"], "hash": rows[-1]["hash"]} if rows else {}
    return {"rows": len(rows), **ends, "file_sha256": hashlib.sha256(content).hexdigest(), **about}


def packed(content: bytes, manifest: str, public_key: str) -> bytes:
    """The file that is handed out."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in ((ROWS, content), (MANIFEST, manifest), (KEY, public_key), (READ_ME, TEXT)):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, data)
    return made.getvalue()


def unpacked(package: bytes) -> tuple[bytes, str]:
    """The rows and the manifest. ValueError for what is no extract."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as opened:
            return opened.read(ROWS), opened.read(MANIFEST).decode()
    except (zipfile.BadZipFile, KeyError) as wrong:
        raise ValueError("this is no extract of the audit log") from wrong


def faults(content: bytes, signed: dict[str, Any] | None) -> list[str]:
    """What is wrong with an extract whose manifest was opened with the right key, or could not be."""
    if signed is None:
        return ["the manifest was not signed with this key"]
    found: list[str] = []
    if hashlib.sha256(content).hexdigest() != signed.get("file_sha256"):
        found.append("the rows are not the ones that were signed")
    if content.count(b"\n") != signed.get("rows"):
        found.append("the number of rows is not the one that was signed")
    return found
