"""How a shipment looks in the lists of SvarInn V2 and V1 (SvarInn §3.5, §3.12)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulators.svarinn_shipment import Damage, Party, Shipment, StoredFile


def without_none(item: dict[str, Any]) -> dict[str, Any]:
    """V2 leaves out what is not known."""
    return {key: value for key, value in item.items() if value is not None}


def listed_hash(shipment: Shipment, file: StoredFile) -> str:
    """The checksum the list claims."""
    if shipment.damage is Damage.WRONG_HASH:
        return file.sha256[::-1]
    return file.sha256


def party_v2(party: Party) -> dict[str, Any]:
    """Sender, receiver or reply address."""
    lines = {f"adresselinje{number}": line for number, line in enumerate(party.address_lines, 1)}
    address = {"navn": party.name, **lines, "postnummer": party.postal_code, "poststed": party.city}
    return without_none(
        {
            "organisasjonsnummer": party.organisation_number,
            "fodselsnummer": party.birth_number,
            "postadresse": without_none({**address, "land": party.country}),
        }
    )


def item_v2(shipment: Shipment, base: str) -> dict[str, Any]:
    """One element of `GET /api/svarinn/v2/forsendelser`."""
    files = [
        without_none(
            {
                "filnavn": file.filename,
                "mimeType": file.mime_type,
                "hash": listed_hash(shipment, file),
                "storrelse": file.size,
                "type": file.type,
                "ekstraMetadata": file.extra_metadata or None,
            }
        )
        for file in shipment.files
    ]
    item = {
        "id": str(shipment.id),
        "avsender": party_v2(shipment.sender),
        "mottaker": party_v2(shipment.receiver),
        "tittel": shipment.title,
        "dato": datetime.fromtimestamp(shipment.placed_at, UTC).isoformat().replace("+00:00", "Z"),
        "sikkerhetsniva": shipment.level.value,
        "taushetsbelagtPost": shipment.confidential,
        "filer": files,
        "svarSendesTil": party_v2(shipment.reply_to) if shipment.reply_to else None,
        "svarPaForsendelse": shipment.reply_to_shipment,
        "type": shipment.type,
        "eksternRef": shipment.external_ref,
        "korrelasjonsid": shipment.correlation_id,
        "lenker": shipment.links or None,
        "metadataFraAvleverendeSystem": shipment.metadata,
        "metadataForImport": shipment.import_metadata,
        "nedlastingslenke": f"{base}/api/svarinn/v2/forsendelser/{shipment.id}",
        "avgivendeSystem": shipment.sending_system,
    }
    return {**without_none(item), **shipment.override}


def receiver_v1(party: Party) -> dict[str, Any]:
    """Receiver and reply address, `adresse1..3`."""
    lines = [*party.address_lines, None, None, None]
    return {
        "navn": party.name,
        **{f"adresse{number}": lines[number - 1] for number in (1, 2, 3)},
        "postnr": party.postal_code,
        "poststed": party.city,
        "land": party.country,
        "orgnr": party.organisation_number,
        "fnr": party.birth_number,
    }


def sender_v1(party: Party) -> dict[str, Any]:
    """V1 senders have no organisation number, and other address names than receivers."""
    lines = [*party.address_lines, None, None, None]
    return {
        "navn": party.name,
        **{f"adresselinje{number}": lines[number - 1] for number in (1, 2, 3)},
        "postnr": party.postal_code,
        "poststed": party.city,
    }


def milliseconds(text: Any) -> int | None:
    """A V2 time as V1 says it."""
    return int(datetime.fromisoformat(text).timestamp() * 1000) if isinstance(text, str) else None


def archive_v1(block: dict[str, Any] | None, *, full: bool) -> dict[str, Any]:
    """A V2 archive block flattened as V1 does: 0 and null for what is not known."""
    given = block or {}
    folder, entry = given.get("mappeId") or {}, given.get("journalpostId") or {}
    flat = {
        "sakssekvensnummer": folder.get("sakssekvensnummer") or 0,
        "saksaar": folder.get("saksaar") or 0,
        "journalposttype": given.get("journalposttype"),
        "journalstatus": given.get("journalstatus"),
        "dokumentetsDato": milliseconds(given.get("dokumentetsDato")),
        "tittel": given.get("tittel"),
    }
    if not full:
        return flat
    return flat | {
        "journalaar": entry.get("journalaar") or 0,
        "journalsekvensnummer": entry.get("journalsekvensnummer") or 0,
        "journalpostnummer": entry.get("journalpostnummer") or 0,
        "journaldato": milliseconds(given.get("journaldato")),
        "saksBehandler": given.get("saksbehandler"),
        "ekstraMetadata": given.get("virksomhetsspesifikkeMetadata") or [],
    }


def item_v1(shipment: Shipment, base: str) -> dict[str, Any]:
    """One element of `GET /tjenester/svarinn/mottaker/hentNyeForsendelser`."""
    files = [
        {
            "filnavn": file.filename,
            "mimetype": file.mime_type,
            "sha256hash": listed_hash(shipment, file),
            "dokumentType": file.type,
            "size": file.size,
            "ekstraMetadata": file.extra_metadata,
        }
        for file in shipment.files
    ]
    item = {
        "id": str(shipment.id),
        "tittel": shipment.title,
        "date": int(shipment.placed_at * 1000),
        "avsender": sender_v1(shipment.sender),
        "mottaker": receiver_v1(shipment.receiver),
        "status": "Klar for mottak",
        "niva": shipment.level.number,
        "taushetsbelagtPost": shipment.confidential,
        "filmetadata": files,
        "svarSendesTil": receiver_v1(shipment.reply_to or shipment.sender),
        "svarPaForsendelse": shipment.reply_to_shipment,
        "forsendelseType": shipment.type,
        "eksternRef": shipment.external_ref,
        "korrelasjonsid": shipment.correlation_id,
        "lenker": [
            {"ledetekst": link.get("ledetekst"), "urlLenke": link.get("lenke"), "urlTekst": link.get("tekst")}
            for link in shipment.links
        ],
        "metadataFraAvleverendeSystem": archive_v1(shipment.metadata, full=True),
        "metadataForImport": archive_v1(shipment.import_metadata, full=False),
        "avgivendeSystem": shipment.sending_system,
        "downloadUrl": f"{base}/tjenester/svarinn/forsendelse/{shipment.id}",
    }
    return {**item, **shipment.override}
