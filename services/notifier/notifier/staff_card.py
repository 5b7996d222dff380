"""A digest to one person in a Teams channel of the person's own; what cannot be posted there goes by e-mail (M22)."""

from __future__ import annotations

from typing import Final

import httpx

from notifier.channels import Channels
from notifier.digest import heading, sentences
from notifier.domain import DELIVERED
from notifier.own_channels import unseal_webhook
from notifier.postroom import Carried
from notifier.store import staff
from notifier.teams import digest_card
from notifier.trouble import asked_pause, passes
from sikkersak.errors import Declined, Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.persistence.database import Database, Row
from sikkersak.vault import Vault

TIMEOUT_SECONDS: Final = 10.0
# One person's address may be dead for its own reasons: after so many tries the news go by e-mail in its place.
MOST_TRIES: Final = 4


class StaffCardCarrier:
    """Posts digests to persons' own channels. After a lost answer the same card may stand there twice."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        vault: Vault,
        database: Database,
        channels: Channels,
        public_url: str,
        circuit: Circuit,
    ) -> None:
        self._http = http
        self._vault = vault
        self._database = database
        self._channels = channels
        self._public_url = public_url
        self._circuit = circuit

    @property
    def circuit(self) -> Circuit:
        """Teams', as the schools' channels know it: one person's address says nothing about Teams."""
        return self._circuit

    async def carry(self, row: Row, *, is_repeated: bool) -> Carried:
        """Posts the card. Key: consignment_id and its state."""
        del is_repeated
        async with self._database.transaction() as tx:
            channel = await staff.channel_of(tx, row["staff_id"])
        if channel is None:
            raise Declined("no-own-channel", "Mottakeren har ingen egen Teams-kanal som tar imot varsler.")
        webhook = await unseal_webhook(self._vault, channel)
        lines = await sentences(row, self._vault, self._channels)
        try:
            await self._post(row, webhook, digest_card(heading(row), lines, self._public_url))
        except Transient:
            if row["attempts"] + 1 >= MOST_TRIES:
                raise Declined("own-channel-silent", "Kanalen i Teams svarer ikke.") from None
            raise
        return Carried(DELIVERED)

    async def _post(self, row: Row, webhook: str, message: dict[str, object]) -> None:
        try:
            response = await self._http.post(webhook, json=message, timeout=TIMEOUT_SECONDS)
        except (httpx.TransportError, httpx.InvalidURL) as away:
            raise Transient(f"own channel: {type(away).__name__}") from None  # its text may hold the address
        if response.is_success:
            return
        if passes(response.status_code):
            raise Transient(f"own channel answered {response.status_code}", retry_after=asked_pause(response))
        async with self._database.transaction() as tx:
            await staff.channel_refused(tx, row["staff_id"])
        raise Declined("own-channel-refused", f"Kanalen i Teams tok ikke imot varselet (svar {response.status_code}).")
