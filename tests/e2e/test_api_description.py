"""The API answers what its description says it may, on the running system: a short sample; `./dev bench api` is the whole."""

from __future__ import annotations

import time

from local.demo.outside import Outside
from local.demo.setting import Setting
from local.exploration import Exploration, people_for, seed
from local.stack import Stack

SECONDS = 20


def test_no_answer_is_a_servers_error_or_undescribed(stack: Stack, setting: Setting, outside: Outside) -> None:
    people = people_for(stack, setting)
    seeds = seed(people, setting, outside, at_once_only=True)
    run = Exploration(stack.url("gateway"), people, seeds, examples=1, until=time.monotonic() + SECONDS)

    findings = run.run()

    assert findings.requests >= 10
    assert findings.server_errors == []
    assert findings.undocumented == []
