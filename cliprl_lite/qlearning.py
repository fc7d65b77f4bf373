"""Tabular Q-learning: the textbook loop, runs that can be paused, and when one is finished.

`q_learning_steps` is the algorithm (Watkins 1989; Sutton & Barto 2018, §6.5), written once. Numba
compiles that same source the first time it is used; without numba it runs as plain Python, to the
same bits. `Learner` holds a run that can be paused and continued, `learn` takes one to its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.compiling import compiled
from cliprl_lite.greedy import GreedyEvaluation, as_table, evaluate_states
from cliprl_lite.gridworld import ACTIONS, DISCOUNT, STEP_REWARD, GridWorld

FloatArray = NDArray[np.float64]

LEARNING_RATE = 1.0
"""The learning rate η used throughout, unless a call says otherwise; right where nothing is left to
chance."""

EPSILON = 0.1
"""The share of random actions ε used throughout, unless a call says otherwise."""

CHECK_SPACING = 1.05
"""Ratio between the step counts of two checks that follow each other."""

DEFAULT_CAP = 10_000_000
"""Environment steps after which a run is stopped and called censored, on maps up to 25×25."""

_CAP_STATES = 25 * 25

FEW_SHOT_EPISODES = 20
"""Episodes of the first clock, and of practice before the few-shot return is taken."""

REGRET_EPISODES = 100
"""Episodes over which regret is summed; every run lasts at least as long."""


# ---------------------------------------------------------------------------------------------
# The algorithm
# ---------------------------------------------------------------------------------------------
def q_learning_steps(
    q: FloatArray,
    next_state: NDArray[np.int64],
    goal: int,
    learning_rate: float,
    epsilon: float,
    discount: float,
    rng: np.random.Generator,
    state: int,
    start: int,
    length: int,
    episode: int,
    n_steps: int,
    last_episode: int,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> tuple[int, int, int, int, int]:
    """Q-learning for `n_steps` environment steps, or until episode `last_episode` is complete.

    Changes in place: `q` (shape `[S, 4]`, the goal's row 0), and `starts` and `lengths` (shape
    `[R]`: start state and number of steps of the first R episodes).

    Returns:
        `(steps done, state, start, length, episode)`: where to go on from.
    """
    n_states, n_actions = q.shape
    for step in range(n_steps):
        # Behaviour: ε-greedy, ties broken at random.
        if rng.random() < epsilon:
            action = int(rng.random() * n_actions)
        else:
            action, best, ties = 0, q[state, 0], 1
            for other in range(1, n_actions):
                if q[state, other] > best:
                    action, best, ties = other, q[state, other], 1
                elif q[state, other] == best:
                    ties += 1
            if ties > 1:
                choice = int(rng.random() * ties)
                for other in range(n_actions):
                    if q[state, other] == best:
                        if choice == 0:
                            action = other
                            break
                        choice -= 1

        # Update: Q(s, a) ← (1 − η) Q(s, a) + η (r + γ max_b Q(s', b)). In this form η = 1 copies
        # the target exactly, so that equally good actions stay exactly tied.
        successor = next_state[state, action]
        value = q[successor, 0]
        for other in range(1, n_actions):
            if q[successor, other] > value:
                value = q[successor, other]
        target = STEP_REWARD + discount * value
        q[state, action] = (1.0 - learning_rate) * q[state, action] + learning_rate * target

        state = successor
        length += 1
        if state == goal:
            if episode < lengths.size:
                starts[episode] = start
                lengths[episode] = length
            episode += 1
            length = 0
            state = int(rng.random() * (n_states - 1))  # any state but the goal
            if state >= goal:
                state += 1
            start = state
            if episode == last_episode:
                return step + 1, state, start, length, episode
    return n_steps, state, start, length, episode


# ---------------------------------------------------------------------------------------------
# Runs
# ---------------------------------------------------------------------------------------------
def cap_for(world: GridWorld) -> int:
    """The cap on a map: `DEFAULT_CAP` up to 25×25, beyond it in proportion to S². That grows faster
    than what learning takes, even from a misleading start (`benchmarks/growth.py`).

    Example:
        >>> cap_for(GridWorld.open_map(25)), cap_for(GridWorld.open_map(50))
        (10000000, 160000000)
    """
    return DEFAULT_CAP * max(world.n_states, _CAP_STATES) ** 2 // _CAP_STATES**2


class Learner:
    """A Q-learning agent on one task, which can be run in pieces; the pieces change nothing.

    Args:
        world: the map.
        goal: `(row, column)` of the goal.
        start_q: starting table, shape `[S, 4]`; zeros if None. It is copied, and the goal's row
            is set to 0, since nothing is earned after the end.
        seed: a seed or a `numpy.random.Generator`, the only source of randomness.
        learning_rate: η in (0, 1]; 1 is right for a deterministic world.
        epsilon: share of random actions, 0 to 1.
        discount: γ in (0, 1].
        record: how many episodes to remember.

    Raises:
        ValueError: if a setting is outside its range, or the goal or table does not fit the map.

    Example:
        >>> learner = Learner(GridWorld.open_map(4), (0, 0), seed=1)
        >>> learner.run(2_000)
        >>> learner.evaluate().optimal
        True
    """

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        start_q: FloatArray | None = None,
        seed: int | np.random.Generator = 0,
        learning_rate: float = LEARNING_RATE,
        epsilon: float = EPSILON,
        discount: float = DISCOUNT,
        record: int = 1_000,
    ) -> None:
        if not 0 < learning_rate <= 1:
            raise ValueError(f"the learning rate lies in (0, 1]; got {learning_rate}")
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon lies in [0, 1]; got {epsilon}")
        if not 0 < discount <= 1:
            raise ValueError(f"the discount lies in (0, 1]; got {discount}")
        self.world = world
        self.goal = goal
        self.goal_state = world.state(goal)
        self.distances = world.distances(goal)
        shape = (world.n_states, len(ACTIONS))
        self.q = np.zeros(shape) if start_q is None else as_table(start_q, world).copy()
        self.q[self.goal_state] = 0.0
        self.learning_rate, self.epsilon, self.discount = learning_rate, epsilon, discount
        self.rng = np.random.default_rng(seed)
        self.steps = 0
        self.episode = 0
        self.state = int(self.rng.random() * (world.n_states - 1))
        self.state += self.state >= self.goal_state
        self._start, self._length = self.state, 0
        self._starts = np.zeros(record, dtype=np.int64)
        self._lengths = np.zeros(record, dtype=np.int64)

    def run(self, n_steps: int, last_episode: int = -1) -> None:
        """Take `n_steps` more steps, or stop early when episode `last_episode` is complete."""
        if n_steps < 0:
            raise ValueError(f"the number of steps is 0 or more; got {n_steps}")
        done, self.state, self._start, self._length, self.episode = compiled(q_learning_steps)(
            self.q,
            self.world.next_state,
            self.goal_state,
            self.learning_rate,
            self.epsilon,
            self.discount,
            self.rng,
            self.state,
            self._start,
            self._length,
            self.episode,
            n_steps,
            last_episode,
            self._starts,
            self._lengths,
        )
        self.steps += done

    def evaluate(self) -> GreedyEvaluation:
        """What the greedy policy would do now."""
        return evaluate_states(self.q, self.world, self.goal_state, self.distances)

    @property
    def episode_lengths(self) -> NDArray[np.int64]:
        """Steps of each finished episode that is on record."""
        return self._lengths[: self.episode].copy()

    @property
    def episode_starts(self) -> NDArray[np.int64]:
        """Start state of each finished episode that is on record."""
        return self._starts[: self.episode].copy()


@dataclass(frozen=True, eq=False)
class LearningRun:
    """A finished run of `learn`.

    Attributes:
        q: the final table, shape `[S, 4]`.
        steps: environment steps taken.
        stop_reason: `"finished"`, or `"cap"` for a run that was cut off (censored).
        steps_near_optimal: steps at the first check that found the policy near-optimal; None if
            none did (censored at `steps`).
        steps_optimal: the same for optimal in every state.
        check_steps: steps at every check, shape `[K]`.
        checks: what each check found, K of them.
        few_shot: what the greedy policy did after 20 episodes; None if there were fewer.
        episode_lengths: steps of the first episodes, shape `[≤ record]`.
        episode_shortest: shortest distance from each of their starts, same shape.

    Example:
        >>> run = learn(GridWorld.open_map(5), (0, 0), seed=3)
        >>> run.steps_optimal <= run.steps
        True
        >>> bool((run.episode_lengths >= run.episode_shortest).all())
        True
    """

    q: FloatArray
    steps: int
    stop_reason: Literal["finished", "cap"]
    steps_near_optimal: int | None
    steps_optimal: int | None
    check_steps: NDArray[np.int64]
    checks: tuple[GreedyEvaluation, ...]
    few_shot: GreedyEvaluation | None
    episode_lengths: NDArray[np.int64]
    episode_shortest: NDArray[np.int64]


def learn(
    world: GridWorld,
    goal: tuple[int, int],
    start_q: FloatArray | None = None,
    seed: int | np.random.Generator = 0,
    *,
    until: Literal["optimal", "near_optimal"] = "optimal",
    min_episodes: int = REGRET_EPISODES,
    cap: int | None = None,
    **settings: Any,
) -> LearningRun:
    """Learn a task until the greedy policy passes, and note when it passed each threshold.

    Checks stand at geometric spacing (ratio 1.05), so a recorded step count is at most 5 % late.

    Args:
        until: the rule to stop by. `"optimal"`: every tied greedy action on a shortest path, in
            every state. `"near_optimal"`: every start arrives, and the mean path is at most 5 %
            over the shortest.
        min_episodes: go on for at least this many episodes.
        cap: environment steps after which the run is cut off and called censored; `cap_for` the
            map if None.
        settings: as for `Learner` (`learning_rate`, `epsilon`, `discount`, `record`).

    Raises:
        ValueError: if a setting is outside its range, or the goal or table does not fit the map.

    Example:
        >>> run = learn(GridWorld.open_map(5), (0, 0), seed=3)
        >>> run.stop_reason, run.checks[-1].optimal, run.checks[0].optimal
        ('finished', True, False)
    """
    if until not in ("optimal", "near_optimal"):
        raise ValueError(f"until is 'optimal' or 'near_optimal'; got {until!r}")
    cap = cap_for(world) if cap is None else cap
    if cap < 1:
        raise ValueError(f"the cap is a positive number of steps; got {cap}")
    if settings.get("record", min_episodes) < min_episodes:
        raise ValueError(
            f"a run of at least {min_episodes} episodes records them all; "
            f"got record={settings['record']}"
        )
    learner = Learner(world, goal, start_q, seed, **settings)
    check_steps, checks = [0], [learner.evaluate()]
    few_shot: GreedyEvaluation | None = None
    first: dict[str, int | None] = {
        "near_optimal": 0 if checks[0].near_optimal else None,
        "optimal": 0 if checks[0].optimal else None,
    }

    def unfinished() -> bool:
        return first[until] is None or learner.episode < min_episodes

    while unfinished() and learner.steps < cap:
        next_check = min(cap, max(learner.steps + 1, math.ceil(learner.steps * CHECK_SPACING)))
        if few_shot is None:
            learner.run(next_check - learner.steps, last_episode=FEW_SHOT_EPISODES)
            if learner.episode == FEW_SHOT_EPISODES:
                few_shot = learner.evaluate()
        learner.run(next_check - learner.steps)
        check_steps.append(learner.steps)
        checks.append(learner.evaluate())
        for rule in first:
            if first[rule] is None and getattr(checks[-1], rule):
                first[rule] = learner.steps
    return LearningRun(
        q=learner.q,
        steps=learner.steps,
        stop_reason="cap" if unfinished() else "finished",
        steps_near_optimal=first["near_optimal"],
        steps_optimal=first["optimal"],
        check_steps=np.array(check_steps),
        checks=tuple(checks),
        few_shot=few_shot,
        episode_lengths=learner.episode_lengths,
        episode_shortest=learner.distances[learner.episode_starts],
    )
