"""What members of staff did in services other than cases, for the one audit log (M18, R9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.message import Message


class NoteAct(Message, type="cases.note_act.v1"):
    """Order: note in the audit log what a member of staff did, or read, in another service. Key: act_id.

    Ids and codes only: `about` holds ids by their names, `chosen` holds what was chosen among fixed values. A reason
    is somebody's own words and stays with the act where it was done; here is its SHA-256 after `act_id` and `|`, so
    that a reason that is changed there later is found.
    """

    act_id: UUID
    operation: str
    actor_id: UUID
    session: str
    occurred_at: datetime
    case_id: UUID | None = None
    document_id: UUID | None = None
    about: dict[str, tuple[UUID, ...]] = Field(default_factory=dict)
    chosen: dict[str, str] = Field(default_factory=dict)
    reason_sha256: str | None = None
    found: int | None = Field(default=None, description="of a list that was looked at: how many it showed")
