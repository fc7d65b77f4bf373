"""The driven agent: every step, its price and the end, by hand and through the browser's traits."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cliprl_lite.widgets import Drive
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("..#\n...\n..#")
"""Seven squares: 0 1 / 2 3 4 / 5 6."""


def agents_of(app: Drive) -> str:
    return app.scene.split('class="cl-agents"')[1].split("</g>")[0]


def texts(app: Drive) -> list[str]:
    made = ElementTree.fromstring(app.svg())
    return [str(element.text) for element in made.iter() if element.tag.endswith("}text")]


def test_a_walk_by_hand() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    assert (app.states, app.acted, app.arrived, app.shortest) == ([6], [], False, 3)
    app.move("up")
    assert app.states == [6, 3]
    app.move(3)  # right, to the square at the end of the middle row
    app.move("right", "up", "down")  # the edge, and two walls
    assert app.states == [6, 3, 4, 4, 4, 4]
    assert (app.acted, app.value) == ([0, 3, 3, 0, 1], -5.0)
    app.move("left", "up", "left")
    assert (app.states[-1], app.arrived, app.value) == (0, True, -8.0)
    assert app.summary() == "at the goal after 8 steps (a shortest way has 3), return −8"


def test_after_the_end_nothing_is_paid() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(0, 1))
    app.move("left")
    app.move("down", "down")
    assert (app.states, app.acted) == ([1, 0], [2])
    assert "over" in app.status
    app.reset()
    assert (app.states, app.acted, app.arrived, app.value) == ([1], [], False, 0.0)


def test_the_return_is_discounted() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1), discount=0.5)
    app.move("up", "up", "left")
    assert app.value == -1 - 0.5 - 0.25


def test_as_the_browser_does() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    app.set_state({"asked": [[1, 1]]})  # down into the edge
    app.set_state({"asked": [[1, 1], [2, 0]]})
    assert app.states == [6, 6, 3]
    app.set_state({"asked": [[2, 0], [3, 0], [4, 1], [5, 0]]})  # three keys in one message
    assert app.states == [6, 6, 3, 1, 3, 1]
    assert app.error == ""
    app.set_state({"asked": [[6, -1]]})
    assert app.states == [6]
    app.set_state({"asked": [[7, 9]]})
    assert app.states == [6]
    assert "an action is one of up (0)" in app.error
    app.set_state({"asked": [[8, 2]]})
    assert (app.states, app.error) == ([6, 5], "")


@pytest.mark.parametrize("asked", [[[1]], [7], [["a", 0]], [[1, "<b>"]], [None], [[1, None]]])
def test_what_no_page_asks_for_becomes_an_error(asked) -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    app.set_state({"asked": asked})
    assert app.error
    assert app.states == [6]


def test_its_trail_is_where_it_has_been_lately() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    assert "<path" not in agents_of(app)
    app.move("up")
    short = agents_of(app)
    app.move(*["right", "left"] * 10)
    assert 0 < short.count("<path") < agents_of(app).count("<path") <= 12


def test_it_says_what_happened() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    assert "has not moved" in app.status
    app.move("up")
    assert app.status == "Up, to state 3, row 1, column 1."
    app.move("down", "down")
    assert "wall" in app.status
    assert "costs 1" in app.status
    app.move("left", "up", "up")
    assert app.status == "Arrived after 6 steps; a shortest way from the start has 3."


def test_its_picture_shows_what_it_says() -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1), title="Seven squares")
    app.move("up", "right")
    assert app.scene == app.svg()
    made = ElementTree.fromstring(app.svg())
    assert made[0].text == "Seven squares"
    assert "goal, with a double outline, is at row 0, column 0" in str(made[1].text)
    assert "state 4, row 1, column 2, after 2 steps, return −2" in str(made[1].text)
    shown = texts(app)
    for label, value in (
        ("state", "4"),
        ("square", "row 1, column 2"),
        ("last action", "right (3)"),
        ("its reward", "−1"),
        ("steps so far", "2"),
        ("return so far", "−2"),
    ):
        assert shown[shown.index(label) + 1] == value


@pytest.mark.parametrize("action", ["UP", "", "<b>up</b>", "x" * 1_000_000, -1, 4, 1.5, None])
def test_what_is_no_action_is_refused_and_nothing_moves(action) -> None:
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    with pytest.raises(ValueError, match="an action is one of") as caught:
        app.move("up", action)
    assert len(str(caught.value)) < 150
    assert app.states == [6]


def test_a_start_needs_a_way_to_go() -> None:
    with pytest.raises(ValueError, match="nothing to drive"):
        Drive(WORLD, goal=(0, 0), start=(0, 0))
    with pytest.raises(ValueError, match="is a wall"):
        Drive(WORLD, goal=(0, 0), start=(0, 2))


@pytest.mark.parametrize(
    "typed", ["<script>x</script>", "$a$ & b", "x" * 1_000_000, "🙂🙂", "אבג\u202e", "", "\x00\n"]
)
def test_whatever_is_typed_stays_text(typed: str) -> None:
    app = Drive(WORLD, (0, 0), (2, 1), typed, objects=[((1, 1), "red", "box", typed)])
    app.move("up")
    assert "<script" not in app.svg()
    assert "$" not in app.svg()
    assert len(app.svg()) < 20_000
    ElementTree.fromstring(app.svg())


def test_a_stuck_key_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cliprl_lite.widgets.drive.MOST_STEPS", 20)
    app = Drive(WORLD, goal=(0, 0), start=(2, 1))
    app.move(*["down"] * 30)
    assert len(app.acted) == 20
    assert "start again" in app.status
