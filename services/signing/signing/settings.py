"""Settings of the signing service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from sikkersak.settings import ServiceSettings


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
    portal_queue: str = Field(
        "sikkersak", description="our own polling queue; shared queues steal each other's answers"
    )
    poll_seconds: float = Field(60.0, gt=0, description="how often it is looked whether the portal may be polled")
    unknown_after_seconds: float = Field(
        3600.0, gt=0, description="when a job whose creation was never answered is a person's"
    )
    probe_seconds: float = Field(30.0, gt=0, description="how often a portal that is down is looked at")
