"""The multiverse of Algorithm 2 as printed: every combination of the choices that the paper leaves
open, and in how many of them a claim holds (Steegen et al. 2016; Simonsohn et al. 2020).

`data/multiverse.toml` says what is combined, `benchmarks/multiverse.py` runs it, and
`data/results/multiverse.csv.gz` holds what came out.
"""

from __future__ import annotations

import gzip
import tomllib
from functools import cache
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cliprl_lite._paths import data_path, in_one_move
from cliprl_lite._rounding import rounded

TOP, GROWTH, NETWORKS = "top", "growth", "networks"
"""In place of a clock: whether the right teacher is on top. In place of a suite: the change with
the size of the grid, and the corners at 10×10 with networks in place of tables."""

CELLS = {
    "method": "name of the combination",
    "place": "name of the suite, `growth` or `networks`",
    "target": "name of the new task; empty where each trial has another",
    "clock": "name of the clock, or `top`",
    "rival": "method by whose cost in the same trial the cost is divided; empty for `top`",
    "n": "number of trials",
    "value": "median ratio; slope of its log₂ with the size; share of right teachers",
    "low": "lower end of its 95 % interval",
    "high": "upper end",
    "average": "the same for the ratio of averages",
    "average_low": "lower end of its 95 % interval",
    "average_high": "upper end",
}
"""Columns of the table, with what they hold."""


VALUE_WORDS: dict[str, dict[Any, str]] = {
    "similarity": {"dot": "dot product", "cosine": "cosine"},
    "temperature": {delta: f"δ = {delta:g}" for delta in (0.07, 0.2, 0.5, 1.0)},
    "optimiser": {"descent": "plain descent", "adam": "Adam"},
    "length": {"short": "trained short", "flat": "trained until flat", "long": "trained long"},
    "centre": {False: "not centred", True: "centred"},
    "unit_length": {False: "vectors as they are", True: "vectors of unit length"},
    "weighting": {"literal": "weights literal", "clipped": "weights clipped",
                  "softmax": "weights softmax"},
}  # fmt: skip
"""Each choice → its values → their words."""


class Combination(NamedTuple):
    """One value for each choice.

    Attributes:
        similarity, temperature, centre, unit_length: as in `AlignmentSettings`.
        optimiser: `"descent"`, plain gradient descent, or `"adam"`.
        length: of the training: `"short"`, `"flat"` (until the loss is flat) or `"long"`.
        weighting: a name in `WEIGHTINGS`; empty where no weights are made.

    Example:
        >>> Combination("dot", 0.5, "descent", "flat", False, True, "literal").name
        'dot 0.5 descent flat raw unit literal'
    """

    similarity: str
    temperature: float
    optimiser: str
    length: str
    centre: bool
    unit_length: bool
    weighting: str

    @property
    def name(self) -> str:
        """Names it in tables."""
        centre = "centred" if self.centre else "raw"
        length = "unit" if self.unit_length else "full"
        return " ".join(map(str, (*self[:4], centre, length, self.weighting))).strip()


@cache
def plan() -> dict[str, Any]:
    """What is run, as `data/multiverse.toml` says.

    Example:
        >>> plan()["corners"]["sizes"]
        [8, 10, 15, 25]
    """
    with data_path("multiverse.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def combinations() -> tuple[Combination, ...]:
    """Every combination of the choices.

    Example:
        >>> len(combinations())
        576
    """
    return tuple(Combination(*values) for values in product(*plan()["choices"].values()))


@cache
def unweighted() -> tuple[Combination, ...]:
    """Every combination that trains another alignment; the weighting is empty.

    Example:
        >>> len(unweighted())
        192
    """
    return tuple(dict.fromkeys(one._replace(weighting="") for one in combinations()))


@cache
def trainings() -> pd.DataFrame:
    """The learning rate and the lengths, in steps, that the plan's rules gave to each training.

    Example:
        >>> list(trainings())[-4:]
        ['rises', 'short', 'flat', 'long']
    """
    return pd.read_csv(data_path("results", "settings_multiverse.csv"))


def write_cells(path: Path, cells: pd.DataFrame) -> None:
    """Write the table, compressed, in one move."""
    text = cells.to_csv(index=False, lineterminator="\n")
    with in_one_move(path) as fresh:
        fresh.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_cells(path: Path | None = None) -> pd.DataFrame:
    """The table of the multiverse, the shipped one if no path is given: its columns are `CELLS`.

    Example:
        >>> read_cells().query("place == 'corners_8' and clock == 'optimal'")["n"].unique()
        array([100])
    """
    packed = (path or data_path("results", "multiverse.csv.gz")).read_bytes()
    text = BytesIO(gzip.decompress(packed))
    return pd.read_csv(text, keep_default_na=False, dtype={"n": int, "value": float})


def percent(share: float) -> str:
    """A share in words.

    Example:
        >>> percent(0.476)
        '48 %'
    """
    return f"{share:.0%}".replace("%", " %")


def specification_curve(
    cells: pd.DataFrame, rival: str, clock: str, target: str, place: str, factor: float
) -> pd.DataFrame:
    """Every combination with what it found, from the lowest to the highest.

    Args:
        cells: a table with the columns `CELLS`.
        rival, clock, target, place: which cells.
        factor: the claim holds where the whole interval lies below it; for `TOP`, a share, above.

    Returns:
        Columns: those of `Combination` (for `TOP` without the weighting), and `value`, `low`,
        `high`, `holds`.

    Raises:
        ValueError: if the table has no such cells.

    Example: at how many of the combinations is Algorithm 2 slower than no teacher?
        >>> curve = specification_curve(
        ...     read_cells(), "scratch", "optimal", "left", "corners_8", 1.0)
        >>> list(curve.columns[:3]), len(curve)
        (['similarity', 'temperature', 'optimiser'], 576)
    """
    wanted = {"rival": rival, "clock": clock, "target": target, "place": place}
    some = cells
    for column, name in wanted.items():
        some = some[some[column] == name]
        if some.empty:
            raise ValueError(f"the multiverse has no cells with {column} {name!r} among these")
    found = rounded(some[["value", "low", "high"]].to_numpy())
    top = clock == TOP  # no weights yet, and the rivals' own shares stand there too
    by_name = {one.name: one for one in (unweighted() if top else combinations())}
    known = some["method"].isin(by_name).to_numpy()
    found, names = found[known], some["method"][known]
    curve = pd.DataFrame([by_name[name] for name in names], columns=Combination._fields)
    if top:
        curve = curve.drop(columns="weighting")
    holds = found[:, 1] > factor if top else found[:, 2] < factor
    choices = curve.columns.tolist()
    curve = curve.assign(value=found[:, 0], low=found[:, 1], high=found[:, 2], holds=holds)
    return curve.sort_values(["value", *choices], ignore_index=True)


def what_decides(curve: pd.DataFrame) -> pd.Series:
    """For each choice: among pairs of combinations that differ in nothing else, the share in which
    the claim holds for one and not for the other; the most deciding choice first.

    Args:
        curve: as `specification_curve` gives it.

    Example: the claim holds for every cosine, whatever the temperature.
        >>> rows = [(s, d, s == "cosine") for s in ("dot", "cosine") for d in (0.1, 1)]
        >>> curve = pd.DataFrame(rows, columns=["similarity", "temperature", "holds"])
        >>> what_decides(curve).to_dict()
        {'similarity': 1.0, 'temperature': 0.0}
    """
    names = [name for name in Combination._fields if name in curve]
    shares = {}
    for name in names:
        others = [other for other in names if other != name]
        groups = curve.groupby(others)["holds"].agg(["sum", "size"])
        yes, n = groups["sum"], groups["size"]
        shares[name] = float((yes * (n - yes)).sum() / (n * (n - 1) / 2).sum())
    return pd.Series(rounded(list(shares.values())), names).sort_values(
        ascending=False, kind="stable"
    )
