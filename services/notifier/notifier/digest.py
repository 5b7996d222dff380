"""What a digest to one person says: a line for each kind of news and school, in fixed sentences with a count (M22)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from notifier.channels import Channels
from notifier.notices import WORDINGS
from sikkersak.contracts.notifier import Notice, NoticeText
from sikkersak.persistence.database import Row
from sikkersak.vault import Vault, VaultRef, unseal


async def sentences(row: Row, vault: Vault, channels: Channels) -> list[str]:
    """One for each line of the consignment's news."""
    return [await _sentence(line, vault, channels) for line in row["news"]]


def heading(row: Row) -> str:
    """What the only news is about, or how many there are."""
    lines = row["news"]
    return WORDINGS[Notice(lines[0]["notice"])].heading if len(lines) == 1 else f"{len(lines)} nyheter"


async def _sentence(line: dict[str, Any], vault: Vault, channels: Channels) -> str:
    wording = WORDINGS[Notice(line["notice"])]
    said = wording.sentence(line["count"])
    if line["words"] is not None:
        said = (await unseal(vault, VaultRef.model_validate(line["words"]), NoticeText)).text
    school = channels.name(UUID(line["school_id"])) if line["school_id"] else None
    return f"{wording.heading}{f' ({school})' if school else ''}: {said}"
