"""The main job, as `./dev demo` runs it: from a letter that arrives to the last document archived, with an outage in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.run import Figures, job
from local.memory import Memory
from local.stack import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """One that holds nothing yet: everything in it is counted."""
    with Stack(tmp_path, "sikkersak_main_job", Memory(tmp_path / "memory.json")).standing(print) as made:
        yield made


def test_everything_that_is_finished_is_in_the_archive_once(stack: Stack) -> None:
    figures = Figures()
    job(stack, figures)
    assert figures.mail_received >= 20
    assert figures.mail_forwarded >= 1
    assert figures.mail_needing_a_person >= 1
    assert figures.documents_signed >= 1
    assert figures.letters_delivered >= 2
    assert figures.archived == figures.documents_finished > figures.mail_registered
    assert figures.not_archived == 0
    assert figures.duplicates_in_archive == 0
    assert figures.archive_outage_seconds >= 10
