"""What cases answers about a new school year: who is what at which school from a day on, all in one (M16)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases_roles import SchoolFunction
from sikkersak.contracts.message import Contract, Operation


class YearEntry(Contract):
    """Somebody is something at a school."""

    staff_id: UUID
    school_id: UUID
    function: SchoolFunction


class SchoolYearPlan(Contract):
    """Everybody who is leader, counsellor or form teacher at these schools from a day on; nobody else is."""

    from_date: date
    school_ids: tuple[UUID, ...] = Field(min_length=1, max_length=200)
    entries: tuple[YearEntry, ...] = Field(max_length=5000)


class ReadSchoolYear(Operation[SchoolYearPlan], name="cases.read_school_year.v1"):
    """The plan as it would be if nothing changed: what to begin with. For those who may edit roles."""

    from_date: date
    school_ids: tuple[UUID, ...] = Field(min_length=1, max_length=200)


class YearChange(Contract):
    """A role that somebody gets or loses at a school."""

    staff_id: UUID
    name: str
    school_id: UUID
    role: str
    function: SchoolFunction | None


class YearFault(Contract):
    """What is wrong with the plan; with one nothing can be applied."""

    code: str
    detail: str
    staff_id: UUID | None = None
    school_id: UUID | None = None


class LeftBehind(Contract):
    """What somebody who has left is still responsible for."""

    staff_id: UUID
    name: str
    school_id: UUID
    left_at: datetime | None
    open_cases: int


class CaseToFollowUp(Contract):
    """A case that somebody should look at before the year begins; its number only."""

    case_id: UUID
    number: str
    school_id: UUID
    count: int = Field(default=1, description="how many documents it is about")
    pupil_school_id: UUID | None = Field(default=None, description="where the pupil is now")


class SchoolYearPreview(Contract):
    """The difference, and what is not finished at these schools. Nothing is changed."""

    plan_id: str = Field(description="stands for this plan and what it was compared with; send it back to apply")
    faults: tuple[YearFault, ...]
    gained: tuple[YearChange, ...]
    lost: tuple[YearChange, ...]
    kept: int
    leavers: tuple[LeftBehind, ...]
    moved_pupils: tuple[CaseToFollowUp, ...]
    open_approvals: tuple[CaseToFollowUp, ...]
    not_archived: tuple[CaseToFollowUp, ...]


class PreviewSchoolYear(Operation[SchoolYearPreview], name="cases.preview_school_year.v1"):
    """What the plan would change, and what is not finished. For those who may edit roles."""

    plan: SchoolYearPlan


class SchoolYearResult(Contract):
    """What was done."""

    from_date: date
    gained: int
    lost: int
    kept: int


class ApplySchoolYear(Operation[SchoolYearResult], name="cases.apply_school_year.v1", changes=True):
    """All of the plan in one transaction; refused when roles have changed since the preview. For who may edit roles."""

    plan: SchoolYearPlan
    plan_id: str = Field(pattern=r"^[0-9a-f]{64}$")
