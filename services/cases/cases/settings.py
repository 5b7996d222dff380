"""Settings of the cases service."""

from __future__ import annotations

from pydantic import Field, SecretStr

from sikkersak.settings import ServiceSettings


class Settings(ServiceSettings):
    """What cases needs beyond what every service needs."""

    lookup_key: SecretStr = Field(description="key for the keyed hash that pupils are found by (hexadecimal, 32 bytes)")
    audit_key: SecretStr = Field(
        description="private Ed25519 key that the audit log is sealed with: PEM or path; kept where the database is not"
    )
    seal_seconds: float = Field(600.0, gt=0, description="how often the end of the audit log is sealed")
    sweep_seconds: float = Field(60.0, gt=0, description="how often it is looked whom to tell of what by itself")
    approval_reminder_days: float = Field(3.0, gt=0, description="days a document waits for approval between reminders")
    text_seconds: float = Field(10.0, gt=0, description="how often what has been archived is read, for searching")
