"""The stand-in for SvarUt, with the stand-ins it leans on: Maskinporten and SvarInn."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from simulators.svarinn_encryption import key_pair

ACCOUNT, OTHER_ACCOUNT = "2f0d1b3e-0f5e-4c55-8f3e-1c6f2b7a9d10", "2f0d1b3e-0f5e-4c55-8f3e-1c6f2b7a9d11"
INTEGRATION = {
    "id": "0a6d0c2e-2b59-4a0d-8a44-7d3a3c1f9b21",
    "password": "hemmelig",
    "organisation": "310000019",
    "accounts": [ACCOUNT],
}
STRANGER = {**INTEGRATION, "id": "0a6d0c2e-2b59-4a0d-8a44-7d3a3c1f9b22", "accounts": [OTHER_ACCOUNT]}
SCHOOL, SUPPLIER = "310000027", "310000035"
SEND = f"/api/v3/kontoer/{ACCOUNT}/forsendelser"
ADDRESS = {"adresselinje1": "Eksempelveien 2", "postnummer": "0003", "poststed": "OSLO"}
PACE = 10.0


def birth_number(first_nine: str = "018510123") -> str:
    """A synthetic one (month + 80) with valid check digits."""
    for number in range(100):
        digits = f"{first_nine}{number:02}"
        sums = [(3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)]
        if all(sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11 == 0 for weights in sums):
            return digits
    return birth_number(f"{int(first_nine) + 1:09}")


PERSON = birth_number()


def pdf(password: str | None = None) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Title"] = str(uuid.uuid4())
    target = io.BytesIO()
    document.save(target, encryption=pikepdf.Encryption(user=password, owner=password) if password else False)
    return target.getvalue()


@dataclass
class Services:
    """Addresses, and a token to call SvarUt with."""

    svarut: str
    svarinn: str
    maskinporten: str
    key: RSAKey
    token: str


def fetch_token(maskinporten: str, key: RSAKey) -> str:
    now = int(time.time())
    claims = {"aud": f"{maskinporten}/", "iss": "sikkersak", "scope": "ks:fiks", "iat": now, "exp": now + 60}
    assertion = jwt.encode({"alg": "RS256", "kid": "k1"}, {**claims, "jti": str(uuid.uuid4())}, key)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    answer = httpx.post(f"{maskinporten}/token", data=form).raise_for_status()
    return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def services(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Services:
    folder: Path = tmp_path_factory.mktemp("svarut")
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    client = {"client_id": "sikkersak", "organisation": "310000019", "jwk": key.as_dict(private=False)}
    (folder / "clients.json").write_text(json.dumps({"clients": [client]}))
    (folder / "integrations.json").write_text(json.dumps([INTEGRATION, STRANGER]))
    (maskinporten,) = start("maskinporten", "--clients", str(folder / "clients.json"), "--token-seconds", "600")
    (svarinn,) = start("svarinn")
    (svarut,) = start(
        "svarut", "--maskinporten", maskinporten, "--svarinn", svarinn, "--pace", str(PACE),
        "--integrations", str(folder / "integrations.json"), "--state", str(folder / "state"),
    )  # fmt: skip
    return Services(svarut, svarinn, maskinporten, key, fetch_token(maskinporten, key))


def headers(token: str, integration: dict[str, Any] = INTEGRATION) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "IntegrasjonId": integration["id"],
        "IntegrasjonPassord": integration["password"],
    }


@pytest.fixture
def svarut(services: Services) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=services.svarut, headers=headers(services.token), timeout=20) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def letter(**changed: Any) -> dict[str, Any]:
    return {
        "tittel": "Vedtak om skoleplass",
        "mottaker": {"navn": "Ola Eksempel", "digitalId": PERSON, "adresse": ADDRESS},
        "eksternReferanse": "utsending-1",
        "dokumenter": [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}],
        **changed,
    }


def send(
    client: httpx.Client, given: dict[str, Any], *contents: bytes, kind: str = "person", names: list[str] | None = None
) -> httpx.Response:
    """Builds the multipart body as the protocol says: the JSON first, then the files."""
    names = names or [document["filnavn"] for document in given["dokumenter"]]
    bodies = contents or tuple(pdf() for _ in names)
    parts: list[tuple[str, Any]] = [("forsendelse", (None, json.dumps(given).encode(), "application/json"))]
    for position, (name, content) in enumerate(zip(names, bodies, strict=True)):
        parts.append((f"filer_{position}", (name, content, "application/octet-stream")))
    return client.post(f"{SEND}/{kind}", files=parts)


def sent_id(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def status(client: httpx.Client, letter_id: str) -> str:
    answer = client.post(f"{SEND}/status/sok", json={"id": [letter_id]}).raise_for_status().json()
    return str(answer["statuser"][0]["status"])


def statuses_over_time(client: httpx.Client, letter_id: str, steps: int = 4) -> list[str]:
    seen: list[str] = []
    for _ in range(steps):
        seen.append(status(client, letter_id))
        client.post("/_control/advance", json={"seconds": PACE}).raise_for_status()
    return seen


def test_a_letter_is_taken_and_found_again(svarut: httpx.Client) -> None:
    content = pdf()
    letter_id = sent_id(send(svarut, letter(), content))
    (shown,) = svarut.get("/_control/state").json()["letters"]
    assert (shown["id"], shown["eksternReferanse"], shown["kind"]) == (letter_id, "utsending-1", "person")
    assert shown["documents"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    found = svarut.get(f"/api/v2/kontoer/{ACCOUNT}/forsendelser", params={"eksternRef": "utsending-1"})
    assert found.json() == {"forsendelseIds": [letter_id]}
    listed = svarut.get(f"/api/v2/kontoer/{ACCOUNT}/forsendelser/metadata", params={"eksternRef": "utsending-1"})
    assert listed.json()["forsendelser"][0]["id"] == letter_id
    other = svarut.get(f"/api/v2/kontoer/{ACCOUNT}/forsendelser", params={"eksternRef": "utsending-2"})
    assert other.json() == {"forsendelseIds": []}


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        (None, {}, ["MOTTATT", "AKSEPTERT", "SENDT_SDP", "LEVERT_SDP"]),
        ("print", {}, ["MOTTATT", "AKSEPTERT", "SENDT_PRINT", "PRINTET"]),
        ("print", {"kunDigitalLevering": True}, ["MOTTATT", "AKSEPTERT", "IKKE_LEVERT", "IKKE_LEVERT"]),
        ("read", {}, ["MOTTATT", "AKSEPTERT", "VARSLET", "LEST"]),
        ("unread", {"kunDigitalLevering": True}, ["MOTTATT", "AKSEPTERT", "VARSLET", "SENDT_DIGITALT"]),
        ("declined", {}, ["MOTTATT", "AVVIST", "AVVIST", "AVVIST"]),
        ("wrong_address", {}, ["MOTTATT", "FEILET_UNDER_MOTTAK", "FEILET_UNDER_MOTTAK", "FEILET_UNDER_MOTTAK"]),
    ],
)
def test_statuses_follow_the_receiver(
    svarut: httpx.Client, rule: str | None, changed: dict[str, Any], expected: list[str]
) -> None:
    svarut.put("/_control/receivers", json={PERSON: rule} if rule else {}).raise_for_status()
    assert statuses_over_time(svarut, sent_id(send(svarut, letter(**changed)))) == expected


def test_a_letter_sent_straight_to_print_is_printed(svarut: httpx.Client) -> None:
    given = letter(mottaker={"navn": "Kari Eksempel", "adresse": ADDRESS})
    letter_id = sent_id(send(svarut, given, kind="print"))
    assert statuses_over_time(svarut, letter_id) == ["MOTTATT", "AKSEPTERT", "SENDT_PRINT", "PRINTET"]


def test_a_look_alike_is_refused_whatever_its_reference(svarut: httpx.Client) -> None:
    content = pdf()
    sent_id(send(svarut, letter(), content))
    refused = send(svarut, letter(eksternReferanse="utsending-2"), content)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "GJENTAGENDE_FORSENDELSE")
    assert refused.json()["message"].startswith("Forsendelse med samme mottaker")
    sent_id(send(svarut, letter(tittel="En annen tittel"), content))


def test_a_letter_whose_answer_was_lost_is_found_by_its_reference(svarut: httpx.Client) -> None:
    svarut.put("/_control/faults", json={"lose_answers": 1, "only": "/person$"}).raise_for_status()
    with pytest.raises(httpx.TransportError):
        send(svarut, letter())
    found = svarut.get(f"/api/v2/kontoer/{ACCOUNT}/forsendelser", params={"eksternRef": "utsending-1"})
    assert len(found.json()["forsendelseIds"]) == 1


WRONG_LETTERS: list[tuple[str, dict[str, Any], str]] = [
    ("empty title", {"tittel": ""}, "tittel"),
    ("unknown field", {"titel": "x"}, "titel"),
    ("birth number", {"mottaker": {"navn": "Ola", "digitalId": "01010112345"}}, "digitalId"),
    ("level without encryption", {"sikkerhetsniva": "HOYESTE"}, "HOYESTE"),
    ("type for a person", {"forsendelsestype": "nav.digisos"}, "forsendelsestype"),
    ("no documents", {"dokumenter": []}, "dokumenter"),
    ("name", {"dokumenter": [{"filnavn": "a/b.pdf", "mimeType": "application/pdf"}]}, "filnavn"),
    ("printable text", {"dokumenter": [{"filnavn": "a.txt", "mimeType": "text/plain"}]}, "PDF"),
    ("dialogue without receiver", {"kanSvareViaEdialog": True}, "svarSendesTil"),
    ("address", {"mottaker": {"navn": "Ola", "digitalId": PERSON, "adresse": {"poststed": "OSLO"}}}, "adresselinje1"),
    (
        "two documents with one name",
        {"dokumenter": [{"filnavn": name, "mimeType": "application/pdf"} for name in ("a.pdf", "A.pdf")]},
        "unike",
    ),
]


@pytest.mark.parametrize(("changed", "named"), [pytest.param(*case[1:], id=case[0]) for case in WRONG_LETTERS])
def test_a_letter_that_breaks_a_rule_is_refused(svarut: httpx.Client, changed: dict[str, Any], named: str) -> None:
    response = send(svarut, letter(**changed))
    assert response.status_code == 400
    assert named in response.json()["message"]
    assert response.json()["errorId"]
    assert svarut.get("/_control/state").json()["letters"] == []


@pytest.mark.parametrize("content", [b"", b"Not a PDF", pdf(password="hemmelig")], ids=["empty", "text", "locked"])
def test_a_document_that_cannot_be_read_is_refused(svarut: httpx.Client, content: bytes) -> None:
    response = send(svarut, letter(), content)
    assert response.status_code == 400
    assert response.json()["message"].startswith(("Feil under lesing av vedtak.pdf", "Kan ikke lagre tomt dokument"))


def test_files_must_come_in_the_order_of_the_letter(svarut: httpx.Client) -> None:
    given = letter(dokumenter=[{"filnavn": name, "mimeType": "application/pdf"} for name in ("a.pdf", "b.pdf")])
    assert send(svarut, given, pdf(), pdf(), names=["b.pdf", "a.pdf"]).status_code == 400
    assert send(svarut, given, pdf(), names=["a.pdf"]).status_code == 400
    assert send(svarut, given, pdf(), pdf()).status_code == 200


def test_the_letter_must_be_the_first_part(svarut: httpx.Client) -> None:
    parts = [("filer_0", ("vedtak.pdf", pdf())), ("forsendelse", (None, json.dumps(letter()).encode()))]
    assert svarut.post(f"{SEND}/person", files=parts).status_code == 400


def test_an_encrypted_letter_is_opened_with_the_services_key(svarut: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_text(svarut.get("/forsendelse/publickey/hent").text)
    options = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
    command = ["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc"]
    command += ["-recip", str(tmp_path / "public.pem"), *(part for one in options for part in ("-keyopt", one))]
    content = pdf()
    encrypted = subprocess.run(command, input=content, check=True, capture_output=True).stdout
    given = letter(sikkerhetsniva="HOYESTE", kryptert=True)
    assert send(svarut, given, content).status_code == 400
    sent_id(send(svarut, given, encrypted))
    (shown,) = svarut.get("/_control/state").json()["letters"]
    assert shown["documents"][0]["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer not.a.token"}, 401),
        ({"IntegrasjonPassord": "feil"}, 401),
        ({"IntegrasjonId": str(uuid.uuid4())}, 401),
        ({"IntegrasjonId": STRANGER["id"]}, 403),
    ],
)
def test_a_caller_without_access_is_refused(svarut: httpx.Client, changed: dict[str, str], expected: int) -> None:
    response = svarut.post(f"{SEND}/status/sok", json={"id": []}, headers=changed)
    assert response.status_code == expected


def test_an_unknown_account_is_not_found(svarut: httpx.Client) -> None:
    path = f"/api/v3/kontoer/{uuid.uuid4()}/forsendelser/status/sok"
    assert svarut.post(path, json={"id": []}).status_code == 404


def test_the_helpers_answer(svarut: httpx.Client) -> None:
    letter_id = sent_id(send(svarut, letter()))
    path = f"/api/v2/forsendelser/{letter_id}"
    assert svarut.get(f"{path}/hendelser").json()["hendelser"][0]["hendelse"] == "Mottatt, og tildelt forsendelse-id"
    assert svarut.get(f"{path}/metadata").json()["dokumenter"][0]["filnavn"] == "vedtak.pdf"
    assert svarut.get(f"{path}/signeringshendelser").json() == {"hendelser": []}
    assert "nav.digisos" in svarut.get("/api/v2/forsendelsestyper").json()["forsendelsestyper"]
    body = {"fnr": PERSON, "tidspunkt": "2026-09-01T10:00:00Z"}
    assert svarut.post(f"{path}/lest", json=body).status_code == 204
    assert status(svarut, letter_id) == "LEST"
    assert svarut.delete(f"{path}/dokumenter", params={"slettetype": "ALLE"}).status_code == 204
    assert status(svarut, letter_id) == "SLETTET"
    assert svarut.get(f"/api/v2/forsendelser/{uuid.uuid4()}/hendelser").status_code == 404


def test_a_status_can_be_forced(svarut: httpx.Client) -> None:
    letter_id = sent_id(send(svarut, letter()))
    path = f"/_control/letters/{letter_id}/status"
    assert svarut.put(path, json={"status": "MANUELT_HANDTERT"}).status_code == 200
    assert statuses_over_time(svarut, letter_id, 2) == ["MANUELT_HANDTERT", "MANUELT_HANDTERT"]


def test_a_letter_to_an_organisation_lands_in_its_svarinn_queue(svarut: httpx.Client, services: Services) -> None:
    _, certificate = key_pair("Skole")
    system = {"username": "s", "password": "p", "certificate_pem": certificate, "organisations": [SCHOOL]}
    httpx.put(f"{services.svarinn}/_control/systems", json=system).raise_for_status()
    given = letter(
        mottaker={"navn": "Fjordvik skole", "digitalId": SCHOOL},
        metadataFraAvleverendeSystem={"saksaar": 2026, "sakssekvensnummer": 42, "saksbehandler": "Kari Eksempel"},
    )
    letter_id = sent_id(send(svarut, given, kind="organisasjon"))
    queue = f"{services.svarinn}/api/svarinn/v2/forsendelser"
    (item,) = [one for one in httpx.get(queue, auth=("s", "p")).json() if one["id"] == letter_id]
    assert item["metadataFraAvleverendeSystem"]["mappeId"] == {"saksaar": 2026, "sakssekvensnummer": 42}
    assert statuses_over_time(svarut, letter_id, 3) == ["MOTTATT", "AKSEPTERT", "KLAR_FOR_MOTTAK"]
    httpx.patch(f"{queue}/{letter_id}/status", json={"status": "MOTTATT"}, auth=("s", "p")).raise_for_status()
    assert status(svarut, letter_id) == "LEST"
    known = svarut.get("/api/v2/mottakersystem", params={"organisasjonsnummer": SCHOOL}).json()["mottakersystemer"]
    assert [one["organisasjonsnummer"] for one in known] == [SCHOOL]


def test_an_organisation_without_a_receiving_system_is_notified(svarut: httpx.Client) -> None:
    given = letter(mottaker={"navn": "Leverandør", "digitalId": SUPPLIER})
    letter_id = sent_id(send(svarut, given, kind="organisasjon"))
    assert statuses_over_time(svarut, letter_id) == ["MOTTATT", "AKSEPTERT", "VARSLET", "LEST"]


def test_a_receiver_nobody_knows_is_refused_at_once(svarut: httpx.Client) -> None:
    svarut.put("/_control/receivers", json={PERSON: "unknown"}).raise_for_status()
    assert send(svarut, letter()).status_code == 400


def test_a_token_signed_with_a_new_key_is_taken(services: Services, svarut: httpx.Client) -> None:
    httpx.post(f"{services.maskinporten}/_control/keys/rotate", json={"keep_old": True}).raise_for_status()
    fresh = headers(fetch_token(services.maskinporten, services.key))
    assert svarut.get("/api/v2/forsendelsestyper").status_code == 200
    assert svarut.get("/api/v2/forsendelsestyper", headers=fresh).status_code == 200
