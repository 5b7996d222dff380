"""The command: `python -m archiver.extract --out FOLDER --municipality NAME --organisation NUMBER [--schemas FOLDER]`.

`--check FOLDER` in place of `--out` verifies a package that the archive core made.

Run where archiver runs, with its environment. It reads only; what it wrote is verified before it ends with 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

from archiver import extraction
from archiver.settings import Settings
from sikkersak.clock import now
from sikkersak.errors import Declined
from sikkersak.persistence.database import Database
from sikkersak.vault import Vault


async def extract(given: argparse.Namespace) -> extraction.Written:
    """The package of everything that was archived before the given moment."""
    settings = Settings()  # the environment gives what is required
    database = await Database.connect(settings.database_url.get_secret_value(), application="extract", size=2)
    try:
        vault = await Vault.open(settings.vault_url, settings.vault_keys)
        made = await extraction.deposit(
            database,
            vault,
            given.until or now(),
            municipality=given.municipality,
            organisation=given.organisation,
            series=settings.noark_series or "ELEVSAK",
            class_id=settings.noark_class or "Elevsaker",
        )
        if given.check is not None:
            wrong = extraction.verify_received(given.check, made, given.schemas)
            if wrong:
                raise extraction.PackageWrong(wrong)
            sizes = [file.size for file in made.files]
            is_checked = given.schemas is not None
            return extraction.Written(
                given.check, len(made.cases), len(made.entries), len(sizes), sum(sizes), is_checked
            )
        return await extraction.write(made, given.out, given.schemas)
    finally:
        await database.close()


def main() -> int:
    """0 when the package is there and verified."""
    parser = argparse.ArgumentParser(prog="archiver.extract", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="folder that the package is made in")
    what.add_argument("--check", type=Path, help="a package that the archive core made: held against our own records")
    parser.add_argument("--municipality", required=True, help="arkivskaper: the municipality's name")
    parser.add_argument("--organisation", required=True, help="its organisation number")
    parser.add_argument("--schemas", type=Path, help="folder with the official schemas: they go along, and are used")
    parser.add_argument("--until", type=datetime.fromisoformat, help="only what was archived before this moment")
    given = parser.parse_args()
    try:
        made = asyncio.run(extract(given))
    except (Declined, extraction.PackageWrong) as no:
        print(no, file=sys.stderr)
        return 1
    told = {"folder": str(made.folder), "cases": made.cases, "entries": made.entries, "files": made.files}
    print(json.dumps(told | {"bytes": made.bytes, "validated": made.validated}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
