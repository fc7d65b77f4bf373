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
        ("left", "alg1_cold"),
        ("mismatch", "alg2"),
        ("mismatch", "alg1"),
        ("mismatch", "scratch"),
    ],
)
def test_medians(target: str, method: str) -> None:
    assert median_steps(target, method) in RESULTS


def test_soft_targets_find_the_right_colour() -> None:
    """In 95 % of tasks and seeds or more, with 6, 9 and 16 tasks, both layouts together."""
    worlds = read_table(data_path("results", "worlds.csv")).query("method == 'alg2'")
    for n in (6, 9, 16):
        runs = worlds[worlds["suite"].isin([f"colours_{n}", f"colours_{n}_sides"])]
        assert runs["seed"].nunique() >= 10
        assert runs["top_right"].mean() >= 0.95


def test_right_colour() -> None:
    worlds = read_table(data_path("results", "worlds.csv"))
    colours = worlds[worlds["suite"].str.startswith("colours")]
    share = colours.groupby("method")["top_right"].mean()
    for method in ("alg1", "alg2", "alg2_identity", "ridge"):
        assert f"{100 * share[method]:.0f} %" in RESULTS
    soft = colours[colours["method"] == "alg2"].groupby("suite")["top_right"].mean()
    assert f"{100 * soft.min():.0f} % in the hardest of the six" in RESULTS
