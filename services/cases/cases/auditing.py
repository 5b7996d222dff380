"""The audit log as files: a month at a time, one row a line, with a signed manifest (M18)."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from cases.office import Office
from cases.store import audit
from sikkersak.contracts.values import File
from sikkersak.persistence.database import Transaction

MEDIA_TYPE = "application/x-ndjson"
AT_A_TIME = 20_000


async def export_finished_months(office: Office) -> None:
    """Every month that is over and has rows, and no file yet. Once a month: the month is the key."""
    async with office.database.transaction() as tx:
        months = await audit.months_to_export(tx)
    for month in months:
        async with office.database.transaction() as tx:
            await _export(tx, office, month)


async def _export(tx: Transaction, office: Office, month: date) -> None:
    lines = [json.dumps(row, ensure_ascii=False) async for row in audit.rows_of_month(tx, month, AT_A_TIME)]
    content = "".join(f"{line}\n" for line in lines).encode()
    first, last = json.loads(lines[0]), json.loads(lines[-1])
    claims = {
        "month": f"{month:%Y-%m}",
        "rows": len(lines),
        "first": first["sequence"],
        "sequence": last["sequence"],
        "previous": first["previous"],
        "hash": last["hash"],
        "file_sha256": hashlib.sha256(content).hexdigest(),
    }
    ref = await office.vault.put(content, MEDIA_TYPE)
    file = File(name=f"hendelseslogg-{month:%Y-%m}.ndjson", media_type=MEDIA_TYPE, ref=ref)
    numbers = (first["sequence"], last["sequence"])
    await audit.keep_export(tx, month, numbers, file, office.sealer.seal(claims))
    await audit.note(tx, None, "audit-exported", month=claims["month"], rows=len(lines))
