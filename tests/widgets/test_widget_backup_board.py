"""The backup board: each press against a hand-worked table, counts against a full search."""

from __future__ import annotations

import asyncio
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.widgets import BackupBoard
from cliprl_lite.widgets.backup_board import OUTWARD, RANDOM, RESET
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.value_iteration import random_backups

ROW = GridWorld.from_text("....")
"""Four squares in a row, the goal at the left end in most tests."""
ROOM = GridWorld.from_text("......\n..##..\n...#..\n......")
"""The notebook's board."""
NONE = -np.inf


def test_presses_by_hand() -> None:
    app = BackupBoard(ROW, (0, 0), discount=0.5)
    assert app.values.tolist() == [0, NONE, NONE, NONE]
    app.press(3)  # nothing is known around it
    assert app.values.tolist() == [0, NONE, NONE, NONE]
    assert (app.backups, app.right) == (1, 0)
    app.press(1)
    assert app.q[1].tolist() == [NONE, NONE, -1, NONE]  # up, down: itself; left: the goal
    app.press(1)
    assert app.q[1].tolist() == [-1.5, -1.5, -1, NONE]
    app.press(2)
    app.press(3)
    assert app.values.tolist() == [0, -1, -1.5, -1.75]
    assert (app.backups, app.right, app.finished) == (5, 3, True)
    assert "after 5 presses; the fewest possible are 3" in app.status
    app.press(3)  # after the end nothing is counted
    assert app.backups == 5


def test_the_goal_needs_no_press() -> None:
    app = BackupBoard(ROW, (0, 0))
    app.press(0)
    assert (app.backups, app.q[0].tolist()) == (0, [0, 0, 0, 0])
    assert "goal" in app.status


def test_outward_one_press_each_is_enough() -> None:
    for world, goal in ((ROW, (0, 3)), (ROOM, (3, 1)), (GridWorld.four_rooms(7), (1, 1))):
        app = BackupBoard(world, goal)
        app.sweep_outward()
        assert app.finished
        assert app.backups == app.fewest == world.n_states - 1
        np.testing.assert_allclose(app.values, world.optimal_q(goal).max(axis=1), atol=1e-12)
        best = app.q == app.q.max(axis=1, keepdims=True)
        assert (best == world.optimal_actions(goal)).all()  # and every arrow, ties included


def test_from_zeros_a_sweep_outward_gains_one_ring() -> None:
    app = BackupBoard(ROOM, (3, 1), "zeros")
    distances = ROOM.distances((3, 1))
    for ring in range(1, distances.max() + 1):
        app.sweep_outward()
        assert app.right == (distances <= ring).sum() - 1
        right = np.isclose(app.values, app.exact)
        assert (right == (distances <= ring)).all()
    assert app.finished
    assert app.backups == 20 * 7


def test_from_zeros_the_fewest_are_the_distances_added_up() -> None:
    app = BackupBoard(ROOM, (3, 1), "zeros")
    for ring in range(1, 8):
        for state in np.flatnonzero(ROOM.distances((3, 1)) >= ring):
            app.press(state)
    assert app.finished
    assert app.backups == app.fewest == 70


def test_random_sweeps_need_more_and_have_no_global_luck() -> None:
    def swept() -> int:
        app, press = BackupBoard(ROOM, (3, 1)), 0
        while not app.finished:
            press += 1
            app.set_state({"asked": [[press, RANDOM]]})
        return app.backups

    once = swept()
    np.random.seed(0)  # noqa: NPY002 (a disturbed global generator changes nothing)
    assert swept() == once > 20


def test_counted_runs_leave_the_board_alone() -> None:
    app = BackupBoard(ROOM, (3, 1))
    counts = app.count_random(40, seed=1)
    assert (app.backups, app.right) == (0, 0)
    assert counts.tolist() == random_backups(ROOM, (3, 1), "unknown", 40, seed=1).tolist()


def test_where_nothing_is_proven_nothing_is_said() -> None:
    app = BackupBoard(GridWorld.open_map(5), (0, 0), "zeros")
    while not app.finished:
        app.sweep_outward()
    assert "fewest" not in app.svg() + app.summary()


def test_as_the_browser_does() -> None:
    app = BackupBoard(ROW, (0, 0))
    app.set_state({"asked": [[1, 1]]})
    app.set_state({"asked": [[1, 1], [2, 1], [3, 2]]})  # two presses in one message
    assert (app.backups, app.right) == (3, 2)
    app.set_state({"asked": [[4, 99]]})
    assert "states are numbered 0 to 3" in app.error
    app.set_state({"asked": [[5, RESET]]})
    assert (app.backups, app.right, app.error) == (0, 0, "")
    app.set_state({"asked": [[6, OUTWARD]], "pace": 0})
    assert app.finished
    app.set_state({"asked": [[7, RESET], [8, RANDOM]]})
    assert 0 < app.backups <= 3
    app.set_state({"asked": [[9, -4]]})
    assert "states are numbered" in app.error


def test_a_watched_sweep_ends_where_one_at_once_does() -> None:
    async def watch() -> BackupBoard:
        app, seen = BackupBoard(ROOM, (3, 1)), set()
        app.observe(lambda change: seen.add(change.new), "right")
        app.set_state({"asked": [[1, OUTWARD]], "pace": 1})
        await app._task
        assert seen == set(range(1, 21))
        return app

    assert asyncio.run(watch()).status.startswith("Every square is right after 20 presses")


def test_a_new_start_ends_the_old_sweep() -> None:
    async def watch() -> None:
        app = BackupBoard(ROOM, (3, 1))
        app.set_state({"asked": [[1, OUTWARD]], "pace": 5})
        await asyncio.sleep(0.02)
        old = app._task
        assert 0 < app.backups < 20
        app.set_state({"asked": [[1, OUTWARD], [2, RESET]]})
        await asyncio.sleep(0.02)
        assert old.cancelled()
        assert app.backups == 0

    asyncio.run(watch())


def test_what_goes_wrong_while_it_is_watched_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def watch() -> None:
        app = BackupBoard(ROOM, (3, 1))
        monkeypatch.setattr(app, "_press", lambda state: 1 / 0)
        app.set_state({"asked": [[1, OUTWARD]], "pace": 1})
        await asyncio.sleep(0.02)
        assert "stopped half-way" in app.error

    asyncio.run(watch())


def test_it_says_what_came_of_a_press() -> None:
    app = BackupBoard(ROOM, (3, 1))
    assert "unknown" in app.status
    app.press(5)
    assert app.status == "Nothing is known around row 0, column 5: it stays blank."
    app.press(11)
    assert app.status == "The value of row 2, column 1 is now −1, right."
    app.press(11)
    assert app.status == "The value of row 2, column 1 stays −1, right."
    detour = BackupBoard(GridWorld.from_text("...\n...\n.#."), (2, 0))
    for state in (3, 0, 1, 2, 5):  # around, although there is a shorter way
        detour.press(state)
    assert detour.status == "The value of row 1, column 2 is now −4.90, not right yet."
    (corner,) = re.findall(r'<path d="([^"]*)" fill="var\(--minus', detour.svg())
    assert corner.count("z") == 1  # one square is hatched
    assert detour.names[5] == "row 1, column 2, worth −4.90, not right yet, best: up"
    assert detour.names[6] == "row 2, column 0, goal, worth 0"
    assert detour.names[4] == "row 1, column 1, unknown"


def test_its_picture_shows_the_table() -> None:
    app = BackupBoard(ROW, (0, 0), title="Four in a row")
    app.press(1)
    app.press(2)
    assert app.scene == app.svg()
    made = ElementTree.fromstring(app.svg())
    assert made[0].text == "Four in a row"
    assert "goal, −1, −1.99, unknown" in str(made[1].text)
    shown = [str(element.text) for element in made.iter() if element.tag.endswith("}text")]
    assert shown[:4] == ["goal", "0", "−1", "−1.99"]
    assert shown[shown.index("presses") + 1] == "2"
    assert shown[shown.index("squares right") + 1] == "2 of 3"
    assert "fewest possible" not in shown
    app.press(3)
    assert "fewest possible" in app.svg()


@pytest.mark.parametrize("state", [-1, 4, 1.5, None, "<b>", "x" * 1_000_000, True])
def test_what_is_no_state_is_refused(state) -> None:
    app = BackupBoard(ROW, (0, 0))
    with pytest.raises(ValueError, match="states are numbered 0 to 3") as caught:
        app.press(state)
    assert len(str(caught.value)) < 120
    assert app.backups == 0


@pytest.mark.parametrize("start", ["", "none", "x" * 1_000_000])
def test_a_start_has_a_name(start) -> None:
    with pytest.raises(ValueError, match='"unknown" or "zeros"'):
        BackupBoard(ROW, (0, 0), start)


@pytest.mark.parametrize(
    "typed", ["<script>x</script>", "$a$ & b", "x" * 1_000_000, "🙂🙂", "אבג\u202e", "", "\x00\n"]
)
def test_whatever_is_typed_stays_text(typed: str) -> None:
    app = BackupBoard(ROW, (0, 0), title=typed)
    app.sweep_outward()
    assert "<script" not in app.svg()
    assert "$" not in app.svg()
    assert len(app.svg()) < 20_000
    ElementTree.fromstring(app.svg())
