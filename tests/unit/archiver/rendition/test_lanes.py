"""Who is rendered now: urgent ones first, and a heavy document keeps nobody else waiting."""

from __future__ import annotations

import asyncio

from archiver.rendition.lanes import Lanes


class Queue:
    """Documents that stand in line; each is done when it is told to be."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.works: dict[str, asyncio.Task[None]] = {}

    async def join(self, name: str, *, is_urgent: bool = False) -> None:
        self.ends[name] = asyncio.Event()
        self.works[name] = asyncio.create_task(self._work(name, is_urgent))
        await self.settle()

    async def _work(self, name: str, is_urgent: bool) -> None:
        async with self.lanes.place(is_urgent=is_urgent):
            self.begun.append(name)
            await self.ends[name].wait()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.works[name]
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def leave(self, name: str) -> None:
        self.works[name].cancel()
        await asyncio.wait([self.works[name]])
        await self.settle()


async def test_no_more_than_there_are_places_and_then_in_the_order_they_came() -> None:
    queue = Queue(Lanes(quick=2, heavy=0))
    for name in "abcd":
        await queue.join(name)
    assert queue.begun == ["a", "b"]
    assert queue.lanes.waiting == 2
    await queue.end("b")
    assert queue.begun == ["a", "b", "c"]


async def test_what_a_person_waits_for_goes_before_what_came_earlier() -> None:
    queue = Queue(Lanes(quick=1, heavy=0))
    for name in "abc":
        await queue.join(name)
    await queue.join("urgent", is_urgent=True)
    await queue.end("a")
    assert queue.begun == ["a", "urgent"]


async def test_a_heavy_document_steps_aside_and_its_place_is_taken() -> None:
    queue = Queue(Lanes(quick=1, heavy=1, heavy_after=0.02))
    await queue.join("heavy")
    await queue.join("light")
    async with asyncio.timeout(10):
        while "light" not in queue.begun:
            await asyncio.sleep(0.005)
    await queue.join("next")
    await queue.end("heavy")
    assert queue.begun == ["heavy", "light"], "the heavy one's end gives its own place back, not the light one's"
    await queue.end("light")
    assert queue.begun == ["heavy", "light", "next"]


async def test_who_gives_up_waiting_takes_no_place() -> None:
    queue = Queue(Lanes(quick=1, heavy=0))
    for name in "abc":
        await queue.join(name)
    await queue.leave("b")
    await queue.end("a")
    assert queue.begun == ["a", "c"]
    await queue.end("c")
    await queue.join("d")
    assert queue.begun == ["a", "c", "d"]
