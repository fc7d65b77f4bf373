"""Costs by clock: dots where the ratios are, in both worlds."""

from __future__ import annotations

from xml.etree import ElementTree

import pandas as pd
import pytest

import cliprl_lite as clip
from cliprl_lite.experiments.own_worlds import STARTS, costs, race
from cliprl_lite.pictures.clock_plot import HIGH, LABEL, LOW, WIDTH, _x, clock_plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {"the world": race(clip.load_suite("small_house"), trials=4),
            "its twin": race(clip.load_suite("colours_9"), trials=2)}  # fmt: skip


def test_a_dot_for_each_start_clock_and_world(tables: dict[str, pd.DataFrame]) -> None:
    for many in (1, 2):
        shown = dict(list(tables.items())[:many])
        drawn = clock_plot(shown)
        dots = ElementTree.fromstring(drawn.svg).findall(f"{SVG}circle")
        assert len(dots) == many * (3 * (len(STARTS) - 1) + 1)
        where = {round(float(dot.get("cx")), 1) for dot in dots}
        for clock in clip.CLOCKS:
            for table in shown.values():
                for value in costs(table, clock)["value"]:
                    assert round(_x(value), 1) in {round(x, 1) for x in where}


def test_left_is_cheaper_and_all_stays_inside() -> None:
    places = [_x(ratio) for ratio in (0, LOW, 0.1, 1, 10, HIGH, 1e9)]
    assert places == sorted(places)
    assert LABEL <= places[0] == places[1]
    assert places[-1] == places[-2] <= WIDTH


def test_the_words_say_what_is_seen(tables: dict[str, pd.DataFrame]) -> None:
    words = clock_plot(tables).words
    value, low, high = costs(tables["its twin"], "optimal").loc["alg2"]
    assert f"map in its twin ×{value:.2f} ({low:.2f} to {high:.2f})" in words


def test_names_are_text(tables: dict[str, pd.DataFrame]) -> None:
    drawn = clock_plot({"<b>": tables["the world"]})
    assert "<b>" not in drawn.svg
