"""Runs: learning until the policy is good enough, and when each clock stopped.

A `Run` goes from check to check, in pieces if need be; `learn` takes one to its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.learning.clocks import (
    CLOCKS,
    REGRET_EPISODES,
    first20,
)
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.greedy import GreedyEvaluation

CHECK_SPACING = 1.05
"""Ratio between the step counts of two checks that follow each other."""

DEFAULT_CAP = 10_000_000
"""Environment steps after which a run is stopped and called censored, on maps up to 25×25."""

_CAP_STATES = 25 * 25


def cap_for(world: FiniteWorld) -> int:
    """The cap on a map: `DEFAULT_CAP` up to 25×25, beyond it in proportion to S². That grows faster
    than what learning takes, even from a misleading start (`benchmarks/growth.py`).

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> cap_for(GridWorld.open_map(25)), cap_for(GridWorld.open_map(50))
        (10000000, 160000000)
    """
    return DEFAULT_CAP * max(world.n_states, _CAP_STATES) ** 2 // _CAP_STATES**2


def check_schedule(cap: int) -> IntArray:
    """Steps at which the checks of a run stand, shape `[K]`; the last is the cap.

    Example:
        >>> check_schedule(100)[[0, 1, 20, 21, 22, -1]].tolist()
        [0, 1, 20, 21, 23, 100]
    """
    steps = [0]
    while steps[-1] < cap:
        steps.append(min(cap, max(steps[-1] + 1, math.ceil(steps[-1] * CHECK_SPACING))))
    return np.array(steps)


class Run:
    """Learning one task until the greedy policy passes, and when it passed each threshold.

    Advancing it in pieces does not change the result. Checks stand at geometric spacing (ratio
    1.05), so a recorded step count is at most 5 % late.

    Args:
        world, goal, start_q, seed: as for `Learner`.
        until: the rule to stop by. `"optimal"`: every tied greedy action on a shortest path, in
            every state. `"near_optimal"`: every start arrives, and the mean path is at most 5 %
            over the shortest.
        min_episodes: go on for at least this many episodes.
        cap: environment steps after which the run is cut off and called censored; `cap_for` the
            map if None.
        learner: what makes the agent from `world`, `goal`, `start_q`, `seed` and `settings`: plain
            Q-learning, or a rule of `teachers`.
        settings: as for `Learner` (`learning_rate`, `epsilon`, `discount`, `record`).

    Attributes:
        learner: the agent that walks and learns.
        checks: what each check found, K of them so far.
        few_shot: what the greedy policy did after 20 episodes; None if there were fewer.
        steps_near_optimal: steps at the first check that found the policy near-optimal; None if
            none did (censored at `steps`).
        steps_optimal: the same for optimal in every state.
        stop_reason: `"finished"`, or `"cap"` for a run that was cut off (censored); None as long
            as it can go on.

    Raises:
        ValueError: if a setting is outside its range, or the goal or table does not fit the world.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> run = Run(GridWorld.open_map(5), (0, 0), seed=3)
        >>> run.advance(200)
        >>> run.steps, run.stop_reason, run.clocks["optimal"]
        (200, None, None)
        >>> run.advance(run.cap)
        >>> run.stop_reason, run.clocks["optimal"] == run.steps_optimal <= run.steps
        ('finished', True)
    """

    def __init__(
        self,
        world: FiniteWorld,
        goal: Goal,
        start_q: FloatArray | None = None,
        seed: int | np.random.Generator = 0,
        *,
        until: Literal["optimal", "near_optimal"] = "optimal",
        min_episodes: int = REGRET_EPISODES,
        cap: int | None = None,
        learner: Callable[..., Learner] = Learner,
        **settings: Any,
    ) -> None:
        if until not in ("optimal", "near_optimal"):
            raise ValueError(f"until is 'optimal' or 'near_optimal'; got {until!r}")
        self.until, self.min_episodes = until, min_episodes
        self.cap = cap_for(world) if cap is None else cap
        if self.cap < 1:
            raise ValueError(f"the cap is a positive number of steps; got {cap}")
        if settings.get("record", min_episodes) < min_episodes:
            raise ValueError(
                f"a run of at least {min_episodes} episodes records them all; "
                f"got record={settings['record']}"
            )
        self.learner = learner(world, goal, start_q, seed, **settings)
        self.checks: list[GreedyEvaluation] = []
        self._schedule = check_schedule(self.cap)
        self.few_shot: GreedyEvaluation | None = None
        self.steps_near_optimal: int | None = None
        self.steps_optimal: int | None = None
        self.stop_reason: Literal["finished", "cap"] | None = None
        self._go_on(0)

    def advance(self, to: int) -> None:
        """Go on until `to` steps are taken in all, or the run ends."""
        while self.stop_reason is None and self.steps < to:
            self._go_on(to)

    def _go_on(self, to: int) -> None:
        """Until `to` or a check that may end the run, whichever is first."""
        ahead = self._schedule[len(self.checks) :]
        halts = np.minimum(ahead[: np.searchsorted(ahead, to) + 1], to)
        most_wrong = 0 if self.until == "optimal" else self.learner.world.n_states
        found, few_shot = self.learner.run_checked(
            halts, self.min_episodes, most_wrong, self._passed is not None
        )
        self.few_shot = self.few_shot or few_shot
        for steps, check in zip(ahead.tolist(), found, strict=False):
            if steps <= self.steps:  # else it is no check: the run was told to halt before
                self._note(steps, check)
        if self.steps > self.check_steps[-1]:  # a run ends at a check
            return
        if self._passed is not None and self.learner.episode >= self.min_episodes:
            self.stop_reason = "finished"
        elif self.steps == self.cap:
            self.stop_reason = "cap"

    def _note(self, steps: int, found: GreedyEvaluation) -> None:
        self.checks.append(found)
        if self.steps_near_optimal is None and found.near_optimal:
            self.steps_near_optimal = steps
        if self.steps_optimal is None and found.optimal:
            self.steps_optimal = steps

    @property
    def _passed(self) -> int | None:
        return self.steps_optimal if self.until == "optimal" else self.steps_near_optimal

    @property
    def next_check(self) -> int:
        """Steps at which the next check stands; the cap after the last one."""
        return int(self._schedule[min(len(self.checks), len(self._schedule) - 1)])

    @property
    def q(self) -> FloatArray:
        """The table, shape `[S, A]`."""
        return self.learner.q

    @property
    def steps(self) -> int:
        """Environment steps taken."""
        return self.learner.steps

    @property
    def check_steps(self) -> IntArray:
        """Steps at every check so far, shape `[K]`."""
        return self._schedule[: len(self.checks)]

    @property
    def episode_lengths(self) -> IntArray:
        """Steps of the first episodes, shape `[≤ record]`."""
        return self.learner.episode_lengths

    @property
    def episode_shortest(self) -> IntArray:
        """Shortest distance from each of their starts, same shape."""
        return self.learner.distances[self.learner.episode_starts]

    @property
    def clocks(self) -> dict[str, float | None]:
        """The three clocks, named as in `CLOCKS`; None for one that has not stopped yet."""
        stopped = first20(self.episode_lengths), self.steps_near_optimal, self.steps_optimal
        return dict(zip(CLOCKS, stopped, strict=True))

    def wrong_curve(self, until: int | None = None) -> tuple[IntArray, IntArray]:
        """How many states are wrong, against steps: at every check in the first `until` steps (all
        if None), and at the end.

        Returns:
            Steps and numbers of states, shape `[K]`; the first check comes before any step.

        Example:
            >>> from cliprl_lite.worlds.gridworld import GridWorld
            >>> steps, wrong = learn(GridWorld.open_map(5), (0, 0), seed=3).wrong_curve()
            >>> int(steps[0]), int(wrong[0]), int(wrong[-1])
            (0, 24, 0)
        """
        steps = self.check_steps.tolist()
        wrong = [check.wrong_states for check in self.checks]
        if until is not None and until < self.steps:
            n = int(np.searchsorted(steps, until, side="right"))
            return np.array(steps[:n]), np.array(wrong[:n])
        if self.steps > steps[-1]:
            steps.append(self.steps)
            wrong.append(self.learner.evaluate().wrong_states)
        return np.array(steps), np.array(wrong)


def learn(
    world: FiniteWorld,
    goal: Goal,
    start_q: FloatArray | None = None,
    seed: int | np.random.Generator = 0,
    **settings: Any,
) -> Run:
    """Learn a task until the greedy policy passes: a `Run`, taken to its end.

    Args:
        world, goal, start_q, seed: as for `Learner`.
        settings: as for `Run` (`until`, `min_episodes`, `cap`, `learner`) and `Learner`
            (`learning_rate`, `epsilon`, `discount`, `record`).

    Raises:
        ValueError: if a setting is outside its range, or the goal or table does not fit the world.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> run = learn(GridWorld.open_map(5), (0, 0), seed=3)
        >>> run.stop_reason, run.checks[-1].optimal, run.checks[0].optimal
        ('finished', True, False)
    """
    run = Run(world, goal, start_q, seed, **settings)
    run.advance(run.cap)
    return run
