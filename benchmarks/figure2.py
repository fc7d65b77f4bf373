"""How long does the paper's Figure 2 take, from nothing?

    python benchmarks/figure2.py [--json FILE]

4 sizes × 3 targets × 100 trials × every method, by the command that a reader would type. The note
says in how many rows the table differs from the committed one: in none on the processor that made
it, and elsewhere in those whose alignment amplifies a last bit, nearly all of which are marked.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measurement import Measurement, report

from cliprl_lite._paths import data_path
from cliprl_lite.experiments.results import read_table
from cliprl_lite.learning.clocks import CLOCKS

COMMAND = ["-m", "cliprl_lite.cli", "figure2", "--sizes", "8,10,15,25", "--trials", "100"]


def measure() -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figure2.csv"
        begin = time.perf_counter()
        subprocess.run([sys.executable, *COMMAND, "--out", out], check=True, stdout=sys.stderr)
        seconds = time.perf_counter() - begin
        table = read_table(out)
    committed = read_table(data_path("results", "figure2.csv"))
    differs = ~((table == committed) | (table.isna() & committed.isna())).all(axis=1)
    marked = differs & (committed["sensitive"] == 1)
    censored = ", ".join(f"{clock} {table[f'{clock}_censored'].sum():,}" for clock in CLOCKS)
    rows = f"{differs.sum():,} rows differ from the committed ones, {marked.sum():,} of them marked"
    return [
        Measurement(
            "figure2",
            f"Figure 2 from nothing: {len(table):,} runs",
            seconds,
            "s",
            60,
            note=f"censored: {censored}; {rows}",
        )
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
