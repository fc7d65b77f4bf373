"""What the battery of rules says: each rule over its rivals, place by place and teacher by teacher.

*Never slower* has three meanings, one for each rival: the learner from nothing; the plain warm
start with the same teacher; and the rule itself without a teacher (`Rule.control`). A *cell* is a
place, a teacher and a clock; a place is a world, or a grid size of the corners with a target.
`benchmarks/rules_table.py` makes the cells of the runs.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from cliprl_lite._paths import data_path
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.rule_sweeps import NOBODY
from cliprl_lite.experiments.statistics import median_interval, paired_log_ratio
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.teachers.rules import find_rule

RULE_CELLS = {
    "place": "name of the suite; for the corners with the target",
    "rule": "name in `RULES`",
    "teacher": "name in `TEACHERS`, or `nobody`",
    "rival": "name in `RULES`: of the learner by whose steps in the same trial they are divided",
    "clock": "name in `CLOCKS`",
    "n": "number of trials",
    "n_censored": "trials in which one of the two runs was cut off",
    "value": "median ratio of steps",
    "low": "lower end of its 95 % interval",
    "high": "upper end",
}
"""Columns of the table of cells, with what they hold."""

UNSEEN = ("garden", "library", "workshop")
"""Worlds that were drawn after every rule and constant was settled, and before they were run."""


def rivals_of(name: str) -> list[str]:
    """With whom a rule is compared.

    Example:
        >>> rivals_of("memory"), rivals_of("warm"), rivals_of("map_alone")
        (['scratch', 'warm', 'memory_alone'], ['scratch'], ['scratch'])
    """
    rule = find_rule(name)
    rivals = ["scratch", *(["warm", rule.control] if rule.asks else [])]
    return [rival for rival in dict.fromkeys(rivals) if rival != name]


def rule_cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Every rule over its rivals, in one place: medians over trials, with their intervals.

    Args:
        runs: index: rule, teacher, target, clock (those of `CLOCKS`, and each with `_censored`); a
            column for each trial. Only trials that both have run are compared. A trial's ratio is
            the geometric mean over the targets.

    Returns:
        The columns of `RULE_CELLS` but the place.
    """
    rows = []
    of: dict[tuple[str, str], pd.DataFrame] = {
        (str(rule), str(teacher)): part.droplevel(["rule", "teacher"])
        for (rule, teacher), part in runs.groupby(["rule", "teacher"])
    }
    for (rule, teacher), mine in of.items():
        for rival in rivals_of(rule):
            pair = mine, of[rival, teacher if find_rule(rival).asks else NOBODY]
            run_by = [who.columns[who.notna().all()] for who in pair]
            both = run_by[0].intersection(run_by[1])
            for clock in CLOCKS:
                costs, cuts = (
                    [who[both].xs(name, level="clock").sort_index().to_numpy() for who in pair]
                    for name in (clock, f"{clock}_censored")
                )
                logs = paired_log_ratio(costs[0], costs[1], plus=clock != "first20")
                cut = (cuts[0] + cuts[1]).any(axis=0)
                found = asdict(median_interval(logs.mean(axis=0), cut))
                found |= {end: 2.0 ** found[end] for end in ("value", "low", "high")}
                names = {"rule": rule, "teacher": teacher, "rival": rival, "clock": clock}
                rows.append(names | found)
    cells = pd.DataFrame(rows, columns=[name for name in RULE_CELLS if name != "place"])
    numbers = ["value", "low", "high"]
    cells[numbers] = rounded(cells[numbers].to_numpy())
    return cells


def read_rule_cells(name: str = "rules") -> pd.DataFrame:
    """A shipped table; its columns are `RULE_CELLS`.

    Args:
        name: `rules`, or `babyai_rules` for houses in BabyAI's engine.

    Example:
        >>> sorted(read_rule_cells()["clock"].unique())
        ['first20', 'near_optimal', 'optimal']
    """
    return pd.read_csv(data_path("results", f"{name}.csv"), keep_default_na=False)


def tally(cells: pd.DataFrame) -> pd.DataFrame:
    """In how many cells each rule is faster and slower than each rival, by whole intervals.

    Args:
        cells: some rows of `read_rule_cells()`.

    Returns:
        Index: rule, rival, clock, sorted. Columns: `cells`, their `median` ratio, `faster` and
        `slower`, the `worst` ratio with the `place` and the `teacher` of its cell.

    Example:
        >>> counts = tally(read_rule_cells()).loc[("map_hope", "scratch", "optimal")]
        >>> int(counts["slower"])
        0
    """
    rows = {}
    for key, part in cells.groupby(["rule", "rival", "clock"]):
        worst = part.sort_values("value", kind="stable").iloc[-1]
        rows[key] = {
            "cells": len(part),
            "median": float(np.median(part["value"])),
            "faster": int((part["high"] < 1).sum()),
            "slower": int((part["low"] > 1).sum()),
            "worst": float(worst["value"]),
            "place": worst["place"],
            "teacher": worst["teacher"],
        }
    return pd.DataFrame(rows).T.rename_axis(["rule", "rival", "clock"])
