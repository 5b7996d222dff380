"""Cases, documents, people, set-up: what the schools and the administrator work with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from local.exploration.insight import access_requests
from local.exploration.seeds import OTHER_SCHOOL, REASON, SCHOOL, Seeding
from local.matrix.people import synthetic_numbers
from samples.municipality import municipality
from samples.templates import TEMPLATES
from sikkersak.clock import now

DOCUMENT: Final = "/documents/{document_id}"
CASE: Final = "/cases/{case_id}"
NUMBER, OTHER_NUMBER = synthetic_numbers(2)
PARTY: Final = {
    "kind": "person",
    "name": "Prøve Prøvesen",
    "national_id": None,
    "address": {"line": "Prøveveien 1", "postal_code": "0001", "city": "Oslo"},
}


def _day(ahead: int) -> str:
    return str((now() + timedelta(days=ahead)).date())


def cases(seeding: Seeding) -> None:
    """Open, closed, with a party, with another that it belongs to, one that the teacher is not on."""
    seeds, first = seeding.seeds, seeding.case()
    seeds.known["case_id"] = [first]
    other = seeding.case("sofie")
    staff = seeding.setting.staff_ids["jonatan.fossmyr"]
    seeds.add(f"POST {CASE}/access", {"staff_id": staff, "right": "read"}, case_id=first)
    seeds.add(f"POST {CASE}/relations", {"other_id": other, "is_related": True}, case_id=first)
    seeds.add(f"POST {CASE}/parties", {"role": "guardian", "party": PARTY}, case_id=first)
    party_case = seeding.case()
    party = seeding.teacher.post(f"cases/{party_case}/parties", {"role": "guardian", "party": PARTY})["parties"][-1]
    seeds.add(f"POST {CASE}/parties/{{party_id}}/removal", case_id=party_case, party_id=party["party_id"])
    seeds.add(f"POST {CASE}/closing", {"remark": "Ferdig"}, case_id=seeding.case())
    seeds.add("POST /closed-cases", {"case_ids": [seeding.case()], "remark": "Ferdig"})
    for reopened in (seeding.case(), seeding.case()):
        seeding.teacher.post(f"cases/{reopened}/closing", {"remark": "Ferdig"})
        seeds.add(f"POST {CASE}/reopening", REASON, case_id=reopened)
    seeding.leader.post(f"cases/{reopened}/reopening", REASON)
    seeds.exemplars[f"POST /api/v1{CASE}/reopening"].pop()
    admin = seeding.admin
    admin.put("case-types", {"code": "prove", "name": "Prøve", "folder": "pupil", "statuses": ["Ny", "Klar"]})
    pupil = {"pupil_id": seeding.setting.pupil_ids["emil"]}
    body = pupil | {"school_id": seeding.setting.school_ids[SCHOOL], "title": "Prøvesak", "case_type": "prove"}
    seeds.add(f"PUT {CASE}/phase", {"phase": "Klar"}, case_id=seeding.teacher.post("cases", body)["case_id"])
    seeds.add("POST /cases", body)
    unseen = seeding.leader.post("cases", body)
    seeds.add(f"POST {CASE}/emergency-access", REASON | {"hours": 1}, case_id=unseen["case_id"])
    at_school = {"school_id": seeding.setting.school_ids[SCHOOL]}
    seeds.add("POST /schools/{school_id}/unseen-cases", {"number": unseen["number"]}, **at_school)


def documents(seeding: Seeding) -> None:
    """A draft for each act on drafts, what waits for approval, what is finished."""
    seeds, case_id = seeding.seeds, seeding.case("ida")
    first = seeding.draft(case_id)
    seeds.known["document_id"] = [first["document_id"]]
    seeds.add(f"POST {CASE}/documents", {"template": "journal-note", "title": "Prøvebrev"}, case_id=case_id)

    def on(act: str, body: Any = None, **more: Any) -> str:
        own = seeding.draft(case_id)
        seeds.add(act, body, document_id=own["document_id"], **more)
        return str(own["document_id"])

    on(f"PATCH {DOCUMENT}", {"title": "Nytt navn"}, headers={"If-Match": f'"{first["version"]}"'})
    on(f"POST {DOCUMENT}/hold")
    held = on(f"POST {DOCUMENT}/release")
    seeding.teacher.post(f"documents/{held}/hold")
    on(f"POST {DOCUMENT}/attachments", {"upload_id": "their own"})
    for act in (f"GET {DOCUMENT}/attachments/{{position}}", f"POST {DOCUMENT}/attachments/{{position}}/removal"):
        with_one = on(act, position="0", headers={"If-Match": '"2"'} if act.startswith("POST") else None)
        seeding.teacher.post(f"documents/{with_one}/attachments", {"upload_id": seeds.uploads["mari.ekrenes"]})
    on(f"PUT {DOCUMENT}/assessment", {"access": {}, "public_title": "Brev"})
    on(f"POST {DOCUMENT}/finishing")
    decision = "decision-adapted-teaching"
    drafted, submitted = (seeding.draft(case_id, decision, to_guardians=True)["document_id"] for _ in range(2))
    seeds.add(f"POST {DOCUMENT}/submission", document_id=drafted)
    seeding.teacher.decide(f"documents/{submitted}", "submission")
    seeds.add(f"POST {DOCUMENT}/approval", {"is_approved": True}, document_id=submitted)
    for act, body in (("correction", None), ("withdrawal", REASON)):
        seeds.add(f"POST {DOCUMENT}/{act}", body, document_id=seeding.finished(case_id))
    done = seeding.finished(case_id)
    for act in ("/files/{position}", "/files/{position}/preview"):
        seeds.add(f"GET {DOCUMENT}{act}", document_id=done, position="0")
    letter = seeding.draft(case_id, "meeting-notice", to_guardians=True)["document_id"]
    seeds.add(f"GET {DOCUMENT}/sending", document_id=letter)
    seeds.add(f"GET {DOCUMENT}/preview", document_id=letter)


def people(seeding: Seeding) -> None:
    """Roles, who has them, pupils, who stands in, whose work goes to whom."""
    seeds, admin, ids = seeding.seeds, seeding.admin, seeding.setting
    here, there = ids.school_ids[SCHOOL], ids.school_ids[OTHER_SCHOOL]
    seeds.known |= {"school_id": [here], "staff_id": [ids.staff_ids["jonatan.fossmyr"]], "role": ["operations"]}
    seeds.known["pupil_id"] = [ids.pupil_ids["emil"]]
    held = ["operate", "archive_log_all", "follow_all_sendings"]
    seeds.add("PUT /roles/{role}", {"permissions": held}, role="operations")
    given = {"staff_id": ids.staff_ids["henrik.osplund"], "role": "employee_create_cases", "school_id": there}
    assignment = admin.post("role-assignments", given | {"from_date": _day(0)})
    seeds.add("POST /role-assignments", given | {"school_id": ids.school_ids["313273873"], "from_date": _day(2)})
    ending = "POST /role-assignments/{assignment_id}/ending"
    seeds.add(ending, {"to_date": _day(1)}, assignment_id=assignment["assignment_id"])
    move = {"to_school_id": there, "responsible_id": ids.staff_ids["ragnhild.skardet"]}
    moved = admin.put("pupils", {"name": "Prøve", "national_id": NUMBER, "school_id": here})["pupil_id"]
    seeds.add("POST /pupils/{pupil_id}/move", move, pupil_id=moved)
    stand_in = {"staff_id": ids.staff_ids["mari.ekrenes"], "from_date": _day(1), "to_date": _day(3)}
    seeds.add("POST /schools/{school_id}/stand-ins", stand_in, school_id=here)
    work = {"from_staff_id": ids.staff_ids["jonatan.fossmyr"], "to_staff_id": ids.staff_ids["mari.ekrenes"]}
    seeds.add("POST /schools/{school_id}/handovers", work, school_id=here)
    seeds.add("GET /schools/{school_id}/open-work", query={"staff_id": work["from_staff_id"]}, school_id=here)
    body = {
        "staff_id": ids.staff_ids["jonatan.fossmyr"],
        "reason": "Statsforvalteren har tilsyn, i en prøve",
        "hours": 1,
    }
    seeds.add("POST /full-access", body)
    ending, confirming = (
        seeding.people["second_administrator"].post("full-access", body | {"staff_id": ids.staff_ids[who]})["grant_id"]
        for who in ("henrik.osplund", "ragnhild.skardet")
    )
    seeds.add("POST /full-access/{grant_id}/ending", grant_id=ending)
    seeds.add("POST /full-access/{grant_id}/confirmation", grant_id=confirming)
    seeds.add("PUT /schools", {"name": "Prøve skole", "organisation": "310000019"})
    seeds.add("PUT /pupil-references", {"national_id": municipality().pupil("emil").national_id, "reference": "elev-1"})
    someone = {"national_id": NUMBER, "name": "Prøve", "roles": [], "schools": []}
    seeds.add("PUT /staff", someone | {"is_active": False})
    seeds.add("PUT /pupils", {"name": "Prøve", "national_id": OTHER_NUMBER, "school_id": here})
    header = "fodselsnummer;brukernavn;ansattnummer;fornavn;etternavn;epost;stilling;skoler;aktiv\n"
    row = f"{NUMBER};prove;4711;Prøve;Prøvesen;p@example.no;teacher;{SCHOOL};ja\n"
    seeds.add("POST /staff-imports", header + row, query={"is_trial": "true"}, headers={"Content-Type": "text/csv"})
    plan = admin.get("school-year", from_date=_day(30), school_ids=[here])
    seeds.add("GET /school-year", query={"from_date": _day(30), "school_ids": [here]})
    seeds.add("POST /school-year/preview", {"plan": plan})
    seeds.add(
        "POST /school-year", {"plan": plan, "plan_id": admin.post("school-year/preview", {"plan": plan})["plan_id"]}
    )


def set_up(seeding: Seeding) -> None:
    """Templates, views, search, the plan, code lists, own settings."""
    seeds, admin = seeding.seeds, seeding.admin
    source = next(one.source for one in TEMPLATES if one.code == "journal-note")
    body = {"code": "prove", "language": "nb", "name": "Prøve", "kind": "note", "needs_approval": False}
    seeds.add("GET /templates/{code}/{language}", code="journal-note", language="nb")
    seeds.add("PUT /templates", body | {"source": source})
    seeds.add("POST /templates/trial", {"language": "nb", "name": "Prøve", "source": source})
    seeds.add("POST /search", {"query": "Prøvesak"})
    seeds.add("GET /case-types/{code}", code="prove")
    view = {"name": "Mine", "filters": {"status": "open"}}
    seeds.add("POST /views", view)
    for who in seeding.people.values():
        made = who.post("views", view | {"name": "Bort"})["items"][0]["view_id"]
        seeds.add("DELETE /views/{view_id}", view_id=made)
    rules = [
        {"name": "Skyss", "belonging": "general_archive", "conditions": [{"fields": ["title"], "words": ["buss"]}]}
    ]
    drafts = [
        admin.post("sorting-rules", {"title": "Prøve", "rules": rules})["summary"]["rule_set_id"] for _ in range(4)
    ]
    seeds.known["rule_set_id"] = [drafts[0]]
    seeds.add("POST /sorting-rules", {"title": "Prøve", "rules": rules})
    for act in ("GET /sorting-rules/{rule_set_id}", "GET /sorting-rules/{rule_set_id}/trial"):
        seeds.add(act, rule_set_id=drafts[0])
    seeds.add("PUT /sorting-rules/{rule_set_id}", {"title": "Prøve igjen", "rules": rules}, rule_set_id=drafts[1])
    seeds.add("POST /sorting-rules/{rule_set_id}/activation", {}, rule_set_id=drafts[2])
    seeds.add("DELETE /sorting-rules/{rule_set_id}", rule_set_id=drafts[3])
    seeds.add("PUT /plan", {"entries": admin.get("plan")["entries"]})
    seeds.add("PUT /case-types", {"code": "ny", "name": "Ny", "folder": "pupil"})
    seeds.add("PUT /hr-roles", {"hr_roles": ["teacher"]})
    seeds.add("PUT /me/notices", {"by_email": True})
    seeds.known["upload_id"] = list(seeds.uploads.values())
    named = {"Content-Disposition": "attachment; filename*=UTF-8''a.pdf", "Content-Type": "application/octet-stream"}
    seeds.add("POST /uploads", b"%PDF-1.7 prove", headers=named)
    hook = {"url": "https://skolesystemet.example/hendelser", "description": "Prøve", "events": ["document.finished"]}
    seeds.add("POST /webhooks", hook)
    made = admin.post("webhooks", hook)
    seeds.known["webhook_id"] = [made["webhook_id"]]
    seeds.add("POST /webhooks/{webhook_id}/ping", webhook_id=made["webhook_id"])
    changed = hook | {"is_active": True}
    seeds.add("PATCH /webhooks/{webhook_id}", changed, headers={"If-Match": '"1"'}, webhook_id=made["webhook_id"])
    seeds.add("POST /webhooks/{webhook_id}/secret", webhook_id=admin.post("webhooks", hook)["webhook_id"])
    seeds.add("DELETE /webhooks/{webhook_id}", webhook_id=admin.post("webhooks", hook)["webhook_id"])
    run = admin.later("audit/exports", {"wanted": {"act": "role-given"}})["run_id"]
    seeds.add("GET /runs/{run_id}", run_id=run)
    seeds.add("POST /audit/exports", {"wanted": {"act": "role-given"}})
    export = admin.post("audit/exports", {"wanted": {"act": "role-given"}})
    seeds.add("GET /audit/exports/{export}/file", export=export["export"])


EVERYTHING: Final = (cases, documents, people, set_up, access_requests)
