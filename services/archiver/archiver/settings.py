"""Settings of the archiver service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from sikkersak.settings import ServiceSettings


class Settings(ServiceSettings):
    """What archiver needs beyond what every service needs."""

    database_pool: int = Field(
        24, ge=2, le=100, description="each delivery under way holds one connection for its case's order"
    )
    noark_url: str = Field(description="root of the archive core's Noark 5 service interface")
    noark_client_id: str = Field(description="our client at the core")
    noark_client_secret: SecretStr = Field(description="its secret")
    noark_series: str | None = Field(
        None, description="the series (arkivdel) that pupil cases go to; none takes the only one"
    )
    probe_seconds: float = Field(15.0, gt=0, description="how often an archive that is down is looked at")
    circuit_failures: int = Field(5, ge=1, description="failures in a row that open the circuit")
    sweep_seconds: float = Field(60.0, gt=0, description="how often deliveries that nothing moves are moved again")
    work_folder: Path = Field(Path("/tmp"), description="where documents are while they are converted")  # noqa: S108
    render_seconds: float = Field(240.0, gt=0, description="deadline for one document's conversion")
