"""Children are kept within their limits, and programs within their walls."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
import pytest_asyncio

from archiver.rendition.cage import MEBIBYTE, Limits, detect, run
from archiver.rendition.children import ChildFailed, Children
from sikkersak.errors import Declined, Transient

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def children():
    standing = Children(at_once=4)
    await standing.start()
    yield standing
    await standing.stop()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_nursery_has_one_thread_when_it_forks(children: Children) -> None:
    assert children.details["threads"] == 1


async def test_the_children_are_off_the_network_where_the_machine_lets_them(children: Children) -> None:
    if not children.is_offline:
        pytest.skip("this machine forbids namespaces of one's own; the health check says so too")
    assert children._process is not None
    networks = {Path(f"/proc/{one}/ns/net").readlink() for one in ("self", children._process.pid)}
    assert len(networks) == 2
    connections = Path(f"/proc/{children._process.pid}/net/route").read_text().splitlines()
    assert len(connections) <= 1  # a heading, and no way out


async def test_a_child_that_is_late_is_killed_and_the_others_are_not(children: Children, papers) -> None:
    heavy = papers.pdf("heavy.pdf", pages=400)
    slow = children.run(
        "picture_pages", Limits(seconds=0.5), source=str(heavy), destination="/dev/null", with_text=True
    )
    quick = children.run("draw_sample", Limits(seconds=20), destination=str(papers.folder / "s.pdf"))
    begun = time.monotonic()
    late, done = await asyncio.gather(slow, quick, return_exceptions=True)
    assert isinstance(late, ChildFailed)
    assert late.why == "time"
    assert done == {"pages": 1}
    assert time.monotonic() - begun < 40


async def test_a_child_that_wants_too_much_memory_is_told_no(children: Children, papers) -> None:
    source = papers.keep("big.txt", b"a " * (60 * MEBIBYTE))
    with pytest.raises(ChildFailed) as failed:
        await children.run(
            "read_text", Limits(seconds=30, memory=300 * MEBIBYTE), source=str(source), destination=str(source) + ".out"
        )
    assert failed.value.why in {"memory", "crash"}


async def test_a_child_cannot_fill_the_disk(children: Children, papers) -> None:
    source = papers.keep("big.txt", b"a" * (2 * MEBIBYTE))
    target = papers.folder / "out.txt"
    with pytest.raises(ChildFailed):
        await children.run("read_text", Limits(seconds=30, file=MEBIBYTE), source=str(source), destination=str(target))
    assert target.stat().st_size <= MEBIBYTE


async def test_a_refusal_comes_through_with_its_words(children: Children, papers) -> None:
    with pytest.raises(Declined) as no:
        await children.run("read_text", Limits(), source=str(papers.keep("e.txt", b" ")), destination="/dev/null")
    assert no.value.code == "rendition-empty"


async def test_a_nursery_that_dies_is_replaced(children: Children, papers) -> None:
    first = children._process
    assert first is not None
    os.killpg(first.pid, signal.SIGKILL)
    await first.wait()
    target = str(papers.folder / "s.pdf")
    try:
        await children.run("draw_sample", Limits(), destination=target)
    except Transient:
        await children.run("draw_sample", Limits(), destination=target)
    assert children._process is not first


async def test_stopping_leaves_no_process_behind(papers) -> None:
    standing = Children()
    await standing.start()
    assert standing._process is not None
    pid = standing._process.pid
    heavy = papers.pdf("heavy.pdf", pages=400)
    work = asyncio.create_task(
        standing.run("picture_pages", Limits(), source=str(heavy), destination="/dev/null", with_text=True)
    )
    await asyncio.sleep(0)
    await standing.stop()
    with pytest.raises(Transient):
        await work
    assert not is_alive(pid)


async def test_a_caged_program_sees_neither_network_nor_other_files(tmp_path: Path) -> None:
    cage = await detect()
    if not cage.has_walls:
        pytest.skip("bubblewrap does not work on this machine; the health check says so too")
    secret, out = tmp_path / "secret", tmp_path / "out"
    secret.write_text("x")
    out.mkdir()
    script = (
        f"ls {secret} && exit 1; [ $(ls /sys/class/net 2>/dev/null | wc -l) -gt 1 ] && exit 2; echo ok > {out}/said"
    )
    ended = await run(cage.command(["/bin/sh", "-c", script], Limits(seconds=20), writable=[out]), 20)
    assert ended == 0
    assert (out / "said").read_text() == "ok\n"


async def test_a_caged_program_that_is_late_is_killed_with_all_it_started(tmp_path: Path) -> None:
    cage = await detect()
    begun = time.monotonic()
    assert await run(cage.command(["/bin/sh", "-c", "sleep 60 & sleep 60"], Limits(seconds=60)), 0.3) is None
    assert time.monotonic() - begun < 40
