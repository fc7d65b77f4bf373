"""Memory and search as a reader would write them: NumPy, nothing compiled, nothing kept.

They are what `memory` and `search` do, to the last bit, with the same random numbers. `step` is the
world: it takes a state and an action, and returns the next state and whether the episode is over.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite.teachers.search import HOPE
from cliprl_lite.worlds.finite_world import DISCOUNT, STEP_REWARD

Step = Callable[[int, int], tuple[int, bool]]
"""State, action → next state, end of the episode."""


def pick(options: IntArray, rng: np.random.Generator) -> int:
    """One of some actions; draws only if there are several.

    Example:
        >>> pick(np.array([2]), np.random.default_rng(0))
        2
    """
    return int(options[int(rng.random() * len(options)) if len(options) > 1 else 0])


def settle(
    hope: FloatArray | float,
    met: BoolArray,
    next_state: IntArray,
    untried: FloatArray | float = 0.0,
) -> FloatArray:
    """Action values that agree with each other: Q(s, a) = −1 + γ V(s'), where V(s) is 0 at a goal
    and else the greater of hope(s) and max_a Q(s, a).

    Args:
        hope: what a state is worth by itself, −∞ for nothing, shape `[S]`.
        met: which states have ended an episode, shape `[S]`.
        next_state: where each action leads, −1 where that is not known, shape `[S, 4]`.
        untried: what actions are worth of which it is not known.

    Returns:
        Shape `[S, 4]`.

    Example: a corridor of three squares, and the goal on the right.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> end = np.array([False, False, True])
        >>> settle(-np.inf, end, GridWorld.from_text("...").next_state)[:, 3].tolist()
        [-1.99, -1.0, -1.0]
    """
    q = np.where(next_state < 0, untried, -np.inf)
    while True:
        value = np.where(met, 0, np.maximum(hope, q.max(axis=1)))
        new = np.where(next_state < 0, untried, STEP_REWARD + DISCOUNT * value[next_state])
        if np.array_equal(new, q):
            return q
        q = new


def search(
    teacher: FloatArray,
    next_state: IntArray,
    step: Step,
    state: int,
    rng: np.random.Generator,
    share: float = HOPE,
) -> FloatArray:
    """The first episode with a map that is known; returns a table that is right everywhere.

    Args:
        teacher: its table, shape `[S, 4]`.
        next_state: the map, shape `[S, 4]`.
        step, state, rng: the world, the start, and the source of randomness.
        share: what a square not yet stood on is worth, as a share of what the teacher says.

    Example: the teacher has nothing to say, and the goal is one of two ends.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> corridor = GridWorld.from_text("...").next_state
        >>> def step(state, action):
        ...     return corridor[state, action], corridor[state, action] == 2
        >>> search(np.zeros((3, 4)), corridor, step, 1, np.random.default_rng(0))[:, 3].tolist()
        [-1.99, -1.0, -1.0]
    """
    hope = share * teacher.max(axis=1)  # a square not yet stood on may be the goal
    met = np.zeros(len(hope), dtype=bool)
    while not met.any():
        hope[state] = -np.inf  # this one is not
        q = settle(hope, met, next_state)[state]
        state, done = step(state, pick(np.flatnonzero(q == q.max()), rng))
        met[state] = done
    return settle(-np.inf, met, next_state)


def journey(
    q: FloatArray,
    teacher: FloatArray,
    seen: IntArray,
    met: BoolArray,
    step: Step,
    state: int,
    rng: np.random.Generator,
) -> FloatArray:
    """One episode with memory; returns the table after it.

    Args:
        q: the table before it, shape `[S, 4]`; in the first episode the teacher's.
        teacher: the teacher's table, shape `[S, 4]`.
        seen, met: change in place. Where each action led, −1 if it was never tried, shape `[S, 4]`;
            which states have ended an episode, shape `[S]`.
        step, state, rng: the world, the start, and the source of randomness.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> corridor = GridWorld.from_text("...").next_state
        >>> def step(state, action):
        ...     return corridor[state, action], corridor[state, action] == 2
        >>> seen, met = np.full((3, 4), -1), np.zeros(3, dtype=bool)
        >>> zero, rng = np.zeros((3, 4)), np.random.default_rng(0)
        >>> float(journey(zero, zero, seen, met, step, 1, rng)[1, 3]), met.tolist()
        (-1.0, [False, False, True])
    """
    done, first = False, True
    while not done:
        untried = np.flatnonzero(seen[state] < 0)
        best = np.flatnonzero(q[state] == q[state].max())
        action = pick(untried if first and len(untried) else best, rng)
        state_before, first = state, False
        state, done = step(state, action)
        seen[state_before, action] = state
        met[state] = done
        q = settle(-np.inf, met, seen, teacher)
    return q
