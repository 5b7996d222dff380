"""Text templates: kept by administrators, versions, merge fields, test merge (M11)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from sikkersak.contracts.cases_documents import EventKind, Rendered
from sikkersak.contracts.message import Contract, Operation

CODE, LANGUAGE = r"^[a-z0-9-]{1,60}$", r"^(nb|nn|en)$"


class Template(Contract):
    """A text template (tekstmal). `source` is Typst with merge fields (M11)."""

    template_id: UUID
    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str
    kind: EventKind
    needs_approval: bool
    version: int


class PutTemplate(Operation[Template], name="cases.put_template.v1", changes=True):
    """A new version of a text template. For administrators; the source is tried with test data first."""

    code: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    language: str = Field(pattern=r"^(nb|nn|en)$")
    name: str = Field(min_length=1, max_length=200)
    kind: EventKind
    needs_approval: bool
    source: str = Field(min_length=1, max_length=200_000)
    if_match: str | None = Field(default=None, max_length=64, description="the version that was read")


class TemplateList(Contract):
    """The newest version of every template."""

    items: tuple[Template, ...]


class ListTemplates(Operation[TemplateList], name="cases.list_templates.v1"):
    """The templates that can be written from."""


class TemplateVersion(Contract):
    """One version of a template, with its source."""

    template_id: UUID
    code: str
    language: str
    version: int
    name: str
    kind: EventKind
    needs_approval: bool
    source: str
    made_at: datetime


class TemplateVersions(Contract):
    """Every version, the newest first."""

    items: tuple[TemplateVersion, ...]


class ReadTemplate(Operation[TemplateVersions], name="cases.read_template.v1"):
    """A template with all its versions. For administrators."""

    code: str = Field(pattern=CODE)
    language: str = Field(pattern=LANGUAGE)


class MergeField(Contract):
    """A name that stands for something of the case, and what it is, in Norwegian."""

    name: str
    explanation: str
    example: str


class MergeFields(Contract):
    """Every field that a template may use."""

    items: tuple[MergeField, ...]


class ListMergeFields(Operation[MergeFields], name="cases.list_merge_fields.v1"):
    """The fields, for everybody who works here."""


class TryTemplate(Operation[Rendered], name="cases.try_template.v1"):
    """The letter that a source makes of test data, as PDF; nothing is kept. For administrators."""

    language: str = Field(pattern=LANGUAGE)
    name: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200_000)
    values: dict[str, str] = Field(default_factory=dict, description="other test data, by the field's name")
