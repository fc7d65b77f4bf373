"""What a rule is told and what it is not: the loop that walks, a rule, and the agent under it.

The contract stands in the package's own words (`cliprl_lite.teachers`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._compiling import replaced
from cliprl_lite.learning.qlearning import Agent, Learner, Steps
from cliprl_lite.worlds.finite_world import (
    DISCOUNT,
    GOAL,
    GOES_ON,
    STEP_REWARD,
    FiniteWorld,
    Goal,
    discounted_return,
)
from cliprl_lite.worlds.greedy import as_table

Own = Any
"""What a rule remembers: a named tuple of arrays, changed in place. The first is the table that is
judged, shape `[S, A]`."""


def act(own: Own, state: int, first: bool, rng: np.random.Generator) -> int:
    """The action of a rule in `state`; `first` on the first step of an episode."""
    raise NotImplementedError("each rule puts its own in place of this")


def learn(own: Own, state: int, action: int, successor: int, done: bool) -> None:
    """What a rule makes of a transition; `done` if it ended the episode."""
    raise NotImplementedError("each rule puts its own in place of this")


def guided_steps(
    own: Own,
    next_state: IntArray,
    ends: IntArray,
    starts_from: IntArray,
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
    """`n_steps` environment steps by a rule, or until episode `last_episode` is complete.

    Only this loop knows world and goals. It draws starts as `q_learning_steps` does, so that a rule
    which does what Q-learning does walks the same way, to the last bit.

    Args:
        own: what the rule remembers; `learn` changes it in place.
        next_state: the world, shape `[S, A]`.
        ends, starts_from: as for `q_learning_steps`.
        rng, state, start, length, episode: as for `q_learning_steps`.
        n_steps, last_episode, starts, lengths: as for `q_learning_steps`.

    Returns:
        `(steps done, state, start, length, episode)`: where to go on from.
    """
    for step in range(n_steps):
        action = act(own, state, length == 0, rng)
        successor = next_state[state, action]
        done = ends[successor] == GOAL
        learn(own, state, action, successor, done)
        state = successor
        length += 1
        if done or (ends[state] != GOES_ON and length % len(next_state) == 0):
            if episode < lengths.size:
                starts[episode] = start
                lengths[episode] = length
            episode += 1
            length = 0
            start = state = starts_from[int(rng.random() * starts_from.size)]
            if episode == last_episode:
                return step + 1, state, start, length, episode
    return n_steps, state, start, length, episode


@dataclass(frozen=True)
class Rule:
    """A way to use a teacher.

    Attributes:
        name: used in tables and on the command line.
        label: used in pictures.
        begin: makes what the rule remembers, from the teacher's table, shape `[S, A]`, and for a
            rule that knows the map from `next_state`, shape `[S, A]`, too.
        act, learn: what the rule does, as `contract.act` and `contract.learn` are called.
        control: name of the same rule without a teacher.
        asks: whether it has a teacher; if not, it is handed a table of zeros.
        knows_map: whether it remembers the map of the base tasks.
    """

    name: str
    label: str
    begin: Callable[..., Own]
    act: Callable[[Own, int, bool, np.random.Generator], int]
    learn: Callable[[Own, int, int, int, bool], None]
    control: str
    asks: bool = True
    knows_map: bool = False

    @property
    def take_steps(self) -> Steps:
        """`guided_steps` by this rule."""
        return replaced(guided_steps, act=self.act, learn=self.learn)

    def learner(
        self,
        world: FiniteWorld,
        goal: Goal,
        teacher: FloatArray | None = None,
        seed: int | np.random.Generator = 0,
        record: int = 1_000,
    ) -> GuidedLearner:
        """An agent under this rule, as `Run` and `learn` take one.

        Example: a teacher whose goal is the opposite corner.
            >>> from cliprl_lite.learning.runs import learn
            >>> from cliprl_lite.teachers.rules import RULES
            >>> from cliprl_lite.worlds.gridworld import GridWorld
            >>> world = GridWorld.open_map(4)
            >>> wrong = world.optimal_q((3, 3))
            >>> run = learn(world, (0, 0), wrong, seed=1, learner=RULES["map_hope"].learner)
            >>> run.clocks["optimal"] < learn(world, (0, 0), wrong, seed=1).clocks["optimal"]
            True
        """
        return GuidedLearner(self, world, goal, teacher, seed, record)


class GuidedLearner(Learner):
    """An agent that learns one task by a rule. Running it in pieces does not change the result.

    Args:
        rule: the rule.
        world, goal, seed, record: as for `Learner`.
        teacher: the teacher's table, shape `[S, A]`; zeros if None. It is copied, and no row of it
            is touched.

    Raises:
        ValueError: if goal or table does not fit the world.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> from cliprl_lite.teachers.rules import RULES
        >>> learner = GuidedLearner(RULES["memory_alone"], GridWorld.open_map(4), (0, 0), seed=1)
        >>> learner.run(500)
        >>> learner.evaluate().optimal
        True
    """

    def __init__(
        self,
        rule: Rule,
        world: FiniteWorld,
        goal: Goal,
        teacher: FloatArray | None = None,
        seed: int | np.random.Generator = 0,
        record: int = 1_000,
    ) -> None:
        super().__init__(world, goal, seed=seed, record=record)
        table = np.zeros_like(self.q)
        if rule.asks and teacher is not None:
            table = as_table(teacher, world).copy()
        self.rule = rule
        self.own = rule.begin(table, world.next_state) if rule.knows_map else rule.begin(table)
        self.q = self.own[0]

    @property
    def _take_steps(self) -> Steps:  # type: ignore[override]
        return self.rule.take_steps

    @property
    def _agent(self) -> Agent:
        return (self.own, self.world.next_state, self.episodes.ends, self.episodes.starts, self.rng)


# ---------------------------------------------------------------------------------------------
# What several rules do
# ---------------------------------------------------------------------------------------------
def greedy(values: FloatArray, rng: np.random.Generator) -> int:
    """One of the actions of highest value, shape `[4]`; draws only if several are.

    Example:
        >>> greedy(np.array([-2.0, -1.0, -3.0, -3.0]), np.random.default_rng(0))
        1
    """
    best, ties = values.max(), 0
    for value in values:
        ties += value == best
    choice = int(rng.random() * ties) if ties > 1 else 0
    for action in range(len(values)):
        if values[action] == best:
            if choice == 0:
                return action
            choice -= 1
    return 0  # never reached: the highest value is one of them


def epsilon_greedy(values: FloatArray, epsilon: float, rng: np.random.Generator) -> int:
    """A random action in a share ε of steps, else a greedy one.

    Example:
        >>> epsilon_greedy(np.array([-2.0, -1.0, -3.0, -3.0]), 0.0, np.random.default_rng(0))
        1
    """
    if rng.random() < epsilon:
        return int(rng.random() * len(values))
    return greedy(values, rng)


def update(q: FloatArray, state: int, action: int, successor: int, done: bool) -> None:
    """Q(s, a) ← −1 + γ max_b Q(s', b), and −1 where the episode ended: Q-learning with η = 1.

    Example:
        >>> q = np.full((2, 4), -3.0)
        >>> update(q, 0, 1, 1, done=False)
        >>> update(q, 0, 2, 1, done=True)
        >>> q[0].round(6).tolist()
        [-3.0, -3.97, -1.0, -3.0]
    """
    after = 0.0 if done else q[successor].max()
    q[state, action] = STEP_REWARD + DISCOUNT * after


def possible(teacher: FloatArray) -> FloatArray:
    """A teacher's table, with no value below that of the longest path, of S steps.

    Weights below zero can make such values. Then walking in a circle for ever, −1 / (1 − γ), would
    look better than trying what the teacher thinks so little of, and a rule that plans would do it.

    Example:
        >>> possible(np.array([[-1.0, -250.0, 3.0, -0.5], [-1.0, -1.0, -1.0, -1.0]])).tolist()[0]
        [-1.0, -1.99, 3.0, -0.5]
    """
    return np.maximum(teacher, discounted_return(len(teacher)))
