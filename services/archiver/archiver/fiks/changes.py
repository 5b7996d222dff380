"""Later changes in Fiks Arkiv's XML: arkivmelding.oppdater and dokumentobjekt.opprett. Only what changes is said."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from archiver.core import CorrespondenceParty, DocumentDescription, RegistryEntry, Screening
from archiver.fiks.access import FiksAccess
from archiver.fiks.names import CATALOGUE, CREATE, NEW_OBJECT, UPDATE
from archiver.fiks.reading import HeldParty
from archiver.fiks.writing import (
    Parent,
    add,
    add_object,
    add_party,
    coded,
    external_key,
    named,
    optional,
    root,
    written,
)


def correction(access: FiksAccess, entry: RegistryEntry, held: Sequence[HeldParty], *, was_screened: bool) -> bytes:
    """journalpostOppdatering: titles, dates, screening, and parties by the ids that the archive gave them."""
    top, change = _record(access, entry.key)
    _screening(change, entry.screening, was_screened=was_screened)
    add(change, "tittel", entry.title)
    optional(change, "offentligTittel", entry.public_title)
    _parties(change, entry, held)
    add(change, "dokumentetsDato", entry.document_date)
    optional(change, "mottattDato", entry.received_at)
    optional(change, "sendtDato", entry.sent_at)
    return written(top)


def withdrawal(access: FiksAccess, key: str) -> bytes:
    """Journalstatus Utgår."""
    top, change = _record(access, key)
    coded(change, "journalstatus", "U")
    return written(top)


def title_of_document(access: FiksAccess, document: DocumentDescription, *, is_main: bool) -> bytes:
    """dokumentbeskrivelseOppdatering: its title."""
    top = root(UPDATE, "arkivmeldingOppdatering")
    change = add(top, "dokumentbeskrivelseOppdateringer")
    external_key(add(change, "referanseTilDokumentbeskrivelse"), access, document.key, ns=CATALOGUE)
    add(change, "tittel", document.title)
    coded(change, "tilknyttetRegistreringSom", "H" if is_main else "V")
    return written(top)


def variant(access: FiksAccess, document: DocumentDescription, name: str) -> bytes:
    """dokumentobjekt.opprett: one more file of a document that stands; its children are of arkivmelding's namespace."""
    top = root(NEW_OBJECT, "dokumentobjektOpprett")
    external_key(add(top, "referanseTilDokumentbeskrivelse"), access, document.key, ns=CATALOGUE)
    made = root(CREATE, "made")
    add_object(made, access, document.objects[0], name)
    _adopt(top, made[0], "dokumentobjekt")
    return written(top)


def _adopt(parent: Parent, child: Parent, name: str) -> None:
    """An element of the parent's namespace whose children keep arkivmelding's, as the schemas have it."""
    child.tag = f"{{{etree.QName(parent).namespace}}}{name}"
    parent.append(child)


def _record(access: FiksAccess, key: str) -> tuple[Parent, Parent]:
    top = root(UPDATE, "arkivmeldingOppdatering")
    change = add(top, "registreringOppdateringer", kind="journalpostOppdatering")
    external_key(add(change, "referanseTilRegistrering"), access, key, ns=CATALOGUE)
    return top, change


def _screening(parent: Parent, wanted: Screening | None, *, was_screened: bool) -> None:
    if wanted is None and not was_screened:
        return
    child = add(parent, "skjermingOppdateringer")
    if wanted is None:
        add(child, "slett", value=True)
        return
    inner = add(child, "oppdatering")
    coded(inner, "tilgangsrestriksjon", wanted.restriction)
    add(inner, "skjermingshjemmel", wanted.legal_basis)


def _parties(parent: Parent, entry: RegistryEntry, held: Sequence[HeldParty]) -> None:
    """Those of the same role become the wanted ones; what is left over goes, what is missing comes."""
    left, missing = list(held), list[CorrespondenceParty]()
    for party in entry.parties:
        same = next((one for one in left if (one.role, one.name) == (party.role.value, party.name)), None)
        left.remove(same) if same is not None else missing.append(party)
    changed: list[tuple[HeldParty, CorrespondenceParty]] = []
    for party in list(missing):
        same_role = next((one for one in left if one.role == party.role.value), None)
        if same_role is not None:
            left.remove(same_role)
            missing.remove(party)
            changed.append((same_role, party))
    if not (changed or left or missing):
        return
    parties = add(parent, "korrespondansepartOppdateringer")
    for one, party in changed:
        _changed(add(parties, "oppdatering"), one, party)
    for one in left:
        add(add(parties, "slett"), "korrespondansepartID", one.id)
    for party in missing:
        made = root(CREATE, "made")
        add_party(made, party, entry.screening)
        _adopt(parties, made[0], "ny")


def _changed(parent: Parent, held: HeldParty, wanted: CorrespondenceParty) -> None:
    add(parent, "korrespondansepartID", held.id)
    add(parent, "korrespondansepartNavn", wanted.name)
    if wanted.national_id:
        add(parent, "personid" if wanted.is_person else "organisasjonid", wanted.national_id)
    if wanted.address is not None:
        optional(parent, "postadresse", wanted.address.line)
        optional(parent, "postnummer", wanted.address.postal_code)
        optional(parent, "poststed", wanted.address.city)
    if wanted.caseworker:
        named(parent, "saksbehandler", wanted.caseworker)
