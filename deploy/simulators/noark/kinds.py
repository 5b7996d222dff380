"""The entities of the archive structure: their fields, code lists, children, and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REL = "https://rel.arkivverket.no/noark5/v5/api/"


@dataclass(frozen=True)
class Kind:
    """One kind of entity. `creates` are the kinds that may be made under it, `lists` what it can show."""

    name: str
    family: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    creates: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    has_file: bool = False

    @property
    def rel(self) -> str:
        """The rel that names this kind."""
        return f"{REL}{self.family}/{self.name}/"

    @property
    def fields(self) -> frozenset[str]:
        """What a client may set."""
        return frozenset((*self.required, *self.optional))


COMMON = ("beskrivelse", "dokumentmedium", "skjerming", "gradering", "kassasjon", "virksomhetsspesifikkeMetadata")
PARTIES = ("korrespondansepartperson", "korrespondansepartenhet", "korrespondansepartintern")
PARTY_CODES = {"korrespondanseparttype": "korrespondanseparttype"}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("arkiv", "arkivstruktur", ("tittel",), lists=("arkivdel",)),
        Kind(
            "arkivdel",
            "arkivstruktur",
            ("tittel",),
            ("arkivdelstatus",),
            creates=("saksmappe",),
            lists=("klassifikasjonssystem", "mappe"),
        ),
        Kind("klassifikasjonssystem", "arkivstruktur", ("tittel",), lists=("klasse",)),
        Kind("klasse", "arkivstruktur", ("klasseID", "tittel"), creates=("saksmappe",), lists=("mappe",)),
        Kind(
            "saksmappe",
            "sakarkiv",
            ("tittel",),
            (
                *COMMON,
                "offentligTittel",
                "noekkelord",
                "saksdato",
                "administrativEnhet",
                "saksansvarlig",
                "journalenhet",
                "saksstatus",
            ),
            {"saksstatus": "saksstatus", "dokumentmedium": "dokumentmedium"},
            ("journalpost", "partperson", "partenhet", "merknad"),
            ("registrering", "part", "merknad"),
        ),
        Kind(
            "journalpost",
            "sakarkiv",
            ("tittel",),
            (
                *COMMON,
                "offentligTittel",
                "journalposttype",
                "journalstatus",
                "journaldato",
                "dokumentetsDato",
                "mottattDato",
                "sendtDato",
                "forfallsdato",
                "offentlighetsvurdertDato",
                "antallVedlegg",
                "journalenhet",
            ),
            {
                "journalposttype": "journalposttype",
                "journalstatus": "journalstatus",
                "dokumentmedium": "dokumentmedium",
            },
            (*PARTIES, "dokumentbeskrivelse", "avskrivning"),
            ("dokumentbeskrivelse", "korrespondansepart", "avskrivning"),
        ),
        Kind(
            "korrespondansepartperson",
            "arkivstruktur",
            ("korrespondanseparttype", "navn"),
            ("personidentifikator", "postadresse", "bostedsadresse", "kontaktinformasjon"),
            PARTY_CODES,
        ),
        Kind(
            "korrespondansepartenhet",
            "arkivstruktur",
            ("korrespondanseparttype", "navn"),
            ("enhetsidentifikator", "forretningsadresse", "postadresse", "kontaktinformasjon", "kontaktperson"),
            PARTY_CODES,
        ),
        Kind(
            "korrespondansepartintern",
            "arkivstruktur",
            ("korrespondanseparttype",),
            ("administrativEnhet", "saksbehandler"),
            PARTY_CODES,
        ),
        Kind("partperson", "arkivstruktur", ("navn",), ("personidentifikator", "partRolle", "postadresse")),
        Kind("partenhet", "arkivstruktur", ("navn",), ("enhetsidentifikator", "partRolle", "postadresse")),
        Kind(
            "dokumentbeskrivelse",
            "arkivstruktur",
            ("tittel",),
            (
                *COMMON,
                "dokumenttype",
                "dokumentstatus",
                "tilknyttetRegistreringSom",
                "dokumentnummer",
                "eksternReferanse",
            ),
            {
                "dokumenttype": "dokumenttype",
                "dokumentstatus": "dokumentstatus",
                "tilknyttetRegistreringSom": "tilknyttetregistreringsom",
            },
            ("dokumentobjekt",),
            ("dokumentobjekt",),
            has_file=True,
        ),
        Kind(
            "dokumentobjekt",
            "arkivstruktur",
            (),
            (
                "versjonsnummer",
                "variantformat",
                "format",
                "formatDetaljer",
                "filnavn",
                "mimeType",
                "sjekksum",
                "sjekksumAlgoritme",
                "filstoerrelse",
            ),
            {"variantformat": "variantformat", "format": "format"},
            has_file=True,
        ),
        Kind("merknad", "arkivstruktur", ("merknadstekst",), ("merknadstype",), {"merknadstype": "merknadstype"}),
        Kind(
            "avskrivning",
            "sakarkiv",
            ("avskrivningsmaate",),
            ("avskrivningsdato", "avskrevetAv"),
            {"avskrivningsmaate": "avskrivningsmaate"},
        ),
        Kind("virksomhetsspesifikkeMetadata", "metadata", ("navn", "type"), ("beskrivelse", "kilde"), {}),
    )
}

# Lists that show several kinds, or one under a wider name, and the family of their rel.
WIDER: dict[str, tuple[str, tuple[str, ...]]] = {
    "mappe": ("arkivstruktur", ("saksmappe",)),
    "registrering": ("arkivstruktur", ("journalpost",)),
    "korrespondansepart": ("arkivstruktur", PARTIES),
    "part": ("arkivstruktur", ("partperson", "partenhet")),
}

# The lists that a family's own page links to.
ENTRANCES: dict[str, tuple[str, ...]] = {
    "arkivstruktur": (
        "arkiv",
        "arkivdel",
        "klassifikasjonssystem",
        "klasse",
        "mappe",
        "registrering",
        "dokumentbeskrivelse",
        "dokumentobjekt",
    ),
    "sakarkiv": ("saksmappe", "journalpost"),
}


def shown(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The family and the kinds behind the name of a list, None when there is no such list."""
    if name in WIDER:
        return WIDER[name]
    return (KINDS[name].family, (name,)) if name in KINDS else None
