"""Settings of the archiver service."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from sikkersak.settings import ServiceSettings


class Settings(ServiceSettings):
    """What archiver needs beyond what every service needs."""

    database_pool: int = Field(
        24, ge=2, le=100, description="each delivery under way holds one connection for its case's order"
    )
    archive_adapter: Literal["noark", "fiks-arkiv"] = Field(
        "noark", description="what the archive core speaks: the Noark 5 service interface, or Fiks Arkiv v1"
    )
    noark_url: str = Field("", description="root of the archive core's Noark 5 service interface")
    noark_client_id: str = Field("", description="our client at the core")
    noark_client_secret: SecretStr = Field(SecretStr(""), description="its secret")
    fiks_url: SecretStr = Field(SecretStr(""), description="AMQP address of the broker that the archive listens on")
    fiks_account: str = Field("", description="our account (konto) there")
    fiks_archive_account: str = Field(
        "", description="the archive's account; over Fiks IO also ORG_NO.<number>, to be looked up"
    )
    fiks_key: Path | None = Field(None, description="file with the private key that answers are encrypted for")
    fiks_archive_certificate: Path | None = Field(None, description="file with the archive's public certificate")
    fiks_transport: Literal["broker", "fiks-io"] = Field(
        "broker", description="how Fiks Arkiv's messages travel: over a broker that both reach, or over KS Fiks IO"
    )
    fiks_io_api: str = Field("https://api.fiks.ks.no", description="address of Fiks IO's API and catalogue")
    fiks_io_amqp: str = Field("amqps://io.fiks.ks.no:5671", description="address of Fiks IO's queues")
    fiks_integration_id: str = Field("", description="our integration (integrasjon) at KS")
    fiks_integration_password: SecretStr = Field(SecretStr(""), description="its password")
    fiks_certificate: Path | None = Field(
        None, description="file with the certificate that our messages are signed with"
    )
    fiks_signing_key: Path | None = Field(None, description="file with the private key of that certificate")
    maskinporten_issuer: str = Field("https://maskinporten.no/", description="who gives the tokens for Fiks IO")
    maskinporten_client_id: str = Field("", description="our client there")
    maskinporten_key: Path | None = Field(None, description="file with the client's private key")
    maskinporten_key_id: str = Field("", description="the id that its public half is registered under")
    noark_series: str | None = Field(
        None, description="the series (arkivdel) that pupil cases go to; none takes the only one"
    )
    noark_class: str | None = Field(
        None, description="the primary class (klasseID) of case files; none takes the only one, or does without"
    )
    probe_seconds: float = Field(15.0, gt=0, description="how often an archive that is down is looked at")
    circuit_failures: int = Field(5, ge=1, description="failures in a row that open the circuit")
    sweep_seconds: float = Field(60.0, gt=0, description="how often deliveries that nothing moves are moved again")
    quiet_seconds: float = Field(600.0, gt=0, description="how long after its time a delivery counts as unmoved")
    drain_per_second: float = Field(
        20.0, gt=0, description="deliveries taken up again in a second after the archive was away"
    )
    scrub_days: float = Field(180.0, gt=0, description="days after which the texts of errors leave the archive log")
    extraction_schemas: Path | None = Field(
        None, description="folder with the official schemas of the deposit: they go along, and every part is validated"
    )
    work_folder: Path = Field(Path("/tmp"), description="where documents are while they are converted")  # noqa: S108
    scan_languages: str = Field(
        "", description="languages that scans are read in, as tesseract names them (nor+eng); empty: they are not read"
    )
    scan_pages: int = Field(20, ge=1, description="scans of more pages are archived without being read")
    render_seconds: float = Field(240.0, gt=0, description="deadline for one document's conversion")

    @model_validator(mode="after")
    def require_the_chosen_archive(self) -> Self:
        """What the chosen adapter needs must be there at the start, not at the first delivery (R13)."""
        needs: dict[str, tuple[str, ...]] = {
            "noark": ("noark_url", "noark_client_id", "noark_client_secret"),
            "broker": ("fiks_url", "fiks_account", "fiks_archive_account", "fiks_key", "fiks_archive_certificate"),
            "fiks-io": (
                *("fiks_account", "fiks_archive_account", "fiks_key", "fiks_certificate", "fiks_signing_key"),
                *("fiks_integration_id", "fiks_integration_password"),
                *("maskinporten_client_id", "maskinporten_key", "maskinporten_key_id"),
            ),
        }
        chosen = self.fiks_transport if self.archive_adapter == "fiks-arkiv" else self.archive_adapter
        for name in needs[chosen]:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f"{name} must be set when the archive is reached over {chosen}")
        return self
