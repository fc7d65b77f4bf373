"""Figures hold what they were given, and nothing that was typed becomes markup."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from cliprl_lite import plots
from cliprl_lite.gridworld import GridWorld

WORLD = GridWorld.from_text("..#\n...")


def trace_points(figure, symbol: str) -> set[tuple[float, float]]:
    """(row, column) of all markers with a symbol."""
    return {
        (float(y), float(x))
        for trace in figure.data
        if trace.type == "scatter" and trace.marker.symbol == symbol
        for x, y in zip(trace.x, trace.y, strict=True)
    }


def test_arrows_stand_on_their_squares_and_point_their_way() -> None:
    """Goal at (0, 0): the far corner (1, 2) can only go left; (1, 1) up or left."""
    figure = plots.map_figure(WORLD, greedy=WORLD.optimal_actions((0, 0)), goal=(0, 0))
    assert trace_points(figure, "triangle-left") == {(0, 0.7), (1, 0.7), (1, 1.7)}
    assert trace_points(figure, "triangle-up") == {(0.7, 0), (0.7, 1)}
    assert trace_points(figure, "triangle-down") == set()


def test_floor_shows_steps_and_leaves_walls_empty() -> None:
    figure = plots.map_figure(WORLD, steps_to_go=WORLD.distances((0, 0)))
    floor = next(trace for trace in figure.data if trace.type == "heatmap").z
    np.testing.assert_array_equal(floor, [[0, 1, np.nan], [1, 2, 3]])


def test_wrong_squares_are_marked_where_they_are() -> None:
    wrong = np.array([False, False, False, True, False])
    figure = plots.map_figure(WORLD, wrong=wrong)
    assert trace_points(figure, "x-thin") == {(1 - 0.3, 1 + 0.3)}


def test_objects_have_colour_and_shape() -> None:
    figure = plots.map_figure(WORLD, objects=[((1, 2), "red", "cone", "go to the red cone")])
    (marker,) = [trace.marker for trace in figure.data if trace.marker.symbol == "triangle-up"]
    assert marker.color == plots.OBJECT_COLOURS["red"]
    assert trace_points(figure, "triangle-up") == {(1, 2)}


def test_dot_marks_each_rows_best_off_the_diagonal() -> None:
    matrix = np.array([[1.0, 0.2, 0.3], [0.9, 1.0, 0.1], [-0.2, -0.1, 1.0]])
    figure = plots.similarity_figure({"words": matrix}, ["a", "b", "c"])
    (dots,) = [trace for trace in figure.data if trace.type == "scatter"]
    assert list(dots.x) == [2, 0, 1]
    assert figure.layout.coloraxis.cmin == -1
    assert figure.layout.coloraxis.cmax == 1


def test_similarity_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2 labels need a matrix of shape \(2, 2\)"):
        plots.similarity_figure({"words": np.eye(3)}, ["a", "b"])


def test_negative_bars_are_orange() -> None:
    figure = plots.bars_figure({"words": [0.5, -0.5]}, ["a", "b"])
    assert list(figure.data[0].marker.color) == [plots.WORDS, plots.NEGATIVE]


@pytest.mark.parametrize(
    "typed", ["<img src=x onerror=alert(1)>", "$\\frac{1}{2}$", "x" * 1_000_000]
)
def test_what_was_typed_stays_text(typed: str) -> None:
    for figure in (
        plots.bars_figure({"words": [1.0, 2.0]}, [typed, "b"]),
        plots.similarity_figure({"words": np.eye(2)}, [typed, "b"]),
        plots.map_figure(WORLD, objects=[((0, 0), "red", "box", typed)]),
    ):
        json = figure.to_json()
        assert "<img" not in json
        assert "$" not in json
        assert len(json) < 50_000


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [plots.INK, plots.WORDS, plots.MAP, plots.NO_TEACHER])
def test_text_colours_can_be_read_on_the_page(colour: str) -> None:
    assert contrast(colour, plots.PAGE) >= 4.5


@pytest.mark.parametrize("make", ["map_figure(world)", "bars_figure({'a': [1.0]}, ['b'])"])
def test_a_figure_shows_itself_without_network_or_validator(
    make: str, run_python: Callable[..., str]
) -> None:
    """As Jupyter asks for it, every formatter on: what goes out, and what was loaded for it."""
    code = f"""
import json, sys
from IPython.core.formatters import DisplayFormatter
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.plots import bars_figure, map_figure
world = GridWorld.open_map(3)
figure = {make}
bundle, _ = DisplayFormatter().format(figure)
print(json.dumps([bundle, "nbformat" in sys.modules, json.loads(figure.to_json())]))
"""
    bundle, validator_is_there, content = json.loads(run_python(code))
    assert bundle.keys() == {"application/vnd.plotly.v1+json", "text/plain"}
    shown = bundle["application/vnd.plotly.v1+json"]
    assert shown.pop("config") == {"displaylogo": False}
    assert shown == content
    assert "http" not in json.dumps(bundle)
    assert not validator_is_there


@pytest.mark.parametrize(
    ("cell", "problem"),
    [((0, 2), "is a wall"), ((2, 0), "outside the map"), ((1.0, 0), "two whole numbers; got")],
)
def test_a_goal_and_an_object_lie_on_the_map(cell: tuple, problem: str) -> None:
    thing = (cell, "red", "box", "go to the red box")
    for goal, objects in ((cell, []), (None, [thing])):
        with pytest.raises(ValueError, match=problem):
            plots.map_figure(WORLD, goal=goal, objects=objects)
