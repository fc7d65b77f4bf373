"""Checks of notebook 06: weights, a sum below zero, tables that act alike and learn unlike."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.check.progress import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.fitted import load_alignment
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.policies import average, learn_policy
from cliprl_lite.qlearning import learn
from cliprl_lite.tasks import load_suite
from cliprl_lite.transfer import algorithm_2, clipped, literal

FloatArray = NDArray[np.float64]

TEACHERS = ("go to the red ball", "go to the red cone", "go to the blue box", "go to the green box")
"""The four teachers of the notebook, in the order of house A."""

_CASES = ([0.6, 0.5, -0.8], [0.6, 0.2, 0.2], [0.6, 0.5, -0.8, -0.9], [0.1, -0.3, 0.4])
_SEEDS = range(9)


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@exercise(1, "Two weightings")
def weights(my_literal: Any, my_clipped: Any) -> Verdict:
    """Two functions, scores [N] → weights [N].

    Example:
        >>> from cliprl_lite import clipped, literal
        >>> weights(literal, clipped).passed
        True
    """
    for name, function in (("my_literal", my_literal), ("my_clipped", my_clipped)):
        if not callable(function):
            return wrong(f"{name} is no longer a function; keep the line that begins with def")
    made = {}
    for name, function in (("my_literal", my_literal), ("my_clipped", my_clipped)):
        made[name] = [_call(function, case) for case in _CASES]
    if all(answer is None or answer is Ellipsis for answers in made.values() for answer in answers):
        return not_yet()
    for name in made:
        for case, answer in zip(_CASES, made[name], strict=True):
            fault = _weights_fault(answer, len(case))
            if fault:
                return wrong(f"{name}({case}) {fault}")
    for case, first, second in zip(_CASES, *made.values(), strict=True):
        fault = _literal_fault(case, _row(first)) or _clipped_fault(case, _row(second))
        if fault:
            return wrong(f"for d = {case}, {fault}")
    nobody = _call(my_clipped, [-0.2, -0.6, -0.5])
    if _weights_fault(nobody, 3) or not np.allclose(_row(nobody), clipped([-0.2, -0.6, -0.5])):
        return wrong(
            "when no score is above zero, my_clipped has nothing left to divide by; "
            "then the highest score takes all the weight"
        )
    return right(
        "the literal weights sum to one and are no shares: one of them can be −3. "
        "The clipped ones are shares."
    )


def _call(function: Callable[..., Any], case: list[float]) -> Any:
    """What the reader's function says, or the exception that it raised."""
    try:
        with np.errstate(all="ignore"):
            return function(np.array(case))
    except Exception as problem:
        return problem


def _row(answer: Any) -> FloatArray:
    return np.asarray(answer, dtype=float)


def _weights_fault(answer: Any, n: int) -> str:
    if isinstance(answer, Exception):
        return f"breaks off with {type(answer).__name__}: {str(answer)[:120]}"
    if answer is None or answer is Ellipsis:
        return "gives nothing back; does it end with return?"
    try:
        row = _row(answer)
    except (TypeError, ValueError):
        return "gives back something that is no row of numbers"
    if row.shape != (n,):
        return f"gives back the shape {row.shape}; there is one weight for each of {n} scores"
    if not np.isfinite(row).all():
        return "gives back a weight that is not a finite number: something was divided by zero"
    return ""


def _literal_fault(case: list[float], row: FloatArray) -> str:
    d = np.array(case)
    if np.allclose(row, literal(d)):
        return ""
    if np.allclose(row, d):
        return "my_literal gives back the scores themselves; nothing has been divided yet"
    if np.allclose(row, d / np.abs(d).sum()):
        return (
            "my_literal divides by the sum of the absolute values. That would be safe, and it is "
            "not what the paper's box prints: there the sign counts"
        )
    if np.allclose(row, d / d.max()):
        return "my_literal divides by the largest score; the box divides by the sum of them all"
    if np.allclose(row, clipped(d)):
        return "my_literal leaves out what is below zero; the box does not"
    if (row > 0).all() and np.isclose(row.sum(), 1):
        return "my_literal is positive throughout, like a softmax; the box has no exponential"
    if not np.isclose(row.sum(), 1):
        return f"the weights of my_literal sum to {row.sum():.2f}, not to one"
    return "the weights of my_literal are not each score divided by the sum of all"


def _clipped_fault(case: list[float], row: FloatArray) -> str:
    d = np.array(case)
    if np.allclose(row, clipped(d)):
        return ""
    if np.allclose(row, literal(d)) and (d < 0).any():
        return "my_clipped does the same as the literal formula: nothing is clipped"
    if np.allclose(row, np.maximum(d, 0)):
        return "my_clipped sets negative scores to zero, but the rest still have to sum to one"
    if np.allclose(row, np.maximum(d, 0) / d.sum()):
        return (
            "my_clipped divides by the sum of all scores, the negative ones included; "
            "clip first, and then sum"
        )
    late = np.maximum(literal(d), 0)
    if np.allclose(row, late) or np.allclose(row, late / max(late.sum(), 1e-9)):
        return (
            "my_clipped clips the weights after the division. Below zero the signs have flipped by "
            "then, so the wrong teachers are left; clip the scores"
        )
    if np.allclose(row, np.abs(d) / np.abs(d).sum()):
        return "my_clipped takes absolute values, so an unlike teacher weighs as much as a like one"
    if (row < 0).any():
        return "my_clipped still gives a negative weight"
    return "the weights of my_clipped are not the positive scores divided by their sum"


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
@exercise(2, "Upside down")
def upside_down(d: Any) -> Verdict:
    """Four scores, in the order of `TEACHERS`, whose literal average goes to the least similar.

    Example:
        >>> upside_down([0.9, 0.5, 0.4, 0.2])
        ✗ Not quite: Σd is 2.00. Above zero no sign flips: the least similar weighs least
    """
    if d is None or d is Ellipsis or (isinstance(d, (list, tuple)) and Ellipsis in d):
        return not_yet()
    try:
        scores = np.round(_row(d), 6)
    except (TypeError, ValueError):
        return wrong("d is a list of four numbers")
    if scores.shape != (4,) or not np.isfinite(scores).all():
        return wrong("d is a list of four finite numbers, one for each teacher")
    if (np.abs(scores) > 1).any():
        return wrong("a cosine lies between −1 and 1; one of these does not")
    least = int(scores.argmin())
    if (scores == scores[least]).sum() > 1:
        return wrong("two teachers are least similar; let it be one, so that one can say which")
    total = float(scores.sum())
    shown = f"{total:.2f}".replace("-", "−")
    if round(total, 6) == 0:
        return wrong("Σd is exactly zero, and the literal weights do not exist")
    if total > 0:
        return wrong(f"Σd is {shown}. Above zero no sign flips: the least similar weighs least")
    if scores.max() <= 0:
        return wrong(
            "no teacher is similar to the new task at all. Let at least one score be above zero, "
            "so that there is a better choice to miss"
        )
    shares = _shares(scores)
    if shares[least] <= 0.5:
        where = TEACHERS[int(shares.argmax())].removeprefix("go to ")
        most = f", most often at {where} ({shares.max():.0%})" if shares.max() > 0 else ""
        return wrong(
            f"Σd is {shown}, and the signs flip. But only {shares[least]:.0%} of the squares end "
            f"at the least similar teacher’s goal{most}; the others pull as well"
        )
    return right(
        f"Σd = {shown}, and {shares[least]:.0%} of the squares end at the goal of "
        f"“{TEACHERS[least]}”, which is the least similar of all"
    )


def _shares(scores: FloatArray) -> FloatArray:
    from cliprl_lite.widgets.weight_mixer import destinations

    world, policies, goals = _four_teachers()
    return destinations(average(policies, literal(scores)).q, world, goals)


@cache
def _four_teachers() -> tuple[GridWorld, list[Any], list[tuple[int, int]]]:
    house = load_suite("house_a")
    tasks = [task for task in house.tasks if task.sentence in TEACHERS]
    policies = [learn_policy(house.world, task.goal, seed=n)[0] for n, task in enumerate(tasks)]
    return house.world, policies, [task.goal for task in tasks]


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "Break it")
def spoil(spoiled: Any) -> Verdict:
    """A function table → table: the same greedy actions, ten times as long by the strict clock.

    Example:
        >>> spoil(lambda table: table)
        ✗ Not quite: the table comes back as it was, so it learns as it did
    """
    if not callable(spoiled):
        return wrong("spoil is no longer a function; keep the line that begins with def")
    world, goal, start = _good_start()
    given = start.copy()
    try:
        answer = spoiled(given)
    except Exception as problem:
        return wrong(f"spoil breaks off with {type(problem).__name__}: {str(problem)[:120]}")
    if answer is Ellipsis or answer is None:
        if not np.array_equal(given, start):
            return wrong("spoil changes the table in its hands and gives nothing back; return one")
        return not_yet()
    try:
        table = _row(answer)
    except (TypeError, ValueError):
        return wrong("spoil gives back something that is no table of numbers")
    if table.shape != start.shape:
        return wrong(f"the shape {start.shape} has to stay; what comes back has {table.shape}")
    if not np.isfinite(table).all():
        return wrong("an entry of the table is not a finite number")
    if np.array_equal(table, start):
        return wrong("the table comes back as it was, so it learns as it did")
    others = np.arange(world.n_states) != world.state(goal)
    changed = int((_arrows(table) != _arrows(start)).any(axis=1)[others].sum())
    if changed:
        return wrong(
            f"{changed:,} squares have other arrows than before. The two tables have to act alike "
            "everywhere; treat all four actions of a square alike"
        )
    before, after = (_strict(q, world, goal) for q in (start, table))
    if after < 10 * before:
        return wrong(
            f"it acts alike, but by the strict clock it takes {after:,.0f} steps in the median of "
            f"{len(_SEEDS)} seeds, against {before:,.0f}: not ten times as long"
        )
    return right(
        f"the same arrows in every square, and {after:,.0f} steps in place of {before:,.0f} until "
        f"optimal everywhere (median of {len(_SEEDS)} seeds). A start is its values, not its arrows"
    )


def _arrows(q: FloatArray) -> NDArray[np.bool_]:
    """Greedy actions; what differs by rounding alone counts as a tie."""
    best = q.max(axis=1, keepdims=True)
    close: NDArray[np.bool_] = q >= best - 1e-12 * np.maximum(1, np.abs(best))
    return close


def _strict(q: FloatArray, world: GridWorld, goal: tuple[int, int]) -> float:
    cap = 1_000_000
    runs = [learn(world, goal, q, seed, min_episodes=0, cap=cap) for seed in _SEEDS]
    times = [cap if run.steps_optimal is None else run.steps_optimal for run in runs]
    return float(np.median(times))


@cache
def _good_start() -> tuple[GridWorld, tuple[int, int], FloatArray]:
    """Algorithm 2's start on the 25 × 25 corners, as in the notebook."""
    corners = load_suite("corners", 25)
    errand = corners.transfer("left")
    agents = [learn_policy(corners.world, t.goal, seed=n)[0] for n, t in enumerate(errand.bases)]
    start = algorithm_2(
        errand.target.sentence,
        [task.sentence for task in errand.bases],
        agents,
        alignment=load_alignment(corners),
    )
    return corners.world, errand.target.goal, start.policy.q
