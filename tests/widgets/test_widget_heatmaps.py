"""Heatmaps: the framed cell is the one that was asked for, and everything shown belongs to it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite import GridWorld, TabularPolicy, Task
from cliprl_lite.pictures.drawing import map_svg
from cliprl_lite.widgets import Heatmaps
from cliprl_lite.widgets.heatmaps import arrow_map, describe, plain

TASKS = [
    Task("a", "go to the red box", (0, 0), colour="red", shape="box"),
    Task("b", "go to the red key", (0, 2), colour="red", shape="key"),
    Task("c", "go to the blue key", (2, 2), colour="blue", shape="key"),
]
WORDS = np.array([[1.0, 0.25, 0.5], [0.25, 1.0, 0.75], [0.5, 0.75, 1.0]])
POLICIES = np.array([[1.0, -0.5, 0.125], [-0.5, 1.0, 0.0], [0.125, 0.0, 1.0]])
WORLD = GridWorld.open_map(3)
LEARNED = [TabularPolicy(WORLD, WORLD.optimal_q(task.goal)) for task in TASKS]
HOSTILE = [
    "<script>alert(1)</script>",
    "$x^2$ & $",
    "a" * 1_000_000,
    "\N{SNOWMAN}\N{GRINNING FACE}\x00",
    "\u202eright to left אבג",
    "",
]


def made(policies: list[TabularPolicy] | None = LEARNED) -> Heatmaps:
    return Heatmaps({"words": WORDS, "policies": POLICIES}, TASKS, policies, side=90)


def frames(svg: str) -> list[tuple[float, float]]:
    """Row and column of the framed cells of a picture, by where they are drawn."""
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="30" height="30" fill="none"', svg)
    return [((float(y) - 28) / 30, (float(x) - 26) / 30) for x, y in found]


def test_it_opens_on_the_first_rows_favourite() -> None:
    seen = made()
    assert seen.chosen == (0, 2)  # 0.5 beats 0.25, and the diagonal does not count
    assert seen.numbers == ["0.50", "0.12"]


def test_a_chosen_cell_is_framed_everywhere_and_explained() -> None:
    seen = made()
    seen.choose(1, 0)
    assert seen.sentences == ["go to the red key", "go to the red box"]
    assert seen.numbers == ["0.25", "−0.50"]
    assert [frames(pane) for pane in seen.panes] == [[(1, 0)], [(1, 0)]]
    assert seen.maps == [arrow_map(LEARNED[1], TASKS[1]), arrow_map(LEARNED[0], TASKS[0])]
    assert seen.status == (
        "row: go to the red key · column: go to the red box · words: 0.25 · policies: −0.50"
    )
    assert seen.summary() == "go to the red key / go to the red box: words 0.25, policies −0.50"


def test_the_browser_chooses_by_the_trait() -> None:
    seen = made()
    seen.set_state({"chosen": [2, 1]})  # as the browser does
    assert seen.numbers == ["0.75", "0.00"]
    assert [frames(pane) for pane in seen.panes] == [[(2, 1)], [(2, 1)]]


def test_a_cell_that_is_not_there_is_refused() -> None:
    seen = made()
    seen.choose(1, 2)
    before = seen.panes
    seen.set_state({"chosen": [7, -1]})
    assert "no cell" in seen.error
    assert seen.panes == before
    seen.choose(0, 1)
    assert seen.error == ""
    for cell in ((3, 0), (0, -1)):
        with pytest.raises(ValueError, match="0 to 2"):
            seen.choose(*cell)
    assert seen.chosen == (0, 1)


def test_without_policies_there_are_no_maps() -> None:
    seen = made(policies=None)
    seen.choose(0, 0)
    assert seen.maps == []
    assert seen.numbers == ["1.00", "1.00"]


def test_the_static_picture_shows_all_of_it() -> None:
    seen = made()
    seen.choose(2, 0)
    root = ElementTree.fromstring(seen.svg())
    assert root[0].text == "words and policies"
    assert root[1].text == seen.status
    texts = [found.text for found in root.iter() if found.tag.endswith("text")]
    for expected in ("words", "policies", "framed cell: 0.50", "framed cell: 0.12",
                     "row: go to the blue key", "column: go to the red box"):  # fmt: skip
        assert expected in texts
    assert sum(found.tag.endswith("svg") for found in root.iter()) == 1 + 2 + 2
    assert frames(seen.svg()) == [(2, 0), (2, 0)]


def test_numbers_have_to_agree() -> None:
    with pytest.raises(ValueError, match="'w' has"):
        Heatmaps({"w": np.eye(2)}, TASKS)
    with pytest.raises(ValueError, match="as many policies"):
        Heatmaps({"w": WORDS}, TASKS, LEARNED[:2])
    with pytest.raises(ValueError, match="a matrix or more"):
        Heatmaps({}, TASKS)


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_people_type_is_text(typed: str) -> None:
    tasks = [Task("a", typed, (0, 0)), *TASKS[1:]]
    seen = Heatmaps({typed or "t": WORDS}, tasks, LEARNED)
    seen.choose(0, 1)
    root = ElementTree.fromstring(seen.svg())
    assert [root[0].tag.split("}")[1], root[1].tag.split("}")[1]] == ["title", "desc"]
    assert not any(found.tag.endswith("script") for found in root.iter())
    for pane in (*seen.panes, *seen.maps):
        ElementTree.fromstring(pane)
    assert len(seen.sentences[0]) <= 80
    assert len(seen.svg()) < 60_000
    assert seen.error == ""


def test_plain_keeps_the_arrows() -> None:
    svg = map_svg(WORLD, title="m", greedy=LEARNED[0].greedy, goal=(0, 0))
    small = plain(svg)
    ElementTree.fromstring(small)
    assert small.count("L") == svg.count("L") > 0
    assert "data-" not in small
    assert plain(map_svg(WORLD, title="m")).count("h") > 0  # nothing to merge but the floor


def test_the_description_counts_what_favourites_share() -> None:
    assert describe(WORDS, TASKS).endswith("0 share the colour, 2 the shape.")
    assert describe(-WORDS, TASKS).endswith("2 share the colour, 0 the shape.")
