"""Checks of notebook 06: weights, a sum below zero, a constant that turns an average around."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import Function, Stopped, as_array, as_number, blank
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.learning.averaging import average
from cliprl_lite.learning.policies import learn_policy
from cliprl_lite.transfer.weightings import clipped, literal, score_sum
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.several_goals import destinations
from cliprl_lite.worlds.suite_files import load_suite

TEACHERS = ("go to the red ball", "go to the red cone", "go to the blue box", "go to the green box")
"""The four teachers of the notebook, in the order of house A."""

_CASES = (
    [0.6, 0.5, -0.8],
    [0.6, 0.2, 0.2],
    [0.6, 0.5, -0.8, -0.9],
    [0.1, -0.3, 0.4],
    [0.5, -0.3, -0.18],
)
_NOBODY = ([-0.2, -0.6, -0.5], [-0.9, -0.1], [-0.3, -0.4, -0.7, -0.2], [-0.4, 0.0, -0.1])

MOST = 0.5
"""Of the squares, more than this share have to lead to the least similar teacher's goal."""

SCORES = (0.6, 0.5, 0.2, 0.1)
"""The scores to which one number is added, in the order of `TEACHERS`."""


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
    made = [
        [_weights(asked, name, case) for case in _CASES]
        for name, asked in (
            ("my_literal", Function(my_literal, "my_literal")),
            ("my_clipped", Function(my_clipped, "my_clipped")),
        )
    ]
    for case, first, second in zip(_CASES, *made, strict=True):
        fault = _literal_fault(case, first) or _clipped_fault(case, second)
        if fault:
            return wrong(f"for d = {case}, {fault}")
    for case in _NOBODY:
        try:
            row = _weights(Function(my_clipped), "my_clipped", case)
        except Stopped:
            row = np.zeros(len(case))
        if not _same(row, clipped(case)):
            return wrong(
                "when no score is above zero, my_clipped has nothing left to divide by; "
                "then the highest score takes all the weight"
            )
    return right(
        "the literal weights sum to one, but they are not shares: one of them can be −3. "
        "The clipped ones are shares."
    )


def _weights(asked: Function, name: str, case: list[float]) -> FloatArray:
    """The weights of one case."""
    row = as_array(asked(np.array(case)), f"from {name} a row of weights")
    fault = ""
    if row.shape != (len(case),):
        fault = f"the shape {row.shape}; there is one weight for each of {len(case)} scores"
    elif not np.isfinite(row).all():
        fault = "a weight that is not a finite number: something was divided by zero"
    if fault:
        raise Stopped(wrong(f"for d = {case}, {name} gives back {fault}"))
    return row


def _same(row: FloatArray, wanted: FloatArray) -> bool:
    """Also for weights in single precision."""
    return bool(np.allclose(row, wanted, rtol=1e-5, atol=1e-6))


def _literal_fault(case: list[float], row: FloatArray) -> str:
    d = np.array(case)
    if _same(row, literal(d)):
        return ""
    if _same(row, d):
        return "my_literal gives back the scores themselves; nothing has been divided yet"
    if _same(row, d / np.abs(d).sum()):
        return (
            "my_literal divides by the sum of the absolute values. That would be safe, but the "
            "paper prints something else: there the sign counts"
        )
    if _same(row, d / d.max()):
        return (
            "my_literal divides by the largest score; as printed it divides by the sum of them all"
        )
    if _same(row, clipped(d)):
        return "my_literal leaves out what is below zero; as printed it does not"
    if (row > 0).all() and np.isclose(row.sum(), 1):
        return "my_literal is positive throughout, like a softmax; as printed it has no exponential"
    if not np.isclose(row.sum(), 1):
        return f"the weights of my_literal sum to {row.sum():.2f}, not to one"
    return "the weights of my_literal are not each score divided by the sum of all"


def _clipped_fault(case: list[float], row: FloatArray) -> str:
    d = np.array(case)
    if _same(row, clipped(d)):
        return ""
    if _same(row, literal(d)) and (d < 0).any():
        return "my_clipped does the same as the literal formula: nothing is clipped"
    if _same(row, np.maximum(d, 0)):
        return "my_clipped sets negative scores to zero, but the rest still have to sum to one"
    if _same(row, np.maximum(d, 0) / d.sum()):
        return (
            "my_clipped divides by the sum of all scores, the negative ones included; "
            "clip first, and then sum"
        )
    late = np.maximum(literal(d), 0)
    if _same(row, late) or _same(row, late / max(late.sum(), 1e-9)):
        return (
            "my_clipped clips the weights after the division. Below zero the signs have flipped by "
            "then, so the wrong teachers are left; clip the scores"
        )
    if _same(row, np.abs(d) / np.abs(d).sum()):
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
    if blank(d):
        return not_yet()
    scores = rounded(as_array(d, "d, a list of four numbers"))
    if scores.shape != (4,) or not np.isfinite(scores).all():
        return wrong("d is a list of four finite numbers, one for each teacher")
    if (np.abs(scores) > 1).any():
        return wrong("a cosine lies between −1 and 1; one of these does not")
    least = int(scores.argmin())
    if (scores == scores[least]).sum() > 1:
        return wrong("two teachers tie for the least similar; make one of them less similar")
    total = score_sum(scores)
    shown = _minus(total)
    if total == 0:
        return wrong("Σd is exactly zero, and the literal weights do not exist")
    if total > 0:
        return wrong(f"Σd is {shown}. Above zero no sign flips: the least similar weighs least")
    if scores.max() <= 0:
        return wrong(
            "no teacher is similar to the new task at all. Let at least one score be above zero, "
            "so that there is a better choice to miss"
        )
    shares = _shares(scores)
    if shares[least] <= MOST:
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
    world, policies, goals = _four_teachers()
    return destinations(average(policies, literal(scores)).q, world, goals)[0]


@cache
def _four_teachers() -> tuple[GridWorld, list[Any], list[tuple[int, int]]]:
    house = load_suite("house_a")
    tasks = [task for task in house.tasks if task.sentence in TEACHERS]
    policies = [learn_policy(house.world, task.goal, seed=n)[0] for n, task in enumerate(tasks)]
    return house.map, policies, [task.cell for task in tasks]


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "Break it: one number added")
def one_number(shift: Any) -> Verdict:
    """A number that, added to all of `SCORES`, sends the literal average to the two unlike goals.

    Example:
        >>> one_number(0.5)
        ✗ Not quite: with 0.50 added Σd is 3.40, and the least similar weighs 0.18: least of all
    """
    if blank(shift):
        return not_yet()
    added = float(rounded(as_number(shift, "one number, to add to all four scores")))
    if not np.isfinite(added):
        return wrong("the number is not finite")
    if added == 0:
        return wrong("nothing is added: the scores are as they were")
    scores = rounded(np.array(SCORES) + added)
    total = score_sum(scores)
    said = f"with {_minus(added)} added Σd is {_minus(total)}"
    if total == 0:
        return wrong(f"{said}, and the literal weights do not exist")
    weight = _minus(literal(scores)[scores.argmin()])
    if total > 0:
        return wrong(f"{said}, and the least similar weighs {weight}: least of all")
    shares = _shares(scores)
    unlike = float(shares[2] + shares[3])
    if unlike <= MOST:
        return wrong(
            f"{said}, and the least similar weighs {weight}: most of all. But only {unlike:.0%} of "
            "the squares end at one of the two unlike goals: the weights have come close together, "
            "and their average is no teacher's policy"
        )
    return right(
        f"{said}, and {unlike:.0%} of the squares end at the blue or the green box, whose "
        "teachers are least similar. The order of the scores and their distances are what they "
        "were: a softmax weighs as before, the literal formula does not"
    )


def _minus(number: float) -> str:
    return f"{number:z.2f}".replace("-", "−")
