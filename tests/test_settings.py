"""The frozen settings are the ones that the development suites chose."""

from __future__ import annotations

import pandas as pd

from cliprl_lite.alignment import AlignmentSettings
from cliprl_lite.methods import METHODS, RIDGE_PENALTY
from cliprl_lite.paths import data_path
from cliprl_lite.transfer import SOFTMAX_TEMPERATURE


def chosen(name: str) -> pd.DataFrame:
    return pd.read_csv(data_path("results", f"settings_{name}.csv"))


def test_alignment_settings_are_the_chosen_ones() -> None:
    table = chosen("alignment")
    good = table[table["worst_top_right"] >= table["worst_top_right"].max() - 0.01]
    best = good[good["dimension"] == good["dimension"].min()].iloc[0]
    default = AlignmentSettings()
    for column in ("centre", "temperature", "learning_rate", "steps", "dimension"):
        assert getattr(default, column) == best[column]
    assert default.targets == "soft"
    assert METHODS["alg2"].alignment == default


def test_ridge_penalty_is_the_chosen_one() -> None:
    assert chosen("ridge").iloc[0]["penalty"] == RIDGE_PENALTY


def test_weighting_is_the_chosen_one() -> None:
    assert chosen("weighting").iloc[0]["weighting"] == f"softmax T={SOFTMAX_TEMPERATURE}"
    assert METHODS["alg2"].weighting == METHODS["ridge"].weighting == "softmax"
