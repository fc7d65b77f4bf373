"""Notebook 06's checks: right answers pass, wrong ones are told what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.check import averages as check

ODD: list[Any] = [
    7, "text", [], [1.0], {}, np.ones((2, 2)), float("nan"), [[1, 2], [3]], object, True,
]  # fmt: skip


def raising(*_: object) -> None:
    raise KeyError("<b>lost</b>")


# --- Exercise 1 ------------------------------------------------------------------------------
def by_hand(d: np.ndarray) -> np.ndarray:
    positive = np.where(d > 0, d, 0)
    return positive / positive.sum() if positive.any() else (d == d.max()).astype(float)


def share(d: np.ndarray) -> np.ndarray:
    return d / d.sum()


def softmax(d: np.ndarray) -> np.ndarray:
    return np.exp(d) / np.exp(d).sum()


def test_both_weightings_pass() -> None:
    assert check.weights(share, by_hand).passed
    assert check.weights(clip.literal, clip.clipped).passed
    assert check.weights(lambda d: [x / sum(d) for x in d], lambda d: list(by_hand(d))).passed


@pytest.mark.parametrize(
    ("mine", "clipped", "words"),
    [
        (lambda d: d, by_hand, "scores themselves"),
        (lambda d: d / np.abs(d).sum(), by_hand, "absolute values"),
        (lambda d: d / d.max(), by_hand, "largest score"),
        (by_hand, by_hand, "leaves out what is below zero"),
        (softmax, by_hand, "like a softmax"),
        (lambda d: d / len(d), by_hand, "not to one"),
        (lambda d: d**2 / (d**2).sum(), by_hand, "like a softmax"),
        (share, share, "nothing is clipped"),
        (share, lambda d: np.maximum(d, 0), "still have to sum to one"),
        (share, lambda d: np.maximum(d, 0) / d.sum(), "negative ones included"),
        (share, lambda d: np.maximum(share(d), 0), "clip first"),
        (share, lambda d: by_hand(share(d)), "clips the weights after the division"),
        (share, lambda d: np.abs(d) / np.abs(d).sum(), "as much as a like one"),
        (share, lambda d: np.maximum(d, 0) / np.maximum(d, 0).sum(), "no score is above zero"),
        (share, lambda d: by_hand(d) if d.max() > 0 else np.eye(len(d))[0], "no score is above"),
        (share, lambda d: by_hand(d) if d.max() > 0 else np.eye(len(d))[-1], "no score is above"),
        (lambda d: share(d) if d.sum() > 0.05 else np.ones(len(d)) / len(d), by_hand, "my_literal"),
        (lambda d: [str(x) for x in share(d)], by_hand, "holds text"),
        (share, lambda d: np.ones(len(d)) / len(d), "not the positive scores"),
        (share, lambda d: 0.5, "shape ()"),
        (share, lambda d: d[:-1], "one weight for each"),
        (share, lambda d: d / 0, "divided by zero"),
        (share, lambda d: "weights", "a row of weights; this is a str"),
        (raising, by_hand, "stops with KeyError"),
        (share, lambda: 1, "stops with TypeError"),
        (3, by_hand, "without calling"),
    ],
)
def test_wrong_weightings(mine: Any, clipped: Any, words: str) -> None:
    verdict = check.weights(mine, clipped)
    assert verdict.mark == "wrong"
    assert words in verdict.words


def test_a_function_that_changes_its_argument_is_told_so() -> None:
    def greedy(d: np.ndarray) -> np.ndarray:
        d /= d.sum()
        return d

    assert "my_literal changes what it is given" in check.weights(greedy, by_hand).words


# --- Exercise 2 ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "d", [[0.5, 0.3, 0.1, -1.0], (0.2, 0.1, -1, 0.3), np.array([-1, 0.5, 0, 0.3])]
)
def test_upside_down_passes(d: Any) -> None:
    verdict = check.upside_down(d)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("d", "words"),
    [
        ([0.9, 0.5, 0.4, 0.2], "Above zero no sign flips"),
        ([0.5, 0.3, 0.2, -1.0], "exactly zero"),
        ([0.6, 0.5, -0.8, -0.9], "the others pull as well"),
        ([-0.2, -0.3, -0.4, -0.9], "no teacher is similar"),
        ([0.5, 0.1, -0.9, -0.9], "two teachers tie for the least similar"),
        ([5, 1, 0, -9], "between −1 and 1"),
        ([0.5, 0.1, -0.9], "four finite numbers"),
        ([0.5, 0.1, -0.9, float("nan")], "four finite numbers"),
        ("down", "four numbers"),
        ([np.array([1, 2]), 1, 2, 3], "four numbers"),
        ([10**400, 1, 1, 1], "four numbers"),
        (["-0.9", "0.1", "-.5", "-.6"], "holds text"),
        ([0.6, 0.3, -0.3, -0.8], "the others pull as well"),  # 0.34 of the squares
        ([[0.5], 0.1, -0.9, 0.1], "four numbers"),
    ],
)
def test_wrong_scores(d: Any, words: str) -> None:
    verdict = check.upside_down(d)
    assert verdict.mark == "wrong"
    assert words in verdict.words


# --- Exercise 3 -------------------------------------------------------------------------------
@pytest.mark.parametrize("shift", [-0.6, -0.4, np.float32(-0.6), [-0.5]])
def test_one_number_turns_the_average_around(shift: Any) -> None:
    verdict = check.one_number(shift)
    assert verdict.passed, verdict
    assert "a softmax weighs as before" in verdict.words


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (0, "nothing is added"),
        (0.5, "0.18: least of all"),
        (-0.2, "weighs −0.17: least of all"),
        (-0.35, "do not exist"),
        (-1.0, "only 4% of the squares"),
        (-1.6, "only 0% of the squares"),
        (float("nan"), "not finite"),
        ("-0.6", "one number"),
        ([0.1, 0.2], "these are 2 numbers"),
    ],
)
def test_other_numbers_do_not(shift: Any, words: str) -> None:
    verdict = check.one_number(shift)
    assert verdict.mark == "wrong"
    assert words in verdict.words


def test_the_order_and_a_softmax_do_not_notice() -> None:
    """What the exercise claims when it is solved."""
    scores = np.array(check.SCORES)
    np.testing.assert_allclose(clip.softmax(scores - 0.6), clip.softmax(scores), rtol=1e-9)
    assert clip.literal(scores).argmax() == 0
    assert clip.literal(scores - 0.6).argmax() == 3


# --- all --------------------------------------------------------------------------------------
def test_not_yet() -> None:
    def stub(_: object) -> Any: ...

    assert check.weights(stub, stub).mark == check.weights(..., ...).mark == "not yet"
    half = check.weights(share, stub)
    assert half.mark == "not yet"
    assert "from my_clipped yet" in half.words
    assert check.upside_down([..., ..., ..., ...]).mark == "not yet"
    assert check.upside_down(...).mark == check.upside_down(None).mark == "not yet"
    assert check.one_number(...).mark == check.one_number(None).mark == "not yet"


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_nothing_odd_passes_or_breaks(odd: Any) -> None:
    for verdict in (
        check.weights(odd, odd), check.weights(lambda d: odd, lambda d: odd),
        check.upside_down(odd), check.one_number(odd),
    ):  # fmt: skip
        assert verdict.mark == "wrong"
        assert "<b>" not in verdict._repr_html_().replace("<b>✗ Not quite</b>", "")


# --- what decides ----------------------------------------------------------------------------
@pytest.mark.parametrize(("most", "passes"), [(0.79, True), (0.8, False)])
def test_how_many_squares_have_to_end_at_the_least_similar(
    most: float, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check.MOST == 0.5
    monkeypatch.setattr(check, "MOST", most)
    assert check.upside_down([0.5, 0.3, 0.1, -1.0]).passed == passes  # 0.7905 of the squares


@pytest.mark.parametrize(("off", "passes"), [(0.5e-5, True), (1e-4, False)])
def test_how_far_off_weights_may_be(off: float, passes: bool) -> None:
    assert check.weights(lambda d: share(d) * (1 + off), by_hand).passed == passes
