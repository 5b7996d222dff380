"""Settings of the intake service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from sikkersak.settings import ServiceSettings


class Settings(ServiceSettings):
    """What intake needs beyond what every service needs."""

    svarinn_url: str = Field(description="base of SvarInn, for example https://svarut.ks.no/api")
    svarinn_username: str = Field(description="user name of the receiving system (mottakersystem)")
    svarinn_password: SecretStr = Field(description="its service password")
    svarinn_keys: Path = Field(description="folder with NAME.key.pem and NAME.crt.pem; several while keys are rotated")
    poll_seconds: float = Field(900.0, gt=0, description="how often SvarInn is asked; KS recommends every 15 minutes")
    work_folder: Path = Field(Path("/tmp"), description="where shipments are while they are unpacked")  # noqa: S108
    largest_shipment: int = Field(2_000_000_000, gt=0, description="bytes of one shipment, unpacked")
    sweep_seconds: float = Field(60.0, gt=0, description="how often decisions that nothing moves are moved again")
