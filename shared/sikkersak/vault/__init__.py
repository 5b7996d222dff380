"""The document vault: where everything that arrives and everything that is written lies, encrypted (R3)."""

from sikkersak.vault.errors import ContentTooLarge, VaultAway, VaultBusy, VaultChanged, VaultCorrupt, VaultMissing
from sikkersak.vault.keys import BadKeysFile
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import DossierUnreadable, seal, unseal
from sikkersak.vault.vault import Rewrapped, Vault

__all__ = [
    "BadKeysFile",
    "ContentTooLarge",
    "DossierUnreadable",
    "Rewrapped",
    "Vault",
    "VaultAway",
    "VaultBusy",
    "VaultChanged",
    "VaultCorrupt",
    "VaultMissing",
    "VaultRef",
    "seal",
    "unseal",
]
