"""What the archive holds against what was delivered: decided here, asked elsewhere."""

from __future__ import annotations

from archiver.core import ArchivedRecord, DocumentDescription, RegistryEntry
from sikkersak.contracts.reconciliation import Finding

UNFINISHED = "unfinished"


def compared(
    entry: RegistryEntry,
    added: tuple[DocumentDescription, ...],
    held: ArchivedRecord | None,
    *,
    is_withdrawn: bool = False,
) -> tuple[Finding, tuple[str, ...]]:
    """What to say of one delivered record; `added` are the documents that came to it later, and we may have withdrawn it."""
    if held is None:
        return Finding.MISSING, ()
    told = _texts(entry, held) + _documents((*entry.documents, *added), held)
    if not held.is_final and held.status != "U":
        told.append(UNFINISHED)
    if (held.status == "U") != is_withdrawn:
        told.append("not-withdrawn" if is_withdrawn else "cancelled")
    return (Finding.DIFFERS, tuple(told)) if told else (Finding.CONFIRMED, ())


def _texts(entry: RegistryEntry, held: ArchivedRecord) -> list[str]:
    """Titles and screening; what the archive does not tell is not compared."""
    restriction = entry.screening.restriction if entry.screening else ""
    pairs = {
        "title": (entry.title, held.title),
        "public_title": (entry.public_title, held.public_title),
        "screening": (restriction, held.restriction),
    }
    return [name for name, (ours, theirs) in pairs.items() if theirs is not None and ours != theirs]


def _documents(wanted: tuple[DocumentDescription, ...], held: ArchivedRecord) -> list[str]:
    """Every file there, byte for byte, and no document that nobody delivered."""
    files = {one.checksum for document in held.documents for one in document.objects}
    ours = {one.checksum for document in wanted for one in document.objects}
    told = ["checksum"] if ours - files else []
    return [*told, "count"] if len(held.documents) != len(wanted) else told


def is_safe_to_repair(finding: Finding, differences: tuple[str, ...]) -> bool:
    """What delivering again mends: it looks before it makes. Anything that somebody changed there is for a person."""
    if finding is Finding.MISSING:
        return True
    return finding is Finding.DIFFERS and UNFINISHED in differences and not {"title", "screening"} & set(differences)
