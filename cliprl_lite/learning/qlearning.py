"""Tabular Q-learning: the textbook loop, and the agent that takes its steps.

`q_learning_steps` is the algorithm (Watkins 1989; Sutton & Barto 2018, §6.5), written once. Numba
compiles that same source the first time it is used; without numba it runs as plain Python, to the
same bits. A `Learner` takes as many steps as it is told; `runs` says when it has learned enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._compiling import compiled, replaced
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES
from cliprl_lite.worlds.finite_world import (
    DISCOUNT,
    GOAL,
    GOES_ON,
    STEP_REWARD,
    FiniteWorld,
    Goal,
)
from cliprl_lite.worlds.greedy import GreedyEvaluation, as_table, evaluate_table, greedy_walk

LEARNING_RATE = 1.0
"""The learning rate η used throughout, unless a call says otherwise; 1 is right in a deterministic
world."""

EPSILON = 0.1
"""The share of random actions ε used throughout, unless a call says otherwise."""


def q_learning_steps(
    q: FloatArray,
    next_state: IntArray,
    ends: IntArray,
    starts_from: IntArray,
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
    starts: IntArray,
    lengths: IntArray,
) -> tuple[int, int, int, int, int]:
    """Q-learning for `n_steps` environment steps, or until episode `last_episode` is complete.

    Changes in place: `q` (shape `[S, A]`, the goals' rows 0), and `starts` and `lengths` (shape
    `[R]`: start state and number of steps of the first R episodes).

    Args:
        next_state: the world, shape `[S, A]`.
        ends, starts_from: as in `Episodes`: what ends an episode, and where one may begin.
        learning_rate, epsilon, discount, rng: as for `Learner`.
        state, start, length, episode: where the agent is, where it began, its steps since then, and
            the episodes that are complete.
        n_steps, last_episode: how long to go on.

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
        if ends[state] != GOES_ON and (ends[state] == GOAL or length % n_states == 0):
            if episode < lengths.size:
                starts[episode] = start
                lengths[episode] = length
            episode += 1
            length = 0
            start = state = starts_from[int(rng.random() * starts_from.size)]
            if episode == last_episode:
                return step + 1, state, start, length, episode
    return n_steps, state, start, length, episode


Agent = tuple[Any, ...]
"""The first arguments of a loop such as `q_learning_steps`: there, from `q` to `rng`."""

Place = tuple[int, int, int, int]
"""Where it stands, its next arguments: from `state` to `episode`."""

Steps = Callable[..., tuple[int, int, int, int, int]]
"""Such a loop: it takes an agent, a place, `n_steps`, `last_episode`, `starts` and `lengths`."""


def checked_steps(
    q: FloatArray,
    agent: Agent,
    place: Place,
    diary: tuple[IntArray, IntArray],
    ways: tuple[Any, ...],
    steps: int,
    checks: IntArray,
    last_episode: int,
    min_episodes: int,
    most_wrong: int,
    passed: bool,
    found: FloatArray,
) -> tuple[int, int, Place]:
    """Q-learning from check to check, until one ends the run; compiled, all of it is one call.

    Another loop can be put in place of `q_learning_steps` (`_compiling.replaced`).

    Args:
        q: the table that the loop changes, which is what the checks look at.
        agent, place, diary: the arguments of the loop; the last two are the diary.
        ways: the arguments of `greedy_walk` after `q`.
        steps: environment steps taken before.
        checks: at how many steps each check stands, shape `[K]`.
        last_episode: the greedy policy is looked at when it is complete, too.
        min_episodes, most_wrong, passed: the run ends after that many episodes, once a check has
            found at most so many wrong states, or has passed before.
        found: changes in place, shape `[K + 1, 3]`: the numbers that `greedy_walk` returns, at each
            check and, in the last row, after `last_episode`.

    Returns:
        `(checks done, steps taken, place)`: where to go on from.
    """
    number = 0
    while number < checks.size:
        n_steps = int(checks[number]) - steps
        ran = q_learning_steps(*agent, *place, n_steps, last_episode, *diary)  # type: ignore[call-arg]
        steps, place = steps + ran[0], ran[1:]
        length, episode = place[2], place[3]
        if length == 0 and episode == last_episode:
            found[-1, 0], found[-1, 1], found[-1, 2] = greedy_walk(q, *ways)[1:]
        if steps == checks[number]:
            _, walked, n_settled, n_wrong = greedy_walk(q, *ways)
            found[number, 0], found[number, 1], found[number, 2] = walked, n_settled, n_wrong
            number += 1
            passed = passed or n_wrong <= most_wrong
            if passed and episode >= min_episodes:
                break
    return number, steps, place


class Learner:
    """A Q-learning agent on one task. Running it in pieces does not change the result.

    Args:
        world: the map, or another finite world.
        goal: `(row, column)` of the goal, or the states of the goal.
        start_q: starting table, shape `[S, A]`; zeros if None. It is copied, and the goals' rows
            are set to 0, since nothing is earned after the end.
        seed: a seed or a `numpy.random.Generator`, the only source of randomness.
        learning_rate: η in (0, 1]; 1 is right for a deterministic world.
        epsilon: share of random actions, 0 to 1.
        discount: γ in (0, 1].
        record: how many episodes to remember.

    Raises:
        ValueError: if a setting is outside its range, or the goal or table does not fit the world.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> learner = Learner(GridWorld.open_map(4), (0, 0), seed=1)
        >>> learner.run(2_000)
        >>> learner.evaluate().optimal
        True
    """

    def __init__(
        self,
        world: FiniteWorld,
        goal: Goal,
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
        self.episodes = world.episodes(goal)
        shape = world.next_state.shape
        self.q = np.zeros(shape) if start_q is None else as_table(start_q, world).copy()
        self.q[self.episodes.goals] = 0.0
        self.learning_rate, self.epsilon, self.discount = learning_rate, epsilon, discount
        self.rng = np.random.default_rng(seed)
        self.steps = 0
        self.episode = 0
        starts = self.episodes.starts
        self.state = int(starts[int(self.rng.random() * starts.size)])
        self._start, self._length = self.state, 0
        self._starts = np.zeros(record, dtype=np.int64)
        self._lengths = np.zeros(record, dtype=np.int64)

    _take_steps: Steps = staticmethod(q_learning_steps)

    @property
    def _agent(self) -> Agent:
        """The loop's first arguments."""
        rule = (self.learning_rate, self.epsilon, self.discount)
        begin_and_end = (self.episodes.ends, self.episodes.starts)
        return (self.q, self.world.next_state, *begin_and_end, *rule, self.rng)

    @property
    def _place(self) -> Place:
        return (self.state, self._start, self._length, self.episode)

    @property
    def _diary(self) -> tuple[IntArray, IntArray]:
        return (self._starts, self._lengths)

    def run(self, n_steps: int, last_episode: int = -1) -> None:
        """Take `n_steps` more steps, or stop early when episode `last_episode` is complete."""
        if n_steps < 0:
            raise ValueError(f"the number of steps is 0 or more; got {n_steps}")
        done, self.state, self._start, self._length, self.episode = compiled(self._take_steps)(
            *self._agent, *self._place, n_steps, last_episode, *self._diary
        )
        self.steps += done

    def run_checked(
        self, checks: IntArray, min_episodes: int, most_wrong: int, passed: bool
    ) -> tuple[list[GreedyEvaluation], GreedyEvaluation | None]:
        """Run from check to check until one ends the run, as `checked_steps` does.

        Returns:
            What each check found, and what the greedy policy did after 20 episodes; None if these
            were not completed in this call.
        """
        before, found = self.episode, np.zeros((len(checks) + 1, 3))
        ways = (
            self.world.next_state,
            self.episodes.distances,
            self.episodes.counted,
            *self.world.predecessors,
        )
        rule = (FEW_SHOT_EPISODES, min_episodes, most_wrong, passed)
        run = compiled(replaced(checked_steps, q_learning_steps=self._take_steps))
        agent = (self.q, self._agent, self._place, self._diary)
        done, self.steps, place = run(*agent, ways, self.steps, checks, *rule, found)
        self.state, self._start, self._length, self.episode = place
        *seen, few_shot = (
            GreedyEvaluation.of(walked, int(n_settled), int(n_wrong), self.episodes)
            for walked, n_settled, n_wrong in found[[*range(done), -1]].tolist()
        )
        return seen, few_shot if before < FEW_SHOT_EPISODES <= self.episode else None

    def evaluate(self) -> GreedyEvaluation:
        """What the greedy policy would do now."""
        return evaluate_table(self.q, self.world, self.episodes)

    @property
    def distances(self) -> IntArray:
        """Fewest steps from every state to a goal, shape `[S]`."""
        return self.episodes.distances

    @property
    def episode_lengths(self) -> IntArray:
        """Steps of each finished episode that is on record."""
        return self._lengths[: self.episode].copy()

    @property
    def episode_starts(self) -> IntArray:
        """Start state of each finished episode that is on record."""
        return self._starts[: self.episode].copy()
