"""The audit log as people look at it; looking leaves a row too (M18)."""

from __future__ import annotations

from typing import Final

from cases.domain.extract import claims, ndjson, packed
from cases.office import Office
from cases.operations import operations
from cases.store import audit, audit_search
from sikkersak.contracts.cases_audit import (
    AuditExport,
    AuditExportList,
    AuditFilter,
    AuditRecordPage,
    CaseReaderList,
    ExportAudit,
    ListAuditExports,
    ListCaseReaders,
    ReadAuditExport,
    SearchAudit,
)
from sikkersak.contracts.values import File
from sikkersak.errors import Declined
from sikkersak.messaging.operations import Ask

MOST_ROWS: Final = 200_000
MOST_BYTES: Final = 500_000_000
MOST_EXPORTS: Final = 200
ROWS_TYPE, PACKAGE_TYPE = "application/x-ndjson", "application/zip"


@operations.answers(ListCaseReaders)
async def list_case_readers(asked: ListCaseReaders, ask: Ask, office: Office) -> CaseReaderList:
    """Who has seen the case, and by what access."""
    del office
    found = await audit_search.readers(ask.tx, asked.case_id)
    await audit.note(ask.tx, ask.actor.staff_id, "audit-read", case_id=asked.case_id)
    return CaseReaderList(items=found)


@operations.answers(SearchAudit)
async def search_audit(asked: SearchAudit, ask: Ask, office: Office) -> AuditRecordPage:
    """Rows that match, newest first."""
    del office
    before = int(asked.cursor) if asked.cursor else None
    found = await audit_search.page(ask.tx, asked.wanted, before, asked.limit)
    await audit.note(ask.tx, ask.actor.staff_id, "audit-searched", wanted=_wanted(asked.wanted))
    return AuditRecordPage(items=tuple(found), next=str(found[-1].sequence) if len(found) == asked.limit else None)


@operations.answers(ListAuditExports)
async def list_audit_exports(asked: ListAuditExports, ask: Ask, office: Office) -> AuditExportList:
    """Finished months, and extracts that were made."""
    del asked, office
    return AuditExportList(items=await audit_search.exports(ask.tx, MOST_EXPORTS))


@operations.answers(ExportAudit)
async def export_audit(asked: ExportAudit, ask: Ask, office: Office) -> AuditExport:
    """A file of the rows that match, with a signed manifest; that it was made, and of what, leaves a row."""
    rows = await audit_search.lines(ask.tx, asked.wanted, MOST_ROWS)
    if len(rows) > MOST_ROWS:
        raise Declined("too-many-rows", f"Utvalget har mer enn {MOST_ROWS} rader. Velg en kortere periode.", status=422)
    content = ndjson(rows)
    manifest = office.sealer.seal(claims(rows, content, {"wanted": _wanted(asked.wanted)}))
    ref = await office.vault.put(content, ROWS_TYPE)
    file = File(name="hendelseslogg.ndjson", media_type=ROWS_TYPE, ref=ref)
    numbers = (len(rows), rows[0]["sequence"], rows[-1]["sequence"]) if rows else (0, 0, 0)
    by = ask.actor.staff_id
    extract_id = await audit_search.keep_extract(ask.tx, by, asked.wanted, numbers, file, manifest)
    details = {"wanted": _wanted(asked.wanted), "rows": len(rows)}
    await audit.note(ask.tx, by, "audit-exported", export=str(extract_id), about=details)
    return audit_search.export(await audit_search.stored(ask.tx, str(extract_id)))


@operations.answers(ReadAuditExport)
async def read_audit_export(asked: ReadAuditExport, ask: Ask, office: Office) -> AuditExport:
    """The package: rows, manifest, public key. Packed again it is the same file, which the vault keeps once."""
    row = await audit_search.stored(ask.tx, asked.export)
    content = await office.vault.read_bytes(File.model_validate(row["file"]).ref, MOST_BYTES)
    package = packed(content, row["manifest"], office.sealer.public_key)
    ref = await office.vault.put(package, PACKAGE_TYPE)
    file = File(name=f"hendelseslogg-{asked.export}.zip", media_type=PACKAGE_TYPE, ref=ref)
    await audit.note(ask.tx, ask.actor.staff_id, "audit-export-fetched", export=asked.export)
    return audit_search.export(row).model_copy(update={"file": file})


def _wanted(wanted: AuditFilter) -> dict[str, str]:
    """The filter as the log keeps it: what was given."""
    return {name: str(value) for name, value in wanted.model_dump(mode="json").items() if value is not None}
