"""Further documents of a case that go out with one: signed with it, or in the same letter (M20, M21)."""

from __future__ import annotations

from uuid import UUID

from cases import dossiers
from cases.store import documents
from sikkersak.contracts.cases_documents import DocumentState
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef


class NotPossible(Declined):
    """What was wished for cannot be asked of anybody; said before anything is ordered."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail, status=422)


async def files_of(tx: Transaction, row: Row, asked: tuple[UUID, ...], *, is_signed_too: bool = False) -> list[File]:
    """Further documents of the same case as they are archived, or as they were signed where that is wanted.

    One that is not ready is said, not waited for.
    """
    if len({*asked, row["document_id"]}) != len(asked) + 1:
        raise NotPossible("document-twice", "Samme dokument kan ikke være med to ganger.")
    found = []
    for document_id in asked:
        other = await documents.document(tx, document_id)
        if other["case_id"] != row["case_id"]:
            raise NotPossible("other-case", "Alle dokumentene må være i samme sak.")
        if other["withdrawn_at"] is not None:
            raise NotPossible("document-withdrawn", "Et av dokumentene er merket Utgår.")
        if other["state"] != DocumentState.FINISHED.value or other["rendition"] is None:
            raise NotPossible("not-ready-to-sign", "Et av dokumentene er ikke ferdigstilt og konvertert ennå.")
        signed = other["signed"] if is_signed_too else None
        if signed:
            found.append(File.model_validate(signed))
        else:
            found.append(dossiers.rendition_file(other, VaultRef.model_validate(other["rendition"])))
    return found
