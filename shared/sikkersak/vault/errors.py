"""What can go wrong with content, sorted by kind (R5): away and busy pass, damaged and missing are bugs."""

from __future__ import annotations

from sikkersak.errors import CircuitOpen, Declined, Transient


class VaultAway(CircuitOpen):
    """The whole vault is out of reach, e.g. its disk is not mounted: no attempt was made, none is counted."""


class VaultBusy(Transient):
    """The vault is there but did not do this: the disk is full, or the content was replaced while it was read."""


class VaultChanged(VaultBusy):
    """The content was stored anew while it was being read; reading again finds the new copy."""


class VaultMissing(Exception):
    """The vault holds nothing under this reference. A bug: a reference is only made after the content is stored."""


class VaultCorrupt(Exception):
    """What is stored is not what was put there. A bug or an intrusion: restore the object from backup."""


class ContentTooLarge(Declined):
    """The content is larger than this place reads into memory."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            "content-too-large", f"Innholdet er for stort: {size} byte, og grensen er {limit} byte.", status=413
        )
