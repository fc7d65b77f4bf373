"""Has something become many times slower? For CI: half a minute, ratios only, wide margins.

    python benchmarks/guard.py

Each ratio compares two sides measured in turns in this very run, so that a slow or busy machine
meets both. One fails if it is `MARGIN` times worse than its baseline in `results.json`, or if it
is below 1, where the slow way would be the faster one: a tenfold loss is seen, noise is not.
"""

from __future__ import annotations

import json
import sys

from alignments import batch_ratio
from bench import RESULTS
from measurement import figure
from qlearning import gymnasium_ratio
from sentences import readiness_ratio
from startup import import_times

from cliprl_lite._printing import forgiving_output

MARGIN = 4


def import_ratio(runs: int) -> float:
    """numpy alone over the package, in seconds to import."""
    package, numpy = import_times(runs)
    return numpy / package


RATIOS = {
    "q_gymnasium": lambda: gymnasium_ratio(3),
    "sentence_ready": lambda: readiness_ratio(1)[0],
    "alignment_ratio": lambda: batch_ratio(4, rounds=3)[0],
    "import_ratio": lambda: import_ratio(5),
}
"""By the key of their baseline; for all of them more is better."""


@forgiving_output()
def main() -> int:
    entries = json.loads(RESULTS.read_text("utf-8"))["measurements"]
    baselines = {entry["key"]: entry["value"] for entry in entries}
    lost = 0
    for key, measure in RATIOS.items():
        found, least = measure(), max(1.0, baselines[key] / MARGIN)
        verdict = "ok" if found >= least else "LOST"
        print(f"{verdict:4} {key:16} ×{figure(found)}, baseline ×{figure(baselines[key])}, "
              f"at least ×{figure(least)}")  # fmt: skip
        lost += found < least
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
