"""What a person decides about a letter that did not arrive: again, elsewhere, on paper, or done in another way (M21)."""

from __future__ import annotations

from typing import Any

from notifier.changes import change
from notifier.domain import HANDLED
from notifier.postroom import Postroom
from notifier.restarting import restart
from sikkersak.contracts.notifier import LetterChoice, LetterDossier, ResolveLetter
from sikkersak.contracts.values import PostalAddress
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault import Vault, VaultRef, seal, unseal


async def resolve(tx: Transaction, row: Row, asked: ResolveLetter, postroom: Postroom) -> Row:
    """Carries out the choice. Raises `IllegalMove` for a letter that has not failed."""
    if asked.choice is LetterChoice.HANDLED:
        return await change(tx, row, HANDLED, postroom.digest_wait)
    also: dict[str, Any] = {}
    if asked.choice in {LetterChoice.NEW_ADDRESS, LetterChoice.PRINT}:
        also["dossier"] = await _readdressed(postroom.vault, row, asked)
    return await restart(tx, row, postroom.digest_wait, **also)


async def _readdressed(vault: Vault, row: Row, asked: ResolveLetter) -> dict[str, Any]:
    """The dossier with the new address, and for paper without the number that makes it digital."""
    dossier = await unseal(vault, VaultRef.model_validate(row["dossier"]), LetterDossier)
    receiver = dossier.receiver
    if asked.address is not None:
        receiver = receiver.model_copy(update={"address": asked.address})
    elif asked.choice is LetterChoice.NEW_ADDRESS or not _is_whole(receiver.address):
        raise Declined("address-needed", "Oppgi den fulle postadressen.", status=422)
    if asked.choice is LetterChoice.PRINT:
        receiver = receiver.model_copy(update={"national_id": None})
    changed = await seal(vault, dossier.model_copy(update={"receiver": receiver}))
    return changed.model_dump(mode="json")


def _is_whole(address: PostalAddress) -> bool:
    return bool(address.line.strip() and address.city.strip())
