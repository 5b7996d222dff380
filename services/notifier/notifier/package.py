"""The encrypted package that forwarded mail travels in: a zip file with AES-256 (WinZip AE-2).

Names inside a zip file are not encrypted, so the files are numbered; what they are called stands in the first file.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from pathlib import Path, PurePath
from typing import Final

import pyzipper

from sikkersak.clock import OSLO
from sikkersak.contracts.notifier import ForwardingDossier
from sikkersak.vault import Vault

# No characters that are easily taken for each other: the password may be read aloud or typed. 24 of 54 give 138 bits.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
GROUPS: Final = 4
GROUP: Final = 6
CONTENTS: Final = "00-innhold.txt"
PLAIN_SUFFIX: Final = re.compile(r"^\.[A-Za-z0-9]{1,8}$")


def new_password() -> str:
    """A password that cannot be guessed."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


async def write_package(vault: Vault, dossier: ForwardingDossier, password: str, path: Path) -> None:
    """Writes all files and a list of what they are. Nothing lies on the disk in the clear."""
    names = [_name(number, file.name) for number, file in enumerate(dossier.files, 1)]
    with pyzipper.AESZipFile(path, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as package:
        package.setpassword(password.encode())
        package.setencryption(pyzipper.WZ_AES, nbits=256)
        package.writestr(CONTENTS, _contents(dossier, names).encode())
        for name, file in zip(names, dossier.files, strict=True):
            with package.open(name, "w") as inside:
                async for piece in vault.read(file.ref):
                    await asyncio.to_thread(inside.write, piece)


def _name(number: int, original: str) -> str:
    suffix = PurePath(original).suffix
    return f"{number:02}{suffix.lower() if PLAIN_SUFFIX.match(suffix) else ''}"


def _contents(dossier: ForwardingDossier, names: list[str]) -> str:
    received = dossier.received_at.astimezone(OSLO)
    lines = [
        f"Tittel: {dossier.title}",
        f"Avsender: {dossier.sender.name}",
        f"Mottatt: {received:%d.%m.%Y kl. %H.%M}",
        *([f"Saksnummer i arkivet: {dossier.archive_case_number}"] if dossier.archive_case_number else []),
        "",
        *(f"{name}: {file.name}" for name, file in zip(names, dossier.files, strict=True)),
    ]
    return "\r\n".join(lines) + "\r\n"
