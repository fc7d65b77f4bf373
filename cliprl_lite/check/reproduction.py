"""Checks of notebook 09: a paired ratio with its interval, a verdict, choices that decide it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._paths import data_path
from cliprl_lite.check.answers import Function, Stopped, as_array, blank, kind, message
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.experiments.claims import CLAIMS
from cliprl_lite.experiments.judge import Judge
from cliprl_lite.experiments.multiverse import read_cells
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.results import verdict as library_verdict
from cliprl_lite.experiments.statistics import Interval, median_interval, paired_log_ratio


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@exercise(1, "A paired ratio and its interval")
def paired_interval(answer: Any) -> Verdict:
    """A function of two rows of step counts, shape `[n]` each: the median ratio and its interval.

    Example:
        >>> paired_interval(lambda values, reference: (1.0, 0.9, 1.1)).mark
        'wrong'
    """
    cases = _costs()
    asked = Function(answer)
    said = [_numbers(asked(*case)) for case in cases]
    for (values, reference), one in zip(cases, said, strict=True):
        fault = _interval_fault(one, values, reference)
        if fault:
            return wrong(fault)
    offs = np.mean([_off(one, *case) for one, case in zip(said, cases, strict=True)], axis=0)
    if np.ptp(offs) > WIDER or np.abs(offs).max() > OFF:
        return wrong(_TOO_WIDE if offs[1] > offs[0] else _TOO_NARROW)
    return right(
        "the same trial in both, and an interval that says how far the median itself is known; "
        "from here on clip.ratios does it"
    )


OFF, WIDER = 0.12, 0.1
"""How far an end may be off, and how much wider or narrower the interval may be, as shares of its
width. Both are means over all cases, where chance cancels. A 90 % interval is 0.16 narrower."""

_TOO_WIDE = (
    "the interval is too wide. Are values and reference drawn together, the same trials "
    "for both, and is the median taken of every draw?"
)
_TOO_NARROW = (
    "the interval is too narrow: it runs from the 2.5th to the 97.5th percentile of medians, each "
    "of as many trials as there are"
)


@cache
def _costs() -> list[tuple[FloatArray, FloatArray]]:
    """Heavy-tailed costs on which wrong statistics differ; the third pair is the table's own.

    The other pairs have many trials, so that the ends of their intervals hardly jump.
    """
    rng = np.random.default_rng(8)
    slow = np.round(rng.lognormal(8, 2, 81))
    paired = np.round(slow * rng.lognormal(-1, 0.4, 81))
    zeros = np.where(rng.random(61) < 0.3, 0, np.round(rng.lognormal(4, 1.5, 61)))
    few = np.round(rng.lognormal(2, 1, 61))
    table = read_table(data_path("results", "figure2.csv"))
    part = table[(table["size"] == 25) & (table["target"] == "left")].sort_values("seed")
    shipped = (
        part.loc[part["method"] == name, "optimal"].to_numpy(float) for name in ("alg2", "alg1")
    )
    first, second = shipped
    many = [np.round(rng.lognormal(7, 1.5, 301)) for _ in range(6)]
    smooth = [(np.round(one * rng.lognormal(-0.5, 1, 301)), one) for one in many]
    return [(few, zeros), (paired, slow), (first, second), *smooth]


def _numbers(one: Any) -> FloatArray:
    numbers = as_array(one, "three numbers: the median, low and high")
    if numbers.shape != (3,):
        words = f"wanted: three numbers in a row; what comes back has the shape {numbers.shape}"
        raise Stopped(wrong(words))
    if not np.isfinite(numbers).all():
        words = "a number is not finite: some trials need no step at all, so add one to both first"
        raise Stopped(wrong(words))
    return numbers


def _off(found: FloatArray, values: FloatArray, reference: FloatArray) -> FloatArray:
    """How far the two ends lie from the library's, as shares of the interval's width."""
    known = median_interval(paired_log_ratio(values, reference))
    wanted = np.array([known.low, known.high])
    off: FloatArray = (np.log2(found[1:]) - wanted) / np.ptp(wanted)
    return off


def _interval_fault(found: FloatArray, values: FloatArray, reference: FloatArray) -> str:
    value, low, high = found
    logs = paired_log_ratio(values, reference)
    known = median_interval(logs)
    ratios = 2.0**logs
    with np.errstate(all="ignore"):
        mistakes = {
            "it is turned around: the reference belongs below the line": 1 / 2**known.value,
            "the median is of the logarithm; give the ratio itself": known.value,
            "it divides one median by another. Pair first, trial by trial, and then take the "
            "median": (np.median(values) + 1) / (np.median(reference) + 1),
            "it takes the mean, which a single slow trial can carry away": ratios.mean(),
            "it divides one average by another; take the median over the trials' ratios": (
                values.mean() + 1
            )
            / (reference.mean() + 1),
            "one is not added to both before dividing": np.median(values / reference),
        }
    if not np.isclose(value, 2**known.value, rtol=0.01):
        for words, wrong_value in mistakes.items():
            if np.isclose(value, wrong_value, rtol=0.01):
                return words
        return "the first number is not the median of the trials’ (values + 1) / (reference + 1)"
    if low > high:
        return "the ends of the interval are swapped"
    return _width_fault(found, logs, known)


def _width_fault(found: FloatArray, logs: FloatArray, known: Interval) -> str:
    low, high = found[1:]
    if np.isclose(low, high, rtol=1e-9):
        return (
            "the interval has no width: every resample has to be drawn anew, with replacement, "
            "as many trials as there are"
        )
    if low <= 0:
        return "the interval goes below zero, where no ratio lies: take percentiles, not ± a spread"
    ends = np.log2([low, high])
    wanted = np.array([known.low, known.high])
    if (np.abs(ends - wanted) <= 0.35 * np.ptp(wanted) + 0.02).all():
        return ""
    if np.allclose(ends, np.percentile(logs, [2.5, 97.5]), atol=0.2):
        return (
            "these ends hold 95 % of the *trials*. The interval should say where the *median* "
            "would lie if the trials were drawn again, and that is known far better"
        )
    return _TOO_WIDE if np.ptp(ends) > np.ptp(wanted) else _TOO_NARROW


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
_HOLDS: tuple[dict[int, bool], ...] = (
    {8: True, 10: True, 15: True, 25: True},
    {8: False, 10: False, 15: False, 25: False},
    {8: False, 10: True, 15: True, 25: True},
    {8: False, 10: False, 15: False, 25: True},
    {8: True, 10: True, 15: False, 25: False},
    {8: False, 10: True, 15: False, 25: True},
    {8: True, 10: False, 15: True, 25: True},
    {25: True, 8: False, 15: True, 10: False},
    {6: False, 9: True},
    {100: True, 20: False},
    {7: True},
)


@exercise(2, "A verdict in words")
def verdict(answer: Any) -> Verdict:
    """A function size → whether the claim holds there, that sums up in words.

    Example:
        >>> from cliprl_lite.experiments.results import verdict as library_verdict
        >>> verdict(library_verdict).passed
        True
    """
    asked = Function(answer)
    said = []
    for case in _HOLDS:
        one = asked(case)
        if not isinstance(one, str):
            return wrong(f"for {case} it gives back no words, but {kind(one)}")
        said.append(str(one))
    if len(set(said)) == 1:
        return wrong("it says the same wherever the claim holds")
    for case, one in zip(_HOLDS, said, strict=True):
        fault = _verdict_fault(case, one.strip())
        if fault:
            return wrong(f"for {case} it says “{one.strip()[:60]}”. {fault}")
    return right("four kinds of answer, where papers often have two")


def _verdict_fault(case: dict[int, bool], said: str) -> str:
    wanted = library_verdict(case)
    if said == wanted:
        return ""
    sizes = sorted(case)
    holding = [size for size in sizes if case[size]]
    if list(case) != sizes and len(case) > 2:
        return "The sizes do not come in order here; sort them first"
    if said == "confirmed":
        return "But it does not hold at every size"
    if said.startswith("confirmed from"):
        if len(holding) == 1:
            return "It holds at a single size, and one size is no trend: “only at”"
        if holding != sizes[-len(holding) :]:
            return "“From … on” needs every later size too; here one of them fails"
        return "It begins at another size"
    if said == "not confirmed":
        return "But at some size it does hold" if holding else ""
    if said.startswith("only at"):
        if len(holding) == len(sizes):
            return "It holds at every size, so nothing is “only”"
        if wanted.startswith("confirmed from"):
            return "It holds at the largest sizes without a gap: that is “confirmed from … on”"
        return "After “only at” come the sizes at which it holds, in order, as in “only at 8, 10”"
    return "The words are: confirmed, confirmed from 10 on, only at 8, 10, not confirmed"


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "Break it, both ways")
def both_ways(best: Any, none: Any) -> Verdict:
    """Choices under which card 1 is plainly confirmed, and others that leave no card about steps.

    Args:
        best, none: choice → value; what is left out stays at the start.

    Example:
        >>> both_ways({"clock": "first20"}, ...)
        ✗ Not quite: with best, card 1 says “only at 25×25”, so not at every size
    """
    blank = [
        one is None or one is ... or (isinstance(one, dict) and _hollow(one))
        for one in (best, none)
    ]
    if all(blank):
        return not_yet()
    found = {}
    for name, choices, empty in zip(("best", "none"), (best, none), blank, strict=True):
        if empty:
            continue
        if not isinstance(choices, dict):
            return wrong(f'{name} is a dictionary such as {{"clock": "first20"}}')
        try:
            found[name] = _judge().verdicts(choices)
        except Exception as problem:
            return wrong(f"in {name}, {message(problem) or 'something cannot be read'}")
    if "best" in found and found["best"]["halved"] != "confirmed":
        return wrong(f"with best, card 1 says “{found['best']['halved']}”, so not at every size")
    if "none" in found:
        counted = [name for name, claim in CLAIMS.items() if claim.kind != "share"]
        standing = [
            str(number)
            for number, (name, words) in enumerate(found["none"].items(), start=1)
            if name in counted and words != "not confirmed"
        ]
        if standing:
            return wrong(
                f"with none, {len(standing)} of the {len(counted)} cards that count steps still "
                f"hold, somewhere at least: {', '.join(standing)}"
            )
    if any(blank):
        return not_yet(f"that is one of the two; now {'best' if blank[0] else 'none'}")
    return right(
        "one table, and the paper's claim is true at every size, or no claim about steps is true. "
        "So name your choices before you see the results"
    )


def _hollow(choices: dict[Any, Any]) -> bool:
    return not choices or blank([*choices, *choices.values()])


@cache
def _judge() -> Judge:
    figure2, worlds = (
        read_table(data_path("results", f"{name}.csv")) for name in ("figure2", "worlds")
    )
    return Judge(figure2, worlds, read_cells())
