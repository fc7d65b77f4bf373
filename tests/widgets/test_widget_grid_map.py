"""The map as a widget: what it shows follows what it is told."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.pictures.drawing import Agent, map_svg
from cliprl_lite.widgets import GridMap
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("..#\n...")


def test_it_shows_what_the_drawing_shows() -> None:
    seen = GridMap(WORLD, "A corner", goal=(0, 0), side=100)
    assert seen.scene == seen.svg() == map_svg(WORLD, title="A corner", goal=(0, 0), side=100)
    greedy = WORLD.optimal_actions((0, 0))
    seen.show(greedy=greedy, shade=np.linspace(0, 1, 5))
    assert seen.scene == map_svg(
        WORLD, title="A corner", goal=(0, 0), side=100, greedy=greedy, shade=np.linspace(0, 1, 5)
    )
    seen.show(goal=(1, 2))  # what is not named stays
    assert "data-arrows" in seen.scene


def test_squares_have_names_for_those_who_listen() -> None:
    seen = GridMap(
        WORLD, "t", goal=(1, 0), objects=[((0, 1), "red", "box", "go")],
        agents=[Agent("W", [0, 4], "words")], greedy=WORLD.optimal_actions((1, 0)),
    )  # fmt: skip
    assert seen.names == [
        "row 0, column 0, best: down",
        "row 0, column 1, red box, best: down or left",
        "row 1, column 0, goal",
        "row 1, column 1, best: left",
        "row 1, column 2, agent W, best: left",
    ]
    assert seen.cells == [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]


def test_presses_are_noted() -> None:
    seen, noted = GridMap(WORLD, "t"), []
    seen.observe(lambda _: noted.append(seen.pressed), "presses")
    seen.set_state({"asked": [[1, 3]]})  # as the browser does
    seen.set_state({"asked": [[1, 3], [2, 3], [3, 1]]})  # two presses in one message
    assert noted == [3, 3, 1]
    assert (seen.presses, seen.error) == (3, "")


@pytest.mark.parametrize("what", [-1, 5, 1.5, None, "<b>", True, [1]])
def test_what_no_page_asks_for_becomes_an_error(what) -> None:
    seen = GridMap(WORLD, "t")
    seen.set_state({"asked": [[1, what]]})
    assert "0 to 4" in seen.error
    assert seen.presses == 0


def test_without_a_kernel_there_is_a_picture() -> None:
    seen = GridMap(WORLD, "A corner", description="Five squares.")
    seen.status = "nothing yet"
    bundle, _ = seen._repr_mimebundle_()
    assert bundle["text/plain"] == "GridMap: A corner · nothing yet"
    assert "application/vnd.jupyter.widget-view+json" in bundle
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert [made[0].text, made[1].text] == ["A corner", "Five squares."]


def test_what_does_not_fit_is_refused_and_nothing_is_lost() -> None:
    seen = GridMap(WORLD, "t", goal=(0, 0))
    before = seen.scene
    with pytest.raises(ValueError, match="shade has an entry"):
        seen.show(shade=[1.0])
    seen.show(goal=(0, 0))
    assert seen.scene == before
