"""Settings that every service has; the environment gives them, files give the secrets (R13)."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

DEVELOPMENT_ACCOUNTS: Final = frozenset({"guest", "postgres"})
DEVELOPMENT_PASSWORDS: Final = frozenset({"guest", "postgres", "password"})
OPEN_VHOSTS: Final = frozenset({"", "/", "/%2F", "/%2f"})
OPEN_SCHEMES: Final = ("http://", "imap://", "ws://")


class Environment(StrEnum):
    """Where a process runs; production refuses what is only fit for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class FileSettings(BaseSettings):
    """A field may be an environment variable, or a file of its name in SECRETS_DIR."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True
    )  # an error may not quote a secret

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Files before environment: a secret in a file is never overruled by a forgotten variable."""
        del dotenv_settings, file_secret_settings
        folder = os.environ.get("SECRETS_DIR")
        files = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if folder else ()
        return (init_settings, *files, env_settings)


class ServiceSettings(FileSettings):
    """What a service needs to start."""

    development_hosts: ClassVar[frozenset[str]] = frozenset({"127.0.0.1", "localhost", "::1"})

    environment: Environment = Field(Environment.PRODUCTION, description="development or production")
    database_url: SecretStr = Field(description="the service's own role in PostgreSQL; it reaches its own schema only")
    database_pool: int = Field(12, ge=2, le=100, description="connections to PostgreSQL; at least the largest prefetch")
    rabbitmq_url: SecretStr = Field(description="AMQP address of the virtual host for facts and orders")
    rabbitmq_rpc_url: SecretStr = Field(
        description="AMQP address of the virtual host for requests, closed to operators"
    )
    vault_url: str = Field(description="where documents lie: file:///folder or s3://bucket/prefix")
    vault_keys: Path = Field(description="file with the keys that wrap the documents' own keys")
    identity_keys: Path = Field(
        description="folder with the public keys that the gateway's actor tokens verify against"
    )
    http_host: str = Field("127.0.0.1", description="address that health, metrics and the API listen on")
    http_port: int = Field(8000, ge=1, le=65535, description="port that health, metrics and the API listen on")
    handover: Path | None = Field(
        None,
        description="a socket in a folder of this account's own, where a successor on this machine asks for the port",
    )
    outward_effects: bool = Field(False, description="whether anything may be sent to systems outside (R13)")
    lease_seconds: float = Field(
        30.0, ge=3, description="after how long another replica takes over the polling of one that died (R4)"
    )
    drain_seconds: float = Field(30.0, gt=0, description="how long running handlers may finish after SIGTERM (R14)")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @model_validator(mode="after")
    def refuse_development_in_production(self) -> Self:
        """A production start refuses what is only fit for development (R13)."""
        if self.environment is not Environment.PRODUCTION:
            return self
        for name in ("rabbitmq_url", "rabbitmq_rpc_url", "database_url"):
            address = urlsplit(getattr(self, name).get_secret_value())
            if address.username in DEVELOPMENT_ACCOUNTS or address.password in DEVELOPMENT_PASSWORDS:
                raise ValueError(f"{name} uses a development account; production needs its own")
            if name != "database_url" and address.path in OPEN_VHOSTS:
                raise ValueError(f"{name} names no virtual host; production needs one of its own")
        if self.rabbitmq_url.get_secret_value() == self.rabbitmq_rpc_url.get_secret_value():
            raise ValueError(
                "rabbitmq_rpc_url is rabbitmq_url; requests need a virtual host that operators cannot read"
            )
        if self.log_level.upper() == "DEBUG":
            raise ValueError("log_level is DEBUG; libraries log what production must not")
        self._refuse_development_addresses()
        return self

    def _refuse_development_addresses(self) -> None:
        """Whatever is outside is reached encrypted, and is not this machine. A value is never repeated: it may be secret."""
        for name in type(self).model_fields:
            given = getattr(self, name)
            text = given.get_secret_value() if isinstance(given, SecretStr) else given
            if not isinstance(text, str) or "://" not in text:
                continue
            if text.startswith(OPEN_SCHEMES):
                raise ValueError(f"{name} is not encrypted; production needs https or imaps")
            host = urlsplit(text).hostname or ""
            is_here = host in self.development_hosts or host.endswith(".localhost")
            if text.startswith("https://") and is_here:
                raise ValueError(f"{name} is an address of this machine; production needs the real one")
