"""SvarInn V1, deprecated: other addresses, other words, times in milliseconds, and 0 for what is not set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

# V1's word for each of V2's.
ITEM: Final = {
    "id": "id", "tittel": "tittel", "forsendelseType": "type", "eksternRef": "eksternRef",
    "svarPaForsendelse": "svarPaForsendelse", "downloadUrl": "nedlastingslenke", "avgivendeSystem": "avgivendeSystem",
}  # fmt: skip
FILE: Final = {"filnavn": "filnavn", "mimetype": "mimeType", "sha256hash": "hash", "size": "storrelse"}
LEVELS: Final = {"3": "BETYDELIG", "4": "HOYESTE"}


class V1:
    """The version that every other client uses (SvarInn V1)."""

    def waiting(self, base: str) -> str:
        """GET mottaker/hentNyeForsendelser."""
        return f"{base}/svarinn/mottaker/hentNyeForsendelser"

    def content(self, base: str, shipment_id: UUID) -> str:
        """GET forsendelse/{id}."""
        return f"{base}/svarinn/forsendelse/{shipment_id}"

    def read(self, item: dict[str, Any]) -> dict[str, Any]:
        """A V1 item in the words of V2."""
        files = [_renamed(file, FILE) for file in item.get("filmetadata") or ()]
        return _renamed(item, ITEM) | {
            "dato": _moment(item.get("date")),
            "sikkerhetsniva": LEVELS.get(str(item.get("niva")), ""),
            "avsender": _correspondent(item.get("avsender")),
            "mottaker": _correspondent(item.get("mottaker")),
            "svarSendesTil": _correspondent(item.get("svarSendesTil")) if item.get("svarSendesTil") else None,
            "filer": files,
        }

    def acknowledgement(self, base: str, shipment_id: UUID) -> tuple[str, str, object]:
        """POST kvitterMottak, without a body."""
        return "POST", f"{base}/svarinn/kvitterMottak/forsendelse/{shipment_id}", None

    def failure(self, base: str, shipment_id: UUID, text: str, *, permanent: bool) -> tuple[str, str, object]:
        """POST mottakFeilet."""
        body = {"feilmelding": text, "permanent": permanent}
        return "POST", f"{base}/svarinn/mottakFeilet/forsendelse/{shipment_id}", body


def _renamed(given: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    return {new: given[old] for old, new in words.items() if given.get(old) is not None}


def _correspondent(given: dict[str, Any] | None) -> dict[str, Any]:
    """Senders have adresselinje1, everybody else adresse1; and senders have no organisation number."""
    known = given or {}
    address = {
        "navn": known.get("navn"),
        "adresselinje1": known.get("adresselinje1") or known.get("adresse1"),
        "postnummer": known.get("postnr"),
        "poststed": known.get("poststed"),
    }
    return {
        "organisasjonsnummer": known.get("orgnr"),
        "fodselsnummer": known.get("fnr"),
        "postadresse": address,
    }


def _moment(milliseconds: Any) -> str | None:
    """0 means not set; what no calendar has is left out; text is passed on (both were seen)."""
    if isinstance(milliseconds, str):
        return milliseconds
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat() if milliseconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
