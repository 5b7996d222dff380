"""`python -m cases.appoint --name NAME`: appoints the first administrator of a new installation (M16).

The national identity number is read from standard input, never from the command line, where others could see it. Once
there is an administrator, administrators appoint each other in the product, and this refuses.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from pydantic import SecretStr, ValidationError

from cases.store import audit, people
from sikkersak.contracts.cases_people import PutStaff
from sikkersak.identity.national_number import lookup, lookup_key
from sikkersak.identity.roles import Role
from sikkersak.persistence.database import Database
from sikkersak.settings import FileSettings


class Needed(FileSettings):
    """What this command needs; like a service's, from the environment or from files."""

    database_url: SecretStr
    pid_lookup_key: SecretStr


async def appoint(database_url: str, pid_lookup: str, name: str) -> bool:
    """Makes the first administrator; false when there is one already."""
    database = await Database.connect(database_url, application="appoint", size=2)
    try:
        async with database.transaction() as tx:
            if await people.has_administrator(tx):
                return False
            roles = frozenset({Role.ADMINISTRATOR.value})
            wanted = PutStaff(pid_lookup=pid_lookup, name=name, roles=roles, schools=frozenset())
            kept = await people.put_staff(tx, wanted)
            await audit.note(tx, None, "administrator-appointed", staff_id=str(kept.staff_id))
            return True
    finally:
        await database.close()


def main() -> int:
    """0 when someone was appointed, 1 when there is an administrator already, 2 when called wrongly."""
    parser = argparse.ArgumentParser(prog="python -m cases.appoint", description=__doc__)
    parser.add_argument("--name", required=True, help="the administrator's name")
    given = parser.parse_args()
    try:
        needed = Needed()
    except ValidationError:
        print("Set DATABASE_URL to the cases service's database, PID_LOOKUP_KEY to the gateway's key.", file=sys.stderr)
        return 2
    number = sys.stdin.readline().strip()
    pid_lookup = lookup(number, lookup_key(needed.pid_lookup_key.get_secret_value()))
    if asyncio.run(appoint(needed.database_url.get_secret_value(), pid_lookup, given.name)):
        return 0
    print("There is an administrator already; ask them.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
