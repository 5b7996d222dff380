"""What the hub knows and does: accounts with their keys and rights, messages into queues, what is too large kept aside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractRobustConnection
from pydantic import BaseModel, ConfigDict, Field

from simulators.svarut_access import Integration
from simulators.svarut_errors import Refused

EXPIRED = "no.ks.fiks.kvittering.tidsavbrudd"
DEAD = "fiksio.dead"
LARGE = 5 * 1024 * 1024
LARGEST = 5 * 1024**3
MOST_DAYS = 14


class Account(BaseModel):
    """One konto."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: str
    identifier: str = Field(description="ORG_NO.<number>")
    protocol: str = "no.ks.fiks.arkiv.v1"
    certificate_pem: str
    takes_from: list[UUID] = Field(default=[], description="accounts that were given access to send to it")


class Register(BaseModel):
    """The file named by `--register`."""

    integrations: list[Integration]
    accounts: list[Account]


class Sending(BaseModel):
    """The part `metadata` of a send request."""

    avsenderKontoId: UUID  # noqa: N815 - the wire's own names
    mottakerKontoId: UUID  # noqa: N815
    meldingType: str = Field(min_length=1)  # noqa: N815
    svarPaMelding: UUID | None = None  # noqa: N815
    ttl: int = Field(gt=0, le=MOST_DAYS * 24 * 3600 * 1000)
    headere: dict[str, str] = {}


@dataclass
class Hub:
    """One platform around one virtual host."""

    url: str
    register: Register
    sent: list[dict[str, Any]] = field(default_factory=list)
    store: dict[str, bytes] = field(default_factory=dict)
    _connection: AbstractRobustConnection | None = None
    _channel: AbstractChannel | None = None

    def __post_init__(self) -> None:
        """Accounts by id."""
        self.accounts = {account.id: account for account in self.register.accounts}
        self._opening = asyncio.Lock()

    async def open(self) -> AbstractChannel:
        """The channel; queues of all accounts stand once it does. What expires is told to its sender."""
        async with self._opening:
            if self._connection is None:
                self._connection = await aio_pika.connect_robust(self.url, reconnect_interval=0.5)
                channel = await self._connection.channel(publisher_confirms=True)
                dead = await channel.declare_queue(DEAD, durable=True)
                for account in self.accounts:
                    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}
                    await channel.declare_queue(queue_of(account), durable=True, arguments=arguments)
                await dead.consume(self._expired)
                self._channel = channel
            assert self._channel is not None
            return self._channel

    async def send(self, integration: Integration, told: Sending, body: bytes) -> dict[str, Any]:
        """Into the receiver's queue.

        :raises Refused: 400, 403, 404, 413.
        """
        if told.avsenderKontoId not in integration.accounts:
            raise Refused(403, "Integrasjonen har ikke tilgang til avsenderkontoen")
        receiver = self.account(told.mottakerKontoId)
        if told.avsenderKontoId not in receiver.takes_from:
            raise Refused(403, "Avsender har ikke tilgang til å sende til mottakerkontoen")
        if len(body) > LARGEST:
            raise Refused(413, "Meldingen er for stor")
        stored = None
        if len(body) > LARGE:
            stored = str(uuid4())
            self.store[stored], body = body, b""
        message_id = str(uuid4())
        headers = {"melding-id": message_id, "type": told.meldingType, "avsender-id": str(told.avsenderKontoId)}
        headers["avsender-navn"] = self.account(told.avsenderKontoId).name
        headers |= {"svar-til": str(told.svarPaMelding)} if told.svarPaMelding else {}
        headers |= {"dokumentlager-id": stored} if stored else {}
        headers |= {f"egendefinert-header.{name}": value for name, value in told.headere.items()}
        await self._publish(told.mottakerKontoId, headers, body, told.ttl)
        answer = told.model_dump(mode="json", exclude={"headere"})
        answer |= {"meldingId": message_id, "dokumentlagerId": stored, "headere": told.headere}
        self.sent.append({name: answer[name] for name in ("meldingId", "meldingType", "dokumentlagerId")})
        return answer

    def account(self, identity: UUID) -> Account:
        """One konto.

        :raises Refused: 404.
        """
        found = self.accounts.get(identity)
        if found is None:
            raise Refused(404, "Fant ikke konto")
        return found

    def lookup(self, identifier: str, protocol: str) -> Account:
        """The account of an organisation for a protocol.

        :raises Refused: 404.
        """
        for account in self.accounts.values():
            if (account.identifier, account.protocol) == (identifier, protocol):
                return account
        raise Refused(404, "Fant ingen konto for identifikatoren og protokollen")

    async def _publish(self, to: UUID, headers: dict[str, Any], body: bytes, ttl: int) -> None:
        channel = await self.open()
        message = aio_pika.Message(body, headers=headers, type=headers["type"], expiration=ttl / 1000)
        await channel.default_exchange.publish(message, queue_of(to), mandatory=True)

    async def _expired(self, incoming: AbstractIncomingMessage) -> None:
        """A message that nobody took in its time: the sender is told, and the content is gone."""
        await incoming.ack()
        sender = UUID(str(incoming.headers.get("avsender-id")))
        headers: dict[str, Any] = {"melding-id": str(uuid4()), "type": EXPIRED, "avsender-id": str(sender)}
        headers |= {"svar-til": incoming.headers.get("melding-id"), "svar-til-type": incoming.headers.get("type")}
        kept = {name: value for name, value in incoming.headers.items() if name.startswith("egendefinert-header.")}
        if str(incoming.headers.get("type")) != EXPIRED and sender in self.accounts:
            await self._publish(sender, headers | kept, b"", 3_600_000)


def queue_of(account: UUID) -> str:
    """Where an account's messages wait."""
    return f"fiksio.konto.{account}"
