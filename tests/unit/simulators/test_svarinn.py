"""The stand-in for SvarInn."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from asn1crypto import cms

from simulators.svarinn_encryption import key_pair

V2 = "/api/svarinn/v2/forsendelser"
V1 = "/tjenester/svarinn"
SCHOOL, OFFICE = "310000019", "310000027"
PDF = b"%PDF-1.7 proven"


@dataclass
class Service:
    """A running stand-in and the key of its receiving system."""

    address: str
    key: Path

    def decrypt(self, content: bytes) -> bytes:
        command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", str(self.key)]
        return subprocess.run(command, input=content, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def service(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("svarinn")
    private, certificate = key_pair("Fjordvik skole")
    (folder / "key.pem").write_bytes(private)
    systems = [
        {"username": "all", "password": "pw1", "certificate_pem": certificate, "organisations": [SCHOOL]},
        {
            "username": "special",
            "password": "pw2",
            "certificate_pem": certificate,
            "organisations": [{"number": SCHOOL, "type": "ks.byggesøknad"}, {"number": OFFICE, "level": "3"}],
        },
    ]
    (folder / "systems.json").write_text(json.dumps(systems))
    return Service(start("svarinn", "--systems", str(folder / "systems.json"))[0], folder / "key.pem")


@pytest.fixture
def svarinn(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, auth=("all", "pw1")) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def place(client: httpx.Client, **changed: Any) -> str:
    order = {
        "title": "Sakkyndig vurdering",
        "receiver": SCHOOL,
        "level": 4,
        "eksternRef": "PPT-1",
        "files": [
            {"filename": "vurdering.pdf", "content_base64": base64.b64encode(PDF).decode()},
            {"filename": "følgebrev.txt", "mime_type": "text/plain", "text": "Hei"},
        ],
        **changed,
    }
    response = client.post("/_control/shipments", json=order)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def waiting(client: httpx.Client) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = client.get(V2).raise_for_status().json()
    return answer


def test_an_item_is_listed_until_it_is_acknowledged(svarinn: httpx.Client) -> None:
    placed = place(svarinn)
    assert [item["id"] for item in waiting(svarinn)] == [placed]
    assert [item["id"] for item in waiting(svarinn)] == [placed]
    assert svarinn.patch(f"{V2}/{placed}/status", json={"status": "MOTTATT"}).is_success
    assert waiting(svarinn) == []
    (shown,) = svarinn.get("/_control/state").json()["shipments"]
    assert (shown["status"], len(shown["acknowledged_at"])) == ("LEST", 1)
    assert svarinn.get(f"{V2}/{placed}").status_code == 404
    assert svarinn.patch(f"{V2}/{placed}/status", json={"status": "MOTTATT"}).status_code == 404


def test_an_item_tells_what_the_protocol_says(svarinn: httpx.Client) -> None:
    placed = place(svarinn, svarPaForsendelse="6f2f0c0e-6a0f-4d3a-9b52-0d8f5d3b7a11", type="ks.eksempel")
    (item,) = waiting(svarinn)
    assert item["sikkerhetsniva"] == "HOYESTE"
    assert item["mottaker"]["organisasjonsnummer"] == SCHOOL
    assert item["eksternRef"] == "PPT-1"
    assert item["svarPaForsendelse"] == "6f2f0c0e-6a0f-4d3a-9b52-0d8f5d3b7a11"
    assert item["nedlastingslenke"].endswith(f"{V2}/{placed}")
    assert item["filer"][0] == {
        "filnavn": "vurdering.pdf",
        "mimeType": "application/pdf",
        "hash": hashlib.sha256(PDF).hexdigest(),
        "storrelse": len(PDF),
    }


def test_the_content_is_one_encrypted_archive_with_data_descriptors(svarinn: httpx.Client, service: Service) -> None:
    placed = place(svarinn)
    response = svarinn.get(f"{V2}/{placed}")
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == f'attachment; filename="dokumenter-{placed[:8]}.zip"'
    archive = zipfile.ZipFile(io.BytesIO(service.decrypt(response.content)))
    assert archive.namelist() == ["vurdering.pdf", "følgebrev.txt"]
    assert all(entry.flag_bits & 0x08 for entry in archive.infolist())
    assert archive.read("vurdering.pdf") == PDF


def test_the_encryption_follows_the_published_profile(svarinn: httpx.Client) -> None:
    content = svarinn.get(f"{V2}/{place(svarinn)}").content
    assert content[1] == 0x80, "indefinite length"
    enveloped = cms.ContentInfo.load(content)["content"]
    transport = enveloped["recipient_infos"][0].chosen["key_encryption_algorithm"]
    assert transport["algorithm"].native == "rsaes_oaep"
    assert transport["parameters"]["hash_algorithm"]["algorithm"].native == "sha256"
    assert enveloped["encrypted_content_info"]["content_encryption_algorithm"]["algorithm"].native == "aes256_cbc"


def test_a_single_pdf_can_come_without_an_archive(svarinn: httpx.Client, service: Service) -> None:
    placed = place(svarinn, packaging="pdf")
    response = svarinn.get(f"{V2}/{placed}")
    assert response.headers["Content-Type"] == "application/pdf"
    assert service.decrypt(response.content) == PDF


def test_files_can_be_placed_as_multipart(svarinn: httpx.Client, service: Service) -> None:
    order = json.dumps({"title": "Brev", "receiver": SCHOOL})
    files = [("files", (name, PDF, "application/pdf")) for name in ("b.pdf", "a.pdf")]
    response = svarinn.post("/_control/shipments", data={"shipment": order}, files=files)
    assert response.status_code == 201, response.text
    content = service.decrypt(svarinn.get(f"{V2}/{response.json()['id']}").content)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["b.pdf", "a.pdf"]


@pytest.mark.parametrize("auth", [None, ("all", "wrong"), ("nobody", "pw1")])
def test_wrong_credentials_are_refused(service: Service, auth: tuple[str, str] | None) -> None:
    response = httpx.get(f"{service.address}{V2}", auth=auth)
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers
    assert response.json()["errorId"]


def test_a_system_sees_only_what_was_routed_to_it(svarinn: httpx.Client) -> None:
    general, special = place(svarinn), place(svarinn, type="ks.byggesøknad")
    assert [item["id"] for item in waiting(svarinn)] == [general]
    assert svarinn.get(f"{V2}/{special}").status_code == 404
    assert [item["id"] for item in svarinn.get(V2, auth=("special", "pw2")).json()] == [special]


def test_nobody_receives_for_an_unknown_number_or_level(svarinn: httpx.Client) -> None:
    order = {"title": "Brev", "files": [{"filename": "a.txt", "text": "a"}]}
    for receiver, level in ((OFFICE, 4), ("310000035", 3)):
        response = svarinn.post("/_control/shipments", json={**order, "receiver": receiver, "level": level})
        assert response.status_code == 409


def test_at_most_200_items_are_listed(svarinn: httpx.Client) -> None:
    for _ in range(201):
        place(svarinn, files=[{"filename": "a.txt", "text": "a"}])
    assert len(waiting(svarinn)) == 200


@pytest.mark.parametrize(("permanent", "left"), [(False, 1), (True, 0)])
def test_only_a_permanent_failure_removes_the_item(svarinn: httpx.Client, permanent: bool, left: int) -> None:
    placed = place(svarinn)
    body = {"status": "FEILET", "feil": {"feilmelding": "Kan ikke leses", "permanent": permanent}}
    assert svarinn.patch(f"{V2}/{placed}/status", json=body).is_success
    assert len(waiting(svarinn)) == left
    (shown,) = svarinn.get("/_control/state").json()["shipments"]
    assert (shown["left_svarinn"], shown["failures"][0]["text"]) == (permanent, "Kan ikke leses")


@pytest.mark.parametrize("body", [{"status": "FEILET"}, {"status": "LEST"}, {}])
def test_a_status_the_protocol_does_not_know_is_refused(svarinn: httpx.Client, body: dict[str, str]) -> None:
    assert svarinn.patch(f"{V2}/{place(svarinn)}/status", json=body).status_code == 400


@pytest.mark.parametrize("damage", ["foreign_key", "truncated_cms"])
def test_damaged_content_cannot_be_opened(svarinn: httpx.Client, service: Service, damage: str) -> None:
    content = svarinn.get(f"{V2}/{place(svarinn, damage=damage)}").content
    with pytest.raises(subprocess.CalledProcessError):
        service.decrypt(content)


def test_a_checksum_can_be_wrong_and_a_file_missing(svarinn: httpx.Client, service: Service) -> None:
    place(svarinn, damage="wrong_hash")
    assert waiting(svarinn)[0]["filer"][0]["hash"] != hashlib.sha256(PDF).hexdigest()
    content = service.decrypt(svarinn.get(f"{V2}/{place(svarinn, damage='missing_file')}").content)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["følgebrev.txt"]


def test_oddities_can_be_laid_over_an_item(svarinn: httpx.Client) -> None:
    place(svarinn, override={"metadataForImport": None, "noeNytt": {"a": 1}})
    (item,) = waiting(svarinn)
    assert (item["metadataForImport"], item["noeNytt"]) == (None, {"a": 1})


def test_version_1_shares_the_queue(svarinn: httpx.Client, service: Service) -> None:
    placed = place(svarinn, metadata={"mappeId": {"saksaar": 2026}, "dokumentetsDato": "2026-09-01T08:15:30+00:00"})
    (item,) = svarinn.get(f"{V1}/mottaker/hentNyeForsendelser").json()
    assert (item["id"], item["niva"], item["filmetadata"][0]["sha256hash"]) == (
        placed,
        "4",
        hashlib.sha256(PDF).hexdigest(),
    )
    archive = item["metadataFraAvleverendeSystem"]
    assert (archive["saksaar"], archive["journalaar"], archive["dokumentetsDato"]) == (2026, 0, 1788250530000)
    assert zipfile.is_zipfile(io.BytesIO(service.decrypt(svarinn.get(item["downloadUrl"]).content)))
    failure = {"feilmelding": "Senere", "permanent": False}
    assert svarinn.post(f"{V1}/mottakFeilet/forsendelse/{placed}", json=failure).status_code == 200
    assert svarinn.post(f"{V1}/kvitterMottak/forsendelse/{placed}").status_code == 200
    assert waiting(svarinn) == []


def test_what_waits_outlives_a_restart(start: Any, service: Service, tmp_path: Path) -> None:
    _, certificate = key_pair("Skole")
    system = {"username": "u", "password": "p", "certificate_pem": certificate, "organisations": [SCHOOL]}
    first = start("svarinn", "--state", str(tmp_path))[0]
    assert httpx.put(f"{first}/_control/systems", json=system).status_code == 200
    with httpx.Client(base_url=first) as client:
        placed = place(client)
    second = start("svarinn", "--state", str(tmp_path))[0]
    assert [item["id"] for item in httpx.get(f"{second}{V2}", auth=("u", "p")).json()] == [placed]
