"""Tables of runs, packed: a line for everything that is compared, and a column for each trial."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd

from cliprl_lite._paths import in_one_move


def packed(runs: pd.DataFrame, names: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """A line for each of `names` and each column in `values`, whose name it calls a clock.

    Where a trial has several runs of one name, their mean stands there.
    """
    long = runs.melt([*names, "seed"], list(values), "clock")
    return long.pivot_table(index=[*names, "clock"], columns="seed", values="value", aggfunc="mean")


def write_packed(path: Path, table: pd.DataFrame) -> None:
    """Write it as compressed CSV, in one move."""
    with in_one_move(path) as fresh:
        fresh.write_bytes(lzma.compress(table.to_csv(lineterminator="\n").encode(), preset=9))


def read_packed(path: Path, names: Sequence[str]) -> pd.DataFrame:
    """Read it again; `names` as for `packed`."""
    text = BytesIO(lzma.decompress(path.read_bytes()))
    return pd.read_csv(text, keep_default_na=False).set_index([*names, "clock"])
