"""For other systems: pupils by the school system's reference, and how far a document is (M10, M26)."""

from __future__ import annotations

import re
from typing import Final

from cases.office import Office
from cases.operations import operations
from cases.store import audit, documents, listing, people, references
from sikkersak.contracts.cases import CasePage, ListCases
from sikkersak.contracts.cases_references import (
    DocumentStatus,
    FindPupilCases,
    PupilReference,
    PutPupilReference,
    ReadDocumentStatus,
)
from sikkersak.errors import Declined, NotFound
from sikkersak.identity.actor import ActorKind
from sikkersak.identity.permissions import Permission
from sikkersak.messaging.operations import Ask

MOST: Final = 200
LIKE_A_NUMBER: Final = re.compile(r"\d{11}")


@operations.answers(PutPupilReference)
async def put_pupil_reference(asked: PutPupilReference, ask: Ask, office: Office) -> PupilReference:
    """Replaces what was known. Key: the pupil, so twice is harmless."""
    if ask.actor.kind is ActorKind.PERSON:
        (await people.asking(ask)).demand(Permission.KEEP_PUPILS)
    if LIKE_A_NUMBER.fullmatch(asked.reference):
        raise Declined("reference-like-number", "Referansen kan ikke være et fødselsnummer.", status=422)
    pupil_id = await references.put(ask.tx, office.pupil_lookup(asked.national_id), asked.reference)
    await audit.note(ask.tx, ask.actor.staff_id, "pupil-reference-kept", pupil_id=str(pupil_id))
    return PupilReference(pupil_id=pupil_id, reference=asked.reference)


@operations.answers(FindPupilCases)
async def find_pupil_cases(asked: FindPupilCases, ask: Ask, office: Office) -> CasePage:
    """By the same filter as every list of cases (R8). Unknown, without cases, and not for this person look the same."""
    del office
    standing = await people.asking(ask)
    pupil_id = await references.pupil_of(ask.tx, asked.reference)
    if pupil_id is None:
        raise NotFound("pupil")
    found, total = await listing.case_page(ask.tx, standing, ListCases(pupil_id=pupil_id, limit=MOST))
    if not found:
        raise NotFound("pupil")
    await audit.note(ask.tx, standing.staff_id, "pupil-cases-opened", pupil_id=str(pupil_id))
    return CasePage(items=tuple(found), total=total)


@operations.answers(ReadDocumentStatus)
async def read_document_status(asked: ReadDocumentStatus, ask: Ask, office: Office) -> DocumentStatus:
    """States only: nothing in them is the document's content, so no row says that it was read."""
    del office
    if not await documents.is_known(ask.tx, asked.document_id):
        raise NotFound("document")
    shown = await documents.one_view(ask.tx, asked.document_id)
    return DocumentStatus.model_validate({name: getattr(shown, name) for name in DocumentStatus.model_fields})
