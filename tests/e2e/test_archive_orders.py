"""What is done to a finished document, and to its case, is done in the archive core too, through the API (M8, M12, M14)."""

from __future__ import annotations

from typing import Any

import pytest

from local.demo.casework import Casework
from local.demo.outside import Outside, wait_for
from local.demo.setting import Setting
from local.demo.staff import Refused
from local.stack import Stack

OPEN, CLOSED, WITHDRAWN = "B", "A", "U"


def test_the_archive_follows_what_becomes_of_a_document_and_its_case(
    stack: Stack, setting: Setting, outside: Outside
) -> None:
    work = Casework.begin(stack, setting, outside)
    written = {"template": "journal-note", "title": "Samtale med foresatte", "body": "Enighet om møte i uke 4."}
    document_id = work.teacher.post(f"cases/{work.case_id}/documents", written)["document_id"]
    document = f"documents/{document_id}"
    work.teacher.decide(document, "finishing")

    def standing(what: str, **wanted: Any) -> None:
        def there() -> bool:
            held = {one["key"]: one for one in outside.archived_records()}.get(f"record:{document_id}", {})
            return all(held.get(name) == value for name, value in wanted.items())

        wait_for(what, there, within=120)

    def settled() -> None:
        wait_for("nothing to hinder closing", lambda: work.teacher.get(f"cases/{work.case_id}/closing")["is_closable"])

    standing("the note in the archive", case_status=OPEN, is_screened=True)
    access = {"is_exempt": False, "restriction": "", "legal_basis": ""}
    work.teacher.put(f"{document}/assessment", {"access": access, "public_title": "En åpen samtale"})
    standing("the newer assessment", public_title="En åpen samtale", is_screened=False)
    with pytest.raises(Refused, match="Utgår"):
        work.teacher.post(f"{document}/withdrawal", {"reason": "Feil elev."})
    work.principal.post(f"{document}/withdrawal", {"reason": "Feil elev."})
    standing("the withdrawal", status=WITHDRAWN)
    settled()
    work.teacher.post(f"cases/{work.case_id}/closing", {"remark": "Ferdig behandlet."})
    standing("the closed case file", case_status=CLOSED)
    work.principal.post(f"cases/{work.case_id}/reopening", {"reason": "Nye opplysninger."})
    standing("the case file open again", case_status=OPEN, status=WITHDRAWN)
    settled()
