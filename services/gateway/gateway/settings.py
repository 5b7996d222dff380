"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from gateway.webhooks.domain import Targets, ladder, networks
from sikkersak.settings import Environment, ServiceSettings


class Settings(ServiceSettings):
    """What the gateway needs beyond what every service needs. Keys are PEM text, or the path of a file with it."""

    base_url: str = Field(description="the address that browsers reach this at, without a path: https://sak.example.no")
    idporten_issuer: str = Field(description="ID-porten's issuer, for example https://idporten.no")
    idporten_client_id: str = Field(description="client id at ID-porten (Samarbeidsportalen)")
    idporten_key: SecretStr = Field(description="private RSA key registered at ID-porten: PEM, or its file's path")
    idporten_key_id: str = Field(description="the kid under which ID-porten knows that key")
    pid_lookup_key: SecretStr = Field(
        description="key for the keyed hash that staff are found by: 64 hex digits or more"
    )
    actor_signing_key: SecretStr = Field(
        description="private Ed25519 key that actor tokens are signed with: PEM or path"
    )
    scim_token_hashes: SecretStr | None = Field(
        None, description="SHA-256, in hexadecimal, of the HR system's SCIM token; several, by commas, while it changes"
    )
    request_seconds: float = Field(10.0, gt=0, le=60, description="how long the owner of an answer may take")
    identity_seconds: float = Field(60.0, ge=0, le=60, description="how long roles and schools may be remembered")
    idle_minutes: int = Field(30, ge=1, le=240, description="a session ends when it has not been used for this long")
    session_hours: int = Field(8, ge=1, le=12, description="a session ends after this long, however much it is used")
    fresh_minutes: int = Field(
        15, ge=1, le=480, description="how old a log-in may be for acts that do much harm in wrong hands"
    )
    fresh_level: Literal["substantial", "high"] = Field(
        "substantial", description="the level that such acts ask for; high leaves out who has MinID only"
    )
    requests_a_second: float = Field(30.0, gt=0, description="what one person may ask in the long run, at each replica")
    requests_at_once: int = Field(300, ge=10, description="what one person may ask in a burst")
    logins_a_second: float = Field(
        5.0, gt=0, description="log-ins that one address may begin; a school has one address"
    )
    logins_at_once: int = Field(200, ge=5, description="log-ins that one address may begin in a burst")
    largest_body: int = Field(
        1_000_000, gt=0, description="bytes of one request's body; documents do not come this way"
    )
    largest_upload: int = Field(250_000_000, gt=0, description="bytes of one file that is sent in")
    changes_hours: int = Field(24, ge=1, description="how long changes are kept for pages that are open")
    maskinporten_issuer: str | None = Field(
        None,
        description="Maskinporten's issuer, as https://maskinporten.no/; without it no other system comes with a token",
    )
    machine_audience: str | None = Field(
        None, description="the `resource` that other systems ask tokens for; base_url where it is not given"
    )
    machine_scope_prefix: str = Field(
        "sikkersak:",
        min_length=2,
        description="what our scopes begin with at Maskinporten: prefix and status, mail, pupils",
    )
    machine_consumers: str = Field(
        "", description="organisation numbers, by commas, whose systems may come; each scope is granted at Maskinporten"
    )
    webhook_ladder: str = Field(
        "5,300,1800,7200,18000,36000,50400,72000,86400",
        description="seconds between the tries of a webhook; after the last it is given up and its target stopped",
    )
    webhook_networks: str = Field(
        "", description="networks inside that webhooks may go to, as 10.1.0.0/16, by commas; otherwise none"
    )
    webhook_seconds: float = Field(2.0, gt=0, description="how often webhooks that are due are looked for")
    webhook_days: int = Field(30, ge=1, le=365, description="how long what was sent by webhooks is shown")
    prune_seconds: float = Field(300.0, gt=0, description="how often what has expired is deleted")

    @property
    def is_https(self) -> bool:
        """Whether browsers come with https; only in development may they not."""
        return self.base_url.startswith("https://")

    @property
    def webhook_targets(self) -> Targets:
        """Where webhooks may go; plain http in development only (R13)."""
        return Targets(networks(self.webhook_networks), allows_http=self.environment is Environment.DEVELOPMENT)

    @model_validator(mode="after")
    def refuse_unfit_webhooks(self) -> Self:
        """What cannot be read is said at the start, not at the first event."""
        ladder(self.webhook_ladder)
        networks(self.webhook_networks)
        return self

    @model_validator(mode="after")
    def refuse_unfit_addresses(self) -> Self:
        """The address has no path, and both it and the issuer are https, except in development (R13)."""
        for name in ("base_url", "idporten_issuer", "maskinporten_issuer"):
            if getattr(self, name) is None:
                continue
            address = urlsplit(getattr(self, name))
            if address.scheme not in ("https", "http") or not address.netloc:
                raise ValueError(f"{name} must be an http or https address")
            if address.scheme == "http" and self.environment is not Environment.DEVELOPMENT:
                raise ValueError(f"{name} must be https outside development")
        if urlsplit(self.base_url).path:
            raise ValueError("base_url must have no path, and no slash at its end")
        return self


def hashes(secret: SecretStr | None) -> tuple[str, ...]:
    """The hashes in a setting. ValueError, which does not quote them, for what is no SHA-256."""
    given = secret.get_secret_value().replace(",", " ").lower().split() if secret else []
    if any(len(one) != 64 or set(one) - set("0123456789abcdef") for one in given):
        raise ValueError("scim_token_hashes holds something that is no SHA-256 in hexadecimal")
    return tuple(given)


def pem(secret: SecretStr) -> bytes:
    """The key in a setting: the setting itself when it is PEM, else the content of the file it names."""
    text = secret.get_secret_value().strip()
    return text.encode() if text.startswith("-----BEGIN ") else Path(text).read_bytes()
