"""What webhooks say, how they are signed, where they may go, and when they are tried again. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from sikkersak.errors import Declined

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
OVERLAP: Final = timedelta(hours=24)
"""How long the secret before signs too, so that a receiver can change over without losing anything."""


class Event(StrEnum):
    """What other systems can be told of. The resource is the document's id in each."""

    FINISHED = "document.finished"
    ARCHIVING = "document.archiving"
    SIGNING = "document.signing"
    SENDING = "document.sending"
    PING = "ping"


class Outcome(StrEnum):
    """What came of a try."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # answered, but not with 2xx; redirects are not followed
    GONE = "gone"  # 410: the receiver wants no more
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden-address"  # its name leads to an address that may not be called


class Secret(BaseModel):
    """A signing secret; `until` is when one that was replaced stops signing."""

    model_config = ConfigDict(frozen=True)

    value: str
    until: datetime | None = None


class Secrets(BaseModel):
    """The current one first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[Secret, ...]

    def rotated(self, moment: datetime) -> Secrets:
        """A new one; the one before it signs for a day more, and any older no longer."""
        return Secrets(items=(Secret(value=new_secret()), Secret(value=self.items[0].value, until=moment + OVERLAP)))

    def current(self, moment: datetime) -> list[str]:
        """Those that sign now."""
        return [one.value for one in self.items if one.until is None or one.until > moment]


def new_secret() -> str:
    """256 random bits in the form that Standard Webhooks gives them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def payload(event: str, resource_id: UUID, occurred_at: datetime) -> bytes:
    """All that is ever said: what kind of thing happened, to which resource, when."""
    said = {"type": event, "timestamp": occurred_at.isoformat(), "data": {"id": str(resource_id)}}
    return json.dumps(said, separators=(",", ":")).encode()


def headers(delivery_id: UUID, moment: datetime, body: bytes, signing: Sequence[str]) -> dict[str, str]:
    """Id, time and a signature by every current secret (Standard Webhooks, symmetric `v1`)."""
    stamp = str(int(moment.timestamp()))
    signed = b".".join((str(delivery_id).encode(), stamp.encode(), body))
    signatures = [
        base64.b64encode(hmac.new(base64.b64decode(one.removeprefix(PREFIX)), signed, hashlib.sha256).digest()).decode()
        for one in signing
    ]
    return {
        "webhook-id": str(delivery_id),
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
        "Content-Type": "application/json",
        "User-Agent": "SikkerSak-Webhooks/1",
    }


class TargetRefused(Declined):
    """The address is none that may be called."""

    def __init__(self) -> None:
        text = "Adressen må være https, uten brukernavn, og ikke i et internt nett."
        super().__init__("webhook-target", text, status=422)


@dataclass(frozen=True)
class Targets:
    """Where webhooks may go: https, and public addresses or those of the named networks; plain http in development only."""

    networks: tuple[Network, ...] = ()
    allows_http: bool = False

    def check(self, url: str) -> None:
        """Raises `TargetRefused` for what can be seen in the address itself; names are looked up when it is called."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as unreadable:
            raise TargetRefused from unreadable
        is_fit = parts.scheme == "https" or (parts.scheme == "http" and self.allows_http)
        if not is_fit or not host or parts.username is not None or parts.password is not None or parts.fragment:
            raise TargetRefused
        literal = literal_address(host)
        if literal is not None and not self.allows(literal):
            raise TargetRefused

    def allows(self, address: Address) -> bool:
        """Whether this very address may be called. What is written as IPv6 is judged as the IPv4 that it means."""
        meant = _meant(address)
        if any(meant in network for network in self.networks if network.version == meant.version):
            return True
        return meant.is_global and not meant.is_multicast and not meant.is_reserved


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4, or through a NAT64 of the network that this stands in."""
    if address.version == 4:
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def literal_address(host: str) -> Address | None:
    """The address, where the host is one and no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def networks(setting: str) -> tuple[Network, ...]:
    """Those in a setting; ValueError for what is none."""
    return tuple(ipaddress.ip_network(one) for one in setting.replace(",", " ").split())


def ladder(setting: str) -> tuple[timedelta, ...]:
    """The waits between tries, from a setting in seconds; ValueError for what is none."""
    steps = tuple(timedelta(seconds=float(one)) for one in setting.replace(",", " ").split())
    if not steps or min(steps) <= timedelta(0):
        raise ValueError("webhook_ladder must be seconds, by commas")
    return steps
