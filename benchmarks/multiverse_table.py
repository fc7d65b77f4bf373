"""What the runs of the multiverse say: a row for each combination, place, target, clock and rival.

    python benchmarks/multiverse_table.py runs/corners.csv runs/worlds.csv runs/clocks.csv

This makes `data/results/multiverse.csv.gz` of the tables that `multiverse.py` wrote; its columns
are those of `CELLS` in `cliprl_lite/experiments/multiverse.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from multiverse import RUN_COLUMNS, TOP_COLUMNS

from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.multiverse import CELLS, GROWTH, TOP, combinations, write_cells
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.statistics import (
    MIDDLE,
    RESAMPLES,
    fit_growth,
    growth_of_averages,
    median_interval,
    paired_log_ratio,
    ratio_of_averages,
)
from cliprl_lite.learning.clocks import CLOCKS

COMPARED = ("scratch", "alg1", "alg1_closest", "alg1_cold", "ridge")
"""The rivals by whose costs those of every combination are divided."""

GROWING = ("alg1", "alg1_closest", "alg1_cold")
"""Those against which a gain may grow with the grid."""


def costs(part: pd.DataFrame, place: str, target: str, clock: str) -> list[tuple]:
    """Every combination's cost over every rival's, in the trials of one place and target."""
    wide = part.pivot(index="seed", columns="method", values=clock)
    plus = 0.0 if clock == "first20" else 1.0
    rows = []
    for one in combinations():
        if one.name not in wide:
            continue
        for rival in COMPARED:
            pair = wide[one.name], wide[rival]
            median = median_interval(paired_log_ratio(*pair, plus=plus))
            average = ratio_of_averages(*pair, plus=plus)
            rows.append(
                (
                    *(one.name, place, target, clock, rival, median.n),
                    *(2.0**log for log in (median.value, median.low, median.high)),
                    *(average.value, average.low, average.high),
                )
            )
    return rows


def growth(part: pd.DataFrame, target: str, clock: str) -> list[tuple]:
    """How every combination's cost over a rival's changes with the size of the grid."""
    wide = part.pivot(index=["size", "seed"], columns="method", values=clock)
    sizes = sorted(set(part["size"]))
    plus = 0.0 if clock == "first20" else 1.0
    rows = []
    for one in combinations():
        for rival in GROWING:
            mine, its = (
                wide[name].to_numpy().reshape(len(sizes), -1) for name in (one.name, rival)
            )
            logs = np.array(
                [paired_log_ratio(*pair, plus=plus) for pair in zip(mine, its, strict=True)]
            )
            median = fit_growth(sizes, logs, "exponential")
            average = growth_of_averages(sizes, mine, its, plus)
            rows.append(
                (
                    *(one.name, GROWTH, target, clock, rival, mine.shape[1]),
                    *(median.slope, median.low, median.high),
                    *(average.slope, average.low, average.high),
                )
            )
    return rows


def favourites(part: pd.DataFrame, place: str) -> list[tuple]:
    """How often the highest score is on a right teacher."""
    wide = part.pivot_table(index="seed", columns="method", values="top_right")
    picks = np.random.default_rng(0).integers(0, len(wide), (RESAMPLES, len(wide)))
    rows = []
    for name, right in wide.items():
        low, high = np.percentile(right.to_numpy()[picks].mean(axis=1), MIDDLE)
        mean = right.mean()
        rows.append((name, place, "", TOP, "", len(wide), mean, low, high, mean, low, high))
    return rows


def cells(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows of tables of runs and of favourites."""
    jobs = []
    for table in tables:
        if "first20" not in table:
            jobs += [delayed(favourites)(part, place) for place, part in table.groupby("suite")]
            continue
        corners = table["suite"].str.startswith("corners")
        table = table.assign(target=table["target"].where(corners, ""))
        for (place, target), part in table.groupby(["suite", "target"]):
            jobs += [delayed(costs)(part, place, target, clock) for clock in CLOCKS]
        if corners.all() and table["size"].nunique() > 2:
            for target, part in table.groupby("target"):
                jobs += [delayed(growth)(part, target, clock) for clock in CLOCKS]
    rows = [row for found in Parallel(n_jobs=-1, verbose=2)(jobs) for row in found]
    found = pd.DataFrame(rows, columns=list(CELLS))
    numbers = list(CELLS)[6:]
    found[numbers] = rounded(found[numbers].to_numpy(), 4)
    return found


def read(path: Path) -> pd.DataFrame:
    """A table of either kind."""
    head = path.read_text("utf-8").split("\n", 1)[0]
    return read_table(path, RUN_COLUMNS if "first20" in head.split(",") else TOP_COLUMNS)


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", type=Path, nargs="+")
    found = cells([read(path) for path in parser.parse_args().tables])
    write_cells(data_path("results", "multiverse.csv.gz"), found)
    print(f"{len(found):,} cells")


if __name__ == "__main__":
    main()
