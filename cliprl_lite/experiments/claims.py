"""Claims of the paper, the choices that it leaves open, and what the tables say about each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.results import verdict
from cliprl_lite.experiments.statistics import (
    Growth,
    Interval,
    fit_growth,
    growth_of_averages,
    median_interval,
    paired_log_ratio,
    ratio_of_averages,
)
from cliprl_lite.learning.clocks import CLOCKS

CHOICES: dict[str, dict[str, str]] = {
    "clock": {
        "first20": "first 20 episodes",
        "near_optimal": "within 5 % everywhere",
        "optimal": "optimal everywhere",
    },
    "target": {
        "left": "left, by the words",
        "right": "right, by the goal",
        "mismatch": "exactly as printed",
    },
    "algorithm_2": {
        "repaired": "repaired",
        "identity": "identity targets",
        "text": "as in the text: cosine",
        "box": "as printed: dot product",
    },
    "algorithm_1": {
        "printed": "all teachers, as printed",
        "closest": "the closest only",
        "sharpened": "sharpened",
    },
    "statistic": {"median": "median of ratios", "averages": "ratio of averages"},
}
"""The open choices: name → value → words."""

START = {
    "clock": "optimal",
    "target": "left",
    "algorithm_2": "repaired",
    "algorithm_1": "printed",
    "statistic": "median",
}
"""The choices to begin with."""

METHOD = {
    "repaired": "alg2",
    "identity": "alg2_identity",
    "text": "alg2_text",
    "box": "alg2_box",
    "printed": "alg1",
    "closest": "alg1_closest",
    "sharpened": "alg1_cold",
}
"""Each way of running an algorithm → its method in the tables."""

WORLDS = {
    "colours_6": "6 tasks",
    "colours_9": "9 tasks",
    "colours_16": "16 tasks",
    "colours_6_sides": "6, sides",
    "colours_9_sides": "9, sides",
    "colours_16_sides": "16, sides",
    "house_a": "house A",
}
"""Worlds in which rooms follow colours, while sentences are most alike by shape."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        words: in a sentence.
        kind: `"ratio"`, `"growth"` (of the ratio with the grid) or `"share"` (of right favourites).
        method, reference: whose cost is divided by whose; the name of a choice, or of a method.
        factor: the claim holds for ratios below it, or for shares above it.
    """

    words: str
    kind: str
    method: str
    reference: str
    factor: float

    @property
    def asks(self) -> list[str]:
        """Names of the choices that matter to it."""
        sides = [side for side in ("algorithm_2", "algorithm_1") if self.uses(side)]
        return sides if self.kind == "share" else ["clock", "target", *sides, "statistic"]

    def uses(self, side: str) -> bool:
        """Whether an algorithm is one of the two that are compared."""
        return side in (self.method, self.reference)

    def compared(self, choices: Mapping[str, str]) -> tuple[str, str]:
        """The two methods whose costs are divided, by their names in the tables.

        Args:
            choices: a value for each name in `CHOICES`.

        Example:
            >>> CLAIMS["halved"].compared(START | {"algorithm_2": "text"})
            ('alg2_text', 'alg1')
        """
        method, reference = (
            METHOD[choices[side]] if side in choices else side
            for side in (self.method, self.reference)
        )
        return method, reference


CLAIMS = {
    "halved": Claim(
        "Algorithm 2 needs at most half of Algorithm 1’s steps",
        "ratio", "algorithm_2", "algorithm_1", 0.5,
    ),
    "grows": Claim(
        "Algorithm 2 gains on Algorithm 1 as the grid grows",
        "growth", "algorithm_2", "algorithm_1", 1.0,
    ),
    "beats scratch": Claim(
        "Algorithm 2 needs fewer steps than from scratch",
        "ratio", "algorithm_2", "scratch", 1.0,
    ),
    "cosine beats scratch": Claim(
        "Algorithm 1 needs fewer steps than from scratch",
        "ratio", "algorithm_1", "scratch", 1.0,
    ),
    "not just sharper": Claim(
        "It is the alignment: Algorithm 2 beats a sharpened cosine",
        "ratio", "algorithm_2", "alg1_cold", 1.0,
    ),
    "right favourite": Claim(
        "Where words mislead, Algorithm 2 mostly picks right",
        "share", "algorithm_2", "words", 0.5,
    ),
}  # fmt: skip
"""The six claims by their names, in the order in which they are shown."""


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
    slope: Growth | None = None

    @property
    def mark(self) -> str:
        """`"yes"`, `"half"` or `"no"`."""
        return {"confirmed": "yes", "not confirmed": "no"}.get(self.verdict, "half")


class Judge:
    """Judges every claim under every choice; what was judged once is remembered.

    Args:
        table: the paper's task at several sizes, as `figure2.csv`.
        worlds: worlds with leave-one-out, as `worlds.csv`.

    Raises:
        ValueError: if a table lacks runs that a choice needs; the message names them.

    Example:
        >>> from cliprl_lite import data_path, read_table
        >>> judge = Judge(*(read_table(data_path("results", f"{name}.csv"))
        ...                 for name in ("figure2", "worlds")))
        >>> judge.finding("beats scratch").verdict
        'confirmed'
    """

    def __init__(self, table: pd.DataFrame, worlds: pd.DataFrame) -> None:
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
        self._known: dict[tuple[str, ...], Finding] = {}

    def finding(self, name: str, choices: Mapping[str, str] = START) -> Finding:
        """What the tables say about a claim, by its name in `CLAIMS`, under the choices.

        Raises:
            ValueError: for a choice or value that there is not.
        """
        choices = complete(choices)
        claim = CLAIMS[name]
        key = (name, *(choices[asked] for asked in claim.asks))
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
        values, reference = (
            self._cost[clock, method, target] for method in claim.compared(choices)
        )
        plus = 0.0 if clock == "first20" else 1.0
        medians = choices["statistic"] == "median"
        pairs = list(zip(values, reference, strict=True))
        if medians:
            logs = np.array([paired_log_ratio(*pair, plus=plus) for pair in pairs])
            found = [_exp2(median_interval(row)) for row in logs]
        else:
            found = [ratio_of_averages(*pair, plus=plus) for pair in pairs]
        labels = [f"{size}×{size}" for size in self.sizes]
        if claim.kind == "ratio":
            holds = [one.high < claim.factor for one in found]
            rows = tuple(Row(*row) for row in zip(labels, found, holds, strict=True))
            words = verdict(dict(zip(self.sizes, holds, strict=True)))
            return Finding(re.sub(r"\d+", r"\g<0>×\g<0>", words), rows)
        slope = (
            fit_growth(self.sizes, logs, "exponential")
            if medians
            else growth_of_averages(self.sizes, values, reference, plus)
        )
        middle = np.mean([np.log2(one.value) for one in found])
        line = np.exp2(middle + slope.slope * (np.array(self.sizes) - np.mean(self.sizes)))
        rows = tuple(
            Row(label, one, None, fitted=float(fitted))
            for label, one, fitted in zip(labels, found, line, strict=True)
        )
        return Finding("confirmed" if rounded(slope.high) < 0 else "not confirmed", rows, slope)

    def _share(self, choices: Mapping[str, str]) -> Finding:
        rows = []
        for suite, label in WORLDS.items():
            right = self._right[suite, METHOD[choices["algorithm_2"]]]
            picks = np.random.default_rng(0).integers(0, len(right), size=(2_000, len(right)))
            low, high = rounded(np.percentile(right[picks].mean(axis=1), [2.5, 97.5])).tolist()
            found = Interval(float(rounded(right.mean())), low, high, len(right))
            words = float(rounded(self._right[suite, "alg1"].mean()))
            rows.append(Row(label, found, low > CLAIMS["right favourite"].factor, other=words))
        held = sum(row.holds is True for row in rows)
        words_for = {0: "not confirmed", len(rows): "confirmed"}
        return Finding(words_for.get(held, f"only in {held} of {len(rows)} worlds"), tuple(rows))


def complete(choices: Mapping[str, str]) -> dict[str, str]:
    """The starting choices, with some of them changed.

    Raises:
        ValueError: for a choice or value that there is not; the message lists those there are.

    Example:
        >>> complete({"clock": "first20"})["target"]
        'left'
    """
    for name, value in choices.items():
        if name not in CHOICES:
            known = ", ".join(CHOICES)
            raise ValueError(f"there is no choice {str(name)[:40]!r}; take some of {known}")
        if not isinstance(value, str) or value not in CHOICES[name]:
            known = ", ".join(CHOICES[name])
            raise ValueError(f"{name} cannot be {str(value)[:40]!r}; take one of {known}")
    return START | dict(choices)


def _exp2(logs: Interval) -> Interval:
    value, low, high = rounded(np.exp2([logs.value, logs.low, logs.high])).tolist()
    return Interval(value, low, high, logs.n, logs.n_censored)


def _demand(table: pd.DataFrame, column: str, needed: Iterable[str]) -> None:
    missing = sorted(set(needed) - set(table[column]))
    if missing:
        raise ValueError(f"the table has no runs with {column} {missing[0]!r}, which a claim needs")
