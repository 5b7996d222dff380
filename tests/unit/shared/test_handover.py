"""A successor takes over the listening socket; no connection is refused or dropped between the two (R14)."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from sikkersak.handover import offer_entrance, open_entrance
from sikkersak.testing.waiting import eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def short(tmp_path: Path) -> Path:
    return tmp_path / "door"


class TestHandover:
    async def test_successor_serves_who_came_before_it_and_the_first_leaves_only_then(self, tmp_path: Path) -> None:
        port, left = free_port(), asyncio.Event()
        first = open_entrance("127.0.0.1", port, short(tmp_path))
        offering = asyncio.create_task(offer_entrance(first, short(tmp_path), left.set))
        await eventually(lambda: _is(short(tmp_path).exists()), what="the door")

        second = await asyncio.to_thread(open_entrance, "127.0.0.1", port, short(tmp_path))
        first.listening.close()
        visitor = socket.create_connection(("127.0.0.1", port), timeout=45)
        assert not left.is_set()

        second.is_served()
        await asyncio.wait_for(left.wait(), 45)
        served, _ = second.listening.accept()
        served.sendall(b"here")
        assert visitor.recv(4) == b"here"
        await offering

    async def test_successor_that_dies_before_it_serves_changes_nothing(self, tmp_path: Path) -> None:
        port, left = free_port(), asyncio.Event()
        first = open_entrance("127.0.0.1", port, short(tmp_path))
        offering = asyncio.create_task(offer_entrance(first, short(tmp_path), left.set))
        await eventually(lambda: _is(short(tmp_path).exists()), what="the door")

        dead = await asyncio.to_thread(open_entrance, "127.0.0.1", port, short(tmp_path))
        assert dead.predecessor is not None
        dead.predecessor.close()
        living = await asyncio.to_thread(open_entrance, "127.0.0.1", port, short(tmp_path))

        assert not left.is_set()
        living.is_served()
        await asyncio.wait_for(left.wait(), 45)
        await offering

    def test_door_that_nobody_stands_behind_is_no_hindrance(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as abandoned:
            abandoned.bind(str(short(tmp_path)))
        port = free_port()

        made = open_entrance("127.0.0.1", port, short(tmp_path))

        assert made.predecessor is None
        assert made.listening.getsockname()[1] == port


async def _is(condition: bool) -> bool:
    return condition
