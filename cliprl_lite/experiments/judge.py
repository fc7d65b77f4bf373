"""What the tables say about each claim, under the choices that a reader makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    METHOD,
    PRINTED,
    START,
    WORLDS,
    Claim,
    complete,
    printed_combination,
)
from cliprl_lite.experiments.multiverse import CELLS, GROWTH, TOP
from cliprl_lite.experiments.results import verdict
from cliprl_lite.experiments.statistics import (
    MIDDLE,
    RESAMPLES,
    Interval,
    fit_growth,
    growth_of_averages,
    median_interval,
    paired_log_ratio,
    ratio_of_averages,
)
from cliprl_lite.learning.clocks import CLOCKS


@dataclass(frozen=True)
class Row:
    """A line of a card's picture: a number with its interval, at one grid size or in one world.

    Attributes:
        label: the size or world.
        found: ratio or share, with its interval.
        holds: the whole interval is on the claim's side; None where rows are not judged singly.
        other: the words' share, if there is one.
        fitted: what the fitted line says here, if there is one.
    """

    label: str
    found: Interval
    holds: bool | None
    other: float | None = None
    fitted: float | None = None


@dataclass(frozen=True)
class Finding:
    """What the tables say about a claim.

    Attributes:
        verdict: in words.
        rows: the numbers behind it.
        slope: for a claim about growth.
    """

    verdict: str
    rows: tuple[Row, ...]
    slope: Interval | None = None

    @property
    def mark(self) -> str:
        """`"yes"`, `"half"` or `"no"`."""
        return {"confirmed": "yes", "not confirmed": "no"}.get(self.verdict, "half")


class Judge:
    """Judges every claim under every choice; what was judged once is remembered.

    Args:
        table: the paper's task at several sizes, as `figure2.csv`.
        worlds: worlds with leave-one-out, as `worlds.csv`.
        cells: what Algorithm 2 as printed does under every choice, as `read_cells` gives it.

    Raises:
        ValueError: if a table lacks runs that a choice needs; the message names them.

    Example:
        >>> from cliprl_lite import data_path, read_table
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> tables = [read_table(data_path("results", f"{name}.csv"))
        ...           for name in ("figure2", "worlds")]
        >>> judge = Judge(*tables, read_cells())
        >>> judge.finding("beats scratch").verdict
        'confirmed'
    """

    def __init__(self, table: pd.DataFrame, worlds: pd.DataFrame, cells: pd.DataFrame) -> None:
        needed = {*METHOD.values(), "scratch"}
        _demand(table, "method", needed)
        _demand(table, "target", CHOICES["target"])
        _demand(worlds, "suite", WORLDS)
        _demand(worlds, "method", METHOD.values())
        used = table[table["method"].isin(needed) & table["target"].isin(CHOICES["target"])]
        wide = used.pivot_table(
            index=["method", "target", "size"], columns="seed", values=list(CLOCKS)
        )
        self.sizes = sorted(set(used["size"].tolist()))
        self._cost: dict[tuple[str, str, str], FloatArray] = {
            (clock, method, target): np.asarray(wide.loc[(method, target), clock], float)
            for clock in CLOCKS
            for method in needed
            for target in CHOICES["target"]
        }
        for cost in self._cost.values():
            if len(cost) != len(self.sizes) or not np.isfinite(cost).all():
                raise ValueError("a trial is not complete: every method has to meet every trial")
        per_trial = worlds.groupby(["suite", "method", "seed"])["top_right"].mean()
        self._right: dict[tuple[str, str], FloatArray] = {
            (suite, method): np.asarray(per_trial.loc[suite, method], float)
            for suite in WORLDS
            for method in METHOD.values()
        }
        self._cells = {row[:5]: row[5:] for row in cells[list(CELLS)].itertuples(index=False)}
        self._known: dict[tuple[str, ...], Finding] = {}

    def finding(self, name: str, choices: Mapping[str, str] = START) -> Finding:
        """What the tables say about a claim, by its name in `CLAIMS`, under the choices.

        Raises:
            ValueError: for a choice or value that there is not.
        """
        choices = complete(choices)
        claim = CLAIMS[name]
        key = (name, *(choices[asked] for asked in claim.asks(choices)))
        if key not in self._known:
            self._known[key] = (
                self._share(choices) if claim.kind == "share" else self._ratio(claim, choices)
            )
        return self._known[key]

    def verdicts(self, choices: Mapping[str, str] = START) -> dict[str, str]:
        """Claim → verdict in words, under the choices, in the order of `CLAIMS`.

        Raises:
            ValueError: for a choice or value that there is not.
        """
        return {name: self.finding(name, choices).verdict for name in CLAIMS}

    def _ratio(self, claim: Claim, choices: Mapping[str, str]) -> Finding:
        clock, target = choices["clock"], choices["target"]
        method, rival = claim.compared(choices)
        medians = choices["statistic"] == "median"
        if choices["algorithm_2"] in PRINTED and claim.uses("algorithm_2"):
            places = [f"corners_{size}" for size in self.sizes]
            if claim.kind == "growth":
                places.append(GROWTH)
            found = [self._cell(method, place, target, clock, rival, medians) for place in places]
            slope = found.pop() if claim.kind == "growth" else None
        else:
            costs = self._cost[clock, method, target], self._cost[clock, rival, target]
            found, slope = _compared(self.sizes, *costs, clock, medians)
        labels = [f"{size}×{size}" for size in self.sizes]
        if claim.kind == "ratio" or slope is None:
            holds = [one.high < claim.factor for one in found]
            rows = tuple(Row(*row) for row in zip(labels, found, holds, strict=True))
            words = verdict(dict(zip(self.sizes, holds, strict=True)))
            return Finding(re.sub(r"\d+", r"\g<0>×\g<0>", words), rows)
        middle = np.mean([np.log2(one.value) for one in found])
        line = np.exp2(middle + slope.value * (np.array(self.sizes) - np.mean(self.sizes)))
        rows = tuple(
            Row(label, one, None, fitted=float(fitted))
            for label, one, fitted in zip(labels, found, line, strict=True)
        )
        return Finding("confirmed" if rounded(slope.high) < 0 else "not confirmed", rows, slope)

    def _cell(
        self, method: str, place: str, target: str, clock: str, rival: str, medians: bool = True
    ) -> Interval:
        n, *numbers = self._cells[method, place, target, clock, rival]
        value, low, high = numbers[:3] if medians else numbers[3:]
        return Interval(value, low, high, n)

    def _share(self, choices: Mapping[str, str]) -> Finding:
        rows = []
        for suite, label in WORLDS.items():
            if choices["algorithm_2"] in PRINTED:
                name = printed_combination(choices)._replace(weighting="").name
                found = self._cell(name, suite, "", TOP, "")
            else:
                found = _mean(self._right[suite, METHOD[choices["algorithm_2"]]])
            words = float(rounded(self._right[suite, "alg1"].mean()))
            holds = found.low > CLAIMS["right favourite"].factor
            rows.append(Row(label, found, holds, other=words))
        held = sum(row.holds is True for row in rows)
        words_for = {0: "not confirmed", len(rows): "confirmed"}
        return Finding(words_for.get(held, f"only in {held} of {len(rows)} worlds"), tuple(rows))


def _mean(values: FloatArray) -> Interval:
    """The mean over trials with its 95 % bootstrap interval."""
    picks = np.random.default_rng(0).integers(0, len(values), size=(RESAMPLES, len(values)))
    low, high = rounded(np.percentile(values[picks].mean(axis=1), MIDDLE)).tolist()
    return Interval(float(rounded(values.mean())), low, high, len(values))


def _compared(
    sizes: Sequence[int], values: FloatArray, reference: FloatArray, clock: str, medians: bool
) -> tuple[list[Interval], Interval]:
    """At every size the cost over the reference's, and how its log₂ changes with the size."""
    plus = 0.0 if clock == "first20" else 1.0
    pairs = list(zip(values, reference, strict=True))
    if medians:
        logs = np.array([paired_log_ratio(*pair, plus=plus) for pair in pairs])
        found = [_exp2(median_interval(row)) for row in logs]
        slope = fit_growth(sizes, logs, "exponential")
    else:
        found = [ratio_of_averages(*pair, plus=plus) for pair in pairs]
        slope = growth_of_averages(sizes, values, reference, plus)
    return found, Interval(slope.slope, slope.low, slope.high, values.shape[1])


def _exp2(logs: Interval) -> Interval:
    value, low, high = rounded(np.exp2([logs.value, logs.low, logs.high])).tolist()
    return Interval(value, low, high, logs.n, logs.n_censored)


def _demand(table: pd.DataFrame, column: str, needed: Iterable[str]) -> None:
    missing = sorted(set(needed) - set(table[column]))
    if missing:
        raise ValueError(f"the table has no runs with {column} {missing[0]!r}, which a claim needs")
