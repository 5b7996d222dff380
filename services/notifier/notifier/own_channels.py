"""A person's own Teams channel: the address of a Workflows webhook, which is a secret and may lead to Microsoft only (M22)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from sikkersak.errors import Declined
from sikkersak.vault import Vault, VaultRef, seal, unseal


class OwnChannel(BaseModel):
    """What is sealed. The salt keeps two persons' equal addresses apart in the vault."""

    model_config = ConfigDict(frozen=True)

    webhook: str = Field(repr=False)
    salt: str = Field(default_factory=lambda: secrets.token_hex(16), repr=False)


@dataclass(frozen=True)
class WebhookRule:
    """Which addresses may be given: our server posts to them, so they must not lead anywhere else, nor inside."""

    hosts: tuple[str, ...]
    demands_https: bool

    def check(self, webhook: str) -> str:
        """The address, or `Declined`. It is not quoted: it is a secret."""
        try:
            parts = urlsplit(webhook.strip())
            port = parts.port
        except ValueError:
            raise _refused() from None
        host = (parts.hostname or "").lower()
        is_known = any(host == known or host.endswith(f".{known}") for known in self.hosts)
        is_safe = parts.scheme == "https" and port in {None, 443} if self.demands_https else parts.scheme != ""
        if not (is_known and is_safe) or parts.username or parts.password or parts.fragment:
            raise _refused()
        return webhook.strip()


def _refused() -> Declined:
    return Declined(
        "not-a-teams-webhook",
        "Adressen er ikke en webhook fra Workflows i Teams. Kopier hele adressen fra arbeidsflyten.",
        status=422,
    )


async def seal_webhook(vault: Vault, webhook: str) -> VaultRef:
    """Keeps the address, sealed."""
    return await seal(vault, OwnChannel(webhook=webhook))


async def unseal_webhook(vault: Vault, ref: VaultRef) -> str:
    """The address."""
    return (await unseal(vault, ref, OwnChannel)).webhook
