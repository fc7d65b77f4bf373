"""Pictures as SVG: what is drawn where, and what people typed is text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.pictures.drawing import (
    OBJECT_COLOURS,
    Agent,
    arrow_masks,
    glyph,
    map_svg,
    picture,
    tag,
    text,
)
from cliprl_lite.worlds.gridworld import GridWorld

SVG = "{http://www.w3.org/2000/svg}"
WORLD = GridWorld.from_text("..#\n...")  # states 0 1 / 2 3 4
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "$x$ & $$y$$",
    "\u202eright to left",
    "\x00\x1b[31m",
    "🙂" * 50,
    "x" * 1_000_000,
    "",
    "]]>",
]


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_people_typed_is_text(typed: str) -> None:
    made = parse(
        picture(10, 10, typed, typed, tag("text", text(typed)), glyph("red", "box", 5, 5, 4, typed))
    )
    assert {element.tag for element in made.iter()} <= {
        SVG + n for n in ("svg", "title", "desc", "text", "g", "rect")
    }
    shown = made.find(SVG + "text").text or ""
    assert len(shown) <= 80 + 4 * typed.count("$")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    if typed and typed[0] == "<":
        assert shown == typed


def test_a_long_text_is_cut_and_says_so() -> None:
    assert text("x" * 81) == "x" * 79 + "…"
    assert text("x" * 80) == "x" * 80
    assert text("abcdef", 4) == "abc…"


def test_numbers_are_short_and_nothing_is_left_out() -> None:
    assert (
        tag("a", b=1 / 3, c=2, d_e="f", g=None, class_="h")
        == '<a b="0.33" c="2" d-e="f" class="h"/>'
    )
    assert tag("a", b='"<&') == '<a b="&quot;&lt;&amp;"/>'


def test_every_free_square_is_there_once() -> None:
    made = parse(map_svg(WORLD, title="t", description="d", side=90))
    squares = {int(e.get("data-state")): e for e in made.iter() if e.get("data-state")}
    assert sorted(squares) == [0, 1, 2, 3, 4]
    for state, square in squares.items():
        row, column = WORLD.cell(state)
        assert (float(square.get("x")), float(square.get("y"))) == (2 + 30 * column, 2 + 30 * row)
        assert float(square.get("width")) == 30
    assert made.find(SVG + "title").text == "t"
    assert made.find(SVG + "desc").text == "d"
    assert made.get("role") == "img"
    assert "M62.0 2.0h30.0v30.0h-30.0z" in [e.get("d") for e in made.iter(SVG + "path")]


def test_shade_arrows_and_hatching_by_hand() -> None:
    greedy = np.zeros((5, 4), dtype=bool)
    greedy[0] = [False, True, False, True]  # down, right
    greedy[3] = True  # no preference: no arrow
    greedy[4, 2] = True
    wrong = np.array([False, True, False, False, False])
    made = parse(
        map_svg(
            WORLD,
            title="t",
            side=90,
            shade=[0, 0.25, 0.5, 0.75, 1],
            greedy=greedy,
            wrong=wrong,
            goal=(1, 2),
        )
    )
    shades = [e.get("fill-opacity") for e in made.iter() if e.get("data-state")]
    assert [float(shade) for shade in shades] == [0, 0.25, 0.5, 0.75, 1]
    arrows = {int(e.get("data-arrows")): e.get("d") for e in made.iter() if e.get("data-arrows")}
    assert set(arrows) == {0}  # the goal's own arrow is not drawn
    shafts = re.findall(r"M(\S+) (\S+)L(\S+) (\S+?)M", arrows[0])
    assert [tuple(map(float, ends)) for ends in shafts] == [
        (17, 17 + 3.6, 17, 17 + 10.8),
        (17 + 3.6, 17, 17 + 10.8, 17),
    ]
    assert "M62.0 2.0v12.0l-12.0 -12.0z" in [e.get("d") for e in made.iter(SVG + "path")]
    goal = next(e for e in made.iter(SVG + "g") if e.get("class") == "cl-goal")
    assert len(goal) == 2


def test_arrow_masks_have_a_bit_for_each_action() -> None:
    greedy = np.eye(5, 4, dtype=bool)
    greedy[4] = [True, False, True, False]
    assert arrow_masks(WORLD, greedy).tolist() == [1, 2, 4, 8, 5]
    assert arrow_masks(WORLD, None).tolist() == [0] * 5


@pytest.mark.parametrize("what", ["shade", "greedy", "wrong"])
def test_what_does_not_fit_the_map(what: str) -> None:
    array = np.zeros((4, 4), bool) if what == "greedy" else np.zeros(4)
    with pytest.raises(ValueError, match=f"{what} has an entry for each of 5 states"):
        map_svg(WORLD, title="t", **{what: array})


@pytest.mark.parametrize("shape", ["box", "ball", "cone", "key", "pyramid"])
def test_colours_differ_without_colour(shape: str) -> None:
    """Each has a second cue, so that the picture without its fills still tells them apart."""
    drawn = {
        paint: re.sub(
            r"var\(--(red|blue|green|yellow|purple|grey)[^)]*\)",
            "",
            glyph(paint, shape, 10, 10, 20),
        )
        for paint in OBJECT_COLOURS
    }
    assert len(set(drawn.values())) == len(OBJECT_COLOURS)


def test_agents_have_letters_voices_and_trails() -> None:
    agents = [Agent("W", [0, 1, 3], "words"), Agent("<M>", [4], "map")]
    made = parse(map_svg(WORLD, title="t", side=90, agents=agents))
    group = next(e for e in made.iter(SVG + "g") if e.get("class") == "cl-agents")
    assert [e.text for e in group.iter(SVG + "text")] == ["W", "<…"]
    assert len(group[0].findall(SVG + "path")) == 2
    circle = group[0].find(SVG + "circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == (47, 47)
    dashes = [g.find(SVG + "circle").get("stroke-dasharray") for g in group]
    assert len(set(dashes)) == 2


def test_a_trail_has_twelve_steps_at_most() -> None:
    made = parse(map_svg(WORLD, title="t", agents=[Agent("0", [0, 1] * 50)]))
    group = next(e for e in made.iter(SVG + "g") if e.get("class") == "cl-agents")
    assert len(list(group.iter(SVG + "path"))) == 12


@pytest.mark.parametrize(
    ("cell", "problem"),
    [((0, 2), "is a wall"), ((2, 0), "outside the map"), ((1.0, 0), "two whole numbers; got")],
)
def test_a_goal_and_an_object_lie_on_the_map(cell: tuple, problem: str) -> None:
    thing = (cell, "red", "box", "go to the red box")
    for goal, objects in ((cell, []), (None, [thing])):
        with pytest.raises(ValueError, match=problem):
            map_svg(WORLD, title="a map", goal=goal, objects=objects)
