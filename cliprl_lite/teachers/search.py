"""The map and the teacher's hope: a search for the goal on a map that is known already.

All tasks of a world share its map, and the base tasks' experience holds it. So the new task is one
unknown, where the goal is, and the teacher has an opinion on it. A square not yet stood on may be
the goal, and is worth half of what the teacher says of it; one that was stood on is not. The walk
is greedy in the values that follow from this by the map. Once the goal was met the same planning
gives a table that is right everywhere; until then the answer is the teacher's table.

As the learner without a map is R-max (see `memory`), this is one whose model is complete but for
the reward; the teacher's values take the place of its one optimistic number, as a potential does in
the shaping of Asmuth et al. (2008). It is a ceiling, and not the paper's algorithm.

Bound: the first episode takes (S − 1) · D steps at most, with D the map's diameter, whatever the
teacher says: a leg is a shortest path to some square that was not stood on, and there are S − 1.
After it the table is right everywhere, so that clocks 2 and 3 stop with the first episode.

With several goals that is not so: the search ends at the first, and its table is right for the
goals that were met, which later episodes need not change. It would have to go on until no hope is
left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite.teachers.contract import greedy, possible
from cliprl_lite.worlds.finite_world import DISCOUNT, STEP_REWARD

HOPE = 0.5
"""What a square not yet stood on is worth, as a share of what the teacher says; chosen on the
development suites."""


class Search(NamedTuple):
    """What the rule remembers.

    `q`, the answer, has shape `[S, A]`, as has the map, `next_state`. `hope` and `values`, shape
    `[S]`, are what a square may be worth as the goal, −∞ if it is not, and what it is worth in the
    plan. `met`, shape `[S]`, marks states that ended an episode.
    """

    q: FloatArray
    next_state: IntArray
    hope: FloatArray
    values: FloatArray
    met: BoolArray


def begin_search(teacher: FloatArray, next_state: IntArray, share: float = HOPE) -> Search:
    """Hope everywhere; without a teacher, whose table is zero, everywhere the same."""
    hope, met = share * possible(teacher).max(axis=1), np.zeros(len(teacher), dtype=np.bool_)
    return Search(teacher.copy(), next_state, hope, np.full(len(teacher), -np.inf), met)


def act_on_hope(own: Search, state: int, first: bool, rng: np.random.Generator) -> int:
    """Greedy in the plan. The square stood on is not the goal, or the episode would be over."""
    if own.hope[state] > -np.inf:
        own.hope[state] = -np.inf
        plan(own.values, own.hope, own.met, own.next_state)
    row = np.empty(own.q.shape[1])
    for action in range(len(row)):
        row[action] = STEP_REWARD + DISCOUNT * own.values[own.next_state[state, action]]
    return greedy(row, rng)


def learn_the_goal(own: Search, state: int, action: int, successor: int, done: bool) -> None:
    """Nothing but the end of an episode is news."""
    if done and not own.met[successor]:
        own.met[successor] = True
        own.hope[:] = -np.inf
        own.values[:] = -np.inf
        plan(own.values, own.hope, own.met, own.next_state)
        for place in range(len(own.q)):
            for other in range(own.q.shape[1]):
                after = own.values[own.next_state[place, other]]
                own.q[place, other] = STEP_REWARD + DISCOUNT * after


def plan(values: FloatArray, hope: FloatArray, met: BoolArray, next_state: IntArray) -> None:
    """V(s) ← max(hope(s), max_a −1 + γ V(s')), and 0 at a goal, until nothing changes.

    It may begin at any values, as `memory.replay` may; hope only falls in a search, so that little
    changes from one plan to the next.

    Example: a corridor of three squares, and hope at its right end.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> values, hope = np.zeros(3), np.array([-np.inf, -np.inf, -4.0])
        >>> plan(values, hope, np.zeros(3, dtype=bool), GridWorld.from_text("...").next_state)
        >>> values.round(6).tolist()
        [-5.9104, -4.96, -4.0]
    """
    changed = True
    while changed:
        changed = False
        for state in range(len(values)):
            value = hope[state]
            for action in range(next_state.shape[1]):
                value = max(value, STEP_REWARD + DISCOUNT * values[next_state[state, action]])
            if met[state]:
                value = 0.0
            if value != values[state]:
                values[state] = value
                changed = True
