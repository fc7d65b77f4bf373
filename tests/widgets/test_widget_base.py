"""What all widgets share: work in the background, and a queue of what the page asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cliprl_lite.widgets.base import Asked, CourseWidget


class Worker(CourseWidget):
    """Counts as long as it works."""

    count, rested = 0, 0

    async def work(self, last: int, fault: Callable[[], None] = lambda: None) -> None:
        for _ in range(last):
            self.count += 1
            await asyncio.sleep(0.001)
        fault()

    def _rest(self) -> None:
        self.rested += 1


def fail() -> None:
    raise KeyError("lost")


def test_what_is_begun_ends_by_itself_and_says_so_once() -> None:
    async def use() -> None:
        worker = Worker()
        worker.begin(worker.work(3))
        await asyncio.sleep(0.05)
        assert (worker.count, worker.rested, worker.error, worker._task) == (3, 1, "", None)

    asyncio.run(use())


def test_a_second_start_and_a_stop_cancel_the_first() -> None:
    async def use() -> None:
        worker = Worker()
        worker.begin(worker.work(1_000_000))
        first = worker._task
        await asyncio.sleep(0.01)
        worker.begin(worker.work(1_000_000))
        await asyncio.sleep(0)
        assert first is not None
        assert first.cancelled()
        for stop in (worker.end, worker.close):
            worker.begin(worker.work(1_000_000))
            await asyncio.sleep(0.01)
            stop()
            count = worker.count
            await asyncio.sleep(0.02)
            assert worker.count == count
        assert (worker.rested, worker.error) == (0, "")

    asyncio.run(use())


def test_what_fails_is_shown_unless_something_else_has_begun() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise KeyError("old") from None

    async def use() -> None:
        worker = Worker()
        worker.begin(worker.work(1, fail))
        await asyncio.sleep(0.02)
        assert worker.error == "This stopped half-way: 'lost'. Start it again."
        assert worker.rested == 1
        worker.error = ""
        worker.begin(stubborn())
        await asyncio.sleep(0)
        worker.begin(worker.work(1_000_000))
        await asyncio.sleep(0.02)
        assert (worker.error, worker.rested) == ("", 1)
        assert worker._task is not None
        worker.end()

    asyncio.run(use())


def test_without_a_loop_nothing_is_begun() -> None:
    worker = Worker()
    with pytest.raises(RuntimeError, match="no running event loop"):
        worker.begin(worker.work(3))
    assert worker.count == 0


class Listener(Asked):
    """Writes down what it is asked for."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        super().__init__()

    def _do(self, what: object) -> None:
        if what == "x":
            raise ValueError("no " + "x" * 1_000)
        self.heard.append(what)


def test_each_thing_asked_for_is_done_once_in_order() -> None:
    seen = Listener()
    seen.set_state({"asked": [[1, "a"], [2, [0, 3]]]})
    seen.set_state({"asked": [[2, [0, 3]], [3, "a"], [4, "x"]]})
    assert seen.heard == ["a", [0, 3], "a"]
    assert seen.error.startswith("no x")
    assert len(seen.error) == 200
    seen.set_state({"asked": [[3, "a"], [4, "x"], [5, "b"]]})
    assert (seen.heard[3:], seen.error) == (["b"], "")
