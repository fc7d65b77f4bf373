"""What the battery of rules says: every rule over its rivals, place by place.

    cliprl-lite rules --trials 30 --out runs/rules.csv
    python benchmarks/rules_table.py runs/rules*.csv

This packs tables that `cliprl-lite rules` wrote into `data/results/rules/`, one file a table, and
makes `data/results/rules.csv` of all that lie there, and `babyai_rules.csv` of the houses in
BabyAI's engine. Their columns are those of `RULE_CELLS` in
`cliprl_lite/experiments/rule_verdicts.py`. Without a table it makes the cells anew. Then it puts
what they say into `docs/findings.md`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pages
import pandas as pd
from joblib import Parallel, delayed
from multiverse_table import PAGE
from packed import packed, read_packed, write_packed

from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.results import read_table, write_table
from cliprl_lite.experiments.rule_sweeps import RULE_COLUMNS
from cliprl_lite.experiments.rule_verdicts import (
    RULE_CELLS,
    UNSEEN,
    rivals_of,
    rule_cells,
    tally,
)
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.teachers.rules import RULES, find_rule

NAMES = ("suite", "target", "rule", "teacher")
"""What names a line of a packed table, besides the clock."""

BEGIN = "<!-- The output of rules_table.py: -->"
HEADS = ("first 20 episodes", "within 5 % everywhere", "optimal everywhere")
"""What the clocks are called in a table."""

BABYAI = "<!-- The output of rules_table.py for BabyAI: -->"


def runs_of(path: Path) -> pd.DataFrame:
    """A table of runs, packed."""
    values = [name for name in RULE_COLUMNS if name.removesuffix("_censored") in CLOCKS]
    return packed(read_table(path, RULE_COLUMNS), NAMES, values)


def cells(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """All cells of packed tables: each world, and each grid size of the corners with a target."""
    runs = pd.concat(tables).rename(columns=int)
    places = {}
    for suite, part in runs.groupby("suite"):
        if suite.startswith("corners"):
            for target, rows in part.groupby("target"):
                places[f"{suite} {target}"] = rows.droplevel("suite")
        else:
            places[suite] = part.droplevel("suite")
    found = Parallel(n_jobs=-1)(delayed(rule_cells)(part) for part in places.values())
    table = pd.concat(dict(zip(places, found, strict=True)), names=["place"])
    return table.reset_index("place").sort_values(list(RULE_CELLS)[:5], ignore_index=True)


# The page ----------------------------------------------------------------------------------------
def as_tables(cells: pd.DataFrame) -> str:
    """How every rule does against each rival, in Markdown."""
    counts, new = tally(cells), cells[cells["place"].isin(UNSEEN)]
    unseen = tally(new) if len(new) else None
    heads = ["rule", "rival", "cells", *HEADS]
    if unseen is not None:
        heads.append("slower in the unseen worlds")
    lines = [
        f"| {' | '.join([*heads, 'worst cell'])} |",
        "|---|---|--:" + "|---" * (len(heads) - 2) + "|",
    ]
    for rule, rival in ((one, other) for one in RULES for other in rivals_of(one)):
        keys = [(rule, rival, clock) for clock in CLOCKS]
        some = counts.loc[keys]
        found = [f"×{row['median']:.2g}, slower in {row['slower']}" for _, row in some.iterrows()]
        if unseen is not None:
            those = unseen.loc[keys]
            words = " / ".join(map(str, those["slower"]))
            found.append(f"{words} of {those['cells'].iloc[0]}")
        worst = some.loc[some["worst"].astype(float).idxmax()]
        whom = "" if worst["teacher"] == "nobody" else f", {worst['teacher']}"
        lines.append(
            f"| {find_rule(rule).label} | {find_rule(rival).label} | {some['cells'].iloc[0]} | "
            f"{' | '.join(found)} | ×{worst['worst']:.3g}: {worst['place']}{whom} |"
        )
    return "\n".join(lines)


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", type=Path, nargs="*")
    folder = data_path("results", "rules")
    folder.mkdir(exist_ok=True)
    for path in parser.parse_args().tables:
        write_packed(folder / f"{path.stem}.csv.xz", runs_of(path))
    found = cells([read_packed(path, NAMES) for path in sorted(folder.iterdir())])
    babyai = found["place"].str.startswith("babyai")
    for name, begin, part in (
        ("rules", BEGIN, found[~babyai]),
        ("babyai_rules", BABYAI, found[babyai]),
    ):
        write_table(data_path("results", f"{name}.csv"), part)
        print(f"{name}: {len(part):,} cells")
        pages.put(PAGE, begin, as_tables(part))


if __name__ == "__main__":
    main()
