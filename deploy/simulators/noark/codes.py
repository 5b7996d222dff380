"""The code lists of this archive: Noark 5's own, with the local additions a municipality makes."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.noark.refusal import Refused

# A local code: access restriction by offentleglova § 13. Noark 5 has none.
EXEMPT = "13"
# A local code: evidence of a signature. It cannot be converted, so it needs no archive variant.
EVIDENCE = "SB"

LISTS: Mapping[str, Mapping[str, str]] = {
    "journalposttype": {
        "I": "Inngående dokument",
        "U": "Utgående dokument",
        "N": "Organinternt dokument for oppfølging",
        "X": "Organinternt dokument uten oppfølging",
        "S": "Saksframlegg",
    },
    "journalstatus": {
        "J": "Journalført",
        "F": "Ferdigstilt fra saksbehandler",
        "G": "Godkjent av leder",
        "E": "Ekspedert",
        "A": "Arkivert",
        "U": "Utgår",
        "M": "Midlertidig registrering av innkommet dokument",
        "S": "Saksbehandler har registrert innkommet dokument",
        "R": "Reservert dokument",
    },
    "saksstatus": {
        "B": "Under behandling",
        "A": "Avsluttet",
        "U": "Utgår",
        "R": "Opprettet av saksbehandler",
        "S": "Avsluttet av saksbehandler",
        "P": "Unntatt prosesstyring",
        "F": "Ferdig fra saksbehandler",
    },
    "dokumentstatus": {"B": "Dokumentet er under redigering", "F": "Dokumentet er ferdigstilt"},
    "dokumenttype": {
        "B": "Brev",
        "R": "Rundskriv",
        "F": "Faktura",
        "O": "Ordrebekreftelse",
        "DOKUMENT": "Dokument",
        "VEDLEGG": "Vedlegg",
        EVIDENCE: "Signaturbevis",
    },
    "tilknyttetregistreringsom": {"H": "Hoveddokument", "V": "Vedlegg"},
    "variantformat": {
        "P": "Produksjonsformat",
        "A": "Arkivformat",
        "O": "Dokument hvor deler av innholdet er skjermet",
    },
    "format": {
        "av/0": "Ukjent format",
        "fmt/95": "PDF/A-1a",
        "fmt/354": "PDF/A-1b",
        "fmt/476": "PDF/A-2a",
        "fmt/477": "PDF/A-2b",
        "fmt/478": "PDF/A-2u",
        "fmt/479": "PDF/A-3a",
        "fmt/480": "PDF/A-3b",
        "fmt/481": "PDF/A-3u",
        "fmt/276": "PDF 1.7",
        "fmt/101": "XML",
        "fmt/412": "DOCX",
        "fmt/291": "ODT",
        "fmt/43": "JPEG",
        "fmt/11": "PNG",
        "fmt/353": "TIFF",
        "x-fmt/111": "Ren tekst",
        "x-fmt/263": "ZIP",
    },
    "korrespondanseparttype": {
        "EA": "Avsender",
        "EM": "Mottaker",
        "EK": "Kopimottaker",
        "GM": "Gruppemottaker",
        "IA": "Intern avsender",
        "IM": "Intern mottaker",
        "IK": "Intern kopimottaker",
        "IS": "Medavsender",
    },
    "partrolle": {"KLI": "Klient", "PAA": "Pårørende", "FORM": "Formynder", "ADV": "Advokat"},
    "tilgangsrestriksjon": {
        EXEMPT: "Unntatt offentlighet, taushetsplikt",
        "XX": "Midlertidig sperret",
        "P": "Personalsaker",
    },
    "skjermingmetadata": {
        "KID": "Skjerming klasseID",
        "TKL": "Skjerming tittel klasse",
        "TM1": "Skjerming tittel mappe - unntatt første linje",
        "TMO": "Skjerming tittel mappe - utvalgte ord",
        "NPS": "Skjerming navn part i sak",
        "TR1": "Skjerming tittel registrering - unntatt første linje",
        "TRO": "Skjerming tittel registrering - utvalgte ord",
        "NA": "Skjerming navn avsender",
        "NM": "Skjerming navn mottaker",
        "TD": "Skjerming tittel dokumentbeskrivelse",
        "MT": "Skjerming merknadstekst",
        "M": "Midlertidig skjerming",
    },
    "skjermingdokument": {"H": "Skjerming av hele dokumentet", "D": "Skjerming av deler av dokumentet"},
    "avskrivningsmaate": {
        "BU": "Besvart med brev",
        "BE": "Besvart med e-post",
        "TLF": "Besvart på telefon",
        "TE": "Tatt til etterretning",
        "TO": "Tatt til orientering",
        "BN": "Besvart med notat",
        "SA": "Saken ble avsluttet",
    },
    "dokumentmedium": {"F": "Fysisk medium", "E": "Elektronisk arkiv", "B": "Blandet fysisk og elektronisk arkiv"},
    "merknadstype": {"MS": "Merknad fra saksbehandler", "ML": "Merknad fra leder", "MA": "Merknad fra arkivansvarlig"},
}

# PRONOM id of each PDF/A flavour.
PDFA_FORMATS = {name.removeprefix("PDF/A-").upper(): code for code, name in LISTS["format"].items() if "PDF/A" in name}


def filled(name: str, given: object) -> dict[str, str]:
    """The code with its name, as the instance keeps it.

    :raises Refused: 400 for an unknown one.
    """
    code = given.get("kode") if isinstance(given, Mapping) else None
    if not isinstance(code, str) or code not in LISTS[name]:
        raise Refused(400, f"Ukjent kode for {name}")
    return {"kode": code, "kodenavn": LISTS[name][code]}
