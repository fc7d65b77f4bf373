"""Result tables: what their columns mean, reading and writing them, medians and ratios."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from math import inf, isinf, nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cliprl_lite._paths import write_text
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.statistics import median_interval, paired_log_ratio
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.transfer.methods import ALL_METHODS

KEYS = ["suite", "policy", "target", "method", "seed"]
"""Columns that name a row."""

COLUMNS = {
    "suite": "name of the suite",
    "size": "rows of the map, or states of another world",
    "policy": "class of the policies, a name in `POLICY_CLASSES`",
    "target": "name of the new task",
    "method": "name in `ALL_METHODS`",
    "weighting": "how scores became weights; empty from scratch",
    "seed": "number of the trial",
    "score_sum": "Σ d over the base policies",
    "sensitive": "1 if a shake of the last bits moves a score of the alignment by 1e-9 or more, so "
    "that another processor may give another row; 0 if not; empty without an alignment",
    "top_right": "1 if the highest score is on a truly similar policy, 0 if not; a share at ties",
    "reuse": "share of absolute weight on truly similar policies",
    "zero_shot_success": "share of starts that arrive before any learning",
    "zero_shot_path": "mean greedy path before any learning, steps; circling starts count S",
    "first20": CLOCKS["first20"],
    "first20_censored": "True if the cap came first: the value is a lower bound",
    "few_shot_return": "mean greedy return after 20 episodes, −1 a step; circling starts count −S",
    "regret": "steps over the shortest, summed over the first 100 episodes",
    "near_optimal": CLOCKS["near_optimal"],
    "near_optimal_censored": "True if the cap came first",
    "optimal": CLOCKS["optimal"],
    "optimal_censored": "True if the cap came first",
    "asymptote": "mean greedy path over the shortest mean path, at the end of the run",
}
"""Columns of a result table, in order, with what they hold."""

_ORDER = (
    "suite", "size", "policy", "modality", "relation", "target", "method", "rule", "teacher", "seed"
)  # fmt: skip
_MEND = "delete that line, and the command that made the table runs its trial again"


class _Kind(NamedTuple):
    """What a column holds: in words, how it is read from a cell, and which values can be."""

    words: str
    read: Callable[[str], Any]
    sound: Callable[[Any], bool]


_NAME = _Kind("name", str, lambda value: type(value) is str and value != "")
_WORD = _Kind("text", str, lambda value: type(value) is str)
_WHOLE = _Kind("whole number from 0", int, lambda value: type(value) is int and value >= 0)
_FLAG = _Kind("True or False", {"True": True, "False": False}.__getitem__,
              lambda value: type(value) is bool)  # fmt: skip
_NUMBER = _Kind("finite number", lambda cell: float(cell) if cell else nan,
                lambda value: type(value) in (int, float) and not isinf(value))  # fmt: skip
_COST = _Kind("finite number from 0", float,
              lambda value: type(value) in (int, float) and 0 <= value < inf)  # fmt: skip
_KINDS = (
    dict.fromkeys((name for name in _ORDER if name not in ("size", "seed")), _NAME)
    | dict.fromkeys(("size", "seed", "pairs", "near_optimal", "optimal"), _WHOLE)
    | dict.fromkeys((f"{clock}_censored" for clock in CLOCKS), _FLAG)
    | {"weighting": _WORD, "first20": _COST}
)  # all other columns hold numbers, or nothing where there is none


# On disk -----------------------------------------------------------------------------------------
def to_table(rows: Iterable[dict[str, Any]], columns: Mapping[str, str] = COLUMNS) -> pd.DataFrame:
    """Rows as a sorted table with the columns of `COLUMNS`, or of another kind of table.

    Example:
        >>> list(to_table([]).columns) == list(COLUMNS)
        True
    """
    table = pd.DataFrame(list(rows), columns=list(columns))
    order = {name: number for number, name in enumerate(ALL_METHODS)}
    return table.sort_values(
        [column for column in _ORDER if column in columns],
        key=lambda column: column.map(order) if column.name == "method" else column,
        ignore_index=True,
    )


def read_table(path: Path, columns: Mapping[str, str] = COLUMNS) -> pd.DataFrame:
    """Read a result table that `run_sweep` wrote, of runs unless `columns` says otherwise.

    Every bit is read as it was written. A reader of CSV that guesses types would not do that: a
    task may be called "null" or "10", and the last digits of a number count.

    Raises:
        ValueError: if the file is not such a table, is torn, or holds a row twice or an impossible
            value; the message names the file, and the column or the line.

    Example:
        >>> from cliprl_lite._paths import data_path
        >>> table = read_table(data_path("results", "figure2.csv"))
        >>> sorted(set(table["size"]))
        [8, 10, 15, 25]
    """
    head, lines = _cells(path)
    for column in columns:
        if column not in head:
            raise ValueError(f"{path.name} is no result table: it has no column {column!r}")
    for number, line in lines.items():
        if len(line) != len(head):
            raise ValueError(
                f"line {number} of {path.name} has {len(line)} cells in place of {len(head)}; "
                + _MEND
            )
    cells_of = dict(zip(head, zip(*lines.values(), strict=True), strict=False))
    table: dict[str, list[Any]] = {}
    distinct: dict[str, list[Any]] = {}  # most values occur often, and are judged once
    for column in columns:
        cells = cells_of.get(column, ())
        values = {cell: _from_text(column, cell) for cell in set(cells)}
        table[column] = [values[cell] for cell in cells]
        distinct[column] = list(values.values())
    if wrong := first_unsound(distinct) and first_unsound(table):
        row, words = wrong
        raise ValueError(f"line {list(lines)[row]} of {path.name}: {words}; {_MEND}")
    names = [table[column] for column in _ORDER if column in columns]
    seen: dict[tuple[Any, ...], int] = {}
    for number, name in zip(lines, zip(*names, strict=True), strict=True):
        if name in seen:
            raise ValueError(
                f"line {number} of {path.name} is of the same run as line {seen[name]}; {_MEND}"
            )
        seen[name] = number
    return pd.DataFrame(table)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, in one move, so that `read_table` finds every bit of it."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def first_unsound(table: Mapping[str, Sequence[Any]]) -> tuple[int, str] | None:
    """The first row with a value that its column cannot hold: its place, and what is wrong.

    Example:
        >>> first_unsound({"seed": [0, 1, 2], "optimal": [900, 870.5, True]})
        (1, 'optimal is 870.5, which is no whole number from 0')
    """
    found = []
    for column, values in table.items():
        kind = _KINDS.get(column, _NUMBER)
        place = next((place for place, value in enumerate(values) if not kind.sound(value)), None)
        if place is not None:
            found.append((place, f"{column} is {values[place]!r}, which is no {kind.words}"))
    return min(found, default=None)


def _from_text(column: str, cell: str) -> Any:
    """A cell's value; its text as it stands if that is no value of its column's kind."""
    try:
        return _KINDS.get(column, _NUMBER).read(cell)
    except (ValueError, KeyError):
        return cell


def _cells(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """The head of a CSV file, and the cells of every row by the number of its line."""
    try:
        text = path.read_text("utf-8-sig")
        reader = csv.reader(StringIO(text))
        head = next(reader, [])
        lines = dict((reader.line_num, cells) for cells in reader if cells)  # noqa: C402
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is no table: byte {error.start} is not UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} of {path.name}: {error}; {_MEND}") from None
    if lines and not text.endswith("\n"):
        raise ValueError(f"{path.name} breaks off in line {max(lines)}; {_MEND}")
    return head, lines


# What a table says -------------------------------------------------------------------------------
def summarise(table: pd.DataFrame, by: Sequence[str] = ("suite", "target")) -> pd.DataFrame:
    """Medians over trials with 95 % bootstrap intervals, one row per group, method and clock.

    Args:
        table: a result table.
        by: columns that make a group, besides the method. Without `target`, a trial's cost is
            the geometric mean over its targets, so that the trials stay independent.

    Returns:
        Columns: `by`, `size`, `method`, `clock`, `value`, `low`, `high`, `n`, `n_censored`,
        `censored` (True: half the runs or more were cut off, the value is a lower bound).

    Example:
        >>> from cliprl_lite._paths import data_path
        >>> table = read_table(data_path("results", "figure2.csv"))
        >>> small = table.query("size == 8 and target == 'left' and method == 'scratch'")
        >>> summarise(small)["clock"].tolist()
        ['first20', 'near_optimal', 'optimal']
    """
    rows = []
    group_columns = [*by, "size", "method"]
    for group, part in table.groupby(group_columns, sort=False):
        for clock in CLOCKS:
            cost = np.log1p(part[clock])
            per_trial = rounded(np.expm1(cost.groupby(part["seed"]).mean()))
            cut = part[f"{clock}_censored"].astype(bool).groupby(part["seed"]).any()
            interval = median_interval(per_trial, cut)
            names = dict(zip(group_columns, group, strict=True)) | {"clock": clock}
            rows.append(names | asdict(interval) | {"censored": interval.censored})
    return pd.DataFrame(rows)


def ratios(
    table: pd.DataFrame,
    clock: str,
    reference: str = "alg1",
    by: Sequence[str] = ("suite", "target"),
) -> pd.DataFrame:
    """Median cost of each method over the reference's in the same trial; below 1 is cheaper.

    Args:
        table: a result table.
        clock: a column named in `CLOCKS`.
        reference: the method to divide by.
        by: as for `summarise`.

    Raises:
        ValueError: if there is no such clock, or no run of the reference.

    Returns:
        Columns: `by`, `size`, `method`, `value`, `low`, `high`, `n`, `n_censored`: trials in
        which either of the two runs was cut off.

    Example:
        >>> from cliprl_lite._paths import data_path
        >>> table = read_table(data_path("results", "figure2.csv"))
        >>> pair = table[table["method"].isin(["alg1", "scratch"])].query("size == 25")
        >>> bool((ratios(pair, "first20", "scratch")["value"] < 1).all())
        True
    """
    if clock not in CLOCKS:
        raise ValueError(f"there is no clock {clock!r}; take one of {', '.join(CLOCKS)}")
    if reference not in set(table["method"]):
        raise ValueError(f"the table has no runs of {reference!r} to divide by")
    trials = table.set_index(["size", "suite", "target", "seed", "method"])
    wide = trials[clock].unstack("method")
    cut = trials[f"{clock}_censored"].astype(bool).unstack("method")
    rows = []
    keys = [*by, "size"]
    for group, part in wide.groupby(level=keys, sort=False):
        for method in wide.columns:
            if method == reference:
                continue
            costs = paired_log_ratio(part[method], part[reference], plus=clock != "first20")
            logs = pd.Series(costs, index=part.index)
            either = (cut.loc[part.index, method] | cut.loc[part.index, reference]).groupby("seed")
            found = asdict(median_interval(logs.groupby("seed").mean(), either.any()))
            found |= {name: float(rounded(2.0 ** found[name])) for name in ("value", "low", "high")}
            rows.append(dict(zip(keys, group, strict=True)) | {"method": method} | found)
    return pd.DataFrame(rows)


def verdicts(table: pd.DataFrame, method: str, reference: str, factor: float = 1.0) -> pd.DataFrame:
    """Is `method` cheaper than `factor` times the reference? Clock by clock, target by target.

    It is at one size if the whole 95 % interval of the median paired ratio lies below the factor.

    Args:
        table: a result table over several sizes.
        method, reference: names in `ALL_METHODS`.
        factor: 1 for "cheaper", 0.5 for "half the cost or less".

    Raises:
        ValueError: if the table has no run of one of the two.

    Returns:
        One row per clock, one column per target, each cell a verdict in words.

    Example:
        >>> from cliprl_lite._paths import data_path
        >>> table = read_table(data_path("results", "figure2.csv"))
        >>> verdicts(table, "alg1", "scratch").loc["first20", "left"]
        'confirmed'
    """
    words: dict[str, dict[str, str]] = {}
    for name in (method, reference):
        if name not in set(table["method"]):
            raise ValueError(f"the table has no runs of {name!r}")
    table = table[table["method"].isin([method, reference])]
    for clock in CLOCKS:
        found = ratios(table, clock, reference, by=("target",))
        words[clock] = {
            str(target): verdict(dict(zip(part["size"], part["high"] < factor, strict=True)))
            for target, part in found.groupby("target", sort=False)
        }
    return pd.DataFrame(words).T


def verdict(holds_at: dict[int, bool]) -> str:
    """Sum up at which sizes a claim holds.

    Example:
        >>> verdict({8: False, 10: True, 15: True})
        'confirmed from 10 on'
        >>> verdict({8: True, 10: True}), verdict({8: False}), verdict({8: True, 10: False})
        ('confirmed', 'not confirmed', 'only at 8')
    """
    if not holds_at:
        raise ValueError("there is no size to judge by")
    sizes = [size for size in sorted(holds_at) if holds_at[size]]
    if len(sizes) == len(holds_at):
        return "confirmed"
    if not sizes:
        return "not confirmed"
    if len(sizes) > 1 and sizes == sorted(holds_at)[-len(sizes) :]:
        return f"confirmed from {sizes[0]} on"
    return "only at " + ", ".join(str(size) for size in sizes)
