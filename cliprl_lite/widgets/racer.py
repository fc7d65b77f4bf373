"""A learner whose three clocks can be read while it learns."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.greedy import greedy_actions
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.qlearning import (
    CHECK_SPACING,
    FEW_SHOT_EPISODES,
    REGRET_EPISODES,
    Learner,
    cap_for,
)

CLOCKS = ("first20", "near_optimal", "optimal")
"""As in `results.CLOCKS`, without pandas."""

_RECORD, _BIN = 200_000, 1.15


def wrong_squares(q: NDArray[np.float64], world: GridWorld, goal: tuple[int, int]) -> NDArray:
    """Squares where a greedy action lies on no shortest path, boolean, shape `[S]`.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> int(wrong_squares(world.optimal_q((0, 0)), world, (0, 0)).sum())
        0
        >>> int(wrong_squares(np.zeros((9, 4)), world, (0, 0)).sum())
        8
    """
    far = world.distances(goal)
    astray = greedy_actions(q) & (far[world.next_state] != far[:, None] - 1)
    wrong: NDArray[np.bool_] = astray.any(axis=1) & (far > 0)
    return wrong


class Racer:
    """A learner with its three clocks, in pieces; they are those of `learn`, to the step.

    Attributes:
        learner: what learns.
        finished: optimal everywhere and 100 episodes long, or at the cap.

    Example:
        >>> from cliprl_lite import learn
        >>> world = GridWorld.open_map(5)
        >>> racer = Racer(world, (0, 0), None, seed=3)
        >>> racer.advance(1_000_000)
        >>> racer.times["optimal"] == learn(world, (0, 0), seed=3).steps_optimal
        True
    """

    def __init__(
        self, world: GridWorld, goal: tuple[int, int], table: NDArray | None, seed: int
    ) -> None:
        self.learner = Learner(world, goal, table, seed, record=_RECORD)
        self.times: dict[str, float | None] = dict.fromkeys(CLOCKS)
        self.cap, self.finished, self.wrong = cap_for(world), False, world.n_states - 1
        self._check()

    def _check(self) -> None:
        learner, found = self.learner, self.learner.evaluate()
        self.wrong = found.wrong_states
        for rule in ("near_optimal", "optimal"):
            if self.times[rule] is None and getattr(found, rule):
                self.times[rule] = learner.steps
        done = self.times["optimal"] is not None and learner.episode >= REGRET_EPISODES
        self.finished = done or learner.steps >= self.cap
        after = max(learner.steps + 1, math.ceil(learner.steps * CHECK_SPACING))
        self.next_check = min(self.cap, after)

    def advance(self, to: int) -> None:
        """Learn up to `to` steps in all, checks where `learn` has them; less if it is finished."""
        while not self.finished and self.learner.steps < to:
            self.learner.run(min(to, self.next_check) - self.learner.steps)
            if self.times["first20"] is None and self.learner.episode >= FEW_SHOT_EPISODES:
                first = self.learner.episode_lengths[:FEW_SHOT_EPISODES]
                self.times["first20"] = float(first.mean())
            if self.learner.steps == self.next_check:
                self._check()

    def curve(self, until: int | None = None) -> tuple[list[float], list[float]]:
        """Steps of the episodes so far: every one at first, then means over 15 % more of them."""
        lengths = self.learner.episode_lengths
        ends = np.cumsum(lengths)
        n = len(lengths) if until is None else int(np.searchsorted(ends, until, side="right"))
        now = self.learner.steps if until is None else min(until, self.learner.steps)
        if n == 0:  # the first journey is under way
            return [1.0, 1.08], [float(max(1, now))] * 2
        edges = [0, 1]
        while edges[-1] < n:
            edges.append(min(n, max(edges[-1] + 1, math.ceil(edges[-1] * _BIN))))
        middles = [math.sqrt((a + 1) * b) for a, b in pairwise(edges)]
        means = [float(lengths[a:b].mean()) for a, b in pairwise(edges)]
        if n == 1:
            middles, means = [1.0, 1.08], means * 2
        return middles, means
