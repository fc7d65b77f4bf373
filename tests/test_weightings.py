"""Weightings by hand, and that they choose alike on machines that differ in the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.transfer.algorithms import warm_start
from cliprl_lite.transfer.weightings import (
    WEIGHTINGS,
    ZeroSumError,
    clipped,
    closest,
    literal,
    score_sum,
    softmax,
)
from cliprl_lite.worlds.suite_files import load_suite

CORNERS = load_suite("corners", 6)
SENTENCES = [task.sentence for task in CORNERS.tasks]
POLICIES = [TabularPolicy(CORNERS.world, CORNERS.world.optimal_q(t.goal)) for t in CORNERS.tasks]


@pytest.mark.parametrize(
    ("weighting", "scores", "weights"),
    [
        (literal, [1, 3], [0.25, 0.75]),
        (literal, [0.6, 0.5, -0.8], [2, 5 / 3, -8 / 3]),
        (literal, [-0.5, -0.25, 0.25], [1, 0.5, -0.5]),  # Σ d < 0: every sign flips
        (literal, [0.500001, -0.5], [500001, -500000]),  # Σ d near 0: weights explode
        (literal, [-0.3], [1]),
        (clipped, [0.6, 0.2, -0.8], [0.75, 0.25, 0]),
        (clipped, [-0.2, -0.1, -0.9], [0, 1, 0]),
        (clipped, [0, -0.1], [1, 0]),
        (clipped, [-0.1, -0.1], [1, 0]),
        (softmax, [0.0, 0.1 * math.log(3)], [0.25, 0.75]),  # at T = 0.1
        (softmax, [5.0, 5.0], [0.5, 0.5]),
        (softmax, [1000.0, -1000.0], [1, 0]),
        (closest, [0.1, 0.7, 0.2], [0, 1, 0]),
        (closest, [0.1, 0.7, 0.7], [0, 1, 0]),  # the first of equals
        (closest, [-3, -2], [0, 1]),
    ],
)
def test_weights_by_hand(weighting, scores: list[float], weights: list[float]) -> None:
    assert weighting(scores).tolist() == pytest.approx(weights, rel=1e-5)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_softmax_divides_by_its_temperature(temperature: float) -> None:
    scores = [0.3, -0.2, 0.9]
    powers = [math.exp(score / temperature) for score in scores]
    expected = [power / sum(powers) for power in powers]
    assert softmax(scores, temperature).tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_weights_add_up_to_one(name: str) -> None:
    for seed in range(5):
        weights = WEIGHTINGS[name](np.random.default_rng(seed).normal(0.2, 1, 7))
        assert weights.shape == (7,)
        assert weights.sum() == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize(
    "scores", [[0.5, -0.5], [0, 0], [0.1, 0.2, -0.3], [0.7, -0.6, -0.1], [4e-7, -3e-7]]
)
def test_scores_that_cancel_have_no_literal_weights(scores: list[float]) -> None:
    """To six decimals they sum to zero, whatever the last bits of 0.1 + 0.2 − 0.3 say."""
    with pytest.raises(ZeroSumError, match="take another weighting"):
        literal(scores)
    assert issubclass(ZeroSumError, ValueError)


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_machines_that_differ_in_the_ninth_decimal_weigh_and_learn_alike(name: str) -> None:
    scores = np.array([0.8123456, 0.7612344, -0.1000003, 0.8123451])
    nudged = scores + 1e-9 * np.array([1, -1, -1, 1])
    assert (scores != nudged).all()
    assert WEIGHTINGS[name](scores).tobytes() == WEIGHTINGS[name](nudged).tobytes()
    first, second = (warm_start(s, POLICIES, WEIGHTINGS[name]) for s in (scores, nudged))
    assert first.scores.tobytes() == second.scores.tobytes()
    assert first.policy.q.tobytes() == second.policy.q.tobytes()


@pytest.mark.parametrize("name", WEIGHTINGS)
@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], r"shape \[N\]"),
        ([[0.1, 0.2]], r"shape \[N\]"),
        ([0.1, float("nan")], "not a finite number"),
        ([0.1, float("inf")], "not a finite number"),
    ],
)
def test_scores_that_cannot_be(name: str, scores: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WEIGHTINGS[name](scores)


@pytest.mark.parametrize("temperature", [0.0, -0.1, float("nan"), float("inf")])
def test_a_softmax_has_a_positive_temperature(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature"):
        softmax([0.1, 0.2], temperature)


def test_a_weighting_leaves_its_scores_alone() -> None:
    scores = np.array([0.12345678, -0.2, 0.3])
    for weighting in WEIGHTINGS.values():
        weighting(scores)
    assert scores.tolist() == [0.12345678, -0.2, 0.3]


def test_the_sum_of_scores_is_zero_where_it_is_on_paper() -> None:
    tenths = [0.1, 0.2, 0.3, -0.1, -0.2, -0.3000000001]
    assert sum(tenths) != 0
    assert (score_sum(tenths), score_sum([0.5, -0.2])) == (0, 0.3)
    with pytest.raises(ZeroSumError):
        literal(tenths)
