"""Text templates beside their main use: versions with their source, merge fields, test merge (M11)."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from cases.domain.standing import Permission
from cases.office import Office
from cases.operations import operations
from cases.store import people, templates
from sikkersak.contracts.cases_documents import Rendered
from sikkersak.contracts.cases_templates import (
    ListMergeFields,
    MergeField,
    MergeFields,
    ReadTemplate,
    TemplateVersions,
    TryTemplate,
)
from sikkersak.errors import Declined, NotFound
from sikkersak.letters import TemplateError, compose
from sikkersak.messaging.operations import Ask

FIELDS: Final = (
    MergeField(name="pupil_name", explanation="Elevens navn. Tomt i saker uten elev.", example="Test Testesen"),
    MergeField(name="school_name", explanation="Skolens navn.", example="Testskolen"),
    MergeField(name="case_number", explanation="Sakens nummer: år og løpenummer.", example="2026/1"),
    MergeField(name="date", explanation="Dagens dato i ord.", example="1. januar 2026"),
    MergeField(name="caseworker_name", explanation="Navnet til den som eier dokumentet.", example="Test Saksbehandler"),
    MergeField(name="recipient_name", explanation="Mottakernes navn, med komma mellom.", example="Test Mottaker"),
    MergeField(name="title", explanation="Dokumentets tittel.", example="Prøvetittel"),
    MergeField(name="body", explanation="Saksbehandlerens tekst; tom linje gir nytt avsnitt.", example="Prøvetekst."),
)
TEST_DATA: Final = {field.name: field.example for field in FIELDS}


@operations.answers(ReadTemplate)
async def read_template(asked: ReadTemplate, ask: Ask, office: Office) -> TemplateVersions:
    """Every version with its source, newest first. For administrators."""
    del office
    (await people.asking(ask)).demand(Permission.ADMINISTER)
    found = await templates.versions(ask.tx, asked.code, asked.language)
    if not found:
        raise NotFound("template")
    return TemplateVersions(items=found)


@operations.answers(ListMergeFields)
async def list_merge_fields(asked: ListMergeFields, ask: Ask, office: Office) -> MergeFields:
    """The fields with their explanations."""
    del asked, office
    await people.asking(ask)
    return MergeFields(items=FIELDS)


@operations.answers(TryTemplate)
async def try_template(asked: TryTemplate, ask: Ask, office: Office) -> Rendered:
    """The letter of test data; nobody's real data is in it, and nothing is kept. For administrators."""
    del office
    (await people.asking(ask)).demand(Permission.ADMINISTER)
    unknown = sorted(asked.values.keys() - TEST_DATA.keys())
    if unknown:
        raise Declined("unknown-field", f"Ukjente flettefelt. Feltene er: {', '.join(TEST_DATA)}.", status=422)
    pdf = await tried(asked.source, TEST_DATA | asked.values, asked.language, asked.name)
    return Rendered.model_validate({"name": f"{asked.name}.pdf", "pdf": b64encode(pdf)})


async def tried(source: str, values: dict[str, str], language: str, name: str) -> bytes:
    """The PDF, or a refusal with the line and the reason."""
    try:
        return await compose(source, values, language=language, title=name)
    except TemplateError as wrong:
        raise Declined("template-broken", f"Malen kan ikke brukes: {wrong}", status=422) from wrong
