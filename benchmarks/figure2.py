"""How long does the paper's Figure 2 take, from nothing?

    python benchmarks/figure2.py [--json FILE]

4 sizes × 3 targets × 100 trials × every method, by the command that a reader would type. The table
must be the committed one, byte for byte, or the benchmark says so.
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
        same = out.read_bytes() == data_path("results", "figure2.csv").read_bytes()
    censored = ", ".join(f"{clock} {table[f'{clock}_censored'].sum():,}" for clock in CLOCKS)
    equal = "equal to" if same else "NOT equal to"
    return [
        Measurement(
            "figure2",
            f"Figure 2 from nothing: {len(table):,} runs",
            seconds,
            "s",
            240,
            note=f"censored: {censored}; {equal} the committed table, byte for byte",
        )
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
