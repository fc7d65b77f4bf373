"""What a benchmark reports: a figure, its target, and whether it was met.

Each benchmark is a script with a function `measure() -> list[Measurement]` and ends in
`sys.exit(report(measure))`: run by hand it prints a table, and with `--json FILE` it also writes
what `benchmarks/bench.py` gathers. Only ratios are to be trusted across machines; the two sides of
a ratio are measured in one run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

PACKAGES = ("numpy", "numba", "torch", "gymnasium", "sentence-transformers")


@dataclass(frozen=True)
class Measurement:
    """One line of the table.

    Attributes:
        key: a short unique name, by which the guard finds its baseline.
        what: what was measured, in words, beside what.
        value: the figure.
        unit: `×` for a ratio, `s`, `MB`, or another.
        target: the figure wanted; None for one that is only reported.
        at_least: True if more is better.
        note: what a reader should know beside it.
    """

    key: str
    what: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def wanted(self) -> str:
        """The target in words, as `≥ 250 ×`."""
        if self.target is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {figure(self.target)} {self.unit}"


def figure(value: float) -> str:
    """A number with three digits that count, as people write it."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def best_of(action: Callable[[], object], seconds: float) -> float:
    """The shortest duration of `action`, repeated for a while: others can only slow it down."""
    best, until = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < until or best == np.inf:
        begin = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - begin)
    return float(best)


PEAK = """
import resource, sys
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak /= 2**20 if sys.platform == "darwin" else 2**10
"""
"""Code that sets `peak`: the peak resident memory of the process that runs it, in MB."""


def fresh(code: str, *arguments: str | Path, **environment: str) -> str:
    """What a fresh Python process prints that runs this code; its errors go where ours go."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def versions() -> dict[str, str]:
    """What ran: Python, the machine's kind, and the packages."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in PACKAGES},
    }


@forgiving_output()
def report(measure: Callable[[], list[Measurement]]) -> int:
    """Measure, print, write; the exit status is 1 if a target was missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    found = measure()
    for one in found:
        mark = " " if one.target is None else "✓" if one.met else "✗"
        value = f"{figure(one.value)} {one.unit}"
        print(f"{mark} {one.what:62} {value:>12}  {one.wanted:12} {one.note}".rstrip())
    if options.json:
        content = {"versions": versions(), "measurements": [asdict(one) for one in found]}
        write_text(options.json, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return 0 if all(one.met for one in found) else 1
