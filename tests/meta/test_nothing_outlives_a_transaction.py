"""Connections go back to the pool as they are: so nothing may be set, locked, heard or made beyond the transaction."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BEYOND = re.compile(
    r"""pg_(try_)?advisory_lock(_shared)?\(          # held until the connection ends
      | set_config\((?:[^()]|\([^()]*\))*,\s*false\)  # set until the connection ends
      | (execute|fetch\w*)\(\s*f?"{1,3}\s*(set\s+(?!local\b|transaction\b)|listen\s|discard\s|declare\s|prepare\s)
      | create\s+(local\s+)?temp(orary)?\s
      | \bwith\s+hold\b""",
    re.IGNORECASE | re.VERBOSE,
)
# The migrations have a connection of their own, which ends with them.
SOURCES = [
    path
    for folder in ("shared/sikkersak", "services")
    for path in (REPOSITORY / folder).rglob("*.py")
    if not {"migrations", "alembic"} & set(path.parts)
]


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(1)",
        "select set_config('a.b', coalesce($1, ''), false)",
        'tx.execute("set search_path to x")',
        'tx.execute(\n            """listen outbox""")',
        "create temp table x as select 1",
    ],
)
def test_what_outlives_a_transaction_is_seen(statement: str) -> None:
    assert BEYOND.search(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_xact_lock(1)",
        "select set_config('a.b', $1, true)",
        'tx.execute("set local statement_timeout = 1")',
        'tx.execute("update mail set state = $1")',
    ],
)
def test_what_ends_with_the_transaction_is_let_be(statement: str) -> None:
    assert not BEYOND.search(statement)


def test_nothing_that_is_done_in_the_database_outlives_its_transaction() -> None:
    assert SOURCES
    hits = ((path, BEYOND.search(path.read_text(encoding="utf-8"))) for path in SOURCES)
    found = [f"{path.relative_to(REPOSITORY)}: {hit.group()}" for path, hit in hits if hit]
    assert found == []
