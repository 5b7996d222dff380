"""What comes in and what leaves: mail, the archive, letters, signatures, exports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from local.demo.outside import wait_for
from local.exploration.exemplar import BINARY
from local.exploration.seeds import REASON, SCHOOL, Seeding
from samples.municipality import municipality
from samples.shipments import shipments
from sikkersak.clock import now

DELIVERY: Final = "/deliveries/{delivery_id}"
RENDITION: Final = f"{DELIVERY}/renditions/{{document_key}}"
LEFT: Final = slice(4, 9)
"""Of the samples: what nothing is decided about beforehand."""


def archive(seeding: Seeding) -> None:
    """Deliveries that stopped because no PDF/A could be made; extractions; reconciliations."""
    seeds, case_id = seeding.seeds, seeding.case("amina")
    acts = ("retry", "correction", "giving-up", "choice", "file", "retries")
    documents = [seeding.broken(case_id) for _ in acts]
    stopped = wait_for("deliveries without rendition", lambda: _stopped(seeding, documents))
    for act, delivery_id in zip(acts, (stopped[one] for one in documents), strict=True):
        told = seeding.distributor.get(f"deliveries/{delivery_id}/renditions")["documents"]
        key = next((one["document_key"] for one in told if one["choices"]), told[0]["document_key"])
        on = {"delivery_id": delivery_id}
        if act == "choice":
            seeds.add(f"POST {RENDITION}/choice", REASON | {"choice": "notice_page"}, document_key=key, **on)
        elif act == "file":
            seeds.add(f"POST {RENDITION}/file", REASON | {"upload_id": "their own"}, document_key=key, **on)
        elif act == "retries":
            wanted = REASON | {"delivery_ids": [delivery_id], "only_count": True}
            seeds.add("POST /archive/retries", wanted)
        else:
            body: dict[str, Any] = {"correction": REASON | {"mended": {"title": "Nytt navn"}}, "giving-up": REASON}
            seeds.add(f"POST {DELIVERY}/{act}", body.get(act), **on)
    seeds.known["delivery_id"] = list(stopped.values())
    whose = {"municipality": "Sølvfjord", "organisation": "310000027"}
    seeds.add("POST /archive/extractions", whose)
    made = seeding.admin.post("archive/extractions", whose)["extraction_id"]
    seeds.known["extraction_id"] = [made]
    period = {"period_from": (now() - timedelta(days=1)).isoformat(), "period_to": now().isoformat()}
    seeds.add("POST /archive/reconciliations", period)
    run = seeding.distributor.post("archive/reconciliations", period)["reconciliation_id"]
    seeds.known["reconciliation_id"] = [run]
    wait_for("an extraction", lambda: seeding.admin.get(f"archive/extractions/{made}")["state"] == "done")


def _stopped(seeding: Seeding, documents: list[str]) -> dict[str, str] | None:
    items = seeding.distributor.get("deliveries", limit=200)["items"]
    found = {one["document_id"]: one["delivery_id"] for one in items if one["state"] == "declined"}
    return found if set(documents) <= set(found) else None


def letters(seeding: Seeding) -> None:
    """Some that did not arrive, one that may be sent; signatures asked for, and one signer at the screen."""
    seeds, case_id = seeding.seeds, seeding.case("sofie")
    pupil = municipality().pupil("sofie")
    rules = {guardian.national_id: "undeliverable" for guardian in pupil.guardians}
    control = seeding.outside.stack.control("svarut")
    seeding.outside.http.put(f"{control}/_control/receivers", json=rules).raise_for_status()
    sent = seeding.finished(case_id, "meeting-notice", to_guardians=True)
    seeding.teacher.post(f"documents/{sent}/sending", {})
    ready = seeding.finished(seeding.case("ida"), "meeting-notice", to_guardians=True)
    seeds.add("POST /documents/{document_id}/sending", {}, document_id=ready)
    failed = wait_for("letters that did not arrive", lambda: _failed(seeding, sent))
    seeds.known["consignment_id"] = failed
    seeds.add("POST /consignments/{consignment_id}/retry", consignment_id=failed[0])
    seeds.add("POST /consignments/{consignment_id}/resolution", {"choice": "handled"}, consignment_id=failed[1])


def _failed(seeding: Seeding, document_id: str) -> list[str] | None:
    items = seeding.distributor.get("consignments", document_id=document_id)["items"]
    found = [one["consignment_id"] for one in items if one["state"] == "declined"]
    return found if len(found) > 1 else None


def signatures(seeding: Seeding) -> None:
    """Asked for, to be called off, and at the screen."""
    seeds, case_id = seeding.seeds, seeding.case("ida")
    asking = "POST /documents/{document_id}/signatures"
    seeds.add(asking, {"days_open": 14}, document_id=seeding.finished(case_id, "meeting-notice", to_guardians=True))
    portal, screen = (seeding.finished(case_id, "meeting-notice", to_guardians=True) for _ in range(2))
    seeding.teacher.post(f"documents/{portal}/signatures", {"days_open": 14})
    seeding.teacher.post(f"documents/{screen}/signatures", {"flow": "direct", "level": 4})
    jobs = wait_for("signature jobs", lambda: _waiting(seeding, portal, screen))
    seeds.known["job_id"] = jobs
    seeds.add("POST /signature-jobs/{job_id}/cancel", job_id=jobs[0])
    seeds.add("GET /signature-jobs/{job_id}/signers/{signer}/ceremony", job_id=jobs[1], signer="1")


def _waiting(seeding: Seeding, *documents: str) -> list[str] | None:
    items = seeding.distributor.get("signature-jobs", limit=200)["items"]
    found = {one["document_id"]: one["job_id"] for one in items if one["state"] == "awaiting_signatures"}
    return [found[one] for one in documents] if set(documents) <= set(found) else None


def mail(seeding: Seeding) -> None:
    """Mail that nothing was decided about, mail that waits at SvarInn, exports, mail that is brought in by hand."""
    seeds, ids = seeding.seeds, seeding.setting
    for one in shipments()[LEFT]:
        seeding.outside.send(one)
    stored = wait_for("mail", lambda: _stored(seeding))
    with_files = seeding.distributor.get(f"mail/{stored[0]}")
    seeds.known["mail_id"] = stored[3:]
    at = {"mail_id": stored[0], "attachment_id": with_files["attachments"][0]["attachment_id"]}
    seeds.add("GET /mail/{mail_id}/attachments/{attachment_id}", **at)
    where = {"school_id": ids.school_ids[SCHOOL], "pupil_id": ids.pupil_ids["emil"], "case_title": "Prøvesak"}
    seeds.add("POST /mail/{mail_id}/registration", where, mail_id=stored[0])
    seeds.add("POST /mail/{mail_id}/forwarding", {"archive_case_number": "26/1"}, mail_id=stored[1])
    seeds.add("POST /mail/{mail_id}/discarding", REASON, mail_id=stored[2])
    seeding.outside.refuse("svarinn", status=500, only="GET .*/[0-9a-f-]{36}$")
    for one in shipments()[9:11]:
        seeding.outside.send(one)
    waiting = wait_for("waiting mail", lambda: _waits(seeding))
    seeds.add("POST /waiting-mail/{mail_id}/retry", mail_id=waiting[0]["mail_id"])
    refusal = {"confirmed_shipment_id": waiting[1]["shipment_id"], "text": "Filene kan ikke leses hos oss."}
    seeds.add("POST /waiting-mail/{mail_id}/refusal", refusal, mail_id=waiting[1]["mail_id"])
    systems = seeding.distributor.get("receivers")["items"]
    seeds.add("POST /receivers/resumption", {"system": systems[0]["system"]})
    seeds.add("POST /mail-exports")
    seeds.add("GET /senders", query={"query": "PPT"})
    export = seeding.distributor.post("mail-exports")["export_id"]
    seeds.known["export_id"] = [export]
    wait_for("an export", lambda: seeding.distributor.get(f"mail-exports/{export}").get("file"))
    told = {"title": "Brev", "sender": "Prøve", "receiver_organisation": SCHOOL}
    seeds.add("POST /brought-in-mail", told | {"files": [BINARY]})
    period = {"since": (now() - timedelta(hours=1)).isoformat(), "until": now().isoformat()}
    seeds.add("GET /outage-report", query=period)
    seeds.add("POST /notices/outages", {"text": "Prøve på en driftsmelding", "school_ids": [ids.school_ids[SCHOOL]]})


def _stored(seeding: Seeding) -> list[str] | None:
    items = seeding.distributor.get("mail", state="stored", limit=200)["items"]
    return [one["mail_id"] for one in items] if len(items) > 3 else None


def _waits(seeding: Seeding) -> list[dict[str, Any]] | None:
    items = [one for one in seeding.distributor.get("waiting-mail")["items"] if one["attempts"]]
    return items if len(items) > 1 else None


EVERYTHING: Final = (archive, letters, signatures, mail)
