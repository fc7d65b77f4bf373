"""Notebook 07's checks: right answers pass, wrong ones are told what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.check import clocks as check

ODD: list[Any] = [
    7, "text", [], [1.0], {}, np.ones((2, 2)), float("nan"), [[1, 2], [3]], object, True,
]  # fmt: skip


def raising(*_: object) -> None:
    raise KeyError("<b>lost</b>")


# --- Exercise 1 --------------------------------------------------------------------------------
def first_check(steps: Any, passed: list[bool]) -> int:
    return next(step for step, good in zip(steps, passed, strict=True) if good)


def near(one: Any) -> bool:
    return one.success == 1 and one.mean_path / one.shortest - 1 <= 0.05


def by_hand(lengths: Any, steps: Any, checks: Any) -> tuple[float, int, int]:
    return (
        sum(lengths[:20]) / 20,
        first_check(steps, [near(one) for one in checks]),
        first_check(steps, [one.wrong_states == 0 for one in checks]),
    )


def but(place: int, clock: Callable[..., float]) -> Callable[..., list[float]]:
    """The right clocks, one of them replaced."""

    def mine(*record: Any) -> list[float]:
        times: list[float] = list(by_hand(*record))
        times[place] = clock(*record)
        return times

    return mine


def test_three_clocks_pass() -> None:
    for mine in (by_hand, lambda *record: np.array(by_hand(*record), np.float32)):
        verdict = check.three_clocks(mine)
        assert verdict.passed, verdict


def test_they_are_the_clocks_of_a_run() -> None:
    run = clip.learn(clip.GridWorld.open_map(6), (0, 0), seed=2)
    mine = by_hand(run.episode_lengths, run.check_steps, run.checks)
    assert mine == pytest.approx(list(run.clocks.values()))


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (but(0, lambda e, s, c: e.mean()), "over all episodes"),
        (but(0, lambda e, s, c: e[:20].sum()), "sum of the first 20"),
        (but(0, lambda e, s, c: np.median(e[:20])), "median of the first 20"),
        (but(0, lambda e, s, c: e[1:20].mean()), "leaves out an episode"),
        (but(0, lambda e, s, c: e[:21].mean()), "one episode too many"),
        (but(0, lambda e, s, c: e[-20:].mean()), "the last 20"),
        (but(0, lambda e, s, c: 77), "first 20 episodes: not 77"),
        (but(1, lambda e, s, c: [near(one) for one in c].index(True)), "number of the check"),
        (but(1, lambda e, s, c: first_check(s, [one.success == 1 for one in c])), "more than 5 %"),
        (
            but(1, lambda e, s, c: first_check(s, [one.mean_path < 10.5 for one in c])),
            "not every start arrives",
        ),
        (but(1, lambda e, s, c: by_hand(e, s, c)[2]), "third clock"),
        (but(1, lambda e, s, c: s[-1]), "last check"),
        (but(2, lambda e, s, c: s[-1]), "the first time counts"),
        (but(2, lambda e, s, c: by_hand(e, s, c)[1]), "second clock once more"),
        (but(2, lambda e, s, c: first_check(s, [one.success == 1 for one in c])), "still wrong"),
        (but(2, lambda e, s, c: [one.optimal for one in c].index(True)), "number of the check"),
        (lambda e, s, c: 5.0, "three numbers"),
        (lambda e, s, c: [1, 2], "the shape (2,)"),
        (lambda e, s, c: {"a": 1}, "three clocks"),
        (lambda e: 1, "stops with TypeError"),
        (raising, "stops with KeyError"),
        (3, "without calling"),
    ],
)
def test_wrong_clocks(mine: Any, words: str) -> None:
    verdict = check.three_clocks(mine)
    assert verdict.mark == "wrong"
    assert words in verdict.words


# --- Exercise 2 --------------------------------------------------------------------------------
def hope(table: np.ndarray, truth: np.ndarray, goal: int) -> float:
    rows = [row for row in range(len(table)) if row != goal]
    return max(0.0, max((truth[row] - table[row]).max() for row in rows))


def test_the_smallest_constant_passes() -> None:
    for mine in (hope, lambda t, q, g: np.float32(hope(t, q, g)), lambda *a: [hope(*a)]):
        verdict = check.smallest_hope(mine)
        assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (lambda t, q, g: np.delete(q - t, g, axis=0).max(), "never negative"),
        (lambda t, q, g: (q - t).max(), "the goal's own row"),
        (lambda t, q, g: np.delete(t - q, g, axis=0).max(), "too high"),
        (lambda t, q, g: np.abs(np.delete(t - q, g, axis=0)).max(), "too high"),
        (lambda t, q, g: np.delete(q - t, g, axis=0).mean(), "a mean"),
        (lambda t, q, g: np.delete(q.max(1) - t.max(1), g).max(), "only the best value"),
        (lambda t, q, g: 0.5, "too low by 2.00"),
        (lambda t, q, g: 99, "a smaller number is enough: 2.50"),
        (lambda t, q, g: q - t, "one for the whole table"),
        (lambda t, q, g: "ten", "one number"),
        (lambda t: 1, "stops with TypeError"),
        (raising, "stops with KeyError"),
        (10.0, "without calling"),
    ],
)
def test_wrong_constants(mine: Any, words: str) -> None:
    verdict = check.smallest_hope(mine)
    assert verdict.mark == "wrong"
    assert words in verdict.words


# --- Exercise 3 -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: 10 * t,
        lambda t: t + 5,
        lambda t: 0.5 * t,
        lambda t: (t + 10).tolist(),
        lambda t: 1.1 * t,
        lambda t: t - 1e6,
        lambda t: t / 1_000 - 1_000,
    ],
)
def test_a_spoiled_start_passes(spoil: Callable[[np.ndarray], Any]) -> None:
    verdict = check.spoil(spoil)
    assert verdict.passed, verdict
    assert "values, not its arrows" in verdict.words


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t, "comes back unchanged"),
        (lambda t: -t, "other arrows"),
        (lambda t: np.zeros_like(t), "as good as the best"),
        (lambda t: t + np.arange(4), "other arrows"),
        (lambda t: np.round(t), "as good as the best"),
        (lambda t: t + 1e-6, "not ten times as long"),
        (lambda t: t * 1.02, "not ten times as long"),  # 0.8 times
        (lambda t: t + 1, "not ten times as long"),  # 9.5 times
        (lambda t: t - 1e13, "lost by rounding"),
        (lambda t: t[0], "the shape (625, 4) has to stay"),
        (lambda t: t / 0, "not a finite number"),
        (lambda t: 5, "the shape"),
        (lambda t: "worse", "a table of numbers; this is a str"),
        (lambda t: t.__imul__(10) and None, "stops with ValueError"),
        (lambda t: t.sort(), "nothing came back"),
        (raising, "stops with KeyError"),
        (lambda: 1, "stops with TypeError"),
        (0.5, "without calling"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_spoils(spoil: Any, words: str) -> None:
    verdict = check.spoil(spoil)
    assert verdict.mark == "wrong", verdict
    assert words in verdict.words


# --- all --------------------------------------------------------------------------------------
def test_not_yet() -> None:
    def stub(*_: object) -> Any: ...

    for one in (check.three_clocks, check.smallest_hope, check.spoil):
        assert one(stub).mark == one(...).mark == "not yet"
    assert check.three_clocks(lambda *_: (..., ..., ...)).mark == "not yet"


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_nothing_odd_passes_or_breaks(odd: Any) -> None:
    for one in (check.three_clocks, check.smallest_hope, check.spoil):
        for verdict in (one(odd), one(lambda *_: odd)):
            assert verdict.mark == "wrong"
            assert "<b>" not in verdict._repr_html_().replace("<b>✗ Not quite</b>", "")
