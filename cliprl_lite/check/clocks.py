"""Checks of notebook 07: three clocks, the smallest constant, tables that act alike but do not
learn alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.check.answers import Function, as_array, as_number, slack
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.learning.policies import learn_policy
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.algorithms import algorithm_2
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.worlds.greedy import GreedyEvaluation, greedy_actions
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

TIMES = 10
"""A spoiled start has to take at least this many times as long."""

_SEEDS = range(9)
_NAMES = ("first 20 episodes", "within 5 % everywhere", "optimal everywhere")


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@exercise(1, "Three clocks")
def three_clocks(my_clocks: Any) -> Verdict:
    """A function (episodes' lengths, steps at each check, what each check found) → three clocks.

    Example:
        >>> three_clocks(lambda lengths, steps, checks: (lengths.mean(), steps[-1], steps[-1]))
        ✗ Not quite: first 20 episodes: that is the mean over all episodes
    """
    asked = Function(my_clocks, "my_clocks")
    for lengths, steps, checks in _RECORDS:
        given = as_array(asked(lengths, steps, list(checks)), "the three clocks, three numbers")
        if given.shape != (3,):
            return wrong(f"wanted: three numbers; what comes back has the shape {given.shape}")
        for number, name in enumerate(_NAMES):
            wanted = _WANTED[number](lengths, steps, checks)
            if np.isclose(given[number], wanted, rtol=1e-5):
                continue
            faults = _CLOCK_FAULTS[number](lengths, steps, checks)
            told = [words for words, value in faults.items() if np.isclose(given[number], value)]
            return wrong(f"{name}: " + (told[0] if told else f"not {given[number]:,.0f}"))
    return right(
        "the first clock looks at the beginning, the second at every start, the third at every "
        "square. A policy can be found optimal once and lose it again: the first time counts"
    )


Record = tuple[IntArray, IntArray, Sequence[GreedyEvaluation]]


def _record(lengths: Sequence[int], found: Sequence[tuple[int, float, float, int]]) -> Record:
    """A made-up run; each check is (steps, mean path, share that arrives, wrong squares)."""
    checks = [GreedyEvaluation(path, 10.0, success, many) for _, path, success, many in found]
    return np.array(lengths), np.array([steps for steps, *_ in found]), checks


_RECORDS = (
    _record(
        [900, 40, *range(60, 20, -1)],
        [
            (0, 90.0, 0.2, 30), (100, 40.0, 0.9, 12), (210, 11.0, 1.0, 5), (330, 10.2, 0.98, 2),
            (450, 10.4, 1.0, 3), (600, 10.1, 1.0, 1), (800, 10.0, 1.0, 0), (1_000, 10.3, 1.0, 2),
            (1_300, 10.0, 1.0, 0),
        ],
    ),
    _record(
        [5, 300, *[17] * 30, 4],
        [
            (0, 60.0, 0.5, 9), (50, 10.4, 0.96, 8), (105, 10.6, 1.0, 6), (170, 10.0, 1.0, 0),
            (260, 10.0, 1.0, 0),
        ],
    ),
)  # fmt: skip
"""On these the usual mistakes give other numbers: a check just over 5 %, one at which not every
start arrives, one that is optimal and does not stay so."""


def _first(steps: IntArray, passed: Sequence[bool]) -> float:
    return float(steps[list(passed).index(True)])


Clock = Callable[[IntArray, IntArray, Sequence[GreedyEvaluation]], float]
_WANTED: tuple[Clock, Clock, Clock] = (
    lambda lengths, steps, checks: float(lengths[:20].mean()),
    lambda lengths, steps, checks: _first(steps, [one.near_optimal for one in checks]),
    lambda lengths, steps, checks: _first(steps, [one.optimal for one in checks]),
)


def _early_faults(lengths: Any, steps: Any, checks: Any) -> dict[str, float]:
    return {
        "that is the mean over all episodes": lengths.mean(),
        "that is the sum of the first 20; the clock is their mean": lengths[:20].sum(),
        "that is the median of the first 20; the clock is their mean": np.median(lengths[:20]),
        "that leaves out an episode: the first 20 are lengths[:20]": lengths[1:20].mean(),
        "that is one episode too many": lengths[:21].mean(),
        "these are the last 20": lengths[-20:].mean(),
    }


def _near_faults(lengths: Any, steps: Any, checks: Any) -> dict[str, float]:
    near = [one.near_optimal for one in checks]
    return {
        "that is the number of the check; give the steps at that check": near.index(True),
        "at that check every start arrives, but ways are more than 5 % too long": _first(
            steps, [one.success == 1 for one in checks]
        ),
        "at that check ways are short, but not every start arrives": _first(
            steps, [one.mean_path <= 1.05 * one.shortest for one in checks]
        ),
        "that is when every square is right, which is the third clock": _first(
            steps, [one.optimal for one in checks]
        ),
        "that is the last check; the first that passes counts": steps[-1],
    }


def _optimal_faults(lengths: Any, steps: Any, checks: Any) -> dict[str, float]:
    optimal = [one.optimal for one in checks]
    return {
        "that is the number of the check; give the steps at that check": optimal.index(True),
        "that is the last check: a policy can be optimal, lose it, and find it again, and the "
        "first time counts": steps[-1],
        "at that check every start arrives, but some squares are still wrong": _first(
            steps, [one.success == 1 for one in checks]
        ),
        "that is the second clock once more": _first(steps, [one.near_optimal for one in checks]),
    }


_CLOCK_FAULTS = (_early_faults, _near_faults, _optimal_faults)


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
@exercise(2, "The smallest constant")
def smallest_hope(my_hope: Any) -> Verdict:
    """A function (table [S, 4], truth [S, 4], the goal's state) → the constant.

    Example:
        >>> smallest_hope(lambda table, truth, goal: 0.0)
        ✗ Not quite: with 0.00, as my_hope says, an entry is still too low by 2.50
    """
    asked = Function(my_hope, "my_hope")
    for table, truth, goal in _TABLES:
        given = as_number(asked(table, truth, goal), "one number", "one for the whole table")
        low = np.delete(truth - table, goal, axis=0)
        wanted = max(0.0, float(low.max()))
        if np.isclose(given, wanted, rtol=slack(given), atol=1e-9):
            continue
        return wrong(_hope_fault(given, wanted, table, truth, goal))
    return right(
        "added to every entry, it leaves none too low, and no smaller number does that. To know it "
        "one needs the true values, which a learner does not have"
    )


def _tables() -> list[tuple[FloatArray, FloatArray, int]]:
    """Small tables: too low at the goal, too low at one action that is not the best, nowhere."""
    truth = -np.array([[3.0, 1, 3, 2], [2, 0, 2, 1], [0, 0, 0, 0], [4, 2, 5, 3], [5, 4, 6, 4]])
    off = np.array(
        [[0.5, 1, 1, 0.25], [1.5, 0.5, -3, 1], [7, 7, 7, 7], [1, 2, 2.5, 0.5], [1, 1, -0.5, 0.75]]
    )
    only_bad = np.zeros((5, 4))
    only_bad[4, 2], only_bad[0, 1] = 1.75, 0.25
    return [
        (truth - off, truth, 2),
        (truth - only_bad, truth, 2),
        (truth + np.abs(off) + 0.5, truth, 2),
    ]


_TABLES = _tables()


def _hope_fault(
    given: float, wanted: float, table: FloatArray, truth: FloatArray, goal: int
) -> str:
    rows = np.delete(np.arange(len(table)), goal)
    gap = truth - table
    faults = {
        "nothing is too low in one of the tests, and there the constant is 0: hope is never "
        "negative": gap[rows].max(),
        "the goal's own row counts, and nothing is ever learned there: an episode ends at the "
        "goal. Leave its row out": gap.max(),
        "that is how far an entry is too high. The sign counts: too low is truth − table": (
            -gap[rows].min()
        ),
        "that is a mean; the constant has to be enough for the entry that is farthest below": max(
            0.0, gap[rows].mean()
        ),
        "only the best value of each square was compared; every entry may be too low, also one "
        "of an action that is not the best": max(
            0.0, (truth[rows].max(axis=1) - table[rows].max(axis=1)).max()
        ),
    }
    for words, value in faults.items():
        if np.isclose(given, value):
            return words
    if given < wanted:
        return (
            f"with {given:z.2f}, as my_hope says, an entry is still too low by {wanted - given:.2f}"
        )
    return f"my_hope says {given:z.2f}, but a smaller number is enough: {wanted:.2f}"


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "Break it")
def spoil(spoiled: Any) -> Verdict:
    """A function table → table: the same greedy actions, ten times as long by the strict clock.

    Example:
        >>> spoil(lambda table: table)
        ✗ Not quite: the table comes back unchanged, so learning takes as long as before
    """
    asked = Function(spoiled, "spoil")
    world, goal, start = _good_start()
    table = as_array(asked(start), "a table of numbers")
    if table.shape != start.shape:
        return wrong(f"the shape {start.shape} has to stay; what comes back has {table.shape}")
    if not np.isfinite(table).all():
        return wrong("an entry of the table is not a finite number")
    if np.array_equal(table, start):
        return wrong("the table comes back unchanged, so learning takes as long as before")
    others = np.arange(world.n_states) != world.state(goal)
    old, new = greedy_actions(start)[others], greedy_actions(table)[others]
    changed = (old != new).any(axis=1)
    if changed.any() and not (old & ~new)[changed].any():
        return wrong(
            f"in {changed.sum():,} squares other actions have become as good as the best. Is every "
            "entry the same, or do small differences get lost by rounding beside large numbers?"
        )
    if changed.any():
        return wrong(
            f"{changed.sum():,} squares have other arrows than before. The two tables have to act "
            "alike everywhere; treat all four actions of a square alike"
        )
    before, after = (_strict(q, world, goal) for q in (start, table))
    if after < TIMES * before:
        return wrong(
            f"it acts alike, but by the strict clock it takes {after:,.0f} steps in the median of "
            f"{len(_SEEDS)} seeds, against {before:,.0f}: not ten times as long"
        )
    return right(
        f"the same arrows in every square, and {after:,.0f} steps in place of {before:,.0f} until "
        f"optimal everywhere (median of {len(_SEEDS)} seeds). A start is its values, not its arrows"
    )


def _strict(q: FloatArray, world: GridWorld, goal: tuple[int, int]) -> float:
    cap = 1_000_000
    runs = [learn(world, goal, q, seed, min_episodes=0, cap=cap) for seed in _SEEDS]
    times = [cap if run.steps_optimal is None else run.steps_optimal for run in runs]
    return float(np.median(times))


@cache
def _good_start() -> tuple[GridWorld, tuple[int, int], FloatArray]:
    """Algorithm 2's start on the 25 × 25 corners, as in the notebook."""
    corners = load_suite("corners", 25)
    transfer = corners.transfer("left")
    agents = [learn_policy(corners.world, t.goal, seed=n)[0] for n, t in enumerate(transfer.bases)]
    start = algorithm_2(
        transfer.target.sentence,
        [task.sentence for task in transfer.bases],
        agents,
        alignment=align_suite(corners),
    )
    return corners.map, transfer.target.cell, start.policy.q
