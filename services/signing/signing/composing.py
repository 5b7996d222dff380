"""A signature job in the signing service's terms; what it would never take is refused here, before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from signing.desk import Desk
from signing.domain import identifier
from signing.portal import (
    DOCUMENT_BYTES_IN_ALL,
    Availability,
    ContactInformation,
    DirectJob,
    DirectSigner,
    ExitUrls,
    OnBehalfOf,
    PortalDocument,
    PortalJob,
    PortalSigner,
    RegisterLookup,
    SecurityLevel,
    SignatureType,
)
from sikkersak.contracts.signing import Capacity, Signer, SigningDossier, SigningFlow
from sikkersak.errors import Declined
from sikkersak.persistence.database import Row
from sikkersak.vault.reference import VaultRef
from sikkersak.vault.sealed import unseal

LONGEST_TITLE: Final = 80
LONGEST_DESCRIPTION: Final = 220
NONSENSITIVE: Final = "Dokument til signering fra skolen"


async def compose(desk: Desk, row: Row) -> PortalJob | DirectJob:
    """The job for its flow. Raises `Declined` for what can never be sent."""
    dossier = await unseal(desk.vault, VaultRef.model_validate(row["dossier"]), SigningDossier)
    if dossier.flow not in desk.flows:
        raise Declined("flow-not-available", "Signering på skjermen er ikke slått på.")
    documents = await _documents(desk, dossier)
    try:
        if dossier.flow is SigningFlow.DIRECT:
            return _direct(desk, str(row["job_id"]), dossier, documents)
        return _portal(desk, str(row["job_id"]), dossier, documents)
    except ValidationError as wrong:  # its text would quote names and numbers
        raise Declined("job-not-possible", "Oppdraget kan ikke sendes slik det er satt sammen.") from wrong


async def _documents(desk: Desk, dossier: SigningDossier) -> tuple[PortalDocument, ...]:
    files = (dossier.document, *dossier.further)
    if sum(file.ref.size for file in files) > DOCUMENT_BYTES_IN_ALL:
        raise Declined("documents-too-large", "Dokumentene er over 10 MB til sammen.")
    return tuple(
        [
            PortalDocument(
                title=_title(dossier.title if position == 0 else file.name.rpartition(".")[0]),
                content=await desk.vault.read_bytes(file.ref, DOCUMENT_BYTES_IN_ALL),
            )
            for position, file in enumerate(files)
        ]
    )


def _portal(desk: Desk, reference: str, dossier: SigningDossier, documents: tuple[PortalDocument, ...]) -> PortalJob:
    return PortalJob(
        reference=reference,
        title=_title(dossier.title),
        nonsensitive_title=NONSENSITIVE,
        description=dossier.message[:LONGEST_DESCRIPTION],
        documents=documents,
        signers=tuple(_signer(one, dossier, desk.on_behalf_of) for one in dossier.signers),
        security_level=SecurityLevel(str(dossier.level)),
        availability=Availability(activation=dossier.opens_at, duration=timedelta(days=dossier.days_open)),
    )


def _direct(desk: Desk, reference: str, dossier: SigningDossier, documents: tuple[PortalDocument, ...]) -> DirectJob:
    """The exits lead to the gateway, which passes the browser's token on and shows nothing of the case."""
    exits = {name: f"{desk.public_url}/signering/{reference}/{name}" for name in ("completion", "rejection", "error")}
    return DirectJob(
        reference=reference,
        title=_title(dossier.title),
        description=dossier.message[:LONGEST_DESCRIPTION],
        documents=documents,
        signers=tuple(
            _direct_signer(number, one, dossier, desk.on_behalf_of)
            for number, one in enumerate(dossier.signers, start=1)
        ),
        exits=ExitUrls.model_validate(exits),
        security_level=SecurityLevel(str(dossier.level)),
    )


def _signer(signer: Signer, dossier: SigningDossier, usual: Capacity) -> PortalSigner:
    """Notified where it is said; else by the contact register, which respects a reservation (private matters only)."""
    capacity = signer.on_behalf_of or usual
    notification: RegisterLookup | ContactInformation = RegisterLookup()
    if signer.email or signer.mobile:
        notification = ContactInformation(email=signer.email, mobile=signer.mobile)
    elif capacity is Capacity.OTHER:
        raise Declined("contact-needed", "Den som signerer på vegne av andre, må ha e-post eller mobil.")
    return PortalSigner(
        national_id=signer.national_id,
        notification=notification,
        signature_type=_type(dossier),
        on_behalf_of=OnBehalfOf(capacity.value.upper()),
        order=signer.order,
    )


def _direct_signer(number: int, signer: Signer, dossier: SigningDossier, usual: Capacity) -> DirectSigner:
    return DirectSigner(
        national_id=signer.national_id,
        identifier=None if signer.national_id else identifier(number),
        signature_type=_type(dossier),
        on_behalf_of=OnBehalfOf((signer.on_behalf_of or usual).value.upper()),
    )


def _type(dossier: SigningDossier) -> SignatureType:
    return SignatureType.ADVANCED if dossier.is_advanced else SignatureType.AUTHENTICATED


def _title(text: str) -> str:
    return text.strip()[:LONGEST_TITLE] or "Dokument"
