"""`python -m cases.verify_audit [--json]`: finds every row of the audit log that was changed, and every one missing (M18).

The chain is reckoned here, not by the database. DATABASE_URL is the service's own; AUDIT_KEY, the public or private
Ed25519 key in PEM or the path of its file, opens the seals and the manifests of exported months.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
from collections.abc import Iterable

from pydantic import SecretStr, ValidationError

from cases.domain.chain import Fault, Finding, examine
from cases.seals import Sealer, pem
from cases.store import audit
from sikkersak.persistence.database import Database, Transaction
from sikkersak.settings import FileSettings

AT_A_TIME = 20_000


class Needed(FileSettings):
    """What this command needs; like a service's, from the environment or from files."""

    database_url: SecretStr
    audit_key: SecretStr | None = None


async def verify(database_url: str, sealer: Sealer | None) -> tuple[list[Finding], dict[str, int]]:
    """Every fault, and how many rows, seals and exported months were looked at."""
    database = await Database.connect(database_url, application="verify-audit", size=2)
    try:
        async with database.transaction() as tx:
            await tx.execute("set transaction isolation level repeatable read, read only")
            await tx.execute("set local statement_timeout = 0")
            end = await audit.end(tx)
            links = [link async for link in audit.links(tx, AT_A_TIME)]
            findings = list(examine(links, end))
            signed = await _signed(tx) if sealer else []
    finally:
        await database.close()
    known = {link.sequence: link.hash for link in links}
    findings += [finding for seal in signed for finding in _against(seal, known, sealer)]
    return findings, {"rows": len(links), "seals": len(signed)}


async def _signed(tx: Transaction) -> list[tuple[int, str]]:
    return list(itertools.chain(await audit.seals(tx), await audit.manifests(tx)))


def _against(signed: tuple[int, str], known: dict[int, bytes], sealer: Sealer | None) -> Iterable[Finding]:
    """Whether the row that a seal is about is still the one that was signed."""
    sequence, seal = signed
    claims = sealer.opened(seal) if sealer else None
    if claims is None or claims.get("sequence") != sequence:
        yield Finding(sequence, Fault.FORGED)
    elif sequence not in known:
        yield Finding(sequence, Fault.CUT_OFF)
    elif known[sequence].hex() != claims.get("hash"):
        yield Finding(sequence, Fault.ANOTHER)


def main() -> int:
    """0 when the log is whole, 1 when it is not, 2 when called wrongly."""
    parser = argparse.ArgumentParser(prog="python -m cases.verify_audit", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end with one line of figures")
    given = parser.parse_args()
    try:
        needed = Needed()
    except ValidationError:
        print("Set DATABASE_URL: the cases service's database.", file=sys.stderr)
        return 2
    key = needed.audit_key.get_secret_value() if needed.audit_key else None
    if key is None:
        print("Without AUDIT_KEY the signatures are not looked at.", file=sys.stderr)
    database_url = needed.database_url.get_secret_value()
    findings, counts = asyncio.run(verify(database_url, Sealer(pem(key)) if key else None))
    for finding in findings[:100]:
        print(f"row {finding.sequence}: {finding.fault.value}", file=sys.stderr)
    print(f"{counts['rows']} rows, {counts['seals']} signatures, {len(findings)} faults", file=sys.stderr)
    if given.json:
        print(json.dumps(counts | {"faults": len(findings), "first_fault": findings[0].sequence if findings else None}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
