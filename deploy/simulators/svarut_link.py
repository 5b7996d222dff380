"""The way from SvarUt into SvarInn: a letter to an organisation with a receiving system lands in its queue, same id."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import httpx

from simulators.svarut_course import Status
from simulators.svarut_errors import Refused
from simulators.svarut_ledger import SentLetter
from simulators.svarut_rules import ORGANISATION_NUMBER_DIGITS

UNREACHABLE = Refused(503, "Tjenesten kan ikke svare nå")
FOLDER_FIELDS = {"mappeId", "saksaar", "sakssekvensnummer"}
ENTRY_FIELDS = {"registreringsId", "journalaar", "journalpostnummer", "journalsekvensnummer"}


class SvarInnLink:
    """Speaks with the SvarInn stand-in's control calls; without an address nobody has a receiving system."""

    def __init__(self, url: str | None, sender: str) -> None:
        self._url = url.rstrip("/") if url else None
        self._sender = sender

    async def place(self, sent: SentLetter) -> bool:
        """Whether a receiving system took the letter.

        :raises Refused: 503 when the stand-in does not answer.
        """
        if self._url is None:
            return False
        files = [
            ("files", (document.filename, document.path.read_bytes(), document.mime_type))
            for document in sent.documents
        ]
        data = {"shipment": json.dumps(self._order(sent))}
        response = await self._call("POST", "/_control/shipments", data=data, files=files)
        if response.status_code == HTTPStatus.CONFLICT:
            return False
        if not response.is_success:
            raise UNREACHABLE
        return True

    async def status(self, sent: SentLetter) -> Status | None:
        """What became of a letter in the queue; None when the queue does not know it any more."""
        response = await self._call("GET", f"/_control/shipments/{sent.id}")
        return Status(response.json()["status"]) if response.is_success else None

    async def receiving_systems(self) -> list[dict[str, Any]]:
        """`GET /v2/mottakersystem`: one element for each filter row."""
        if self._url is None:
            return []
        systems = (await self._call("GET", "/_control/systems")).json()
        return [
            {
                "id": system["id"],
                "navn": system["name"],
                "organisasjonsnummer": row["number"],
                "forsendelseType": "" if row["type"] == "*" else row["type"],
                "niva": 0 if row["level"] == "*" else int(row["level"]),
            }
            for system in systems
            for row in system["organisations"]
        ]

    async def _call(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            async with httpx.AsyncClient(base_url=self._url or "", timeout=60) as client:
                return await client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise UNREACHABLE from error

    def _order(self, sent: SentLetter) -> dict[str, Any]:
        letter = sent.letter
        given = letter.model_dump(mode="json", exclude_none=True)
        reply = given.get("svarSendesTil")
        return {
            "id": str(sent.id),
            "title": letter.tittel,
            "sender": {"name": "Eksempel kommune", "organisation_number": self._sender},
            "receiver": party(given["mottaker"]),
            "reply_to": party(reply) if reply else None,
            "type": letter.forsendelsestype,
            "level": letter.sikkerhetsniva or "BETYDELIG",
            "confidential": letter.taushetsbelagtPost,
            "eksternRef": letter.eksternReferanse,
            "korrelasjonsid": letter.korrelasjonsid,
            "svarPaForsendelse": given.get("svarPaForsendelseId"),
            "sending_system": letter.avgivendeSystem,
            "metadata": archive_block(given.get("metadataFraAvleverendeSystem")),
            "import_metadata": archive_block(given.get("metadataForImport")),
            "links": [
                {"lenke": link["url"], "tekst": link["tekst"], "ledetekst": link.get("ledetekst", "")}
                for link in given.get("lenker", [])
            ],
        }


def party(given: dict[str, Any]) -> dict[str, Any]:
    """A receiver or reply address in the stand-in's own form."""
    address, number = given.get("adresse", {}), given["digitalId"]
    return {
        "name": given["navn"],
        "organisation_number" if len(number) == ORGANISATION_NUMBER_DIGITS else "birth_number": number,
        "address_lines": [line for n in (1, 2, 3) if (line := address.get(f"adresselinje{n}"))],
        "postal_code": address.get("postnummer"),
        "city": address.get("poststed"),
        "country": address.get("landkode"),
    }


def archive_block(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Send V3's flat archive block as SvarInn V2 nests it."""
    if given is None:
        return None
    folder = {name: given[name] for name in FOLDER_FIELDS & given.keys()}
    entry = {name: given[name] for name in ENTRY_FIELDS & given.keys()}
    if "mappeSystemId" in given:
        folder["systemId"] = given["mappeSystemId"]
    if "systemId" in given:
        entry["systemId"] = given["systemId"]
    moved = FOLDER_FIELDS | ENTRY_FIELDS | {"systemId", "mappeSystemId", "ekstraMetadata"}
    block: dict[str, Any] = {name: value for name, value in given.items() if name not in moved}
    if "ekstraMetadata" in given:
        block["virksomhetsspesifikkeMetadata"] = given["ekstraMetadata"]
    return block | ({"mappeId": folder} if folder else {}) | ({"journalpostId": entry} if entry else {})
