"""What the battery says: cells against plain medians of runs, counts against cells counted by hand,
and what docs/findings.md says against the shipped cells."""

from __future__ import annotations

import statistics
from pathlib import Path

import choose_settings
import numpy as np
import pages
import pandas as pd
import pytest
import rules_table
from packed import packed, read_packed

from cliprl_lite._paths import data_path
from cliprl_lite.experiments.rule_sweeps import (
    NOBODY,
    RULE_SIZES,
    RULE_WORLDS,
    TEACHERS,
    RuleJob,
    run_rules,
)
from cliprl_lite.experiments.rule_verdicts import (
    RULE_CELLS,
    UNSEEN,
    read_rule_cells,
    rivals_of,
    rule_cells,
    tally,
)
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.suite_files import load_suite

SHIPPED = data_path("results", "rules")
PAGE = (Path(__file__).resolve().parent.parent / "docs" / "findings.md").read_text("utf-8")


# On made-up runs -------------------------------------------------------------------------------
def runs(steps: dict[tuple[str, str, str], list[int]], cut: frozenset = frozenset()):
    """Packed runs of one place, all clocks alike; `cut` holds (rule, seed)."""
    rows = [
        {"suite": "here", "target": target, "rule": rule, "teacher": teacher, "seed": seed}
        | dict.fromkeys(CLOCKS, number)
        | {f"{clock}_censored": (rule, seed) in cut for clock in CLOCKS}
        for (rule, teacher, target), numbers in steps.items()
        for seed, number in enumerate(numbers)
    ]  # fmt: skip
    values = [*CLOCKS, *(f"{clock}_censored" for clock in CLOCKS)]
    return packed(pd.DataFrame(rows), rules_table.NAMES, values).droplevel("suite")


def test_a_cell_is_the_median_of_the_trials_ratios() -> None:
    table = runs(
        {
            ("scratch", NOBODY, "a"): [9, 19, 39],
            ("warm", "alg2", "a"): [4, 4, 79],
        }
    )
    cells = rule_cells(table).set_index(["rule", "rival", "clock"])
    assert list(rule_cells(table).columns) == [name for name in RULE_CELLS if name != "place"]
    late = cells.loc[("warm", "scratch", "optimal")]
    assert (late["n"], late["value"], late["low"], late["high"]) == (3, 0.5, 0.25, 2.0)
    early = cells.loc[("warm", "scratch", "first20")]  # nothing is added to a mean
    assert early["value"] == pytest.approx(4 / 9, abs=1e-6)
    assert len(cells) == 3


def test_targets_of_a_trial_count_as_one_and_rivals_as_they_are_named() -> None:
    """Of two targets the geometric mean; a rule's own control asks no teacher."""
    table = runs(
        {
            ("scratch", NOBODY, "a"): [99], ("scratch", NOBODY, "b"): [99],
            ("warm", "alg1", "a"): [24], ("warm", "alg1", "b"): [24],
            ("map_alone", NOBODY, "a"): [9], ("map_alone", NOBODY, "b"): [4],
            ("map_hope", "alg1", "a"): [49], ("map_hope", "alg1", "b"): [24],
        },
        cut=frozenset({("map_hope", 0)}),
    )  # fmt: skip
    cells = rule_cells(table)
    found = cells[(cells["rule"] == "map_hope") & (cells["clock"] == "optimal")].set_index("rival")
    assert found["value"].round(6).to_dict() == {
        "scratch": round((0.5 * 0.25) ** 0.5, 6), "warm": round(2**0.5, 6), "map_alone": 5.0,
    }  # fmt: skip
    assert (found["n_censored"] == 1).all()
    assert rivals_of("map_hope") == ["scratch", "warm", "map_alone"]
    assert rivals_of("scratch") == []


def test_only_trials_that_both_have_run_are_compared() -> None:
    table = runs(
        {("scratch", NOBODY, "a"): [9, 9, 9, 9], ("pi_reuse", "alg1", "a"): [19, 39],
         ("warm", "alg1", "a"): [9, 9, 9, 9]}
    )  # fmt: skip
    cells = rule_cells(table)
    found = cells[(cells["rule"] == "pi_reuse") & (cells["clock"] == "optimal")]
    assert found["n"].tolist() == [2, 2]
    assert found["value"].round(6).tolist() == [round(8**0.5, 6)] * 2


def test_what_is_counted() -> None:
    ends = [(0.5, 0.4, 0.6), (1.0, 0.9, 1.2), (3.0, 2.0, 4.0), (2.0, 1.1, 9.0)]
    cells = pd.DataFrame(
        [
            ("p", "warm", f"t{k}", "scratch", "optimal", 9, 0, *three)
            for k, three in enumerate(ends)
        ],
        columns=list(RULE_CELLS),
    )
    row = tally(cells).loc[("warm", "scratch", "optimal")]
    assert row.to_dict() == {
        "cells": 4, "median": 1.5, "faster": 1, "slower": 2, "worst": 3.0, "place": "p",
        "teacher": "t2",
    }  # fmt: skip


# What is shipped -------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    tables = [read_packed(path, rules_table.NAMES) for path in sorted(SHIPPED.iterdir())]
    return pd.concat(tables).rename(columns=int)


def test_the_battery_is_whole(shipped: pd.DataFrame) -> None:
    """Every rule with every teacher in every place; the two whose runs are long, less often."""
    cells = read_rule_cells()
    places = {f"corners_{size} {target}" for size in RULE_SIZES
              for target in ("left", "right", "mismatch")} | set(RULE_WORLDS)  # fmt: skip
    assert set(cells["place"]) == places
    for rule in RULES:
        teachers = TEACHERS if RULES[rule].asks else (NOBODY,)
        wanted = len(places) * len(teachers) * len(rivals_of(rule)) * len(CLOCKS)
        assert (cells["rule"] == rule).sum() == wanted
    long = cells["rule"].isin(["pi_reuse", "memory_level"])
    often = cells[~long & cells["place"].str.startswith("corners")]
    assert (often["n"] >= 100).all()
    assert (cells["n"] >= 30).all()
    assert shipped.index.is_unique


def test_a_trial_of_the_battery_is_made_again(shipped: pd.DataFrame) -> None:
    rules = ("scratch", "warm", "memory", "memory_alone", "map_hope", "map_alone")
    for name, size in (("corners", 8), ("colours_6", None)):
        suite = load_suite(name, size)
        for row in run_rules(RuleJob(suite, 3, (), rules, ("alg1", "random", "oracle"))):
            place = (row["suite"], row["target"], row["rule"], row["teacher"])
            known = [shipped.loc[(*place, clock), 3] for clock in CLOCKS]
            assert [row[clock] for clock in CLOCKS] == pytest.approx(known, abs=1e-9)


def test_a_shipped_cell_is_the_median_of_shipped_runs(shipped: pd.DataFrame) -> None:
    """By plain Python, for one place of each kind."""
    cells = read_rule_cells().set_index(["place", "rule", "teacher", "rival", "clock"])
    for place, suite, target in (("corners_25 left", "corners_25", "left"),):
        pair = [shipped.loc[(suite, target, *who, "optimal")].dropna().tolist()
                for who in (("memory", "alg2"), ("memory_alone", NOBODY))]  # fmt: skip
        ratios = [(mine + 1) / (its + 1) for mine, its in zip(*pair, strict=True)]
        cell = cells.loc[(place, "memory", "alg2", "memory_alone", "optimal")]
        logs = [np.log(ratio) for ratio in ratios]
        assert cell["value"] == pytest.approx(np.exp(statistics.median(logs)), abs=1e-6)
        assert cell["low"] <= cell["value"] <= cell["high"]


def test_the_page_holds_the_table() -> None:
    table = rules_table.as_tables(read_rule_cells())
    assert pages.with_output(rules_table.PAGE, rules_table.BEGIN, table) == PAGE
    assert len(table.splitlines()) == 2 + sum(len(rivals_of(rule)) for rule in RULES)


def test_the_unseen_worlds_took_no_part_in_any_choice() -> None:
    chosen_on = {name for name, *_ in choose_settings.SUITES}
    assert all(name.startswith("dev_") for name in chosen_on)
    assert set(UNSEEN) <= set(RULE_WORLDS)
