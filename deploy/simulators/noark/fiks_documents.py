"""Fiks Arkiv's XML as this archive reads and writes it; the tree below is the same that the REST interface shows."""

from __future__ import annotations

from typing import Any

from lxml import etree

from simulators.noark.refusal import Refused
from simulators.noark.search import OWN
from simulators.noark.tree import Entity, Tree

ROOT = "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/"
CATALOGUE = f"{ROOT}metadatakatalog/v1"
STRUCTURE = f"{ROOT}arkivstruktur/v1"
RECEIPT = f"{ROOT}arkivmelding/opprett/kvittering/v1"
FAULT = f"{ROOT}feil/feilmelding/v1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
KEY_FIELD = "vnd-fiks-v1:eksternnoekkel"
SYSTEM_FIELD = "vnd-fiks-v1:fagsystem"
Xml = Any


def read(content: bytes) -> Xml:
    """A message; UTF-8 or UTF-16, any prefix.

    :raises Refused: 400.
    """
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Refused(400, f"Meldingen er ikke gyldig XML: {error.msg}") from error


def child(parent: Xml, *way: str) -> Xml | None:
    """The first child along a way of local names."""
    for name in way:
        parent = next((one for one in parent if local(one) == name), None)
        if parent is None:
            return None
    return parent


def children(parent: Xml, name: str) -> list[Xml]:
    """The children of that local name."""
    return [one for one in parent if local(one) == name]


def text(parent: Xml, *way: str) -> str | None:
    """The text along a way of local names."""
    found = child(parent, *way)
    return found.text.strip() if found is not None and found.text and found.text.strip() else None


def local(element: Xml) -> str | None:
    """Local name; comments have none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else None


def key_of(entity: Entity) -> str | None:
    """The external key that came with an entity."""
    own = entity.body.get(OWN, {})
    return next((value for name, value in own.items() if name.endswith(":eksternnoekkel")), None)


def new(namespace: str, name: str) -> Xml:
    """An outermost element."""
    known = {None: namespace, "m": CATALOGUE, "xsi": XSI, "a": STRUCTURE, "f": FAULT}
    return etree.Element(f"{{{namespace}}}{name}", nsmap=known)


def add(parent: Xml, name: str, value: object = None, ns: str = STRUCTURE, kind: str | None = None) -> Xml:
    """A child, of arkivstruktur unless it is said; left empty without a value."""
    made: Xml = etree.SubElement(parent, f"{{{ns}}}{name}")
    if kind:
        made.set(f"{{{XSI}}}type", kind)
    if value is not None:
        made.text = str(value)
    return made


def optional(parent: Xml, name: str, value: object, ns: str = STRUCTURE) -> None:
    """A child, unless there is nothing to say."""
    if value:
        add(parent, name, value, ns)


def code(parent: Xml, name: str, given: Any, ns: str = STRUCTURE) -> None:
    """A coded child."""
    if isinstance(given, dict):
        made = add(parent, name, ns=ns)
        add(made, "kode", given["kode"], CATALOGUE)
        if given.get("kodenavn"):
            add(made, "beskrivelse", given["kodenavn"], CATALOGUE)


def key(parent: Xml, entity: Entity, ns: str = STRUCTURE) -> None:
    """ReferanseEksternNoekkel, where one came."""
    if key_of(entity):
        made = add(parent, "referanseEksternNoekkel", ns=ns)
        add(made, "fagsystem", entity.body[OWN].get(SYSTEM_FIELD, "SikkerSak"), CATALOGUE)
        add(made, "noekkel", key_of(entity), CATALOGUE)


def born(parent: Xml, entity: Entity) -> None:
    """When and by whom."""
    add(parent, "opprettetDato", entity.body["opprettetDato"])
    add(parent, "opprettetAv", entity.body["opprettetAv"])


def screening(parent: Xml, entity: Entity) -> None:
    """Skjerming, of which v1 knows the restriction and its basis only."""
    given = entity.body.get("skjerming")
    if given:
        made = add(parent, "skjerming")
        code(made, "tilgangsrestriksjon", given["tilgangsrestriksjon"])
        add(made, "skjermingshjemmel", given["skjermingshjemmel"])


def case_file(parent: Xml, entity: Entity, ns: str) -> None:
    """Saksmappe of arkivstruktur, in a result of the namespace `ns`."""
    made, body = add(parent, "saksmappe", ns=ns), entity.body
    add(made, "systemID", entity.id)
    add(made, "mappeID", body["mappeID"])
    add(made, "tittel", body["tittel"])
    optional(made, "offentligTittel", body.get("offentligTittel"))
    born(made, entity)
    optional(made, "avsluttetDato", body.get("avsluttetDato"))
    optional(made, "avsluttetAv", body.get("avsluttetAv"))
    screening(made, entity)
    key(made, entity)
    add(made, "saksaar", body["saksaar"])
    add(made, "sakssekvensnummer", body["sakssekvensnummer"])
    add(made, "saksdato", body["saksdato"][:10])
    for name in ("administrativEnhet", "saksansvarlig"):
        add(add(made, name), "navn", body.get(name, "Ukjent"), CATALOGUE)
    code(made, "saksstatus", body["saksstatus"])


def record(parent: Xml, tree: Tree, entity: Entity, ns: str, include: frozenset[str]) -> None:
    """Journalpost of arkivstruktur, with its documents and parties where they are asked for."""
    made, body = add(parent, "journalpost", ns=ns), entity.body
    add(made, "systemID", entity.id)
    born(made, entity)
    add(add(made, "referanseForelderMappe"), "systemID", entity.parent, CATALOGUE)
    screening(made, entity)
    if "dokumentbeskrivelse" in include:
        for document in tree.under(entity, ["dokumentbeskrivelse"]):
            _document(made, tree, document, with_files="dokumentobjekt" in include)
    add(made, "registreringsID", body["registreringsID"])
    add(made, "tittel", body["tittel"])
    optional(made, "offentligTittel", body.get("offentligTittel"))
    if "korrespondansepart" in include:
        for party in (tree.entities[one] for one in entity.children):
            if party.kind.startswith("korrespondansepart"):
                _party(made, party)
    key(made, entity)
    for name in ("journalaar", "journalsekvensnummer", "journalpostnummer"):
        add(made, name, body[name])
    for name in ("journalposttype", "journalstatus"):
        code(made, name, body[name])
    add(made, "journaldato", body["journaldato"][:10])
    optional(made, "dokumentetsDato", (body.get("dokumentetsDato") or "")[:10])
    optional(made, "mottattDato", body.get("mottattDato"))
    optional(made, "sendtDato", body.get("sendtDato"))


def _document(parent: Xml, tree: Tree, entity: Entity, *, with_files: bool) -> None:
    made, body = add(parent, "dokumentbeskrivelse"), entity.body
    add(made, "systemID", entity.id)
    code(made, "dokumenttype", body["dokumenttype"])
    code(made, "dokumentstatus", body["dokumentstatus"])
    add(made, "tittel", body["tittel"])
    born(made, entity)
    code(made, "tilknyttetRegistreringSom", body["tilknyttetRegistreringSom"])
    add(made, "dokumentnummer", body["dokumentnummer"])
    add(made, "tilknyttetDato", body["tilknyttetDato"])
    add(made, "tilknyttetAv", body["tilknyttetAv"])
    screening(made, entity)
    if with_files:
        for one in tree.under(entity, ["dokumentobjekt"]):
            _object(made, one)


def _object(parent: Xml, entity: Entity) -> None:
    made, body = add(parent, "dokumentobjekt"), entity.body
    add(made, "systemID", entity.id)
    add(made, "versjonsnummer", body["versjonsnummer"])
    code(made, "variantformat", body["variantformat"])
    add(made, "filnavn", body["filnavn"])
    code(made, "format", body["format"])
    add(made, "mimeType", body["mimeType"])
    born(made, entity)
    add(made, "referanseDokumentfil", body["referanseDokumentfil"])
    for name in ("sjekksum", "sjekksumAlgoritme", "filstoerrelse"):
        add(made, name, body[name])


def _party(parent: Xml, entity: Entity) -> None:
    made = add(parent, "korrespondansepart")
    add(made, "korrespondansepartID", entity.id)
    code(made, "korrespondanseparttype", entity.body["korrespondanseparttype"])
    add(made, "korrespondansepartNavn", entity.body.get("navn") or entity.body.get("administrativEnhet") or "Ukjent")


def search_result(asked: Xml, name: str, hits: list[Entity]) -> Xml:
    """SokeresultatNoekler."""
    namespace, inner = f"{ROOT}sokeresultat/noekler/v1", f"{ROOT}arkivstruktur/noekler/v1"
    take, skip = int(text(asked, "take") or 10), int(text(asked, "skip") or 0)
    top = new(namespace, "sokeresultatNoekler")
    shown = hits[skip : skip + take]
    told = {"system": text(asked, "system"), "take": take, "skip": skip, "count": len(hits), "resultattype": name}
    for field, value in told.items():
        add(top, field, value, namespace)
    listed = add(top, "resultatListe", ns=namespace)
    for hit in shown:
        made = add(add(listed, "resultatNoekler", ns=namespace), name, ns=namespace)
        add(made, "systemID", hit.id, inner)
        key(made, hit, inner)
    return top


# --- answers to arkivmelding


def case_receipt(parent: Xml, entity: Entity, *, is_new: bool) -> None:
    """MappeKvittering."""
    made = add(parent, "mappeKvittering", ns=RECEIPT, kind="saksmappeKvittering")
    add(made, "systemID", entity.id, RECEIPT)
    add(made, "mappeID", entity.body["mappeID"], RECEIPT)
    key(made, entity, RECEIPT)
    add(made, "opprettetEllerEksisterende", "Opprettet" if is_new else "Eksisterende", RECEIPT)
    add(made, "saksaar", entity.body["saksaar"], RECEIPT)
    add(made, "sakssekvensnummer", entity.body["sakssekvensnummer"], RECEIPT)
    add(made, "saksdato", entity.body["saksdato"][:10], RECEIPT)


def record_receipt(parent: Xml, tree: Tree, entity: Entity, *, is_new: bool) -> None:
    """RegistreringKvittering."""
    made, body = add(parent, "registreringKvittering", ns=RECEIPT, kind="journalpostKvittering"), entity.body
    add(made, "systemID", entity.id, RECEIPT)
    add(made, "opprettetDato", body["opprettetDato"], RECEIPT)
    for document in tree.under(entity, ["dokumentbeskrivelse"]):
        inner = add(made, "dokumentbeskrivelseKvittering", ns=RECEIPT)
        add(inner, "systemID", document.id, RECEIPT)
        add(inner, "dokumentnummer", document.body["dokumentnummer"], RECEIPT)
        for one in tree.under(document, ["dokumentobjekt"]):
            file = add(inner, "dokumentobjekt", ns=RECEIPT)
            add(file, "systemID", one.id, RECEIPT)
            add(file, "versjonsnummer", one.body["versjonsnummer"], RECEIPT)
            code(file, "variantformat", one.body["variantformat"], RECEIPT)
    add(made, "registreringsID", body["registreringsID"], RECEIPT)
    key(made, entity, RECEIPT)
    add(made, "opprettetEllerEksisterende", "Opprettet" if is_new else "Eksisterende", RECEIPT)
    for name in ("journalaar", "journalsekvensnummer", "journalpostnummer"):
        add(made, name, body[name], RECEIPT)
    code(made, "journalposttype", body["journalposttype"], RECEIPT)
    code(made, "journalstatus", body["journalstatus"], RECEIPT)
    add(made, "journaldato", body["journaldato"][:10], RECEIPT)


def failed_half(parent: Xml, name: str, identity: str, said: str) -> None:
    """MappeFeilet or registreringFeilet: the other half stands."""
    made = add(parent, name, ns=RECEIPT)
    add(made, "feilId", identity, FAULT)
    add(made, "feilmelding", said, FAULT)


def written(element: Xml) -> bytes:
    """UTF-8 without a byte order mark."""
    return bytes(etree.tostring(element, xml_declaration=True, encoding="UTF-8"))
