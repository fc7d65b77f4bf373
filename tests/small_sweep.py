"""Four quick trials, for every test about files of results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.testing import assert_frame_equal

from cliprl_lite.experiments.sweeps import Sweep, run_sweep

SMALL = Sweep((("corners", 5),), trials=4, methods=("scratch", "alg1", "random"), cap=100_000)


def run_quietly(sweep: Sweep, out: Path | None = None, workers: int = 1) -> pd.DataFrame:
    return run_sweep(sweep, out, workers=workers, progress=False)


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal in every bit, type and position."""
    assert_frame_equal(found, expected, check_exact=True)
