"""The package on disk: written, then read back and verified, before anybody is told that it is there (M28)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from archiver.extraction import addml, structure
from archiver.extraction.model import Deposit, DepositFile
from sikkersak.errors import Declined

TOP: Final = "avleveringspakke"
SCHEMAS: Final = (
    "arkivstruktur.xsd",
    "endringslogg.xsd",
    "loependeJournal.xsd",
    "offentligJournal.xsd",
    addml.CATALOGUE,
)


PUBLIC: Final = "offentligJournal"
JOURNALS: Final = ("loependeJournal", PUBLIC)


class PackageWrong(Exception):
    """What lies on disk is not what was to be deposited: a bug or a failing disk. `problems` name no persons."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems[:20]))
        self.problems = problems


@dataclass(frozen=True)
class Written:
    """What was written and verified."""

    folder: Path
    cases: int
    entries: int
    files: int
    bytes: int
    validated: bool


async def write(deposit: Deposit, target: Path, schemas: Path | None = None) -> Written:
    """The whole package under `target`; validated where the official schemas are given.

    :raises Declined: there is nothing to deposit.
    :raises PackageWrong: what was read back differs.
    """
    if not deposit.entries:
        raise Declined("extraction-empty", "Det er ingen arkiverte journalposter å trekke ut.")
    folder = target / TOP
    (folder / "dokumenter").mkdir(parents=True, exist_ok=False)
    for file in deposit.files:
        await _document(folder, file)
    parts = {
        "arkivstruktur": structure.written(structure.structure(deposit)),
        "endringslogg": structure.written(structure.changes(deposit)),
        "loependeJournal": structure.written(structure.journal(deposit, is_public=False)),
        "offentligJournal": structure.written(structure.journal(deposit, is_public=True)),
    }
    known = {name: (schemas / name).read_bytes() for name in SCHEMAS} if schemas else {}
    for name, content in {**{f"{name}.xml": content for name, content in parts.items()}, **known}.items():
        (folder / name).write_bytes(content)
    (folder / "arkivuttrekk.xml").write_bytes(structure.written(addml.described(deposit, parts, known)))
    verify(folder, deposit)
    sizes = {file.path: file.size for file in deposit.files}
    return Written(folder, len(deposit.cases), len(deposit.entries), len(sizes), sum(sizes.values()), bool(known))


async def _document(folder: Path, file: DepositFile) -> None:
    """Each file once, however many documents refer to it."""
    path = folder / file.path
    if not path.exists():
        with path.open("wb") as target:
            async for piece in file.open():
                target.write(piece)


def verify(folder: Path, deposit: Deposit) -> None:
    """Counts and checksums of what lies on disk; every file referred to and no other; the schemas where they are there.

    :raises PackageWrong: anything that differs.
    """
    tree = etree.parse(folder / "arkivstruktur.xml")
    problems = _files(folder, tree)
    wanted = {"mappe": len(deposit.cases), "registrering": len(deposit.entries)}
    for name, count in wanted.items():
        found = sum(1 for _ in tree.iter(f"{{*}}{name}"))
        if found != count:
            problems.append(f"{name}: {found}, not {count}")
    for name in addml.COUNTED:
        problems += _invalid(folder, name)
    if problems:
        raise PackageWrong(problems)


def verify_received(folder: Path, deposit: Deposit, schemas: Path | None = None) -> list[str]:
    """What is wrong with a package that the archive core made, held against our own records; empty when nothing is.

    Its files are as it says, every file of ours is in it byte for byte, it has as many case files and registry entries,
    both journals tell of those entries, and all is valid where the official schemas are given.
    """
    tree = etree.parse(folder / "arkivstruktur.xml")
    problems = _files(folder, tree)
    held = {one.findtext("{*}sjekksum") or "" for one in tree.iter("{*}dokumentobjekt")}
    problems += [f"{file.path}: not in the package" for file in deposit.files if file.checksum not in held]
    for name, count in {"mappe": len(deposit.cases), "registrering": len(deposit.entries)}.items():
        found = sum(1 for _ in tree.iter(f"{{*}}{name}"))
        problems += [f"{name}: {found}, not {count}"] if found != count else []
    for name in JOURNALS:
        problems += _wrong_journal(folder, name, tree, schemas)
    return problems + _invalid(folder, "arkivstruktur", schemas)


def _wrong_journal(folder: Path, name: str, structure: etree._ElementTree, schemas: Path | None) -> list[str]:
    """A journal tells of every registry entry of the package, and of no other; the public one of no title."""
    path = folder / f"{name}.xml"
    if not path.is_file():
        return [f"{name}.xml: missing"]
    tree = etree.parse(path)
    wanted = {one.findtext("{*}systemID") for one in structure.iter("{*}registrering")}
    told = [one.findtext("{*}systemID") for one in tree.iter("{*}journalpost")]
    problems = [f"{name}: {len(told)} entries, not {len(wanted)}"] if len(told) != len(wanted) else []
    problems += [f"{name}: other entries than the structure"] if set(told) != wanted else []
    if name == PUBLIC and any(True for _ in tree.iter("{*}tittel")):
        problems.append(f"{name}: tells a title that is not public")
    return problems + _invalid(folder, name, schemas)


def _files(folder: Path, tree: etree._ElementTree) -> list[str]:
    """Every document object's file, byte for byte, and none that nobody refers to."""
    problems, told = [], dict[str, str]()
    for one in tree.iter("{*}dokumentobjekt"):
        told[one.findtext("{*}referanseDokumentfil") or ""] = one.findtext("{*}sjekksum") or ""
    for path, checksum in told.items():
        if not (folder / path).is_file():
            problems.append(f"{path}: missing")
        elif _checksum(folder / path) != checksum:
            problems.append(f"{path}: another checksum")
    here = {f"dokumenter/{path.name}" for path in (folder / "dokumenter").iterdir()}
    return problems + [f"{path}: nobody refers to it" for path in sorted(here - told.keys())]


def _invalid(folder: Path, name: str, schemas: Path | None = None) -> list[str]:
    schema = (schemas or folder) / f"{name}.xsd"
    if not schema.exists():
        return []
    checker = etree.XMLSchema(etree.parse(schema))
    if checker.validate(etree.parse(folder / f"{name}.xml")):
        return []
    return [f"{name}.xml line {error.line}: not valid" for error in list(checker.error_log)[:5]]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path) -> Mapping[str, str]:
    """Of every file in a package, for whoever receives it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): _checksum(path) for path in files}
