"""Trials of old tasks against each other: which policy helps with which task?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite.experiments.policy_classes import rng_for
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES
from cliprl_lite.learning.policies import Policy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.learning.runs import cap_for
from cliprl_lite.worlds.tasks import Task, TaskSuite

REPEATS = 3
"""Learners of each pair; the median counts."""


class PairTrials(NamedTuple):
    """What the trials of N tasks found.

    Attributes:
        helps: whether a learner that began with policy i found goal k in fewer steps than one that
            began with nothing, over its first 20 episodes, shape `[N, N]`.
        steps: environment steps of all trials together.
    """

    helps: BoolArray
    steps: int

    def among(self, places: list[int]) -> BoolArray:
        """The answers among some of the tasks."""
        return self.helps[np.ix_(places, places)]


def try_pairs(suite: TaskSuite, policies: Mapping[str, Policy], seed: int) -> PairTrials:
    """Try every task's policy on every other task of the suite.

    Args:
        suite, seed: name the random numbers. All learners of one goal have the same ones.
        policies: name of a task → its policy.

    Example:
        >>> from cliprl_lite.experiments.policy_classes import policy_class
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> suite = load_suite("corners", 6)
        >>> tried = try_pairs(suite, policy_class("tabular").learn_bases(suite, 0), seed=0)
        >>> tried.helps.shape, bool(tried.helps.diagonal().any())
        ((4, 4), False)
    """
    n, steps = len(suite.tasks), 0
    cost = np.zeros((n + 1, n))
    for k, task in enumerate(suite.tasks):
        tables = [policies[other.name].q for other in suite.tasks]
        for i, table in enumerate([*tables, None]):
            if i != k:
                taken = [_first_steps(suite, task, table, seed, one) for one in range(REPEATS)]
                cost[i, k] = np.median(taken)
                steps += sum(taken)
    helps = cost[:n] < cost[n]
    np.fill_diagonal(helps, False)
    return PairTrials(helps, steps)


def _first_steps(
    suite: TaskSuite, task: Task, table: FloatArray | None, seed: int, repeat: int
) -> int:
    rng = rng_for(seed, suite.name, task.name, "tried", str(repeat))
    learner = Learner(suite.world, task.goal, table, rng)
    learner.run(cap_for(suite.world), last_episode=FEW_SHOT_EPISODES)
    return learner.steps
