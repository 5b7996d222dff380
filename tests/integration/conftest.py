"""Fixtures on real PostgreSQL and RabbitMQ, as `./dev test` gives them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from sikkersak.testing.sandbox import Sandbox, sandbox


@pytest.fixture(scope="session", autouse=True)
def servers() -> None:
    """Integration tests need the servers; without them they fail and say so, they are never skipped unnoticed."""
    missing = [name for name in ("DATABASE_URL", "RABBITMQ_URL") if name not in os.environ]
    if missing:
        pytest.fail(f"{' and '.join(missing)} not set: run the tests with ./dev test, which starts the servers")


@pytest.fixture
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A database and virtual hosts of this test's own; marked `hasty`, no step of a ladder is longer than 100 ms."""
    is_hasty = request.node.get_closest_marker("hasty") is not None
    async with sandbox(longest_delay=100 if is_hasty else None) as made:
        yield made
