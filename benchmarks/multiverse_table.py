"""What the runs of the multiverse say: a row for each combination, place, target, clock and rival.

    python benchmarks/multiverse_table.py runs/*.csv

This packs the tables that `multiverse.py` wrote into `data/results/multiverse/`, one file a table,
and makes `data/results/multiverse.csv.gz` of all that lie there. Its columns are those of `CELLS`
in `cliprl_lite/experiments/multiverse.py`. Without a table it makes the cells anew. Then it puts
the shares of combinations in which each claim holds into `docs/findings.md`.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import pages
import pandas as pd
from joblib import Parallel, delayed
from multiverse import RUN_COLUMNS, TOP_COLUMNS
from packed import packed, read_packed, write_packed

from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    OTHER_WORLDS,
    WORLDS,
    learned_shares,
    shares,
    top_shares,
)
from cliprl_lite.experiments.multiverse import (
    CELLS,
    GROWTH,
    NETWORKS,
    TOP,
    combinations,
    percent,
    write_cells,
)
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

NAMES = ("place", "target", "method")
"""What names a line of a packed table, besides the clock."""


def runs_of(path: Path) -> pd.DataFrame:
    """A table of runs, or of right teachers, packed.

    Where every trial leaves out other tasks, their mean stands under no name.
    """
    head = path.read_text("utf-8").split("\n", 1)[0].split(",")
    runs = read_table(path, RUN_COLUMNS if "first20" in head else TOP_COLUMNS)
    runs = runs.rename(columns={"suite": "place", "top_right": TOP})
    corners = runs["place"].str.startswith("corners")
    runs["target"] = runs["target"].where(corners, "")
    if path.stem == NETWORKS:
        runs["place"] = NETWORKS
    return packed(runs, NAMES, list(CLOCKS) if "first20" in head else [TOP])


# ---------------------------------------------------------------------------------------------
# Cells
# ---------------------------------------------------------------------------------------------
Cell = tuple[str | int | float, ...]


def costs(runs: pd.DataFrame, place: str, target: str, clock: str) -> list[Cell]:
    """Every combination's cost over every rival's, at one place: `[methods, trials]`."""
    plus = 0.0 if clock == "first20" else 1.0
    rivals = {name: runs.loc[name].to_numpy() for name in COMPARED}
    known: dict[bytes, dict[str, Cell]] = {}  # many combinations choose the same starts
    rows: list[Cell] = []
    for one in combinations():
        if one.name not in runs.index:
            continue
        mine = runs.loc[one.name].to_numpy()
        if (same := mine.tobytes()) not in known:
            known[same] = {name: _compared(mine, its, plus) for name, its in rivals.items()}
        rows += [
            (one.name, place, target, clock, rival, *found) for rival, found in known[same].items()
        ]
    return rows


def _compared(mine: np.ndarray, its: np.ndarray, plus: float) -> Cell:
    median = median_interval(paired_log_ratio(mine, its, plus=plus))
    average = ratio_of_averages(mine, its, plus=plus)
    ratios = (2.0**log for log in (median.value, median.low, median.high))
    return (median.n, *ratios, average.value, average.low, average.high)


def growth(runs: dict[int, pd.DataFrame], target: str, clock: str) -> list[Cell]:
    """How every combination's cost over a rival's changes with the size of the grid."""
    plus = 0.0 if clock == "first20" else 1.0
    sizes = list(runs)
    costs_of = {
        name: np.stack([table.loc[name].to_numpy() for table in runs.values()])
        for name in [*GROWING, *(one.name for one in combinations())]
    }
    known: dict[tuple[bytes, str], Cell] = {}
    rows: list[Cell] = []
    for one, rival in product(combinations(), GROWING):
        mine, its = costs_of[one.name], costs_of[rival]
        key = mine.tobytes(), rival
        if key not in known:
            logs = [paired_log_ratio(*pair, plus=plus) for pair in zip(mine, its, strict=True)]
            median = fit_growth(sizes, logs, "exponential")
            average = growth_of_averages(sizes, mine, its, plus)
            known[key] = (
                mine.shape[1],
                *(median.slope, median.low, median.high),
                *(average.slope, average.low, average.high),
            )
        rows.append((one.name, GROWTH, target, clock, rival, *known[key]))
    return rows


def tops(runs: pd.DataFrame, place: str) -> list[Cell]:
    """How often the highest score is on a right teacher."""
    picks = np.random.default_rng(0).integers(0, runs.shape[1], (RESAMPLES, runs.shape[1]))
    rows = []
    for method, right in runs.iterrows():
        low, high = np.percentile(right.to_numpy()[picks].mean(axis=1), MIDDLE)
        found = right.mean(), low, high
        rows.append((method, place, "", TOP, "", len(right), *found, *found))
    return rows


def cells(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """All cells of packed tables."""
    runs = {
        key: part.droplevel(["place", "target", "clock"])
        for table in tables
        for key, part in table.groupby(["place", "target", "clock"])
    }
    jobs = [
        delayed(tops)(part, place) if clock == TOP else delayed(costs)(part, place, target, clock)
        for (place, target, clock), part in runs.items()
    ]
    corners: dict[tuple[str, str], dict[int, pd.DataFrame]] = {}
    for (place, target, clock), part in runs.items():
        if place.startswith("corners"):
            corners.setdefault((target, clock), {})[int(place.split("_")[1])] = part
    for where, sizes in corners.items():
        if len(sizes) > 2:
            jobs.append(delayed(growth)(dict(sorted(sizes.items())), *where))
    rows = [row for found in Parallel(n_jobs=-1, verbose=2)(jobs) for row in found]
    table = pd.DataFrame(rows, columns=list(CELLS)).sort_values(list(CELLS)[:5], ignore_index=True)
    numbers = list(CELLS)[6:]
    table[numbers] = rounded(table[numbers].to_numpy())
    return table


# ---------------------------------------------------------------------------------------------
# The page
# ---------------------------------------------------------------------------------------------
PAGE = Path(__file__).resolve().parent.parent / "docs" / "findings.md"
BEGIN = "<!-- The output of multiverse_table.py: -->"
LARGEST = "corners_25"
DECIDES = {
    "similarity": "dot product or cosine",
    "temperature": "δ",
    "optimiser": "the optimiser",
    "length": "the length of training",
    "centre": "centring",
    "unit_length": "the vectors' length",
    "weighting": "the weighting",
}


def as_tables(cells: pd.DataFrame) -> str:
    """The shares of combinations in which each claim holds, in Markdown."""
    targets = CHOICES["target"]
    lines = [
        f"| claim | clock | {' | '.join(targets.values())} | decides most (target left) |",
        f"|---|---|{'--:|' * len(targets)}---|",
    ]
    for (name, clock), row in shares(cells, LARGEST).iterrows():
        found = " | ".join(percent(row[target]) for target in targets)
        words = f"{CLAIMS[name].words} | {CHOICES['clock'][clock]}"
        lines.append(f"| {words} | {found} | {_decides(*row['decides'])} |")
    lines += ["", "| world | mostly picks right | decides most |", "|---|--:|---|"]
    for world, row in top_shares(cells).iterrows():
        lines.append(f"| {_world(world)} | {percent(row['holds'])} | {_decides(*row['decides'])} |")
    clocks = " / ".join(CHOICES["clock"].values())
    lines += [
        "",
        f"| place | combinations | at most half of Algorithm 1’s steps: {clocks} "
        "| fewer steps than from scratch, by the same clocks |",
        "|---|--:|---|---|",
    ]
    for (place, target), row in learned_shares(cells).iterrows():
        found = " | ".join(
            " / ".join(percent(row[claim, clock]) for clock in CLOCKS)
            for claim in ("halved", "beats scratch")
        )
        label = f"networks, 10×10, {targets[target]}" if target else _world(place)
        lines.append(f"| {label} | {row['combinations']:.0f} | {found} |")
    return "\n".join(lines)


def _world(name: str) -> str:
    by_colour = ", by colour" if name.startswith("colours") else ""
    return (WORLDS | OTHER_WORLDS)[name] + by_colour


def _decides(choice: str, share: float) -> str:
    return f"{DECIDES[choice]} ({percent(share)} of pairs)" if share > 0 else "none"


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", type=Path, nargs="*")
    folder = data_path("results", "multiverse")
    folder.mkdir(exist_ok=True)
    for path in parser.parse_args().tables:
        write_packed(folder / f"{path.stem}.csv.xz", runs_of(path))
    found = cells([read_packed(path, NAMES) for path in sorted(folder.iterdir())])
    write_cells(data_path("results", "multiverse.csv.gz"), found)
    print(f"{len(found):,} cells")
    pages.put(PAGE, BEGIN, as_tables(found))


if __name__ == "__main__":
    main()
