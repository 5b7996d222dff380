"""SCIM 2.0 as an HR system speaks it, from HTTP to the tables (RFC 7643, RFC 7644; M16)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from cases.gate import gate
from cases.operations import operations
from gateway.app import make_app
from gateway.cookies import Cookies
from sikkersak.contracts.cases import ListCases
from sikkersak.errors import Forbidden, Transient
from sikkersak.identity.national_number import lookup
from sikkersak.identity.policy import RULES
from sikkersak.messaging.operations import Ask, Request

TOKEN = "a-token-that-only-the-hr-system-has"
KEY = b"0123456789abcdef0123456789abcdef"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
OURS = "urn:no:sikkersak:params:scim:schemas:extension:schoolstaff:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
JSON = {"Content-Type": "application/scim+json"}


class Rpc:
    """Cases, asked without a broker: the gate and the operation, in one transaction, as its service does it."""

    def __init__(self, town: Any) -> None:
        self.town = town
        self.is_away = False

    async def ask(self, asked: Any, *, actor: Any, within: float) -> Any:
        del within
        if self.is_away:
            raise Transient("away")
        _, answering = operations._answers[asked.operation]
        async with self.town.database.transaction() as tx:
            ask = Ask(actor, tx)
            await gate(Request(RULES[asked.operation], asked), ask)
            return await answering(asked, ask, cast("Any", None))


@pytest.fixture
def rpc(town) -> Rpc:
    return Rpc(town)


@pytest.fixture(scope="module")
def reception() -> Any:
    return SimpleNamespace(
        cookies=Cookies(is_https=True),
        largest_body=100_000,
        largest_upload=100_000,
        rpc=None,
        request_seconds=5,
        lookup_key=KEY,
        base_url="https://sak",
        scim_tokens=(hashlib.sha256(b"another").hexdigest(), hashlib.sha256(TOKEN.encode()).hexdigest()),
    )


@pytest.fixture(scope="module")
def app(reception) -> Any:
    return make_app(reception)


@pytest.fixture
async def hr(app, reception, rpc) -> AsyncIterator[httpx.AsyncClient]:
    reception.rpc = rpc
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://sak/scim/v2", headers=headers) as client:
        yield client


def number() -> str:
    """A synthetic national identity number that belongs to nobody."""
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    while True:
        digits = [
            int(digit)
            for digit in f"{secrets.randbelow(28) + 1:02d}8{secrets.randbelow(9) + 1}90{secrets.randbelow(500) + 500}"
        ]
        for weights in (first, second):
            digits.append(-sum(w * d for w, d in zip(weights, digits, strict=True)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))


async def body(town, **also: Any) -> dict[str, Any]:
    school = await town.run(lambda tx: tx.fetchval("select organisation from schools where school_id = $1", town.here))
    unique = secrets.token_hex(4)
    return {
        "schemas": [CORE, OURS],
        "userName": f"kari.{unique}@kommune.example",
        "externalId": f"A-{unique}",
        "name": {"givenName": "Kari", "familyName": "Prøve"},
        "emails": [{"value": "kari@kommune.example", "type": "work", "primary": True}],
        "roles": [{"value": "teacher"}],
        "active": True,
        OURS: {"nationalId": number(), "schools": [school]},
        **also,
    }


async def created(hr, town, **also: Any) -> dict[str, Any]:
    answer = await hr.post("/Users", json=await body(town, **also), headers=JSON)
    assert answer.status_code == 201, answer.text
    return cast("dict[str, Any]", answer.json())


async def patched(hr, user: dict[str, Any], *changes: dict[str, Any], **headers: str) -> httpx.Response:
    said = {"schemas": [PATCH], "Operations": list(changes)}
    return cast("httpx.Response", await hr.patch(f"/Users/{user['id']}", json=said, headers=JSON | headers))


async def test_a_user_is_created_answered_as_scim_wants_it_and_never_with_the_number(hr, town) -> None:
    wanted = await body(town)
    answer = await hr.post("/Users", json=wanted, headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/scim+json")
    made = answer.json()
    assert answer.headers["location"] == made["meta"]["location"] == f"https://sak/scim/v2/Users/{made['id']}"
    assert answer.headers["etag"] == made["meta"]["version"]
    assert (made["userName"], made["externalId"], made["active"]) == (wanted["userName"], wanted["externalId"], True)
    assert made[OURS] == {"schools": wanted[OURS]["schools"]}
    assert wanted[OURS]["nationalId"] not in answer.text
    assert (await hr.get(f"/Users/{made['id']}")).json() == made
    kept = await town.run(lambda tx: tx.fetchval("select pid_lookup from staff where staff_id = $1::uuid", made["id"]))
    assert kept == lookup(wanted[OURS]["nationalId"], KEY)
    everything = await town.run(
        lambda tx: tx.fetch(
            "select s::text from staff s union all select e::text from employees e union all select a::text from audit a"
        )
    )
    assert not [row for row in everything if wanted[OURS]["nationalId"] in row[0]]


async def test_the_same_user_is_not_created_twice(hr, town) -> None:
    wanted = await body(town)
    await hr.post("/Users", json=wanted, headers=JSON)
    again = await hr.post("/Users", json=wanted, headers=JSON)
    assert again.status_code == 409
    assert (again.json()["schemas"], again.json()["status"], again.json()["scimType"]) == ([ERROR], "409", "uniqueness")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('userName eq "{userName}"', True),
        ('userName eq "{upper}"', True),
        ('externalId eq "{externalId}"', True),
        ('id eq "{id}" and active eq true', True),
        ('id eq "{id}" and active eq false', False),
        ('userName eq "nobody"', False),
        ('id eq "nobody"', False),
    ],
)
async def test_users_are_found_by_what_hr_systems_look_for(hr, town, query: str, found: bool) -> None:
    made = await created(hr, town)
    text = query.format(upper=made["userName"].upper(), **made)
    for answer in (
        await hr.get("/Users", params={"filter": text}),
        await hr.post(
            "/Users/.search",
            json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text},
            headers=JSON,
        ),
    ):
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["totalResults"] == (1 if found else 0)
        assert [one["id"] for one in page.get("Resources", [])] == ([made["id"]] if found else [])


@pytest.mark.parametrize(
    "query", ['userName sw "k"', "userName", 'emails eq "x"', 'id eq "a" or id eq "b"', 'shoe eq "43"']
)
async def test_a_filter_that_is_not_understood_is_said_to_be(hr, query: str) -> None:
    answer = await hr.get("/Users", params={"filter": query})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


async def test_a_list_is_paged_from_one(hr, town) -> None:
    for _ in range(3):
        await created(hr, town)
    whole = (await hr.get("/Users")).json()
    page = (await hr.get("/Users", params={"startIndex": 2, "count": 1})).json()
    assert (page["startIndex"], page["itemsPerPage"], page["totalResults"]) == (2, 1, whole["totalResults"])
    assert page["Resources"] == whole["Resources"][1:2]
    counted = (await hr.get("/Users", params={"count": 0})).json()
    assert counted["totalResults"] == whole["totalResults"]
    assert "Resources" not in counted


async def test_a_leaver_loses_access_at_once_and_the_same_patch_again_changes_nothing(hr, town) -> None:
    made = await created(hr, town)
    staff_id = await town.run(lambda tx: tx.fetchval("select $1::uuid", made["id"]))
    await town.ask(staff_id, ListCases())
    left = await patched(hr, made, {"op": "replace", "path": "active", "value": False})
    assert (left.status_code, left.json()["active"]) == (200, False)
    with pytest.raises(Forbidden):
        await town.ask(staff_id, ListCases())
    again = await patched(hr, made, {"op": "Replace", "value": {"active": False}})
    assert again.json() == left.json()


async def test_patch_adds_replaces_and_removes_by_path(hr, town) -> None:
    made = await created(hr, town)
    answer = await patched(
        hr,
        made,
        {"op": "add", "path": "roles", "value": [{"value": "school-administrator"}]},
        {"op": "remove", "path": 'roles[value eq "teacher"]'},
        {"op": "replace", "path": "name.familyName", "value": "Berg"},
        {"op": "remove", "path": "emails"},
        {"op": "replace", "path": f"{OURS}:schools", "value": []},
    )
    assert answer.status_code == 200, answer.text
    now = answer.json()
    assert [one["value"] for one in now["roles"]] == ["school-administrator"]
    assert now["name"] == {"givenName": "Kari", "familyName": "Berg", "formatted": "Kari Berg"}
    assert "emails" not in now
    assert now["meta"]["version"] != made["meta"]["version"]


async def test_put_replaces_and_who_is_not_said_to_be_active_stays_as_they_were(hr, town) -> None:
    wanted = await body(town)
    made = (await hr.post("/Users", json=wanted, headers=JSON)).json()
    await patched(hr, made, {"op": "replace", "path": "active", "value": False})
    del wanted["active"], wanted["emails"], wanted[OURS]["nationalId"]
    now = (await hr.put(f"/Users/{made['id']}", json=wanted, headers=JSON)).json()
    assert now["active"] is False
    assert "emails" not in now


async def test_an_old_version_is_refused(hr, town) -> None:
    made = await created(hr, town)
    await patched(hr, made, {"op": "replace", "path": "name.familyName", "value": "Berg"})
    change = {"op": "replace", "path": "name.familyName", "value": "Dahl"}
    stale = await patched(hr, made, change, **{"If-Match": made["meta"]["version"]})
    assert (stale.status_code, stale.json()["status"]) == (412, "412")


async def test_a_deleted_user_is_gone(hr, town) -> None:
    made = await created(hr, town)
    assert (await hr.delete(f"/Users/{made['id']}")).status_code == 204
    for answer in (await hr.get(f"/Users/{made['id']}"), await hr.delete(f"/Users/{made['id']}")):
        assert (answer.status_code, answer.json()["schemas"]) == (404, [ERROR])


@pytest.mark.parametrize(
    ("also", "scim_type"),
    [
        ({"userName": None}, "invalidValue"),
        ({"userName": "01819099999"}, "invalidValue"),
        ({"externalId": "018190 99999"}, "invalidValue"),
        ({"name": None}, "invalidValue"),
        ({"active": "kanskje"}, "invalidValue"),
        ({OURS: {"nationalId": "12345678901", "schools": []}}, "invalidValue"),
        ({OURS: {"schools": []}}, "invalidValue"),
        ({OURS: {"nationalId": "14838141278", "schools": ["999999999"]}}, "invalidValue"),
    ],
)
async def test_what_is_wrong_is_said_in_scims_form_without_the_value(hr, town, also, scim_type: str) -> None:
    answer = await hr.post("/Users", json=await body(town, **also), headers=JSON)
    assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type), answer.text
    assert "12345678901" not in answer.text
    assert "01819099999" not in answer.text


async def test_what_is_no_json_and_what_is_no_scim_is_said_to_be(hr) -> None:
    broken = await hr.post("/Users", content=b"{", headers=JSON)
    assert (broken.status_code, broken.json()["scimType"]) == (400, "invalidSyntax")
    assert (await hr.post("/Users", content=b"<a/>", headers={"Content-Type": "text/xml"})).status_code == 415
    for answer in (await hr.get("/Bulk"), await hr.get("/Users/not-an-id"), await hr.get("/Schemas/none")):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/scim+json")


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
async def test_nobody_comes_in_without_the_token(hr, given: str) -> None:
    for path in ("/Users", "/Schemas", "/ServiceProviderConfig"):
        answer = await hr.get(path, headers={"Authorization": given})
        assert (answer.status_code, answer.json()["status"]) == (401, "401")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_service_describes_itself(hr) -> None:
    config = (await hr.get("/ServiceProviderConfig")).json()
    assert config["patch"] == {"supported": True}
    assert config["filter"] == {"supported": True, "maxResults": 200}
    types = (await hr.get("/ResourceTypes")).json()["Resources"]
    assert [one["endpoint"] for one in types] == ["/Users"]
    schemas = {one["id"]: one for one in (await hr.get("/Schemas")).json()["Resources"]}
    assert {CORE, OURS} <= set(schemas)
    told = next(one for one in schemas[OURS]["attributes"] if one["name"] == "nationalId")
    assert (told["mutability"], told["returned"]) == ("writeOnly", "never")
    assert (await hr.get(f"/Schemas/{OURS}")).json()["id"] == OURS


async def test_while_cases_is_away_the_hr_system_is_told_to_come_back(hr, rpc, town) -> None:
    rpc.is_away = True
    answer = await hr.post("/Users", json=await body(town), headers=JSON)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert json.loads(answer.text)["schemas"] == [ERROR]
