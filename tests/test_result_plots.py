"""Figures of results show the numbers they were given, and themselves without a network."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cliprl_lite.pictures import result_plots
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.transfer.methods import ALL_METHODS


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
    assert set(result_plots.METHOD_STYLE) == set(ALL_METHODS)
    assert len(set(result_plots.METHOD_STYLE.values())) == len(ALL_METHODS)


def test_a_methods_colour_is_its_voices() -> None:
    voices = {voice for voice, _, _ in result_plots.METHOD_STYLE.values()}
    assert voices == {"none", "words", "map"}
    values = np.ones((3, 2))
    figure = result_plots.learning_curves_figure(
        {"alg2": ("Algorithm 2", values)}, x=[1, 2], x_title="episode", y_title="steps"
    )
    band, line = figure.data
    assert line.line.color == LIGHT["map"]
    assert band.fillcolor == "rgba(155,45,143,0.13)"  # #9b2d8f


@pytest.mark.parametrize(
    "typed", ["<img src=x onerror=alert(1)>", "$\\frac{1}{2}$", "x" * 1_000_000]
)
def test_what_was_typed_stays_text(typed: str) -> None:
    shown = result_plots.as_text(typed)
    assert "<" not in shown
    assert "$" not in shown
    assert len(shown) < 200


def test_a_figure_shows_itself_without_network_or_validator(
    run_python: Callable[..., str],
) -> None:
    """As Jupyter asks for it, every formatter on: what goes out, and what was loaded for it."""
    code = """
import json, sys
from IPython.core.formatters import DisplayFormatter
from cliprl_lite.pictures.result_plots import ratios_figure
figure = ratios_figure({"a clock": {"alg1": (0.5, 0.25, 1.0)}}, {"alg1": "Algorithm 1"}, "ratio")
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
