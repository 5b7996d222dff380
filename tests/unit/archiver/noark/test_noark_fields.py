"""Every JSON that we send has the fields, the lists and the types of the official schemas of the service interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archiver.core import CorrespondenceParty, DocumentKind, Role
from archiver.noark import NoarkAccess, payloads
from sikkersak.contracts.archiver import RecordType

SPECS = Path(__file__).resolve().parents[5] / "shared" / "specs" / "noark5" / "tjenestegrensesnitt-1.1" / "xsd"
XS = "{http://www.w3.org/2001/XMLSchema}"
# What the archive fills in by itself, though a schema has no word for it.
GIVEN = {
    *("systemID", "mappeID", "registreringsID", "arkivertDato", "arkivertAv", "avsluttetDato", "avsluttetAv"),
    *("saksaar", "sakssekvensnummer", "journalaar", "journalsekvensnummer", "journalpostnummer", "journaldato"),
    *("tilknyttetDato", "tilknyttetAv", "referanseDokumentfil", "opprettetDato", "opprettetAv"),
    *("merknadsdato", "merknadRegistrertAv", "avskrivningsdato", "avskrevetAv", "korrespondansepartID"),
    *(
        "_links",
        "links",
        "antallVedlegg",
        "oppdatertDato",
        "oppdatertAv",
        "referanseOppdatertAv",
        "referanseOpprettetAv",
    ),
}
# Where the schemas are older than the standard's text, which decides: what the text has, and what it no longer asks for.
BY_THE_TEXT = {
    "SkjermingType": {"skjermingDokument"},
    "DokumentskjermingType": {"tilgangsrestriksjon", "skjermingshjemmel", "skjermingMetadata", "skjermingDokument"},
    "DokumentbeskrivelseType": {"tilknyttetRegistreringSom", "dokumentnummer"},
}
NOT_ASKED = {
    "DokumentbeskrivelseType": {"dokumentlink"},
    "DokumentobjektType": {"dokumentbeskrivelse"},  # it is posted under it
    "MerknadType": {"skjermetMerknad"},
    "AvskrivningType": {"referanseAvskrevetAv"},  # who is logged in
}
ANY = {"virksomhetsspesifikkeMetadata"}
pytestmark = pytest.mark.skipif(
    not SPECS.exists(), reason="the schemas of the service interface are not on this machine"
)


@cache
def types() -> dict[str, Any]:
    trees = [etree.parse(path) for path in sorted(SPECS.glob("*.xsd"))]
    return {one.get("name"): one for tree in trees for one in tree.iter(f"{XS}complexType") if one.get("name")}


def elements(name: str) -> dict[str, tuple[str, bool, bool]]:
    """The type, whether it is required, and whether it is a list, of every element of a type and those it extends."""
    found: dict[str, tuple[str, bool, bool]] = {}
    known = types()[name]
    for extension in known.iter(f"{XS}extension"):
        base = extension.get("base").rpartition(":")[2]
        found |= elements(base) if base in types() else {}
    for one in known.iter(f"{XS}element"):
        kind = (one.get("type") or "").rpartition(":")[2]
        is_list = kind.endswith("Liste") or one.get("maxOccurs") == "unbounded"
        found[one.get("name")] = (kind, one.get("minOccurs", "1") != "0", is_list)
    return found


def faults(given: Mapping[str, Any], name: str, way: str = "") -> Iterator[str]:
    """What the schema does not know of this object, or misses in it."""
    known = elements(name)
    for field, value in given.items():
        here = f"{way}{field}"
        if field in ANY | BY_THE_TEXT.get(name, set()):
            continue
        if field not in known:
            yield f"{here}: unknown to {name}"
            continue
        kind, _, is_list = known[field]
        if is_list != isinstance(value, list):
            yield f"{here}: {'a list' if is_list else 'no list'}"
        for one in value if isinstance(value, list) else [value]:
            yield from value_faults(one, kind.removesuffix("Liste"), here)
    yield from (
        f"{way}{field}: missing" for field, (_, required, _) in known.items() if required and lacks(given, field, name)
    )


def lacks(given: Mapping[str, Any], field: str, name: str) -> bool:
    return field not in given and field not in GIVEN | NOT_ASKED.get(name, set())


def value_faults(value: Any, kind: str, way: str) -> Iterator[str]:
    if isinstance(value, dict) and set(value) == {"kode"}:
        if kind and "Type" in kind and kind in types() and "kode" not in elements(kind):
            yield f"{way}: {kind} is no code"
    elif isinstance(value, dict) and kind == "AbstraktPersonidentifikator":
        ((field, _),) = value.items()
        yield from faults(value, {"foedselsnummer": "FoedselsnummerType", "dnummer": "DNummerType"}[field], f"{way}.")
    elif isinstance(value, dict):
        yield from faults(value, kind if kind in types() else f"{kind}Type", f"{way}.")
    elif kind == "dateTime" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{way}: no zone"
    elif kind in {"integer", "int", "long"} and not isinstance(value, int):
        yield f"{way}: no number"


def access() -> NoarkAccess:
    return NoarkAccess(root="http://127.0.0.1/", client_id="x", client_secret="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("record_type", list(RecordType))
@pytest.mark.parametrize("is_screened", [True, False], ids=["screened", "open"])
def test_case_files_and_registry_entries(make: Any, record_type: RecordType, is_screened: bool) -> None:
    entry = make.entry(type=record_type)
    entry = replace(entry, received_at=entry.sent_at, assessed_on=entry.document_date)
    if not is_screened:
        entry = replace(entry, screening=None, case_file=replace(entry.case_file, screening=None))
    assert list(faults(payloads.case_file(entry.case_file, access()), "SaksmappeType")) == []
    assert list(faults(payloads.record(entry, access()), "JournalpostType")) == []


def test_parties_of_every_kind(make: Any) -> None:
    person, _, unit, internal = make.entry().parties
    wanted = {
        "KorrespondansepartPersonType": person,
        "KorrespondansepartEnhetType": unit,
        "KorrespondansepartInternType": internal,
    }
    for name, party in wanted.items():
        assert list(faults(payloads.party(party), name)) == []
    bare = CorrespondenceParty(role=Role.RECEIVER, name="Nora Eksempel", is_person=True)
    assert list(faults(payloads.party(bare), "KorrespondansepartPersonType")) == []


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_documents_and_their_files(make: Any, kind: DocumentKind) -> None:
    document = replace(make.document(kind), screening=make.screening)
    assert list(faults(payloads.document(document, 1, access()), "DokumentbeskrivelseType")) == []
    for given in document.objects:
        assert list(faults(payloads.document_object(given, access().codes), "DokumentobjektType")) == []


def test_remarks_and_sign_offs() -> None:
    assert list(faults({"merknadstekst": "Ferdig"}, "MerknadType")) == []
    assert list(faults({"avskrivningsmaate": {"kode": "TE"}}, "AvskrivningType")) == []


def test_the_check_itself_finds_what_is_wrong(make: Any) -> None:
    body = payloads.record(make.entry(), access())
    assert list(faults(body | {"journalnummer": 1}, "JournalpostType")) == ["journalnummer: unknown to JournalpostType"]
    assert "tittel: missing" in list(faults({}, "JournalpostType"))
    assert "skjerming.hjemmel: unknown to SkjermingType" in list(
        faults({"skjerming": {"hjemmel": "x"}}, "SaksmappeType")
    )
