"""Weightings: from one score per base policy to its share in the starting policy, `[N]` → `[N]`.

Both algorithms, as printed, divide by the sum; `WEIGHTINGS` has that one and its repairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded

SOFTMAX_TEMPERATURE = 0.1
"""Temperature of the `softmax` weighting, chosen on the development suites."""

COLD_TEMPERATURE = SOFTMAX_TEMPERATURE / 10
"""Temperature of the `cold` weighting."""

WEIGHT_DECIMALS = 9
"""Decimals of a softmax weight."""


class ZeroSumError(ValueError):
    """The scores cancel, so the paper's normalisation divides by zero."""


def score_sum(scores: ArrayLike) -> float:
    """Σ d, by which `literal` divides: below zero every sign flips.

    Example:
        >>> score_sum([0.6, 0.5, -0.8, -0.3])
        0.0
    """
    return float(rounded(math.fsum(checked_scores(scores))))


def literal(scores: ArrayLike) -> FloatArray:
    """dᵢ / Σ d, as both algorithms print it. Weights can be negative, and explode as Σ d nears 0.

    Raises:
        ZeroSumError: if the scores cancel.

    Example:
        >>> literal([0.6, 0.5, -0.8]).round(6).tolist()
        [2.0, 1.666667, -2.666667]
    """
    scores = checked_scores(scores)
    total = score_sum(scores)
    if total == 0:
        raise ZeroSumError(
            "the scores sum to zero, so the literal weights do not exist; take another weighting"
        )
    return np.asarray(scores / total)


def clipped(scores: ArrayLike) -> FloatArray:
    """Negative scores become 0, the rest are divided by their sum; if no score is positive, the
    highest takes all.

    Example:
        >>> clipped([0.6, 0.2, -0.8]).round(6).tolist()
        [0.75, 0.25, 0.0]
    """
    positive = np.maximum(checked_scores(scores), 0.0)
    return literal(positive) if positive.any() else closest(scores)


def softmax(scores: ArrayLike, temperature: float = SOFTMAX_TEMPERATURE) -> FloatArray:
    """exp(dᵢ / T) / Σ exp(d / T): positive, and the sharper the lower the temperature T.

    Raises:
        ValueError: if the temperature is not positive and finite.

    Example:
        >>> softmax([0.9, 0.9, 0.2]).round(3).tolist()
        [0.5, 0.5, 0.0]
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"the temperature is positive and finite; got {temperature}")
    scores = checked_scores(scores)
    powers = np.exp((scores - scores.max()) / temperature)
    return rounded(powers / math.fsum(powers), WEIGHT_DECIMALS)


def cold(scores: ArrayLike) -> FloatArray:
    """A softmax ten times colder, for plain cosines: they spread over a tenth of the range that
    aligned similarities do, so that at T = 0.1 all would weigh nearly the same.

    Example:
        >>> cold([0.90, 0.88, 0.80]).round(3).tolist()
        [0.881, 0.119, 0.0]
    """
    return softmax(scores, COLD_TEMPERATURE)


def closest(scores: ArrayLike) -> FloatArray:
    """All weight on the highest score; on the first of them if several are highest.

    Example:
        >>> closest([0.1, 0.7, 0.2]).tolist()
        [0.0, 1.0, 0.0]
    """
    scores = checked_scores(scores)
    return np.eye(len(scores))[int(scores.argmax())]


Weighting = Callable[[ArrayLike], FloatArray]

WEIGHTINGS: dict[str, Weighting] = {
    "literal": literal,
    "clipped": clipped,
    "softmax": softmax,
    "cold": cold,
    "closest": closest,
}
"""Every weighting by its name."""


def checked_scores(scores: ArrayLike) -> FloatArray:
    """Scores to 6 decimals, so that machines which differ in the last bit weigh alike.

    Raises:
        ValueError: if they have another shape than `[N]`, or one is not a finite number.
    """
    d = rounded(scores)
    if d.ndim != 1 or d.size == 0:
        raise ValueError(f"scores have shape [N], N ≥ 1; got {d.shape}")
    if not np.isfinite(d).all():
        raise ValueError("a score is not a finite number")
    return d
