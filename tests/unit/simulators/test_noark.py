"""The stand-in for a Noark 5 archive core."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest

REL = "https://rel.arkivverket.no/noark5/v5/api/"
JSON = {"Content-Type": "application/vnd.noark5+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
KEY = "vnd-test-v1:eksternnoekkel"
SCREENING = {
    "tilgangsrestriksjon": {"kode": "13"},
    "skjermingshjemmel": "Offl. § 13",
    "skjermingMetadata": [{"kode": "TRO"}],
    "skjermingDokument": {"kode": "H"},
}
Body = dict[str, Any]


def make_pdf(part: str = "2", conformance: str = "B") -> bytes:
    with pikepdf.new() as document:
        document.add_blank_page()
        with document.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = part, conformance
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()


def log_in(client: httpx.Client, secret: str = "development") -> httpx.Response:
    form = {"grant_type": "client_credentials"}
    return client.post("/api/oauth2/token", data=form, auth=("sikkersak-archiver", secret))


def href(body: Body, rel: str) -> str:
    return str(body["_links"][REL + rel]["href"]).partition("{")[0]


def refusal(response: httpx.Response) -> tuple[int, str]:
    fault = response.json()["feil"]
    assert fault["kode"] == response.status_code
    return fault["kode"], fault["beskrivelse"]


class Client:
    """Somebody who has logged in."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        http.headers["Authorization"] = f"Bearer {log_in(http).json()['access_token']}"

    def get(self, address: str, **query: Any) -> Body:
        response = self.http.get(address, params=query or None)
        assert response.status_code == 200, response.text
        found: Body = response.json()
        return found

    def post(self, address: str, body: Body) -> httpx.Response:
        return self.http.post(address, json=body, headers=JSON)

    def make(self, parent: Body, rel: str, body: Body) -> Body:
        response = self.post(href(parent, rel), body)
        assert response.status_code == 201, response.text
        made: Body = response.json()
        assert response.headers["Location"] == made["_links"]["self"]["href"]
        return made

    def patch(self, entity: Body, body: Body, **headers: str) -> httpx.Response:
        return self.http.patch(entity["_links"]["self"]["href"], json=body, headers={**PATCH, **headers})

    def case(self) -> Body:
        (klasse,) = self.get("/api/arkivstruktur/klasse/")["results"]
        return self.make(klasse, "sakarkiv/ny-saksmappe/", {"tittel": "Elevsak"})

    def record(self, case: Body, **more: Any) -> Body:
        body = {"tittel": "Brev", "journalposttype": {"kode": "U"}, "journalstatus": {"kode": "F"}, **more}
        return self.make(case, "sakarkiv/ny-journalpost/", body)

    def document(self, record: Body, content: bytes | None = None, role: str = "H") -> Body:
        body = {"tittel": "Brev", "tilknyttetRegistreringSom": {"kode": role}}
        document = self.make(record, "arkivstruktur/ny-dokumentbeskrivelse/", body)
        if content is not None:
            held = self.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "A"}})
            assert self.upload(held, content).status_code == 201
        return document

    def upload(self, held: Body, content: bytes) -> httpx.Response:
        return self.http.post(
            href(held, "arkivstruktur/fil/"), content=content, headers={"Content-Type": "application/pdf"}
        )

    def finished(self, case: Body, **more: Any) -> Body:
        record = self.record(case, **more)
        assert self.patch(self.document(record, make_pdf()), {"dokumentstatus": {"kode": "F"}}).status_code == 200
        response = self.patch(record, {"journalstatus": {"kode": "J"}})
        assert response.status_code == 200
        final: Body = response.json()
        return final


@pytest.fixture(scope="module")
def address(start: Any) -> str:
    return str(start("noark", "--bulk-limit", "20000", "--page-size", "2")[0])


@pytest.fixture
def visitor(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10) as http:
        http.post("/_control/reset").raise_for_status()
        yield http


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def test_the_root_shows_a_visitor_how_to_log_in_and_nothing_else(visitor: httpx.Client) -> None:
    root = visitor.get("/api/").json()
    assert set(root["_links"]) == {"self", f"{REL}login/oidc/", f"{REL}login/rfc6749/"}
    discovered = visitor.get(href(root, "login/oidc/")).json()
    assert discovered["token_endpoint"] == href(root, "login/rfc6749/")
    assert refusal(visitor.get("/api/sakarkiv/"))[0] == 401


def test_a_wrong_secret_gives_no_token_and_an_expired_token_is_refused(visitor: httpx.Client) -> None:
    assert log_in(visitor, "wrong").json() == {"error": "invalid_client"}
    client = Client(visitor)
    client.get("/api/sakarkiv/")
    visitor.post("/_control/tokens/expire").raise_for_status()
    assert refusal(visitor.get("/api/sakarkiv/"))[0] == 401


def test_everything_is_reached_by_links_from_the_root(client: Client) -> None:
    root = client.get("/api/")
    system = client.get(href(root, "admin/system/"))
    assert (system["protokollversjon"], system["bulkgrense"]) == ("1.1", 20000)
    structure = client.get(href(root, "arkivstruktur/"))
    (series,) = client.get(href(structure, "arkivstruktur/arkivdel/"), **{"$filter": "tittel eq 'ELEVSAK'"})["results"]
    (system,) = client.get(href(series, "arkivstruktur/klassifikasjonssystem/"))["results"]
    (klasse,) = client.get(href(system, "arkivstruktur/klasse/"))["results"]
    assert klasse["klasseID"] == "B31"
    codes = client.get(href(client.get(href(root, "metadata/")), "metadata/journalstatus/"))["results"]
    assert {"kode": "E", "kodenavn": "Ekspedert"} in codes


def test_the_core_gives_numbers_dates_and_code_names(client: Client) -> None:
    case = client.case()
    assert case["mappeID"] == f"{case['saksaar']}/{case['sakssekvensnummer']}"
    assert case["saksstatus"] == {"kode": "B", "kodenavn": "Under behandling"}
    first, second = client.record(case), client.record(case)
    assert [first["registreringsID"], second["registreringsID"]] == [f"{case['mappeID']}-1", f"{case['mappeID']}-2"]
    assert second["journalsekvensnummer"] == first["journalsekvensnummer"] + 1
    assert first["opprettetAv"] == "sikkersak-archiver"


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"tittel": ""}, "Feltet tittel mangler"),
        ({"farge": "blå"}, "Ukjent felt: farge"),
        ({"journalstatus": {"kode": "Q"}}, "Ukjent kode for journalstatus"),
        ({"journalstatus": {"kode": "J"}}, "Journalposten har ingen ferdigstilte dokumenter"),
        ({"sendtDato": "2026-09-02T10:00:00"}, "Feltet sendtDato mangler tidssone"),
        ({"skjerming": SCREENING}, "offentligTittel mangler når tittelen er skjermet"),
        (
            {"skjerming": {**SCREENING, "skjermingMetadata": []}},
            "Skjerming må ha skjermingshjemmel og skjermingMetadata",
        ),
        ({"virksomhetsspesifikkeMetadata": {"vnd-x:y": "1"}}, "Virksomhetsspesifikt felt er ikke definert: vnd-x:y"),
    ],
)
def test_a_faulty_record_is_refused_with_a_reason(client: Client, more: Body, text: str) -> None:
    response = client.post(href(client.case(), "sakarkiv/ny-journalpost/"), {"tittel": "Brev", **more})
    assert refusal(response) == (400, text)


def test_own_fields_are_defined_first_and_found_by_value(client: Client) -> None:
    metadata = client.get("/api/metadata/")
    definition = {"navn": KEY, "type": "string"}
    make = href(metadata, "metadata/ny-virksomhetsspesifikkeMetadata/")
    assert client.post(make, definition).status_code == 201
    assert refusal(client.post(make, definition))[0] == 409
    case = client.case()
    client.record(case, virksomhetsspesifikkeMetadata={KEY: "record:1"})
    client.record(case, virksomhetsspesifikkeMetadata={KEY: "record:it's"})
    found = client.get("/api/sakarkiv/journalpost/", **{"$filter": f"{KEY} eq 'record:it''s'"})
    assert found["count"] == len(found["results"]) == 1
    empty = client.get("/api/sakarkiv/journalpost/", **{"$filter": f"{KEY} eq 'record:2'"})
    assert (empty["count"], "results" in empty) == (0, False)


def test_a_list_comes_in_pages_and_a_rich_filter_is_not_supported(client: Client) -> None:
    case = client.case()
    for _ in range(5):
        client.record(case)
    page, seen = client.get(href(case, "arkivstruktur/registrering/")), []
    while True:
        seen += [record["journalpostnummer"] for record in page["results"]]
        if "next" not in page["_links"]:
            break
        page = client.get(page["_links"]["next"]["href"])
    assert seen == [1, 2, 3, 4, 5]
    for query in ({"$filter": "startswith(tittel, 'B')"}, {"$search": "x"}):
        assert refusal(client.http.get("/api/sakarkiv/journalpost/", params=query))[0] == 501


def test_a_change_over_somebody_elses_change_is_a_conflict(client: Client) -> None:
    case = client.case()
    assert client.patch(case, {"beskrivelse": "a"}, **{"If-Match": '"0"'}).headers["ETag"] == '"1"'
    assert refusal(client.patch(case, {"beskrivelse": "b"}, **{"If-Match": '"0"'}))[0] == 409
    assert refusal(client.patch(case, {"beskrivelse": "b"}, ETag='"0"'))[0] == 409
    assert "beskrivelse" not in client.patch(case, {"beskrivelse": None}, **{"If-Match": '"1"'}).json()
    assert refusal(client.patch(case, {"mappeID": "2020/1"}))[0] == 400


def test_a_file_is_compared_with_what_was_announced(client: Client) -> None:
    document, content = client.document(client.record(client.case())), make_pdf()
    right = {
        "sjekksum": hashlib.sha256(content).hexdigest(),
        "filstoerrelse": len(content),
        "mimeType": "application/pdf",
    }
    right |= {"sjekksumAlgoritme": "SHA-256", "variantformat": {"kode": "A"}, "format": {"kode": "fmt/477"}}
    wrong = {"sjekksum": "0" * 64, "filstoerrelse": 1, "mimeType": "image/png", "format": {"kode": "fmt/354"}}
    for name, value in wrong.items():
        held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {**right, name: value})
        assert refusal(client.upload(held, content)) == (400, f"Filen stemmer ikke med oppgitt {name}")
    held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", right)
    stored = client.upload(held, content).json()
    assert stored["referanseDokumentfil"]
    assert client.http.get(href(stored, "arkivstruktur/fil/")).content == content
    assert client.http.get(href(stored, "arkivstruktur/fil/"), headers={"Accept": "image/png"}).status_code == 406
    assert refusal(client.upload(held, content))[0] == 403


@pytest.mark.parametrize(
    ("claim", "is_taken"),
    [(claim, True) for claim in ("1A", "1B", "2A", "2B", "2U")] + [(claim, False) for claim in ("3B", "3A", "4E")],
)
def test_only_five_flavours_are_archive_formats(client: Client, claim: str, is_taken: bool) -> None:
    document = client.document(client.record(client.case()))
    held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "A"}})
    assert client.upload(held, make_pdf(claim[0], claim[1])).status_code == (201 if is_taken else 400)


def test_what_is_no_pdf_is_taken_as_production_variant_only(client: Client) -> None:
    document = client.document(client.record(client.case()))
    for variant, status in (("A", 400), ("P", 201)):
        held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": variant}})
        assert client.upload(held, b"%PDF-1.7 not really").status_code == status


def test_a_file_above_the_limit_goes_in_parts(client: Client) -> None:
    document, content = client.document(client.record(client.case())), make_pdf() + b"%" * 30_000
    held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "P"}})
    assert refusal(client.upload(held, content))[0] == 403
    announce = {"X-Upload-Content-Type": "application/pdf", "X-Upload-Content-Length": str(len(content))}
    begun = client.http.post(href(held, "arkivstruktur/fil/"), headers=announce)

    def part(first: int, last: int) -> httpx.Response:
        span = {"Content-Range": f"{first}-{last}/{len(content)}"}
        return client.http.put(begun.headers["Location"], content=content[first : last + 1], headers=span)

    assert part(0, 14_999).headers["Range"] == "0-14999"
    assert refusal(part(20_000, 21_000))[0] == 400
    assert part(15_000, 29_999).headers["Range"] == "0-29999"
    done = part(30_000, len(content) - 1)
    assert (done.status_code, done.json()["sjekksum"]) == (201, hashlib.sha256(content).hexdigest())
    assert part(0, 14_999).status_code == 404


def test_a_record_is_final_only_with_finished_documents_in_archive_format(client: Client) -> None:
    record = client.record(client.case())

    def rise() -> tuple[int, str]:
        return refusal(client.patch(record, {"journalstatus": {"kode": "E"}}))

    assert rise() == (403, "Journalposten har ingen dokumenter")
    document = client.document(record)
    assert rise() == (403, "Journalposten har dokumenter som ikke er ferdigstilt")
    assert refusal(client.patch(document, {"dokumentstatus": {"kode": "F"}})) == (403, "Dokumentet mangler fil")
    held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "P"}})
    client.upload(held, make_pdf())
    assert client.patch(document, {"dokumentstatus": {"kode": "F"}}).status_code == 200
    assert rise() == (403, "Et dokument mangler arkivformat")
    held = client.make(document, "arkivstruktur/ny-dokumentobjekt/", {"variantformat": {"kode": "A"}})
    client.upload(held, make_pdf())
    assert client.patch(record, {"journalstatus": {"kode": "E"}}).status_code == 200


def test_what_is_finished_stays(client: Client) -> None:
    record = client.finished(client.case())
    (document,) = client.get(href(record, "arkivstruktur/dokumentbeskrivelse/"))["results"]
    (held,) = client.get(href(document, "arkivstruktur/dokumentobjekt/"))["results"]
    for entity in (record, document, held):
        assert client.http.delete(entity["_links"]["self"]["href"]).status_code == 403
    again = {"variantformat": {"kode": "A"}}
    assert refusal(client.post(href(document, "arkivstruktur/ny-dokumentobjekt/"), again))[0] == 403
    assert refusal(client.patch(document, {"dokumentstatus": {"kode": "B"}}))[0] == 403
    assert client.patch(record, {"journalstatus": {"kode": "A"}}).json()["arkivertDato"]
    late = client.post(href(record, "arkivstruktur/ny-dokumentbeskrivelse/"), {"tittel": "Sent"})
    assert refusal(late) == (403, "Journalposten er arkivert og tar ikke imot flere dokumenter")


def test_a_case_closes_when_everything_in_it_is_done_and_then_takes_nothing(client: Client) -> None:
    case = client.case()
    record = client.finished(case, journalposttype={"kode": "I"})

    def close() -> httpx.Response:
        return client.patch(case, {"saksstatus": {"kode": "A"}})

    assert refusal(close()) == (403, "Saksmappen har journalposter som ikke er arkivert")
    client.patch(record, {"journalstatus": {"kode": "A"}})
    assert refusal(close()) == (403, "Saksmappen har restanser som ikke er avskrevet")
    client.make(record, "sakarkiv/ny-avskrivning/", {"avskrivningsmaate": {"kode": "TE"}})
    assert close().json()["avsluttetDato"]
    assert refusal(client.post(href(case, "sakarkiv/ny-journalpost/"), {"tittel": "Sent"}))[0] == 403
    assert refusal(client.patch(case, {"tittel": "Annen"}))[0] == 403
    assert "avsluttetDato" not in client.patch(case, {"saksstatus": {"kode": "B"}}).json()


def test_a_case_without_a_class_is_not_closed(client: Client) -> None:
    (series,) = client.get("/api/arkivstruktur/arkivdel/")["results"]
    case = client.make(series, "sakarkiv/ny-saksmappe/", {"tittel": "Elevsak"})
    refused = client.patch(case, {"saksstatus": {"kode": "A"}})
    assert refusal(refused) == (403, "Saksmappen mangler primær klassifikasjon")


def test_an_ordered_fault_has_the_interfaces_error_body(client: Client) -> None:
    client.http.put("/_control/faults", json={"refuse_status": 503, "retry_after": 3}).raise_for_status()
    response = client.http.get("/api/")
    assert (refusal(response)[0], response.headers["Retry-After"]) == (503, "3")


def test_the_control_counts_and_names_duplicates(client: Client) -> None:
    definition = {"navn": KEY, "type": "string"}
    client.post("/api/metadata/ny-virksomhetsspesifikkeMetadata/", definition)
    case = client.case()
    for _ in range(2):
        client.record(case, virksomhetsspesifikkeMetadata={KEY: "record:1"})
    state = client.get("/_control/state")
    assert (state["case_files"], state["registry_entries"], state["finished_entries"]) == (1, 2, 0)
    assert state["duplicates"] == {"case_files": 0, "registry_entries": 1, "documents": 0}
    listed = client.get("/_control/records")
    assert listed["duplicates"]["registry_entries"] == ["record:1"]
    assert [record["key"] for record in listed["records"]] == ["record:1", "record:1"]


def test_what_it_holds_outlives_a_restart(start: Callable[..., list[str]], tmp_path: Path) -> None:
    with httpx.Client(base_url=start("noark", "--state", str(tmp_path))[0]) as http:
        first = Client(http)
        record = first.finished(first.case())
    with httpx.Client(base_url=start("noark", "--state", str(tmp_path))[0]) as http:
        again = Client(http)
        (found,) = again.get("/api/sakarkiv/journalpost/")["results"]
        assert (found["systemID"], found["journalstatus"]["kode"]) == (record["systemID"], "J")
        assert again.case()["sakssekvensnummer"] == 2
        assert http.delete(found["_links"]["self"]["href"]).status_code == 403
        assert http.get("/_control/state").json()["stored_files"] == 1
