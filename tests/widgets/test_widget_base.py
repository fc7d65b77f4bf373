"""What all widgets share: work in the background, and a queue of what the page asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
import traitlets

import cliprl_lite as clip
from cliprl_lite import widgets
from cliprl_lite.widgets import BackupBoard, LearnerLab, Race, Tour
from cliprl_lite.widgets.base import Asked, CourseWidget, Player, Refused


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


def silent() -> None:
    raise MemoryError


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
        worker.begin(worker.work(1, silent))
        await asyncio.sleep(0.02)
        assert worker.error == "This stopped half-way: MemoryError. Start it again."
        worker.error, worker.rested = "", 1
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
        if what == "y":
            raise IndexError("list index out of range")
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
    seen.set_state({"asked": [[6, "y"]]})
    assert (seen.heard[4:], seen.error) == ([], "That cannot be done here (IndexError).")


def test_presses_that_got_lost_are_said_to_be() -> None:
    seen = Listener()
    seen.set_state({"asked": [[order, "a"] for order in range(37, 101)]})  # the page keeps 64
    assert len(seen.heard) == 64
    assert seen.error.startswith("The kernel was busy, and 36 presses did not reach it")
    seen.set_state({"asked": [[100, "a"], [101, "b"]]})
    assert (seen.heard[64:], seen.error) == (["b"], "")


@pytest.mark.parametrize(
    "entry",
    [
        3,
        [1],
        ["1", "a"],
        [None, "a"],
        [float("inf"), "a"],
        [2**60, "a"],
        [-1, "a"],
        [True, "a"],
        [1, 2, 3],
    ],
)
def test_what_cannot_be_read_is_not_done_and_blocks_nothing(entry: object) -> None:
    seen = Listener()
    seen.set_state({"asked": [entry]})
    assert (seen.heard, seen.error) == ([], "The page asked for something that cannot be read.")
    seen.set_state({"asked": [[1, "b"]]})
    assert (seen.heard, seen.error) == (["b"], "")


class Shown(CourseWidget):
    """One number that the page sets, one picture that only Python draws."""

    scene = traitlets.Unicode("<svg/>").tag(sync=True)
    number = traitlets.Int(3).tag(sync=True, heard=True)

    @traitlets.validate("number")
    def _small(self, proposal: dict[str, int]) -> int:
        if proposal["value"] > 9:
            raise Refused("numbers go to 9")
        return proposal["value"]


def test_the_page_sets_what_is_its_own_and_nothing_else() -> None:
    seen = Shown()
    seen.set_state({"scene": "<script/>", "status": "x", "error": "x", "_esm": "x", "no": 1})
    assert (seen.scene, seen.status, seen.error) == ("<svg/>", "", "")
    seen.set_state({"number": 4, "calm": True})
    assert (seen.number, seen.calm) == (4, True)


def test_what_is_refused_leaves_the_old_value_and_sends_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, sent = Shown(), []
    monkeypatch.setattr(seen, "send_state", lambda key: sent.append(key))
    for bad, words in ((10, "numbers go to 9"), (None, "number: this value is not possible here")):
        seen.set_state({"number": bad})
        assert (seen.number, seen.error, sent.pop()) == (3, words, ["number"])
    seen.set_state({"number": 3})
    assert seen.error == ""
    with pytest.raises(ValueError, match="numbers go to 9"):
        seen.number = 10
    assert seen.number == 3


# What is told by message
def test_who_is_there_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(Listener, "send", lambda self, content: sent.append(content))
    seen = Listener()
    for content in ({"told": 3}, {"told": 4}, {"told": "x"}, {}, None, 5):
        seen._handle_custom_msg(content, [])
    assert sent == [{"heard": 3}, {"heard": 4}]


def test_a_player_tells_that_it_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(Player, "send", lambda self, content: sent.append(content))

    class Working(Player, Worker):
        pass

    async def use() -> None:
        player = Working()
        player.begin(player.work(2))
        player.playing = True
        player._handle_custom_msg({"told": 0}, [])  # a new view
        await asyncio.sleep(0.05)
        assert sent == [{"playing": True}, {"heard": 0}, {"playing": True}, {"playing": False}]

    asyncio.run(use())


WORLD = clip.GridWorld.open_map(6)


def on_tour() -> Tour:
    house = clip.load_suite("house_a")
    tour = Tour(house, {t.sentence: clip.learn_policy(house.world, t.goal)[0] for t in house.tasks})
    tour.choose("go to the red box")
    return tour


@pytest.mark.parametrize(
    ("made", "start"),
    [
        (lambda: Race(WORLD, (0, 0), {"scratch": ("none", None)}), "play"),
        (lambda: LearnerLab(WORLD, (0, 0)), "play"),
        (on_tour, "go"),
        (lambda: BackupBoard(WORLD, (0, 0)), -2),
    ],
    ids=["race", "lab", "tour", "board"],
)
def test_no_state_says_that_something_runs(made: Callable[[], Asked], start: object) -> None:
    """At work and at rest, a widget's state has the same switches."""

    def switches(widget: Asked) -> str:
        stored = widget.get_state()
        return json.dumps({name: on for name, on in stored.items() if isinstance(on, bool)})

    async def use() -> None:
        widget = made()
        resting = switches(widget)
        widget.set_state({"asked": [[1, start]], "pace": 50})
        await asyncio.sleep(0.05)
        assert widget._task is not None
        assert switches(widget) == resting
        widget.end()

    asyncio.run(use())


def test_whatever_plays_is_a_player() -> None:
    for name in widgets.__all__:
        kind = getattr(widgets, name)
        plays = ("HopeBoard", "LearnerLab", "MissionBoard", "Race", "Tour")
        assert issubclass(kind, Player) == (name in plays)
        assert not {"playing", "running", "busy"} & {*kind.class_traits(sync=True)}
