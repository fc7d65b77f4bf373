"""Probabilistic policy reuse (Fernández & Veloso 2006): the teacher is one of two to follow.

F. Fernández, M. Veloso: *Probabilistic policy reuse in a reinforcement learning agent*, AAMAS 2006.
Each episode follows either the new policy, greedily, or the teacher by *π-reuse*: with probability
ψ its action, else an ε-greedy one of the new policy, and ψ fades by υ from step to step. Which of
the two is drawn by a softmax of what episodes of either kind have earned, and its inverse
temperature τ grows by Δτ with every episode. Here there is one past policy, an episode of n steps
earns γⁿ, as where the goal alone is rewarded, and ε is this project's. The table begins at zero.

The first step of an episode is the teacher's whenever it is followed. Where it has always earned
more, it is followed for ever, and states that are met as starts alone keep its action: then the
table never becomes optimal everywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.learning.qlearning import EPSILON
from cliprl_lite.teachers.contract import epsilon_greedy, greedy, update
from cliprl_lite.worlds.finite_world import DISCOUNT

FADING = 0.99
"""υ: by what ψ is multiplied at each step, from 1 on; chosen on the development suites."""

COOLING = 0.05
"""Δτ: what is added to τ after each episode, from 0 on; chosen on the development suites."""

TEACHER, NEW = 0, 1  # the two that can be followed


class Reuse(NamedTuple):
    """What the rule remembers.

    `q` and `teacher` have shape `[S, 4]`. `earned` and `episodes`, shape `[2]`, say what episodes
    of either kind have earned together, and how many there were. `now`, shape `[3]`, holds who is
    followed in this episode, ψ, and γⁿ.
    """

    q: FloatArray
    teacher: FloatArray
    earned: FloatArray
    episodes: IntArray
    now: FloatArray
    epsilon: float
    fading: float
    cooling: float


def reuse(teacher: FloatArray, fading: float = FADING, cooling: float = COOLING) -> Reuse:
    """An empty table beside the teacher's."""
    nothing = np.zeros(2), np.zeros(2, dtype=np.int64), np.zeros(3)
    return Reuse(np.zeros_like(teacher), teacher, *nothing, EPSILON, fading, cooling)


def act_by_reuse(own: Reuse, state: int, first: bool, rng: np.random.Generator) -> int:
    """π-reuse, or the new policy."""
    if first:
        gain = own.earned / np.maximum(own.episodes, 1)
        heat = own.cooling * own.episodes.sum()
        lead = min(heat * (gain[NEW] - gain[TEACHER]), 700.0)  # exp can take no more
        share = round(1.0 / (1.0 + math.exp(lead)), 9)
        own.now[0] = TEACHER if rng.random() < share else NEW
        own.now[1] = own.now[2] = 1.0
    if own.now[0] == NEW:
        return greedy(own.q[state], rng)
    if rng.random() < own.now[1]:
        return greedy(own.teacher[state], rng)
    return epsilon_greedy(own.q[state], own.epsilon, rng)


def learn_by_reuse(own: Reuse, state: int, action: int, successor: int, done: bool) -> None:
    """Q-learning's update; at the end of an episode, what it has earned."""
    update(own.q, state, action, successor, done)
    own.now[1] *= own.fading
    own.now[2] *= DISCOUNT
    if done:
        followed = int(own.now[0])
        own.earned[followed] += own.now[2]
        own.episodes[followed] += 1
