"""How a learning run is timed: three clocks.

When the second and the third stop is said in `worlds.greedy` (`GreedyEvaluation`), and `runs` looks
at every check.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cliprl_lite._arrays import IntArray

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


def first20(episode_lengths: IntArray) -> float | None:
    """Mean steps of the first 20 episodes, None if there are fewer.

    Example:
        >>> import numpy as np
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
