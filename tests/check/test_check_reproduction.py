"""Notebook 09's checks: right answers pass, wrong ones are told what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cliprl_lite.check import reproduction as check
from cliprl_lite.experiments.results import verdict
from cliprl_lite.experiments.statistics import median_interval, paired_log_ratio

ODD: list[Any] = [
    7, "text", [], [1.0], {"a": 1}, np.ones((2, 2)), float("nan"), [[1, 2], [3]], object, True,
]  # fmt: skip


def raising(*_: object) -> None:
    raise KeyError("<b>lost</b>")


# --- Exercise 1 ------------------------------------------------------------------------------
def by_hand(values: Any, reference: Any, statistic: Any = np.median, draws: int = 500) -> Any:
    """Trial by trial, without the library."""
    ratios = [(a + 1) / (b + 1) for a, b in zip(values, reference, strict=True)]
    rng = np.random.default_rng(5)
    resampled = sorted(statistic(rng.choice(ratios, len(ratios))) for _ in range(draws))
    return statistic(ratios), resampled[draws // 40], resampled[-draws // 40]


def by_library(values: Any, reference: Any) -> Any:
    found = median_interval(paired_log_ratio(values, reference))
    return [2**found.value, 2**found.low, 2**found.high]


def apart(values: Any, reference: Any) -> Any:
    rng = np.random.default_rng(0)
    drawn = [
        np.median((rng.choice(values, len(values)) + 1) / (rng.choice(reference, len(values)) + 1))
        for _ in range(500)
    ]
    return np.median((values + 1) / (reference + 1)), *np.percentile(drawn, [2.5, 97.5])


def no_one(values: Any, reference: Any) -> Any:
    ratios = values / reference
    return np.median(ratios), *np.percentile(ratios, [2.5, 97.5])


def spread(values: Any, reference: Any) -> Any:
    ratios = (values + 1) / (reference + 1)
    return np.median(ratios), *(np.median(ratios) + np.array([-2, 2]) * ratios.std())


def of_trials(values: Any, reference: Any) -> Any:
    ratios = (values + 1) / (reference + 1)
    return np.median(ratios), *np.percentile(ratios, [2.5, 97.5])


def at(low: float, high: float, seed: int = 0, draws: int = 1_000, of: float = 1) -> Any:
    """Other percentiles of the medians, or of more trials than there are."""

    def function(values: Any, reference: Any) -> Any:
        ratios = (values + 1) / (reference + 1)
        rng = np.random.default_rng(seed)
        drawn = np.median(rng.choice(ratios, (draws, int(of * len(ratios)))), axis=1)
        return np.median(ratios), *np.percentile(drawn, [low, high])

    return function


def of_medians(values: Any, reference: Any) -> Any:
    value = (np.median(values) + 1) / (np.median(reference) + 1)
    return value, value * 0.9, value * 1.1


@pytest.mark.parametrize("function", [by_hand, by_library, at(2.5, 97.5)])
def test_a_paired_interval_passes(function: Any) -> None:
    verdict = check.paired_interval(function)
    assert verdict.passed, verdict


@pytest.mark.parametrize("draws", [200, 1_000, 4_000])
def test_any_sensible_number_of_draws_passes(draws: int) -> None:
    assert check.paired_interval(lambda a, b: by_hand(a, b, draws=draws)).passed


@pytest.mark.parametrize("seed", range(20))
def test_chance_does_not_decide(seed: int) -> None:
    """95 % passes whatever the draws, and 90 %, 80 % and 68 % never do."""
    assert check.paired_interval(at(2.5, 97.5, seed, draws=500)).passed
    for low in (5, 10, 16):
        verdict = check.paired_interval(at(low, 100 - low, seed))
        assert verdict.mark == "wrong"
        assert "too narrow" in verdict.words


def stretched(low: float, high: float) -> Any:
    """The library's interval, its ends moved by shares of its width."""

    def function(values: Any, reference: Any) -> Any:
        value, *ends = np.log2(by_library(values, reference))
        width = ends[1] - ends[0]
        return 2 ** np.array([value, ends[0] + low * width, ends[1] + high * width])

    return function


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.11, 0.11, ""), (0.13, 0.13, "the interval"), (-0.13, -0.13, "the interval"),
        (-0.045, 0.045, ""), (-0.055, 0.055, "too wide"), (0.055, -0.055, "too narrow"),
    ],
)  # fmt: skip
def test_how_far_off_an_interval_may_be(low: float, high: float, words: str) -> None:
    verdict = check.paired_interval(stretched(low, high))
    assert verdict.passed == (not words)
    assert words in verdict.words


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (at(2.5, 84), "too narrow"),
        (at(0.5, 99.5), "too wide"),
        (at(2.5, 97.5, of=2), "too narrow"),
        (at(2.5, 97.5, of=0.5), "too wide"),
        (lambda a, b: by_hand(b, a), "turned around"),
        (lambda a, b: tuple(np.log2(by_hand(a, b))), "logarithm"),
        (of_medians, "Pair first"),
        (lambda a, b: by_hand(a, b, np.mean), "the mean"),
        (lambda a, b: [(a.mean() + 1) / (b.mean() + 1), 0, 1], "one average by another"),
        (lambda a, b: [np.median(a / np.maximum(b, 1)), 0, 1], "one is not added"),
        (no_one, "add one to both"),
        (spread, "not ± a spread"),
        (of_trials, "95 % of the *trials*"),
        (apart, "too wide"),
        (at(25, 75), "too narrow"),
        (at(97.5, 2.5), "swapped"),
        (lambda a, b: (by_library(a, b)[0],) * 3, "no width"),
        (lambda a, b: (0.5, 0.4, 0.6), "not the median"),
        (lambda a, b: by_library(a, b)[0], "shape ()"),
        (lambda a, b: (1, 2), "shape (2,)"),
        (lambda a, b: "low", "three numbers: the median"),
        (lambda a, b: (a / 0, 1, 2), "three numbers: the median"),
        (raising, "stops with KeyError"),
        (lambda: 1, "stops with TypeError"),
        (0.5, "without calling"),
    ],
)
def test_wrong_intervals(function: Any, words: str) -> None:
    verdict = check.paired_interval(function)
    assert verdict.mark == "wrong"
    assert words in verdict.words, verdict


def test_a_function_that_changes_its_arguments_is_told_so() -> None:
    def greedy(values: Any, reference: Any) -> Any:
        found = by_library(values, reference)
        values[:] = reference[:] = 0
        return found

    assert "changes what it is given" in check.paired_interval(greedy).words
    assert check.paired_interval(by_library).passed


# --- Exercise 2 ------------------------------------------------------------------------------
def mine(holds: dict[int, bool]) -> str:
    sizes = sorted(holds)
    good = [size for size in sizes if holds[size]]
    if good == sizes:
        return "confirmed"
    if not good:
        return "not confirmed"
    if len(good) > 1 and good == sizes[-len(good) :]:
        return f"confirmed from {good[0]} on"
    return "only at " + ", ".join(map(str, good))


def instead(**said: str) -> Any:
    """A right function that says something else in some kind of case."""

    def function(holds: dict[int, bool]) -> str:
        words = mine(holds)
        kind = "all" if words == "confirmed" else words.split()[0]
        return said.get(kind, words)

    return function


def unsorted(holds: dict[int, bool]) -> str:
    good = [size for size in holds if holds[size]]
    if len(good) == len(holds):
        return "confirmed"
    if not good:
        return "not confirmed"
    if len(good) > 1 and good == list(holds)[-len(good) :]:
        return f"confirmed from {good[0]} on"
    return "only at " + ", ".join(map(str, good))


def eager(holds: dict[int, bool]) -> str:
    good = [size for size in sorted(holds) if holds[size]]
    if len(good) == len(holds) or len(good) < 2:
        return mine(holds)
    return f"confirmed from {good[0]} on"


def lonely(holds: dict[int, bool]) -> str:
    sizes = sorted(holds)
    words = mine(holds)
    last = words == f"only at {sizes[-1]}"
    return f"confirmed from {sizes[-1]} on" if last else words


def late(holds: dict[int, bool]) -> str:
    sizes = sorted(holds)
    words = mine(holds)
    return f"confirmed from {sizes[-1]} on" if "from" in words else words


def test_verdicts_pass() -> None:
    assert check.verdict(mine).passed
    assert check.verdict(verdict).passed
    assert check.verdict(lambda holds: f" {mine(holds)}\n").passed


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda h: "confirmed" if any(h.values()) else "not confirmed", "not hold at every"),
        (lambda h: "confirmed" if all(h.values()) else "not confirmed", "some size it does hold"),
        (eager, "needs every later size"),
        (lonely, "one size is no trend"),
        (late, "begins at another size"),
        (unsorted, "sort them first"),
        (lambda h: mine(h).replace("confirmed from 10 on", "only at 10, 15, 25"), "without a gap"),
        (lambda h: mine(h) if not all(h.values()) else "only at 8, 10", "nothing is “only”"),
        (lambda h: mine(h).replace(", ", " and "), "in order, as in"),
        (instead(all="yes"), "The words are"),
        (lambda h: "confirmed", "the same wherever the claim holds"),
        (lambda h: all(h.values()), "no words"),
        (lambda h: mine(h) if all(h.values()) else None, "every way through it"),
        (raising, "stops with KeyError"),
        (lambda h: mine(h) if h[8] is not None else "", "stops with KeyError"),
        ("confirmed", "without calling"),
    ],
)
def test_wrong_verdicts(function: Any, words: str) -> None:
    said = check.verdict(function)
    assert said.mark == "wrong"
    assert words in said.words, said


# --- Exercise 3 ------------------------------------------------------------------------------
BEST = {"algorithm_1": "closest"}
NONE = {"target": "mismatch", "algorithm_1": "closest"}


@pytest.mark.parametrize(
    ("best", "none"),
    [
        (BEST, NONE),
        (BEST | {"clock": "near_optimal"}, NONE | {"statistic": "averages"}),
        (BEST | {"algorithm_2": "identity"}, NONE | {"clock": "optimal", "algorithm_2": "box"}),
        (BEST | {"target": "right"}, NONE | {"algorithm_1": "sharpened"}),
    ],
)
def test_both_ways_pass(best: dict[str, str], none: dict[str, str]) -> None:
    verdict = check.both_ways(best, none)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("best", "none", "words"),
    [
        ({"clock": "first20"}, NONE, "only at 25×25"),
        ({"target": "right"}, NONE, "confirmed from 10×10 on"),
        ({"clock": "optimal"}, NONE, "confirmed from 15×15 on"),
        (NONE, BEST, "card 1 says “not confirmed”"),
        (BEST, {"target": "mismatch"}, "still hold, somewhere at least: 2, 4"),
        (BEST, NONE | {"clock": "first20"}, "cards that count steps still hold"),
        (BEST, {"algorithm_2": "text", "algorithm_1": "closest"}, "4 of the 5 cards"),
        (BEST, BEST, "5 of the 5 cards"),
        ({"colour": "red"}, NONE, "no choice 'colour'"),
        (BEST, {"clock": "slow"}, "in none, clock cannot be 'slow'"),
        (BEST, {"clock": 3}, "cannot be '3'"),
        (["closest"], NONE, "is a dictionary"),
        ("closest", NONE, "is a dictionary"),
    ],
)
def test_wrong_choices(best: Any, none: Any, words: str) -> None:
    verdict = check.both_ways(best, none)
    assert verdict.mark == "wrong"
    assert words in verdict.words, verdict


def test_one_of_the_two_is_half_way() -> None:
    assert check.both_ways(BEST, ...).words == "that is one of the two; now none"
    assert check.both_ways({"clock": ...}, NONE).words == "that is one of the two; now best"


# --- all -------------------------------------------------------------------------------------
def test_not_yet() -> None:
    def stub(*_: object) -> Any: ...

    assert check.paired_interval(stub).mark == check.paired_interval(...).mark == "not yet"
    assert check.verdict(None).mark == check.verdict(...).mark == "not yet"
    assert check.paired_interval(lambda a, b: (..., ..., ...)).mark == "not yet"
    assert check.verdict(stub).mark == check.verdict(lambda h: ...).mark == "not yet"
    assert check.both_ways(..., ...).mark == check.both_ways(None, {}).mark == "not yet"
    assert check.both_ways({"clock": ...}, {...: "text"}).mark == "not yet"


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_nothing_odd_passes_or_breaks(odd: Any) -> None:
    for judged in (
        check.paired_interval(odd), check.paired_interval(lambda a, b: odd),
        check.paired_interval(lambda a, b: (odd, odd, odd)),
        check.verdict(odd), check.verdict(lambda h: odd), check.both_ways(odd, odd),
        check.both_ways(BEST, odd), check.both_ways(odd, NONE),
    ):  # fmt: skip
        assert judged.mark == "wrong", judged
        assert "<b>" not in judged._repr_html_().replace("<b>✗ Not quite</b>", "")


class Evil:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def test_a_choice_that_cannot_be_shown_is_put_in_words() -> None:
    assert check.both_ways({"clock": Evil()}, NONE).mark == "wrong"
