"""Text templates: every version is kept, the newest is written from (M11)."""

from __future__ import annotations

from sikkersak.contracts.cases_templates import PutTemplate, Template, TemplateVersion
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present


async def put(tx: Transaction, wanted: PutTemplate) -> Template:
    """Adds a version."""
    sql = """
    insert into templates (template_id, code, language, version, name, kind, needs_approval, source)
    values ($1, $2, $3, (select coalesce(max(version), 0) + 1 from templates where code = $2 and language = $3),
            $4, $5, $6, $7) returning *
    """
    values = (wanted.code, wanted.language, wanted.name, wanted.kind.value, wanted.needs_approval, wanted.source)
    return Template.model_validate(dict(present(await tx.fetchrow(sql, new_id(), *values), "template")))


async def version(tx: Transaction, code: str, language: str) -> str:
    """The newest version's number; 0 where there is none."""
    sql = "select coalesce(max(version), 0) from templates where code = $1 and language = $2"
    return str(await tx.fetchval(sql, code, language))


async def newest(tx: Transaction, code: str, language: str) -> Row:
    """The newest version of one template."""
    sql = "select * from templates where code = $1 and language = $2 order by version desc limit 1"
    row = await tx.fetchrow(sql, code, language)
    return present(row, "template")


async def source(tx: Transaction, template_id: object) -> str:
    """The source that a document was written from, whatever came later."""
    text: str = await tx.fetchval("select source from templates where template_id = $1", template_id)
    return text


async def all_newest(tx: Transaction) -> tuple[Template, ...]:
    """The newest version of every template."""
    sql = "select distinct on (code, language) * from templates order by code, language, version desc"
    return tuple(Template.model_validate(dict(row)) for row in await tx.fetch(sql))


async def versions(tx: Transaction, code: str, language: str) -> tuple[TemplateVersion, ...]:
    """Every version of one template, newest first."""
    sql = "select * from templates where code = $1 and language = $2 order by version desc"
    return tuple(TemplateVersion.model_validate(dict(row)) for row in await tx.fetch(sql, code, language))
