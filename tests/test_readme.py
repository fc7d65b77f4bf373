"""Every figure in the README's results comes from the committed tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliprl_lite.paths import data_path
from cliprl_lite.results import read_table

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
RESULTS = README.partition("## What the paper's Figure 2 shows when run")[2].partition("\n## ")[0]


def median_steps(target: str, method: str, size: int = 25) -> str:
    table = read_table(data_path("results", "figure2.csv"))
    runs = table.query("target == @target and method == @method and size == @size")
    assert len(runs) == 100
    return f"{runs['optimal'].median():,.0f}"


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ("left", "alg2"),
        ("left", "alg1"),
        ("left", "scratch"),
        ("left", "alg2_text"),
        ("left", "alg2_box"),
        ("left", "ridge"),
        ("mismatch", "alg2"),
        ("mismatch", "alg1"),
        ("mismatch", "scratch"),
    ],
)
def test_medians(target: str, method: str) -> None:
    assert median_steps(target, method) in RESULTS


def test_right_colour() -> None:
    worlds = read_table(data_path("results", "worlds.csv"))
    colours = worlds[worlds["suite"].str.startswith("colours")]
    share = colours.groupby("method")["top_right"].mean()
    for method in ("alg1", "alg2", "alg2_identity", "ridge"):
        assert f"{100 * share[method]:.0f} %" in RESULTS
