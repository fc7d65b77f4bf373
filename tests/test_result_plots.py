"""Figures of results show the numbers they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cliprl_lite import result_plots
from cliprl_lite.methods import METHODS, NETWORK_METHODS


def test_curves_show_the_median_and_the_quartiles() -> None:
    values = np.array([[1.0, 10.0], [2.0, 20.0], [9.0, 90.0]])
    figure = result_plots.learning_curves_figure(
        {"scratch": ("from scratch", values)}, x=[1, 2], x_title="episode", y_title="steps"
    )
    band, line = figure.data
    assert list(line.y) == [2.0, 20.0]
    assert list(band.y) == [5.5, 55.0, 15.0, 1.5]


def test_clocks_figure_draws_every_clock_and_target() -> None:
    summary = pd.DataFrame(
        [
            {"target": target, "size": size, "method": method, "clock": clock, "value": 9.0,
             "low": 4.0, "high": 19.0, "censored": False}
            for target in ("left", "right")
            for size in (8, 10)
            for method in ("scratch", "alg1")
            for clock in ("first20", "optimal")
        ]
    )  # fmt: skip
    figure = result_plots.clocks_figure(
        summary, {"scratch": "from scratch", "alg1": "1"}, {"first20": "a", "optimal": "b"}
    )
    assert len(figure.data) == 2 * 2 * 2
    assert all(list(trace.y) == [10.0, 10.0] for trace in figure.data)  # one is added: log axis
    assert all(list(trace.error_y.array) == [10.0, 10.0] for trace in figure.data)


def test_every_method_has_a_style_of_its_own() -> None:
    assert set(result_plots.METHOD_STYLE) == set(METHODS | NETWORK_METHODS)
    assert len(set(result_plots.METHOD_STYLE.values())) == len(METHODS | NETWORK_METHODS)
