"""The API answers what its description says it may, on the running system: a short sample; `./dev bench api` is the whole."""

from __future__ import annotations

import time

from local.demo.setting import Setting, log_in_as
from local.demo.staff import Staff
from local.exploration import Exploration, known_ids
from local.stack import Stack

SECONDS = 15
ROLES = ("administrator", "mail_distributor", "school_leader", "employee")


def test_no_answer_is_a_servers_error_or_undescribed(stack: Stack, setting: Setting, distributor: Staff) -> None:
    del setting
    people = {role: log_in_as(stack, role) for role in ROLES}
    known = known_ids(distributor, people["school_leader"])
    run = Exploration(stack.url("gateway"), people, known, examples=1, until=time.monotonic() + SECONDS)

    findings = run.run()

    assert findings.requests >= 10
    assert findings.server_errors == []
    assert findings.undocumented == []
