"""All undistributed mail as one encrypted package, for delivery by other routes in a long outage (M9).

`python -m intake.exporting FILE.zip` makes one with nothing but the database and the vault, when all else is down.
Names inside a zip file are not encrypted, so files are numbered; what they are called stands in the lists of contents.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import tempfile
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any, Final
from uuid import UUID

import pyzipper
from pydantic import BaseModel, SecretStr

from intake.mailroom import Mailroom
from sikkersak.clock import OSLO, now
from sikkersak.contracts.intake_ways_in import ExportState, MailExport
from sikkersak.contracts.values import File
from sikkersak.ids import new_id
from sikkersak.persistence.database import Database, Row, Transaction, present
from sikkersak.settings import FileSettings
from sikkersak.vault import Vault, VaultRef, seal, unseal

# No characters that are easily taken for each other. 24 of 54 give 138 bits.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PLAIN_SUFFIX: Final = re.compile(r"^\.[A-Za-z0-9]{1,8}$")
UNDISTRIBUTED: Final = """
select m.*, array(select jsonb_build_object('file', a.file, 'problem', a.problem) from attachments a
                  where a.mail_id = m.mail_id order by a.position) as files
from mail m where m.state = 'stored' order by m.receiver_organisation, m.received_at, m.mail_id
"""
NEXT: Final = """
select * from exports where ready_at is null and sealed_password is not null order by ordered_at limit 1
"""


def new_password() -> str:
    """A password that cannot be guessed and can be read aloud."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(6)) for _ in range(4))


async def write(database: Database, vault: Vault, password: str, path: Path) -> list[dict[str, Any]]:
    """Writes the package; returns how much mail for each organisation number. Nothing lies on the disk in the clear."""
    async with database.transaction() as tx:
        rows = await tx.fetch(UNDISTRIBUTED)
    schools = []
    with pyzipper.AESZipFile(path, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as package:
        package.setpassword(password.encode())
        package.setencryption(pyzipper.WZ_AES, nbits=256)
        for organisation, mail in groupby(rows, key=lambda row: row["receiver_organisation"]):
            schools.append({"organisation": organisation, "mail": await _school(package, vault, organisation, mail)})
        package.writestr("00-innhold.txt", _overview(schools).encode())
    return schools


async def _school(package: Any, vault: Vault, organisation: str, rows: Iterable[Row]) -> int:
    folder, lines, number = organisation or "uten-mottaker", [], 0
    for number, row in enumerate(rows, 1):
        received = row["received_at"].astimezone(OSLO)
        lines += [
            f"{number:03}  {row['title']}",
            f"     Fra {row['sender']['name']}, mottatt {received:%d.%m.%Y %H.%M}",
        ]
        for position, one in enumerate(row["files"], 1):
            file = File.model_validate(one["file"])
            name = f"{number:03}-{position:02}{_suffix(file.name)}"
            lines.append(f"     {name}: {file.name}{' (kan ikke åpnes)' if one['problem'] else ''}")
            with package.open(f"{folder}/{name}", "w") as inside:
                async for piece in vault.read(file.ref):
                    await asyncio.to_thread(inside.write, piece)
    package.writestr(f"{folder}/00-innhold.txt", ("\r\n".join(lines) + "\r\n").encode())
    return number


def _suffix(name: str) -> str:
    suffix = PurePath(name).suffix
    return suffix.lower() if PLAIN_SUFFIX.match(suffix) else ""


def _overview(schools: list[dict[str, Any]]) -> str:
    lines = [f"Ufordelt post i Sikker Sak {now().astimezone(OSLO):%d.%m.%Y kl. %H.%M}", ""]
    lines += [f"{one['organisation'] or 'uten mottaker'}: {one['mail']}" for one in schools]
    return "\r\n".join(lines) + "\r\n"


class Password(BaseModel):
    """Sealed in the vault until the package is made."""

    password: str


async def order(tx: Transaction, vault: Vault, by: UUID) -> MailExport:
    """Notes that an export is wanted. The password rests sealed until the package is made."""
    sql = "insert into exports (export_id, ordered_by, sealed_password) values ($1, $2, $3) returning *"
    password = new_password()
    sealed = await seal(vault, Password(password=password))
    row = await tx.fetchrow(sql, new_id(), by, sealed.model_dump(mode="json"))
    return _export(present(row, "export")).model_copy(update={"password": password})


async def read(tx: Transaction, export_id: UUID) -> MailExport:
    """How it stands."""
    return _export(present(await tx.fetchrow("select * from exports where export_id = $1", export_id), "export"))


async def make_next(mailroom: Mailroom) -> None:
    """Makes what was ordered. Made twice after a crash, the second package is the one. Key: export_id."""
    while True:
        async with mailroom.database.transaction() as tx:
            row = await tx.fetchrow(NEXT)
        if row is None:
            return
        with tempfile.TemporaryDirectory(dir=mailroom.work_folder, prefix="export-") as name:
            path = Path(name) / "package.zip"
            sealed = VaultRef.model_validate(row["sealed_password"])
            password = (await unseal(mailroom.vault, sealed, Password)).password
            schools = await write(mailroom.database, mailroom.vault, password, path)
            ref = await mailroom.vault.put(path, "application/zip", row["export_id"])
        file = File(name=f"ufordelt-post-{now().astimezone(OSLO):%Y-%m-%d}.zip", media_type="application/zip", ref=ref)
        async with mailroom.database.transaction() as tx:
            sql = """update exports set file = $2, schools = $3, ready_at = now(), sealed_password = null
            where export_id = $1"""
            await tx.execute(sql, row["export_id"], file.model_dump(mode="json"), schools)
        await mailroom.vault.delete(sealed)


def _export(row: Row) -> MailExport:
    return MailExport(
        export_id=row["export_id"],
        state=ExportState.READY if row["ready_at"] else ExportState.ORDERED,
        ordered_at=row["ordered_at"],
        schools=row["schools"] or (),
        file=row["file"],
    )


# --- when all else is down


class Settings(FileSettings):
    """What an export needs: the service's own database and vault."""

    database_url: SecretStr
    vault_url: str
    vault_keys: Path


async def _run(settings: Settings, path: Path) -> None:
    database = await Database.connect(settings.database_url.get_secret_value(), application="export", size=2)
    try:
        vault = await Vault.open(settings.vault_url, settings.vault_keys)
        password = new_password()
        schools = await write(database, vault, password, path)
    finally:
        await database.close()
    print(f"{path}: {sum(one['mail'] for one in schools)} forsendelser til {len(schools)} mottakere")
    print(f"Passord (vises bare nå): {password}")


def main() -> None:
    """Makes one package and says its password."""
    parser = argparse.ArgumentParser(prog="python -m intake.exporting", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    asyncio.run(_run(Settings(), parser.parse_args().file))


if __name__ == "__main__":
    main()
