"""Dossiers: what a message may not carry itself, sealed in the vault and carried by reference (R3)."""

from __future__ import annotations

import json
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from sikkersak.vault.errors import VaultCorrupt
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.vault import Vault

MEDIA_TYPE = "application/json"
LARGEST = 16 * 1024 * 1024

Dossier = TypeVar("Dossier", bound=BaseModel)


class DossierUnreadable(VaultCorrupt):
    """The dossier is whole but not of the model that was asked for. A bug: a contract was broken."""


async def seal(vault: Vault, dossier: BaseModel, holder: UUID | None = None) -> VaultRef:
    """Stores a dossier. The same dossier under the same vault key gives the same reference, so a handler may run twice.

    The reference shows a checksum, and a dossier may be little more than a name and a national number that somebody
    could try out. So the stored bytes begin with a value that only holders of the vault's key can work out. With a
    holder it is the holder's own, and can be deleted with what else the holder has.
    """
    content = dossier.model_dump_json()
    blinded = f'{{"blind":"{vault.blind(content.encode())}","dossier":{content}}}'
    return await vault.put(blinded.encode(), MEDIA_TYPE, holder)


async def unseal(vault: Vault, ref: VaultRef, model: type[Dossier]) -> Dossier:
    """Reads a dossier back; `DossierUnreadable` says which fields are wrong, never what stood in them."""
    content = await vault.read_bytes(ref, LARGEST)
    try:
        return model.model_validate_json(json.dumps(json.loads(content)["dossier"]))
    except ValidationError as wrong:
        places = ", ".join(f"{'.'.join(map(str, error['loc']))} {error['type']}" for error in wrong.errors())
        raise DossierUnreadable(f"{ref.short} is no {model.__name__}: {places}") from None
    except (ValueError, KeyError, TypeError):
        raise DossierUnreadable(f"{ref.short} is no dossier") from None
