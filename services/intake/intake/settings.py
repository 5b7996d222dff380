"""Settings of the intake service."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from sikkersak.settings import Environment, ServiceSettings

Version = Literal["v2", "v1"]


class FurtherSystem(BaseModel):
    """One more receiving system, as it stands in the file SVARINN_SYSTEMS."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    username: str
    password: SecretStr
    keys: Path
    version: Version = "v2"


class Settings(ServiceSettings):
    """What intake needs beyond what every service needs."""

    svarinn_url: str = Field(description="base of SvarInn, for example https://svarut.ks.no/api")
    svarinn_version: Version = Field(
        "v2", description="v2, or v1 (deprecated) whose base is https://svarut.ks.no/tjenester"
    )
    svarinn_username: str = Field(description="user name of the receiving system (mottakersystem)")
    svarinn_password: SecretStr = Field(description="its service password")
    svarinn_keys: Path = Field(description="folder with NAME.key.pem and NAME.crt.pem; several while keys are rotated")
    svarinn_systems: Path | None = Field(
        None,
        description="file with further receiving systems: a JSON list of url, username, password, keys and version",
    )
    poll_seconds: float = Field(900.0, gt=0, description="how often SvarInn is asked; KS recommends every 15 minutes")
    fetch_at_once: int = Field(4, ge=1, le=32, description="how many shipments are taken in side by side")
    work_folder: Path = Field(Path("/tmp"), description="where shipments are while they are unpacked")  # noqa: S108
    largest_shipment: int = Field(2_000_000_000, gt=0, description="bytes of one shipment, unpacked")
    sweep_seconds: float = Field(60.0, gt=0, description="how often decisions that nothing moves are moved again")
    undo_seconds: float = Field(
        20.0, ge=0, le=600, description="for how long a distribution can be undone before it is carried out"
    )
    kept_days: int = Field(
        30, ge=1, description="for how long the content of mail is kept that was set aside, or was delivered elsewhere"
    )
    clamd_url: str | None = Field(
        None, description="tcp://host:3310 of ClamAV's clamd; without it files say that they are not scanned"
    )
    scan_folder: Path | None = Field(
        None,
        description="folder that multifunction printers scan to; a folder in it named with nine digits is for that organisation",
    )
    scan_receiver: str = Field(
        "",
        pattern=r"^(\d{9})?$",
        description="organisation number that other scans are for; none leaves it to a person",
    )
    scan_quiet_seconds: float = Field(
        10.0, gt=0, description="for how long nobody must have touched a scan before it is taken"
    )
    scan_seconds: float = Field(5.0, gt=0, description="how often the scan folder is looked at")
    scan_mailbox: str | None = Field(
        None, description="imaps://user@host/INBOX of a mailbox that printers scan to; imap:// for development only"
    )
    scan_mailbox_password: SecretStr = Field(SecretStr(""), description="its password")

    scan_languages: str = Field(
        "",
        pattern=r"^([a-z_]+(\+[a-z_]+)*)?$",
        description="languages that the first page of a scan is read in, for sorting and case numbers, as tesseract names them (nor+eng); empty: not read",
    )

    @model_validator(mode="after")
    def refuse_open_mailbox_in_production(self) -> Self:
        """Scans do not travel in the clear (R13)."""
        is_open = self.scan_mailbox is not None and not self.scan_mailbox.startswith("imaps://")
        if self.environment is Environment.PRODUCTION and is_open:
            raise ValueError("scan_mailbox must begin with imaps:// in production")
        return self
