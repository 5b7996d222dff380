"""How signatures are asked for: who, in which order, at which level, told how, with which further documents (M20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases import dossiers, enclosures, followup
from cases.dossiers import Sealed
from cases.store import cases
from sikkersak.contracts.cases_documents import AskForSignatures, SignerWish
from sikkersak.contracts.message import Contract
from sikkersak.contracts.signing import Capacity, RequestSignatures, Signer, SigningDossier, SigningFlow
from sikkersak.contracts.values import File, Party
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Row, Transaction
from sikkersak.vault.reference import VaultRef

HIGHEST = 4


class SigningWishes(Contract):
    """A signing order without what it lacks until then: the rendition. Sealed, for it names people (R3)."""

    further: tuple[File, ...]
    signers: tuple[Signer, ...]
    days_open: int
    opens_at: datetime | None
    level: int
    is_advanced: bool
    message: str
    flow: SigningFlow


async def compose(tx: Transaction, sealed: Sealed, row: Row, asked: AskForSignatures) -> dict[str, Any]:
    """The wishes as they are kept until there is a rendition to sign."""
    further = await enclosures.files_of(tx, row, asked.further_documents)
    if asked.is_advanced and further:
        raise enclosures.NotPossible("advanced-one-document", "Avansert signatur gjelder ett dokument om gangen.")
    if asked.flow is SigningFlow.DIRECT and asked.opens_at is not None:
        raise enclosures.NotPossible("at-screen-at-once", "Signering på skjermen åpner med en gang.")
    wishes = SigningWishes(
        further=tuple(further),
        signers=await _signers(tx, sealed, row, asked),
        days_open=asked.days_open,
        opens_at=asked.opens_at,
        level=HIGHEST if asked.is_advanced else asked.level,
        is_advanced=asked.is_advanced,
        message=asked.message,
        flow=asked.flow,
    )
    return (await sealed.keep(wishes)).model_dump(mode="json")


async def order(tx: Transaction, sealed: Sealed, row: Row) -> None:
    """Orders the signature job, once there is a rendition to sign. Key: the job's id, fixed when signatures were asked."""
    if row["rendition"] is None or row["signing"] != "waiting" or row["withdrawn_at"] is not None:
        return
    wanted = await _dossier(tx, sealed, row, VaultRef.model_validate(row["rendition"]))
    request = RequestSignatures(
        job_id=row["job_id"],
        document_id=row["document_id"],
        case_id=row["case_id"],
        school_id=await cases.school_of(tx, row["case_id"]),
        dossier=await sealed.keep(wanted),
        asked_by=row["owner_id"],
    )
    await say(tx, request)


async def _dossier(tx: Transaction, sealed: Sealed, row: Row, rendition: VaultRef) -> SigningDossier:
    """What signing is ordered to do: the wishes around the rendition; all guardians where none were kept."""
    if row["signing_wishes"] is None:
        return dossiers.signing(row, rendition, await followup.guardians(tx, sealed, row))
    wishes = await sealed.read(VaultRef.model_validate(row["signing_wishes"]), SigningWishes)
    file = dossiers.rendition_file(row, rendition)
    return SigningDossier(title=row["title"], document=file, **dict(wishes))


async def _signers(tx: Transaction, sealed: Sealed, row: Row, asked: AskForSignatures) -> tuple[Signer, ...]:
    if not asked.signers:
        return tuple(_guardian(party, SignerWish()) for party in await followup.guardians(tx, sealed, row))
    known: tuple[Party, ...] = ()
    if any(wish.guardian is not None for wish in asked.signers):
        known = await followup.guardians(tx, sealed, row)
    found = tuple(_signer(known, wish) for wish in asked.signers)
    numbers = [signer.national_id for signer in found if signer.national_id is not None]
    if len(set(numbers)) != len(numbers):
        raise enclosures.NotPossible("signer-twice", "Samme person kan ikke signere to ganger.")
    return found


def _signer(known: tuple[Party, ...], wish: SignerWish) -> Signer:
    has_address = wish.email is not None or wish.mobile is not None
    if wish.on_behalf_of is Capacity.OTHER and not has_address:
        raise enclosures.NotPossible("contact-needed", "Den som signerer på vegne av andre, må ha e-post eller mobil.")
    if wish.guardian is not None:
        if wish.guardian > len(known):
            raise enclosures.NotPossible("no-such-guardian", "Eleven har ikke så mange foresatte.")
        return _guardian(known[wish.guardian - 1], wish)
    if not wish.name.strip() or not (wish.national_id or has_address):
        raise enclosures.NotPossible(
            "signer-unknown", "Oppgi navn, og fødselsnummer, e-post eller mobil, til den som skal signere."
        )
    return Signer(name=wish.name.strip(), **wish.model_dump(exclude={"guardian", "name"}))


def _guardian(party: Party, wish: SignerWish) -> Signer:
    told = wish.model_dump(include={"email", "mobile", "on_behalf_of", "order"})
    return Signer(name=party.name, national_id=party.national_id, **told)
