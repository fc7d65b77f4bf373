"""Measures of how well a transfer went, and their medians and intervals over many trials.

Outcomes of learning are heavy-tailed, so everything here rests on medians, on ratios between
methods that met the same trial, and on bootstrap intervals. A run that was cut off is *censored*:
its true value is at least what was written down. Medians stay right as long as fewer than half
the runs are censored; `median_interval` says how many were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import favourites, rounded

RESAMPLES = 2_000
"""How often trials are drawn anew for an interval (Efron 1979)."""

MIDDLE = (2.5, 97.5)
"""The percentiles between which 95 % of the resampled statistics lie."""


def regret(lengths: ArrayLike, shortest: ArrayLike) -> float:
    """Steps wasted over K episodes: the sum of length minus shortest distance from the start.

    Raises:
        ValueError: if the two do not have one shape `[K]`.

    Example:
        >>> regret([10, 5, 4], [4, 5, 4])
        6.0
    """
    lengths, shortest = np.asarray(lengths, float), np.asarray(shortest, float)
    if lengths.shape != shortest.shape or lengths.ndim != 1:
        raise ValueError(
            f"one shortest distance per episode; got shapes {lengths.shape} and {shortest.shape}"
        )
    return float((lengths - shortest).sum())


def share_on(weights: ArrayLike, similar: ArrayLike) -> float:
    """Share of the absolute weight, `[N]`, on truly similar policies, boolean `[N]` ("reuse").

    Example:
        >>> share_on([0.5, 0.25, -0.25], [True, False, False])
        0.5
    """
    size, right = np.abs(np.asarray(weights, float)), np.asarray(similar, bool)
    return float(size[right].sum() / size.sum())


def top_is(scores: ArrayLike, similar: ArrayLike) -> float:
    """Whether the highest score belongs to a truly similar policy: 1 or 0; the share of the
    right ones among equals if several are highest.

    Example:
        >>> top_is([0.3, 0.9, 0.1], [False, True, False]), top_is([1, 1], [True, False])
        (1.0, 0.5)
    """
    score, right = rounded(scores), np.asarray(similar, bool)
    return float(right[score == score.max()].mean())


def favourites_alike(similarity: ArrayLike, labels: Sequence[str] | Sequence[int]) -> int:
    """How many of N rows have their favourite (`rounding.favourites`) among those of their label.

    Labels are rooms, or colours; the similarities have shape `[N, N]`, N ≥ 2.

    Example: the second row's favourite is the first, and the third's the second.
        >>> favourites_alike([[1, 0.9, 0.1], [0.9, 1, 0.8], [0.1, 0.8, 1]], ["red", "red", "blue"])
        2
    """
    own = np.asarray(labels)
    return int((own[favourites(similarity)] == own).sum())


def group_means(similarity: ArrayLike, groups: Sequence[str]) -> tuple[float, float]:
    """Mean similarity of two rows of one group, and of two rows of different groups.

    Similarities have shape `[N, N]`, and their diagonal is left out. Both means are rounded, as all
    that is shown; 0 where there are no such two.

    Example:
        >>> group_means([[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1]], ["a", "a", "b"])
        (0.5, 0.2)
    """
    similar, names = np.asarray(similarity, float), np.asarray(groups)
    alike, others = names[:, None] == names, ~np.eye(len(names), dtype=bool)
    within, across = (similar[pairs] for pairs in (alike & others, ~alike))
    one, other = (float(rounded(part.mean())) if part.size else 0.0 for part in (within, across))
    return one, other


@dataclass(frozen=True)
class Interval:
    """A statistic over trials with its 95 % bootstrap interval.

    Attributes:
        value: the statistic.
        low, high: ends of the interval.
        n: number of trials.
        n_censored: how many of them were cut off, so that their true value is larger.
    """

    value: float
    low: float
    high: float
    n: int
    n_censored: int = 0

    @property
    def censored(self) -> bool:
        """Half the trials or more were cut off: the value is only a lower bound."""
        return 2 * self.n_censored >= self.n


def median_interval(
    values: ArrayLike, censored: ArrayLike | None = None, seed: int = 0
) -> Interval:
    """The median over trials with its 95 % bootstrap interval.

    Args:
        values: one per trial, shape `[n]`; a censored one is the value at the cut.
        censored: boolean, shape `[n]`.
        seed: of the bootstrap.

    Raises:
        ValueError: if the shapes disagree, or a value is missing.

    Example:
        >>> median_interval([3.0, 1.0, 2.0, 2.0, 9.0]).value
        2.0
    """
    values = np.asarray(values, dtype=float)
    cut = np.zeros(values.shape, bool) if censored is None else np.asarray(censored, bool)
    if values.ndim != 1 or values.size == 0 or cut.shape != values.shape:
        raise ValueError(f"values and censored have one shape [n]; got {values.shape}, {cut.shape}")
    if not np.isfinite(values).all():
        raise ValueError("a value is not a finite number; leave out what was not measured")
    value = float(np.median(values))
    if values.size == 1 or np.ptp(values) == 0:
        return Interval(value, value, value, values.size, int(cut.sum()))
    picks = np.random.default_rng(seed).integers(0, values.size, (RESAMPLES, values.size))
    low, high = np.percentile(np.median(values[picks], axis=1), MIDDLE)
    return Interval(value, float(low), float(high), values.size, int(cut.sum()))


def paired_log_ratio(values: ArrayLike, reference: ArrayLike, plus: float = 1.0) -> FloatArray:
    """log₂ of how many times larger each value is than the same trial's reference, shape `[n]`.

    Args:
        values, reference: costs, 0 or more, shape `[n]`.
        plus: added to both; 1 for step counts, since a good start may need no step at all, and 0
            for costs that are never zero.

    Raises:
        ValueError: if the shapes disagree, or a cost is negative or missing, or zero with nothing
            added to it.

    Example:
        >>> paired_log_ratio([7, 0], [1, 3]).tolist()
        [2.0, -2.0]
    """
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    if values.shape != reference.shape:
        raise ValueError(f"paired values have one shape; got {values.shape}, {reference.shape}")
    if not ((values >= 0).all() and (reference >= 0).all()):  # so that NaN is refused too
        raise ValueError("costs are counts of steps, 0 or more")
    if not ((values + plus > 0).all() and (reference + plus > 0).all()):
        raise ValueError("a cost is zero, which has no ratio; add 1 to all, as in plus=1")
    return np.log2((values + plus) / (reference + plus))


@dataclass(frozen=True)
class Growth:
    """How the logarithm of a ratio changes with size: a straight line through the medians.

    Attributes:
        law: `"exponential"`, straight against the size n, or `"power"`, straight against log₂ n.
        slope: change of log₂ ratio per cell of n (exponential) or per doubling of n (power).
        low, high: its 95 % interval, by resampling trials.
        r_squared: share of the medians' variation that the line explains; 1 if there is none.
    """

    law: str
    slope: float
    low: float
    high: float
    r_squared: float


def fit_growth(sizes: ArrayLike, log_ratios: ArrayLike, law: str, seed: int = 0) -> Growth:
    """Fit an exponential or a power law to a ratio that was measured at several sizes.

    Args:
        sizes: n, shape `[K]`, three or more.
        log_ratios: log₂ of the ratio in every trial, shape `[K, trials]`.
        law: `"exponential"` or `"power"`.
        seed: of the bootstrap.

    Raises:
        ValueError: for another law, fewer than three sizes, or what has no line: equal sizes, one
            that is not positive, no trial, or a ratio that is no finite number.

    Example:
        >>> fit = fit_growth([8, 16, 32], [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], "power")
        >>> round(fit.slope, 6), round(fit.r_squared, 6)
        (1.0, 1.0)
    """
    if law not in ("exponential", "power"):
        raise ValueError(f"the law is 'exponential' or 'power'; got {law!r}")
    x, logs = np.asarray(sizes, dtype=float), np.asarray(log_ratios, dtype=float)
    if x.ndim != 1 or len(x) < 3 or logs.ndim != 2 or len(logs) != len(x):
        raise ValueError(
            f"three sizes or more, and a row of trials for each; got {x.shape} and {logs.shape}"
        )
    if not ((x > 0).all() and np.ptp(x) > 0 and logs.size and np.isfinite(logs).all()):
        raise ValueError("sizes are positive and not all equal, and ratios are finite numbers")
    if law == "power":
        x = np.log2(x)
    picks = np.random.default_rng(seed).integers(0, logs.shape[1], size=(RESAMPLES, *logs.shape))
    resampled = np.median(np.take_along_axis(logs[None], picks, axis=2), axis=2)
    return _line(law, x, np.median(logs, axis=1), resampled)


def _line(law: str, x: FloatArray, measured: FloatArray, resampled: FloatArray) -> Growth:
    """The straight line through log₂ ratios at x, shape `[K]`, by least squares."""
    x = x - x.mean()
    slope = float(measured @ x / (x @ x))
    low, high = np.percentile(resampled @ x / (x @ x), MIDDLE).tolist()
    spread = ((measured - measured.mean()) ** 2).sum()
    residual = ((measured - measured.mean() - slope * x) ** 2).sum()
    return Growth(law, slope, low, high, float(1 - residual / spread) if rounded(spread) else 1.0)


def ratio_of_averages(values: ArrayLike, reference: ArrayLike, plus: float = 1.0) -> Interval:
    """Mean cost over the reference's mean cost, with its interval by resampling trials in pairs.

    Costs are heavy-tailed: a few trials carry the mean, and the interval knows only those it saw.

    Args as for `paired_log_ratio`; `plus` is added to both means.

    Example:
        >>> ratio_of_averages([1.0, 3.0], [5.0, 15.0], plus=0).value
        0.2
    """
    logs = _log_averages(np.array([values], float), np.array([reference], float), plus)
    ends = np.percentile(logs[1:, 0], MIDDLE)
    value, low, high = rounded(np.exp2([logs[0, 0], *ends])).tolist()
    return Interval(value, low, high, np.size(values))


def growth_of_averages(
    sizes: ArrayLike, values: FloatArray, reference: FloatArray, plus: float = 1.0
) -> Growth:
    """Slope of log₂ of the ratio of averages of costs, shape `[K, n]`, against K sizes.

    Example:
        >>> cost = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
        >>> round(growth_of_averages([1, 2, 3], cost, np.ones((3, 2)), plus=0).slope, 6)
        1.0
    """
    logs = _log_averages(values, reference, plus)
    return _line("exponential", np.asarray(sizes, float), logs[0], logs[1:])


def _log_averages(values: FloatArray, reference: FloatArray, plus: float) -> FloatArray:
    """log₂ of the ratio of averages, shape `[1 + resamples, K]`; the first as it was measured."""
    if values.shape != reference.shape or values.ndim != 2 or values.size == 0:
        raise ValueError(f"paired costs have one shape; got {values.shape}, {reference.shape}")
    k, n = values.shape
    picks = np.random.default_rng(0).integers(0, n, size=(1 + RESAMPLES, k, n))
    picks[0] = np.arange(n)
    above, below = (np.take_along_axis(a[None], picks, axis=2).mean(axis=2) + plus
                    for a in (values, reference))  # fmt: skip
    logs: FloatArray = np.log2(above / below)
    return logs
