"""Result tables on disk, and what is summed up from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite.methods import METHODS
from cliprl_lite.paths import data_path
from cliprl_lite.results import (
    CLOCKS,
    COLUMNS,
    ratios,
    read_table,
    summarise,
    to_table,
    verdict,
    verdicts,
)
from cliprl_lite.tasks import load_suite
from cliprl_lite.trials import Job, run_job


def test_a_table_is_sorted_and_has_the_columns_of_its_description(small: pd.DataFrame) -> None:
    assert list(small.columns) == list(COLUMNS)
    assert len(small) == 3 * 3 * 4
    order = list(METHODS)
    keys = [
        (row.suite, row.size_, row.target, order.index(row.method), row.seed)
        for row in small.rename(columns={"size": "size_"}).itertuples()
    ]
    assert keys == sorted(keys)
    shuffled = small.sample(frac=1, random_state=1).to_dict("records")
    assert_same(to_table(shuffled), small)


def test_a_table_survives_the_disk_with_every_bit_and_type(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    found = run_quietly(SMALL, tmp_path / "table.csv")
    assert_same(found, small)
    assert_same(read_table(tmp_path / "table.csv"), small)
    kinds = {column: read_table(tmp_path / "table.csv")[column].dtype.kind for column in COLUMNS}
    assert all(kinds[f"{clock}_censored"] == "b" for clock in CLOCKS)
    assert (kinds["seed"], kinds["optimal"], kinds["first20"]) == ("i", "i", "f")


def test_numbers_with_many_digits_survive_the_disk(small: pd.DataFrame, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = small.assign(first20=rng.random(len(small)) * 10.0 ** rng.integers(-3, 6, len(small)))
    table.to_csv(tmp_path / "table.csv", index=False)
    assert_same(read_table(tmp_path / "table.csv"), table)


def test_a_table_from_scratch_alone_can_be_read(tmp_path: Path) -> None:
    """Its column of weightings is empty from top to bottom."""
    sweep = replace(SMALL, trials=1, methods=("scratch",))
    table = run_quietly(sweep, tmp_path / "table.csv")
    assert_same(read_table(tmp_path / "table.csv"), table)


@pytest.mark.parametrize("column", ["suite", "first20_censored", "asymptote"])
def test_another_file_is_no_result_table(column: str, small: pd.DataFrame, tmp_path: Path) -> None:
    small.drop(columns=column).to_csv(tmp_path / "other.csv")
    with pytest.raises(ValueError, match=rf"other\.csv is no result table: .* '{column}'"):
        read_table(tmp_path / "other.csv")


def hand_table(costs: dict[tuple[str, str], list[float]], censored: tuple = ()) -> pd.DataFrame:
    """Rows from costs by (target, method), one per seed, the same on every clock."""
    rows = [
        dict.fromkeys(COLUMNS, 0.0)
        | {"suite": "w", "size": 5, "target": target, "method": method, "seed": seed}
        | dict.fromkeys(CLOCKS, float(cost))
        | {f"{clock}_censored": (target, method, seed) in censored for clock in CLOCKS}
        for (target, method), values in costs.items()
        for seed, cost in enumerate(values)
    ]
    return to_table(rows)


HAND = hand_table(
    {
        ("a", "alg1"): [1, 3, 7],
        ("b", "alg1"): [7, 15, 31],
        ("a", "alg2"): [0, 0, 0],
        ("b", "alg2"): [15, 31, 255],
    },
    censored=(("b", "alg2", 1), ("b", "alg2", 2), ("a", "alg1", 0)),
)


def test_a_summary_by_hand() -> None:
    found = summarise(HAND).set_index(["target", "method", "clock"])
    assert len(found) == 4 * len(CLOCKS)
    value, n, n_censored, censored = ["value", "n", "n_censored", "censored"]
    for target, method, middle, cut in (
        ("a", "alg1", 3, 1),
        ("b", "alg1", 15, 0),
        ("a", "alg2", 0, 0),
        ("b", "alg2", 31, 2),
    ):
        row = found.loc[(target, method, "optimal")]
        assert row[value] == pytest.approx(middle)
        assert (row[n], row[n_censored], row[censored]) == (3, cut, cut == 2)
        assert row["low"] <= row[value] <= row["high"]


def test_a_summary_over_targets_takes_their_geometric_mean_in_each_trial() -> None:
    """alg1: √(2 · 8) − 1, √(4 · 16) − 1, √(8 · 32) − 1; half the targets cut off cut a trial."""
    found = summarise(HAND, by=("suite",)).set_index(["method", "clock"])
    alg1, alg2 = found.loc[("alg1", "first20")], found.loc[("alg2", "first20")]
    assert alg1["value"] == pytest.approx(7)
    assert alg2["value"] == pytest.approx(32**0.5 - 1)
    assert (alg1["n"], alg1["n_censored"]) == (3, 1)
    assert (alg2["n_censored"], bool(alg2["censored"])) == (2, True)


def test_ratios_by_hand() -> None:
    """alg2 over alg1, plus one each, in the same trial: a 1/2, 1/4, 1/8; b 2, 2, 8."""
    found = ratios(HAND, "optimal").set_index("target")
    assert found["method"].tolist() == ["alg2", "alg2"]
    assert found["value"].to_dict() == {"a": pytest.approx(1 / 4), "b": pytest.approx(2)}
    assert found["n_censored"].to_dict() == {"a": 1, "b": 2}
    assert (found["low"]["a"], found["high"]["a"]) == (pytest.approx(1 / 8), pytest.approx(1 / 2))
    turned = ratios(HAND, "optimal", reference="alg2").set_index("target")
    assert turned["value"].to_dict() == {"a": pytest.approx(4), "b": pytest.approx(1 / 2)}


def test_ratios_over_targets_are_geometric_means_in_each_trial() -> None:
    """√(1/2 · 2), √(1/4 · 2), √(1/8 · 8)."""
    (row,) = ratios(HAND, "optimal", by=("suite",)).to_dict("records")
    assert row["value"] == pytest.approx(1)
    assert row["low"] == pytest.approx(2**-0.5)
    assert (row["n"], row["n_censored"]) == (3, 3)


@pytest.mark.parametrize(
    ("holds_at", "words"),
    [
        ({8: True, 10: True, 15: True}, "confirmed"),
        ({8: False, 10: False, 15: False}, "not confirmed"),
        ({15: True, 8: False, 10: True}, "confirmed from 10 on"),
        ({8: False, 10: False, 15: True}, "only at 15"),
        ({8: True, 10: False, 15: True}, "only at 8, 15"),
        ({8: True, 10: False, 15: False}, "only at 8"),
        ({8: False, 10: True, 15: False}, "only at 10"),
    ],
)
def test_a_verdict_in_words(holds_at: dict[int, bool], words: str) -> None:
    assert verdict(holds_at) == words


def test_verdicts_need_the_whole_interval_on_their_side() -> None:
    """At size 5 alg2 takes half the steps in every trial; at size 9 a quarter, but in one trial
    of three it takes four times as many."""
    small_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [3, 7, 15]})
    large_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [1, 3, 127]})
    table = pd.concat([small_map, large_map.assign(size=9)])
    cheaper = verdicts(table, "alg2", "alg1")
    assert list(cheaper.index) == list(CLOCKS)
    assert cheaper["a"].tolist() == ["only at 5"] * 3
    assert verdicts(table, "alg2", "alg1", factor=0.6)["a"].tolist() == ["only at 5"] * 3
    # One is added to step counts, so half of them is not less than half; not to the first clock.
    half = verdicts(table, "alg2", "alg1", factor=0.5)["a"].tolist()
    assert half == ["only at 5", "not confirmed", "not confirmed"]
    assert verdicts(table, "alg2", "alg1", factor=5)["a"].tolist() == ["confirmed"] * 3


def test_a_part_of_the_committed_worlds_is_remade() -> None:
    """Any trial can be run again, and every number comes out the same."""
    committed = read_table(data_path("results", "worlds.csv"))
    part = committed.query("suite == 'colours_6' and seed == 7").reset_index(drop=True)
    job = Job(load_suite("colours_6"), 7, (), tuple(METHODS), cap=10_000_000)
    assert_frame_equal(to_table(run_job(job)), part, check_dtype=False, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("alg3", "alg1"), "no runs of 'alg3'"), (("alg1", "alg3"), "no runs of 'alg3'")],
)
def test_verdicts_on_methods_that_are_not_there(arguments: tuple[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        verdicts(HAND, *arguments)
