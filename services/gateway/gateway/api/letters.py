# FastAPI reads these annotations at run time, so they are not postponed in this module.
"""One consignment with every try, and the decision about a letter that did not arrive (M21)."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gateway.api.caller import Asker, Body, Key
from gateway.api.signatures import require_document, require_writing
from gateway.problems import ACT, documented
from sikkersak.contracts.notifier import (
    ConsignmentDetail,
    ConsignmentView,
    LetterChoice,
    ReadConsignment,
    ResolveLetter,
)
from sikkersak.contracts.values import PostalAddress

router = APIRouter(prefix="/consignments", tags=["letters"])


class ResolutionBody(Body):
    """What is done about a letter that did not arrive; `choices` of the letter says what is possible."""

    choice: LetterChoice
    address: PostalAddress | None = Field(default=None, description="with new_address, and with print where it lacks")


@router.get("/{consignment_id}", summary="One letter, forwarding or notice", responses=documented(404))
async def read_consignment(consignment_id: UUID, asker: Asker, document_id: UUID | None = None) -> ConsignmentDetail:
    """With every try. Caseworkers name the document that a letter is of."""
    await require_document(asker, document_id)
    return await asker.ask(ReadConsignment(consignment_id=consignment_id, document_id=document_id))


@router.post("/{consignment_id}/resolution", summary="Decide about a letter that did not arrive", responses=ACT)
async def resolve_letter(
    consignment_id: UUID, body: ResolutionBody, asker: Asker, key: Key, document_id: UUID | None = None
) -> ConsignmentView:
    """Sent again, to another address, on paper, or marked as brought in another way.

    For those who may write in the case: they name the document, unless they write in every case of the school.
    """
    await require_writing(asker, document_id)
    asked = ResolveLetter(
        consignment_id=consignment_id, choice=body.choice, address=body.address, document_id=document_id
    )
    return await asker.ask(asked, key)
