"""Jump-start (Uchendu et al. 2022): the teacher walks first, the learner goes on from there.

I. Uchendu et al.: *Jump-Start Reinforcement Learning*, arXiv:2204.02372. The guide, here the
teacher, takes the first h steps of an episode, so that the learner begins nearer to the goal. As
long as they do no worse together, h goes down in equal stages, until the learner walks alone. The
table begins at zero, and learns from all steps. What counts as *no worse*: the mean length of some
episodes is at most a tenth above the best of any stage before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.learning.qlearning import EPSILON
from cliprl_lite.teachers.contract import epsilon_greedy, greedy, update

HORIZON = 0.01
"""Steps of the guide in the first stage, as a share of the states; chosen on the development
suites."""

STAGES = 3
"""Stages in which they go down to 0; chosen on the development suites."""

WINDOW = 1
"""Episodes of which the mean is taken; chosen on the development suites."""

TOLERANCE = 0.1
"""How far above the best mean still counts as no worse."""


class Guide(NamedTuple):
    """What the rule remembers.

    `q` and `teacher` have shape `[S, 4]`. `now`, shape `[4]`, holds the stages that are left, the
    steps of this episode, and number and steps of the window's episodes; `best`, shape `[1]`, the
    lowest mean so far.
    """

    q: FloatArray
    teacher: FloatArray
    now: IntArray
    best: FloatArray
    epsilon: float
    stride: float
    window: int


def jump_start(
    teacher: FloatArray, horizon: float = HORIZON, stages: int = STAGES, window: int = WINDOW
) -> Guide:
    """An empty table beside the teacher's, and the first stage."""
    now, stride = np.array([stages, 0, 0, 0]), horizon * len(teacher) / stages
    return Guide(np.zeros_like(teacher), teacher, now, np.full(1, np.inf), EPSILON, stride, window)


def act_after_guide(own: Guide, state: int, first: bool, rng: np.random.Generator) -> int:
    """The teacher's greedy action in the first steps, then an ε-greedy one of the learner."""
    if first:
        own.now[1] = 0
    if own.now[1] < own.now[0] * own.stride:
        return greedy(own.teacher[state], rng)
    return epsilon_greedy(own.q[state], own.epsilon, rng)


def learn_after_guide(own: Guide, state: int, action: int, successor: int, done: bool) -> None:
    """Q-learning's update; after a window of episodes, perhaps the next stage."""
    update(own.q, state, action, successor, done)
    own.now[1] += 1
    if not done:
        return
    own.now[2] += 1
    own.now[3] += own.now[1]
    if own.now[2] == own.window:
        mean = own.now[3] / own.window
        if mean <= (1.0 + TOLERANCE) * own.best[0]:
            own.now[0] = max(own.now[0] - 1, 0)
        own.best[0] = min(own.best[0], mean)
        own.now[2:] = 0
