"""What cases answers to other systems and to links from them: pupils by their reference there, how far a document is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.archiver import DeliveryState
from sikkersak.contracts.cases import CasePage
from sikkersak.contracts.cases_documents import DocumentState
from sikkersak.contracts.message import Contract, Operation
from sikkersak.contracts.notifier import ConsignmentState
from sikkersak.contracts.signing import JobState

Reference = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{4,64}$",
        description="what the school system calls the pupil: neither a name nor a national identity number",
    ),
]


class PupilReference(Contract):
    """A pupil, and what the school system calls them."""

    pupil_id: UUID
    reference: Reference


class PutPupilReference(Operation[PupilReference], name="cases.put_pupil_reference.v1", changes=True):
    """Keep what the school system calls a pupil. For that system, and for those who keep pupils."""

    national_id: str = Field(pattern=r"^\d{11}$", repr=False)
    reference: Reference


class FindPupilCases(Operation[CasePage], name="cases.find_pupil_cases.v1"):
    """The cases of the pupil of this reference that the actor may see; where there are none, there is no such pupil."""

    reference: Reference


class DocumentStatus(Contract):
    """How far a document is, without anything of what stands in it."""

    document_id: UUID
    state: DocumentState
    archive: DeliveryState | None
    signing: JobState | None
    letters: dict[UUID, ConsignmentState] = Field(default_factory=dict)


class ReadDocumentStatus(Operation[DocumentStatus], name="cases.read_document_status.v1"):
    """How far a document is. For those who may read it, and for systems that follow documents."""

    document_id: UUID
