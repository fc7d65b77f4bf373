"""Rules that only begin elsewhere: ε-greedy Q-learning, from the teacher's table or what is made
of it.

`warm` is what both algorithms of the paper do with their average. The others are one line each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite.learning.qlearning import EPSILON
from cliprl_lite.teachers.contract import epsilon_greedy, update


class Table(NamedTuple):
    """What Q-learning remembers: its table, shape `[S, 4]`, and ε."""

    q: FloatArray
    epsilon: float


def warm(teacher: FloatArray) -> Table:
    """The teacher's table as it is, or zeros: plain Q-learning, and from zeros the plain rival."""
    return Table(teacher.copy(), EPSILON)


def raised(teacher: FloatArray) -> Table:
    """One constant on all values, so that every state has one of 0 or more.

    No state looks hopeless any more; most look far too good.

    Example:
        >>> raised(np.array([[-1.0, -2.0, -2.0, -2.0], [-3.0, -4.0, -4.0, -4.0]])).q[:, 0].tolist()
        [2.0, 0.0]
    """
    return Table(teacher - teacher.max(axis=1).min(), EPSILON)


def advantages(teacher: FloatArray) -> Table:
    """T(s, a) − max_b T(s, b): the teacher's choices without its values.

    The best action of each state is worth 0, as all actions are in an empty table, so that nothing
    is above hope or without it. What the teacher knows of distances is lost.

    Example:
        >>> advantages(np.array([[-3.0, -1.0, -2.0, -2.0]])).q.tolist()
        [[-2.0, 0.0, -1.0, -1.0]]
    """
    return Table(teacher - teacher.max(axis=1, keepdims=True), EPSILON)


def act_by_table(own: Table, state: int, first: bool, rng: np.random.Generator) -> int:
    """ε-greedy."""
    return epsilon_greedy(own.q[state], own.epsilon, rng)


def learn_table(own: Table, state: int, action: int, successor: int, done: bool) -> None:
    """Q-learning's update."""
    update(own.q, state, action, successor, done)
