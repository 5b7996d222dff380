"""Settings of the notifier service."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator

from sikkersak.contracts.values import PostalAddress
from sikkersak.settings import Environment, ServiceSettings


class Settings(ServiceSettings):
    """What notifier needs beyond what every service needs."""

    svarut_url: str = Field(description="base of SvarUt's API, for example https://svarut.ks.no/api")
    svarut_integration_id: UUID = Field(description="the integration made in Fiks forvaltning")
    svarut_integration_password: SecretStr = Field(description="its password")
    svarut_account: UUID = Field(description="the account (kontoId) that letters are sent from")
    svarut_certificate: Path | None = Field(
        None, description="SvarUt's public certificate, PEM or DER; fetched from SvarUt itself where not given"
    )
    maskinporten_issuer: str = Field(
        description="for example https://maskinporten.no/; tokens are asked for at its /token"
    )
    maskinporten_client_id: str = Field(description="the client made in Digdir's self-service")
    maskinporten_key: Path = Field(description="PEM file with the client's private RSA key")
    maskinporten_key_id: str = Field(description="kid that the public half is registered under")
    maskinporten_scope: str = Field("ks:fiks", description="scope that the token is asked for")
    smtp_host: str = Field(description="mail server")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port for submission")
    smtp_starttls: bool = Field(True, description="whether the connection is encrypted; production demands it")
    smtp_ca: Path | None = Field(
        None, description="PEM file with the mail server's own authority; the system's where not given"
    )
    smtp_username: str | None = Field(None, description="user name, where the mail server wants one")
    smtp_password: SecretStr | None = Field(None, description="its password")
    smtp_sender: str = Field(description="address that forwarded mail comes from")
    general_archive_mailbox: str = Field(description="address of the general archive (M4)")
    forwarding_largest: int = Field(35_000_000, gt=0, description="bytes of files that one forwarding may hold")
    teams_webhook: SecretStr | None = Field(
        None, description="address of the channel's Workflows webhook; it is a secret"
    )
    teams_channels: SecretStr | None = Field(
        None, description='schools\' own channels and names, as {"<school id>": {"name": "…", "webhook": "https://…"}}'
    )
    teams_hosts: tuple[str, ...] = Field(
        ("logic.azure.com", "api.powerplatform.com", "webhook.office.com"),
        description="where a person's own Teams channel may be: these hosts and those under them, and nowhere else",
    )
    quiet_hours: str | None = Field(
        None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="hours in which gathered news wait, as 17-7; weekends are quiet too then. Outages are told at once",
    )
    public_url: str = Field(description="where staff open Sikker Sak; notices link to it")
    status_seconds: float = Field(30.0, gt=0, description="how often letters that are due are looked up")
    status_rhythm: float = Field(
        1.0, gt=0, description="factor on the time between looks at one letter; under 1 is quicker"
    )
    sweep_seconds: float = Field(60.0, gt=0, description="how often consignments that nothing moves are moved again")
    digest_seconds: float = Field(60.0, ge=0, description="how long news of one kind are gathered into one notice")
    reply_address: PostalAddress | None = Field(
        None,
        description='where replies on paper go, as {"line": "…", "postal_code": "…", "city": "…"}; with it receivers can answer through eDialog',
    )
    hands: int = Field(64, ge=8, description="how many consignments may be under way at once in one replica")
    patience_seconds: float = Field(
        20.0, gt=0, description="how long a message waits for its carrier; what takes longer goes on beside it"
    )
    probe_seconds: float = Field(2.0, gt=0, description="how often a carrier that is down is looked at")
    work_folder: Path = Field(Path("/tmp"), description="where encrypted packages are while they are sent")  # noqa: S108

    @model_validator(mode="after")
    def refuse_open_connections_in_production(self) -> Self:
        """Passwords and letters never travel unencrypted in production (R13)."""
        if self.environment is not Environment.PRODUCTION:
            return self
        if not self.smtp_starttls:
            raise ValueError("smtp_starttls is off; production needs it: the mail carries passwords")
        for name in ("svarut_url", "maskinporten_issuer", "public_url"):
            if not getattr(self, name).startswith("https://"):
                raise ValueError(f"{name} is not https; production needs it")
        return self
