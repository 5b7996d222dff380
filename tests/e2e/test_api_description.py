"""The API answers what its description says it may, on the running system: a short sample; `./dev bench api` is the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.outside import Outside
from local.demo.setting import Setting, set_up
from local.exploration import Exploration, people_for, seed
from local.memory import Memory
from local.stack import Stack

SECONDS = 20


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """One of its own: in it anybody may have become an administrator, or been let in to everything."""
    with Stack(tmp_path, "sikkersak_explored", Memory(tmp_path / "memory.json")).standing(print) as made:
        yield made


@pytest.fixture
def setting(stack: Stack) -> Setting:
    """The sample municipality in it."""
    return set_up(stack)


def test_no_answer_is_a_servers_error_or_undescribed(stack: Stack, setting: Setting, outside: Outside) -> None:
    people = people_for(stack, setting)
    seeds = seed(people, setting, outside, at_once_only=True)
    run = Exploration(stack.url("gateway"), people, seeds, examples=1, until=time.monotonic() + SECONDS)

    findings = run.run()

    assert findings.requests >= 10
    assert findings.server_errors == []
    assert findings.undocumented == []
