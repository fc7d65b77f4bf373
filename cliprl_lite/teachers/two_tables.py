"""Two tables, one of hope and one of the teacher's, that share all experience.

Each leads as many steps as the other, the teacher's first: about half of all steps, at the most, is
lost to a teacher who knows nothing, and as much to hope where the teacher knows the way. In an
episode that does not end, the lead is looked at again after a stretch, and each stretch is twice as
long as the one before. The hopeful table begins at zero and is never below the truth, so that the
teacher's is cut to it at the start, and is never above it afterwards: both are updated alike. A
false hope of the teacher drowns no later than the hope of the other table; gloom goes when that one
leads to where the teacher's would not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.learning.qlearning import EPSILON
from cliprl_lite.teachers.contract import epsilon_greedy, update

PATIENCE = 0.3
"""Steps of the first stretch of an episode, as a share of the states; chosen on the development
suites."""

TEACHER, HOPE = 0, 1  # the two that can lead


class TwoTables(NamedTuple):
    """What the rule remembers.

    `q`, the teacher's, and `hopeful` have shape `[S, 4]`. `led`, shape `[2]`, counts the steps that
    each has led; `now`, shape `[3]`, holds who leads, the steps that are left of this stretch, and
    its length.
    """

    q: FloatArray
    hopeful: FloatArray
    led: IntArray
    now: IntArray
    epsilon: float
    patience: int


def two_tables(teacher: FloatArray, patience: float = PATIENCE) -> TwoTables:
    """The teacher's table, cut to the hopeful one, which is zero."""
    led, now, stretch = np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64), len(teacher)
    hopeful = np.zeros_like(teacher)
    return TwoTables(
        np.minimum(teacher, hopeful), hopeful, led, now, EPSILON, max(1, round(patience * stretch))
    )


def act_in_turn(own: TwoTables, state: int, first: bool, rng: np.random.Generator) -> int:
    """ε-greedy in the table that leads."""
    if first or own.now[1] == 0:
        own.now[2] = own.patience if first else 2 * own.now[2]
        own.now[1] = own.now[2]
        own.now[0] = TEACHER if own.led[TEACHER] <= own.led[HOPE] else HOPE
    own.led[own.now[0]] += 1
    own.now[1] -= 1
    values = own.q[state] if own.now[0] == TEACHER else own.hopeful[state]
    return epsilon_greedy(values, own.epsilon, rng)


def learn_both(own: TwoTables, state: int, action: int, successor: int, done: bool) -> None:
    """Q-learning's update of both."""
    update(own.hopeful, state, action, successor, done)
    update(own.q, state, action, successor, done)
