"""How a learning run is timed: three clocks, and the curve of its episodes' lengths.

When the second and the third stop is said in `worlds.greedy` (`GreedyEvaluation`), and `runs` looks
at every check.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray

CLOCKS = {
    "first20": "steps an episode, mean of the first 20",
    "near_optimal": "steps until within 5 % everywhere",
    "optimal": "steps until optimal everywhere",
}
"""The three clocks: column in result tables → words."""

FEW_SHOT_EPISODES = 20
"""Episodes that the first clock averages, and that precede the few-shot return."""

REGRET_EPISODES = 100
"""Episodes over which regret is summed; every run lasts at least as long."""

_WIDER = 1.15


def first20(episode_lengths: IntArray) -> float | None:
    """Mean steps of the first 20 episodes, None if there are fewer.

    Example:
        >>> first20(np.arange(1, 31)), first20(np.arange(1, 20))
        (10.5, None)
    """
    first = episode_lengths[:FEW_SHOT_EPISODES]
    return float(first.mean()) if len(first) == FEW_SHOT_EPISODES else None


def surely_first(times: Sequence[float | None], at_least: Sequence[float]) -> int | None:
    """Which run is first by a clock, whatever the others still do; None if that is open, or a tie.

    Args:
        times: what the clock of each run says, None if it has not stopped.
        at_least: what it will say at least, if it has not.

    Example:
        >>> times = [None, 40, 50]
        >>> surely_first(times, at_least=[39, 0, 0]), surely_first(times, at_least=[40, 0, 0])
        (None, 1)
    """
    stopped = [time for time in times if time is not None]
    open_from = [least for time, least in zip(times, at_least, strict=True) if time is None]
    if not stopped or min([math.inf, *open_from]) < min(stopped) or times.count(min(stopped)) > 1:
        return None
    return times.index(min(stopped))


def episode_curve(lengths: IntArray) -> tuple[FloatArray, FloatArray]:
    """Lengths of episodes as a curve for logarithmic axes: the first ones one by one, later ones
    as means of groups that grow by 15 %.

    Args:
        lengths: steps of each episode, shape `[K]`.

    Returns:
        The geometric middle of each group of episodes, counted from 1, and its mean length in
        steps, both of shape `[G]`.

    Example:
        >>> middles, means = episode_curve(np.arange(100, 0, -1))
        >>> middles[[0, 1, 6, 7]].round(1).tolist(), means[[0, 1, 6, 7]].tolist()
        ([1.0, 2.0, 7.0, 8.5], [100.0, 99.0, 94.0, 92.5])
    """
    edges = [0]
    while edges[-1] < len(lengths):
        edges.append(min(len(lengths), max(edges[-1] + 1, math.ceil(edges[-1] * _WIDER))))
    groups = list(pairwise(edges))
    middles = np.array([math.sqrt((first + 1) * last) for first, last in groups])
    return middles, np.array([lengths[first:last].mean() for first, last in groups])
