"""Choose the constants of the rules that have any, on the development suites.

    python benchmarks/rule_settings.py

Wanted: the lowest cost over all three clocks (geometric mean over clocks, teachers and suites, of
the median ratio to learning from scratch in the same trial), as for the weighting in
`choose_settings.py`. What comes out is `data/results/settings_rules.csv`; of each rule its first
row is frozen as its defaults (`cliprl_lite/teachers`), and a test holds the two equal.

Only suites named `dev_…` are read here.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from choose_settings import everywhere

from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.policy_classes import rng_for
from cliprl_lite.experiments.results import write_table
from cliprl_lite.experiments.rule_sweeps import RuleJob
from cliprl_lite.experiments.statistics import median_interval, paired_log_ratio
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.suite_files import load_suite

GRIDS = {
    "pi_reuse": {"fading": (0.8, 0.95, 0.99), "cooling": (0.005, 0.05, 0.5)},
    "jump_start": {"horizon": (0.01, 0.05, 0.2), "stages": (3, 10), "window": (1, 5)},
    "two_tables": {"patience": (0.1, 0.3, 1.0, 3.0)},
    "map_hope": {"share": (0.25, 0.5, 0.75, 1.0)},
}
"""What is tried of each constant, by the name it has in the rule's `begin`."""

CAP = 200_000
"""Steps after which a run is cut off and counts as that long: ten times what scratch takes."""

TEACHERS = ("alg1", "alg2", "random", "worst")
"""Good ones and bad ones."""


def variants() -> dict[tuple[str, str], dict[str, float]]:
    """Every rule with each choice of its constants: rule and words → the constants."""
    found = {}
    for rule, grid in GRIDS.items():
        for values in product(*grid.values()):
            constants = dict(zip(grid, values, strict=True))
            words = " ".join(f"{name}={value}" for name, value in constants.items())
            found[rule, words] = constants
    return found


def judge(source: str, size: int | None, seed: int) -> list[dict]:
    """Costs over scratch, log₂, of every variant with every teacher."""
    suite = load_suite(source, size)
    job = RuleJob(suite, seed, (), ("scratch",), TEACHERS)
    tables, rows = job.teacher_tables(), []
    for target in (transfer.target for transfer in job.transfers):
        met = (suite.world, target.goal)

        def costs(table, rule, met=met, target=target):
            rng = rng_for(seed, suite.name, target.name)
            return measure(learn(*met, table, rng, learner=rule.learner, cap=CAP))

        scratch = costs(None, RULES["scratch"])
        for (name, words), constants in variants().items():
            rule = replace(RULES[name], begin=partial(RULES[name].begin, **constants))
            for teacher in TEACHERS:
                if (target.name, teacher) in tables:
                    found = costs(tables[target.name, teacher], rule)
                    row = {"rule": name, "constants": words, "teacher": teacher}
                    rows.append(row | {"suite": suite.name} | {
                        clock: float(paired_log_ratio(found[clock], scratch[clock]))
                        for clock in CLOCKS
                    })  # fmt: skip
    return rows


def rank(rows: pd.DataFrame) -> pd.DataFrame:
    """Each rule's choices of constants, cheapest over all clocks first."""
    by = ["rule", "constants"]
    medians = rows.groupby([*by, "teacher", "suite"])[list(CLOCKS)].agg(
        lambda logs: median_interval(logs).value
    )
    table = 2 ** medians.groupby(by).mean()
    table["all_clocks"] = np.cbrt(table[list(CLOCKS)].prod(axis=1))
    return table.round(6).reset_index().sort_values(["rule", "all_clocks", "constants"])


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    options = parser.parse_args()
    table = rank(everywhere(judge, options.seeds))
    write_table(options.out / "settings_rules.csv", table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
