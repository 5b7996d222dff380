"""A whole stack of the tests' own: every service and stand-in as separate processes on the real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.outside import Outside
from local.demo.setting import Setting, log_in_as, set_up
from local.demo.staff import Staff
from local.memory import Memory
from local.stack import Stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Six services and eight stand-ins, shared by all files that do not ask for a stack of their own."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack(folder, "sikkersak_e2e", Memory(folder / "memory.json")).standing(print) as made:
        yield made


@pytest.fixture(scope="package")
def setting(stack: Stack) -> Setting:
    """The sample municipality, put in by its administrator through the API."""
    return set_up(stack)


@pytest.fixture
def outside(stack: Stack) -> Outside:
    """The stand-ins' switches."""
    return Outside(stack)


@pytest.fixture
def distributor(stack: Stack, setting: Setting) -> Staff:
    """The mail distributor, logged in."""
    del setting
    return log_in_as(stack, "mail_distributor")
