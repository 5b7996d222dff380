"""Takes the files of a letter: order, names, encryption, size, and whether a PDF is one (SvarUt §4.3, §4.5, §4.6)."""

# A stand-in waits for its own disk: threads would gain nothing.
# ruff: noqa: ASYNC240

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from starlette.datastructures import FormData, UploadFile

from simulators.svarinn_encryption import NotEncryptedForUs, decrypt, key_pair
from simulators.svarut_errors import Refused
from simulators.svarut_letter import PDF, Document, Letter

MAX_PRINTABLE_BYTES = 350 * 1024 * 1024


@dataclass(frozen=True)
class KeptDocument:
    """One file as it was received, decrypted."""

    filename: str
    mime_type: str
    size: int
    sha256: str
    path: Path


class ServiceKey:
    """SvarUt's own key pair: files of encrypted letters are made for it."""

    def __init__(self, folder: Path) -> None:
        self.private, self.public = folder / "svarut-key.pem", folder / "svarut-public.pem"
        if not self.private.exists():
            private, certificate = key_pair("SvarUt")
            self.private.write_bytes(private)
            self.public.write_text(certificate, encoding="ascii")


async def letter_part(form: FormData) -> bytes:
    """The JSON, which must be the first part.

    :raises Refused: when it is not.
    """
    items = form.multi_items()
    if not items or items[0][0] != "forsendelse":
        raise Refused(400, "Første del må være forsendelse")
    first = items[0][1]
    return await first.read() if isinstance(first, UploadFile) else first.encode()


def file_parts(form: FormData, documents: list[Document]) -> list[UploadFile]:
    """The files, which must be those of the metadata in the same order.

    :raises Refused: when they are not.
    """
    parts = [part for _, part in form.multi_items()[1:] if isinstance(part, UploadFile)]
    if len(form.multi_items()) - 1 != len(documents) or len(parts) != len(documents):
        raise Refused(400, "Antall filer stemmer ikke med antall dokumenter i forsendelsen")
    for part, document in zip(parts, documents, strict=True):
        if part.filename != document.filnavn:
            raise Refused(400, "Filnavn og rekkefølge på filer må stemme med dokumenter i forsendelsen")
    return parts


async def keep(letter: Letter, parts: list[UploadFile], folder: Path, key: ServiceKey) -> list[KeptDocument]:
    """Writes all files, decrypted, and checks them.

    :raises Refused: the first file that cannot be taken; nothing is left behind.
    """
    folder.mkdir(parents=True)
    try:
        kept = [
            await keep_one(letter, document, part, folder / str(position), key)
            for position, (document, part) in enumerate(zip(letter.dokumenter, parts, strict=True))
        ]
        check_printable_size(letter, kept)
    except Refused:
        shutil.rmtree(folder)
        raise
    return kept


async def keep_one(letter: Letter, document: Document, part: UploadFile, path: Path, key: ServiceKey) -> KeptDocument:
    """One file."""
    received = path.with_suffix(".encrypted") if letter.kryptert else path
    with received.open("wb") as target:
        shutil.copyfileobj(part.file, target)
    if received.stat().st_size == 0:
        raise Refused(400, "Kan ikke lagre tomt dokument")
    if letter.kryptert:
        try:
            await decrypt(received, path, key.private, key.public)
        except NotEncryptedForUs as error:
            raise Refused(400, f"Feil under lesing av {document.filnavn}") from error
        received.unlink()
    if document.mimeType == PDF:
        check_pdf(path, document.filnavn)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return KeptDocument(document.filnavn, document.mimeType, path.stat().st_size, digest, path)


def check_pdf(path: Path, name: str) -> None:
    """A PDF by its content, readable without a password.

    :raises Refused: when it is not.
    """
    try:
        with pikepdf.open(path) as pdf:
            if pdf.is_encrypted:
                raise Refused(400, f"Feil under lesing av {name}: dokumentet er passordbeskyttet")
    except pikepdf.PasswordError as error:
        raise Refused(400, f"Feil under lesing av {name}: dokumentet er passordbeskyttet") from error
    except pikepdf.PdfError as error:
        raise Refused(400, f"Feil under lesing av {name}") from error


def check_printable_size(letter: Letter, kept: list[KeptDocument]) -> None:
    """What may go to print is under 350 MB together."""
    if letter.kunDigitalLevering:
        return
    printable = [
        one.size
        for one, document in zip(kept, letter.dokumenter, strict=True)
        if not document.skalEkskluderesFraUtskrift
    ]
    if sum(printable) >= MAX_PRINTABLE_BYTES:
        raise Refused(400, "Dokumenter som kan bli skrevet ut er for store: grensen er 350 MB")
