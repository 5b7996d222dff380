"""Settings of the signing service."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from sikkersak.contracts.signing import Capacity, SigningFlow
from sikkersak.settings import Environment, ServiceSettings


class Settings(ServiceSettings):
    """What signing needs beyond what every service needs."""

    portal_url: str = Field(
        description="scheme and host of the signing service, for example https://api.signering.posten.no"
    )
    portal_organisation: str = Field(pattern=r"^\d{9}$", description="the sender's organisation number")
    portal_certificate: Path = Field(description="PEM file with our enterprise certificate and its key")
    portal_trust: Path = Field(
        description="folder with ca.pem (who the server may be) and signing-root.pem (who may seal)"
    )
    portal_long_term: bool = Field(
        True,
        description="whether a signed document without timestamp and revocation answers is refused; off: it is noted",
    )
    portal_queue: str = Field(
        "sikkersak", description="our own polling queue; shared queues steal each other's answers"
    )
    portal_calls_a_second: float = Field(
        8.0, gt=0, description="calls of this replica; the service blocks an organisation over ten for half a minute"
    )
    portal_former_queues: tuple[str, ...] = Field(
        (), description='further queues to poll, as ["former"]: jobs of an earlier set-up still answer there'
    )
    portal_flows: tuple[SigningFlow, ...] = Field(
        tuple(SigningFlow),
        min_length=1,
        description='what our agreement with the service covers, as ["portal"] where nobody signs at the screen',
    )
    poll_seconds: float = Field(60.0, gt=0, description="how often it is looked whether the portal may be polled")
    unknown_after_seconds: float = Field(
        3600.0, gt=0, description="when a job whose creation was never answered is a person's"
    )
    portal_on_behalf_of: Capacity = Field(
        Capacity.SELF,
        description="for whom signers sign where the order does not say: self (a private matter, notified by the contact register) or other",
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="where staff open Sikker Sak; who signs at the screen is led back there"
    )
    remind_days: float = Field(3.0, gt=0, description="days before the time runs out that the school is told")
    sweep_seconds: float = Field(60.0, gt=0, description="how often jobs that nothing moves are moved again")
    probe_seconds: float = Field(30.0, gt=0, description="how often a portal that is down is looked at")

    @model_validator(mode="after")
    def refuse_open_connections_in_production(self) -> Self:
        """Neither documents nor people who sign travel unencrypted in production (R13)."""
        if self.environment is Environment.PRODUCTION:
            for name in ("portal_url", "public_url"):
                if not getattr(self, name).startswith("https://"):
                    raise ValueError(f"{name} is not https; production needs it")
        return self
