"""Measures by hand, and intervals against a second bootstrap and a known distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, linregress

from cliprl_lite.experiments.statistics import (
    Interval,
    favourites_alike,
    fit_growth,
    group_means,
    growth_of_averages,
    median_interval,
    paired_log_ratio,
    ratio_of_averages,
    regret,
    share_on,
    top_is,
)


# One run
@pytest.mark.parametrize(
    ("lengths", "shortest", "expected"),
    [([10, 5, 4], [4, 5, 4], 6), ([7], [2], 5), ([], [], 0), ([3, 3], [3, 3], 0)],
)
def test_regret_is_what_was_walked_in_vain(
    lengths: list[int], shortest: list[int], expected: float
) -> None:
    assert regret(lengths, shortest) == expected


@pytest.mark.parametrize("shortest", [[1, 2], [[1], [2], [3]], 3])
def test_regret_wants_one_distance_per_episode(shortest: object) -> None:
    with pytest.raises(ValueError, match="one shortest distance per episode"):
        regret([4, 5, 6], shortest)


@pytest.mark.parametrize(
    ("weights", "similar", "expected"),
    [
        ([0.5, 0.3, 0.2], [True, False, True], 0.7),
        ([2, 1, -2], [True, False, False], 0.4),  # negative weight is weight
        ([2, 1, -2], [False, False, True], 0.4),
        ([1, 1], [False, False], 0),
    ],
)
def test_share_on_similar_policies(
    weights: list[float], similar: list[bool], expected: float
) -> None:
    assert share_on(weights, similar) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("scores", "similar", "expected"),
    [
        ([0.1, 0.9, 0.3], [False, True, False], 1),
        ([0.1, 0.9, 0.3], [True, False, True], 0),
        ([0.9, 0.1, 0.9, 0.9], [True, True, False, False], 1 / 3),
        ([-2, -1], [False, True], 1),
    ],
)
def test_whether_the_top_is_right(
    scores: list[float], similar: list[bool], expected: float
) -> None:
    assert top_is(scores, similar) == pytest.approx(expected)


# Many rows
def test_favourites_of_ones_own_label_by_hand() -> None:
    similarity = [[9, 1, 3], [1, 9, 2], [3, 2, 9]]  # favourites 2, 2, 0
    assert favourites_alike(similarity, [0, 1, 0]) == 2
    assert favourites_alike(similarity, [0, 1, 1]) == 1
    assert favourites_alike(similarity, ["a", "b", "c"]) == 0
    tied = [[1, 0.5, 0.5000000001], [0.5, 1, 0], [0.5000000001, 0, 1]]  # the first of equals
    assert favourites_alike(tied, ["a", "a", "b"]) == 2
    assert favourites_alike(tied, ["a", "b", "a"]) == 1


def test_means_within_and_across_groups_by_a_slow_loop() -> None:
    rng = np.random.default_rng(2)
    for groups in ("aabbb", "abcab", "aabcd"):
        similarity = rng.normal(size=(5, 5))
        within, across = [], []
        for i in range(5):
            for j in range(5):
                if i != j:
                    (within if groups[i] == groups[j] else across).append(similarity[i, j])
        found = group_means(similarity, list(groups))
        assert found == pytest.approx((np.mean(within), np.mean(across)), abs=1e-6)
    assert group_means(np.eye(2), ["a", "b"]) == (0, 0)
    assert group_means(np.ones((2, 2)), ["a", "a"]) == (1, 0)


# Over trials
HEAVY = np.random.default_rng(4).pareto(1.2, 61) * 1_000


def test_the_median_and_not_the_mean() -> None:
    assert median_interval([1, 2, 100]).value == 2
    assert median_interval([4, 1, 100, 2]).value == 3


def test_the_interval_is_that_of_the_exact_bootstrap() -> None:
    """The median of a resample of 61 is at most the k-th smallest value if at least 31 draws are,
    each with chance k/61: quantiles without any drawing, give or take a neighbour."""
    ordered = sorted(HEAVY)
    at_most = binom.sf(30, 61, np.arange(1, 62) / 61)
    found = median_interval(HEAVY)
    assert found.value == ordered[30]
    for end, level in ((found.low, 0.025), (found.high, 0.975)):
        exact = int(np.searchsorted(at_most, level))
        assert ordered[exact - 1] <= end <= ordered[exact + 1]


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    """300 samples of 41 exponential waiting times, whose median is ln 2."""
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        found = median_interval(rng.exponential(size=41), seed=trial)
        covered += found.low <= math.log(2) <= found.high
    assert 0.91 <= covered / 300 <= 0.98


def test_more_trials_narrow_the_interval() -> None:
    rng = np.random.default_rng(1)
    few, many = (median_interval(rng.exponential(size=n)) for n in (25, 400))
    assert (many.high - many.low) < 0.5 * (few.high - few.low)


def test_the_bootstrap_hangs_on_its_seed_alone() -> None:
    values = HEAVY[:24]
    first = median_interval(values, seed=3)
    np.random.seed(0)  # noqa: NPY002
    assert median_interval(values, seed=3) == first
    assert len({median_interval(values, seed=seed).low for seed in range(5)}) > 1


@pytest.mark.parametrize("values", [[7.0], [7.0, 7.0, 7.0]])
def test_without_spread_the_interval_is_the_value(values: list[float]) -> None:
    """And no warning: the test run turns warnings into errors."""
    assert median_interval(values) == Interval(7, 7, 7, len(values))


@pytest.mark.parametrize(
    ("n", "n_censored", "censored"),
    [(4, 0, False), (4, 1, False), (4, 2, True), (5, 2, False), (5, 3, True), (1, 1, True)],
)
def test_half_or_more_cut_off_makes_a_lower_bound(n: int, n_censored: int, censored: bool) -> None:
    found = median_interval(np.arange(n), [trial < n_censored for trial in range(n)])
    assert (found.n, found.n_censored, found.censored) == (n, n_censored, censored)


def test_nothing_is_censored_unless_said() -> None:
    assert median_interval([1, 2, 3]).n_censored == 0


@pytest.mark.parametrize(
    ("values", "censored"),
    [([], None), ([[1, 2], [3, 4]], None), ([1, 2, 3], [True, False]), (3, None)],
)
def test_values_and_censored_have_one_shape(values: object, censored: object) -> None:
    with pytest.raises(ValueError, match="one shape"):
        median_interval(values, censored)


# Paired
def test_log_ratios_by_hand() -> None:
    """log₂((v + 1) / (r + 1)): 8/2, 1/4, and no step against none."""
    assert paired_log_ratio([7, 0, 0, 5], [1, 3, 0, 5]).tolist() == [2, -2, 0, 0]


@pytest.mark.parametrize(
    ("values", "reference", "message"),
    [
        ([1, 2], [1], "one shape"),
        ([-1], [1], "0 or more"),
        ([1], [-0.5], "0 or more"),
        ([np.nan], [1], "0 or more"),
        ([1], [np.nan], "0 or more"),
    ],
)
def test_costs_come_in_pairs_and_are_counts(
    values: list[float], reference: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        paired_log_ratio(values, reference)


def test_nothing_has_no_ratio() -> None:
    for pair in (([0.0], [1.0]), ([1.0], [0.0])):
        with pytest.raises(ValueError, match="a cost is zero"):
            paired_log_ratio(*pair, plus=0)


# Over sizes
SIZES = [8, 10, 15, 25]


@pytest.mark.parametrize("law", ["exponential", "power"])
def test_growth_is_the_line_of_scipy_through_the_medians(law: str) -> None:
    rng = np.random.default_rng(2)
    logs = np.array([-0.2, -0.9, -2.5, -4.0])[:, None] + rng.normal(0, 1, (4, 31))
    x = np.log2(SIZES) if law == "power" else np.array(SIZES)
    line = linregress(x, np.median(logs, axis=1))
    found = fit_growth(SIZES, logs, law)
    assert found.law == law
    assert found.slope == pytest.approx(line.slope, rel=1e-12)
    assert found.r_squared == pytest.approx(line.rvalue**2, rel=1e-12)
    assert found.low < found.slope < found.high


@pytest.mark.parametrize(("law", "other"), [("exponential", "power"), ("power", "exponential")])
def test_the_right_law_fits_exactly_and_the_other_does_not(law: str, other: str) -> None:
    """Halved with every cell, or with every doubling; the trials scatter without a trend."""
    x = np.log2(SIZES) if law == "power" else np.array(SIZES)
    logs = (3 - x)[:, None] + np.array([-1, -0.5, 0, 0.5, 1])
    found = fit_growth(SIZES, logs, law)
    assert (found.slope, found.r_squared) == (pytest.approx(-1), pytest.approx(1))
    assert fit_growth(SIZES, logs, other).r_squared < 0.98


@pytest.mark.parametrize(
    ("sizes", "logs"),
    [
        ([8, 8, 8], np.ones((3, 5))),
        ([0, 8, 10], np.ones((3, 5))),
        ([8, 10, np.nan], np.ones((3, 5))),
        (SIZES, np.ones((4, 0))),
        (SIZES, np.full((4, 5), np.nan)),
        (SIZES, np.full((4, 5), -np.inf)),
    ],
)
def test_what_has_no_line_is_refused(sizes: list[float], logs: np.ndarray) -> None:
    for law in ("power", "exponential"):
        with pytest.raises(ValueError, match="positive and not all equal"):
            fit_growth(sizes, logs, law)


def test_the_interval_of_a_slope_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for trial in range(120):
        logs = -0.1 * np.array(SIZES)[:, None] + rng.normal(0, 1, (4, 41))
        found = fit_growth(SIZES, logs, "exponential", seed=trial)
        covered += found.low <= -0.1 <= found.high
    assert 0.9 <= covered / 120 <= 0.99


def test_a_ratio_that_never_changes_does_not_grow() -> None:
    found = fit_growth(SIZES, np.zeros((4, 5)), "power")
    assert (found.slope, found.low, found.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("sizes", "shape", "law", "message"),
    [
        (SIZES, (4, 5), "linear", "'exponential' or 'power'"),
        ([8, 10], (2, 5), "power", "three sizes or more"),
        (SIZES, (3, 5), "power", "a row of trials for each"),
        (SIZES, (4,), "power", "a row of trials for each"),
    ],
)
def test_growth_wants_sizes_and_trials(
    sizes: list[int], shape: tuple[int, ...], law: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_growth(sizes, np.ones(shape), law)


def test_ratio_of_averages_against_a_slow_reference() -> None:
    rng = np.random.default_rng(3)
    reference = rng.lognormal(5, 1, 60)
    values = reference * rng.lognormal(-1, 0.3, 60)
    found = ratio_of_averages(values, reference, plus=0)
    assert found.value == pytest.approx(values.mean() / reference.mean())
    other, ratios = np.random.default_rng(99), []
    for _ in range(2_000):  # trial by trial, in pairs
        pick = [int(other.integers(60)) for _ in range(60)]
        ratios.append(sum(values[i] for i in pick) / sum(reference[i] for i in pick))
    low, high = np.percentile(ratios, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.04)
    apart = [values[rng.permutation(60)].mean() / reference.mean() for _ in range(3)]
    assert found.high - found.low < 0.3 * np.mean(apart)  # pairs: narrower than apart
    assert ratio_of_averages(values, reference) == ratio_of_averages(values, reference)
    assert ratio_of_averages([0.0, 0.0], [0.0, 0.0]).value == 1.0


def test_growth_of_averages_by_hand() -> None:
    cost = np.array([[8.0, 8.0], [4.0, 4.0], [1.0, 1.0]])
    fit = growth_of_averages([1, 2, 4], cost, np.ones((3, 2)), plus=0)
    assert (fit.slope, fit.low, fit.high, fit.r_squared) == pytest.approx((-1, -1, -1, 1))
    flat = growth_of_averages([1, 2, 4], np.ones((3, 2)), np.ones((3, 2)))
    assert (flat.slope, flat.r_squared) == (0, 1)
    with pytest.raises(ValueError, match="one shape"):
        growth_of_averages([1, 2, 4], cost, np.ones((3, 1)))
