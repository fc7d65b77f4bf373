"""Memory: every transition of the new task is remembered, and replayed until nothing changes.

Replay is Dyna's (R. Sutton: *Integrated architectures for learning, planning, and reacting based on
approximating dynamic programming*, ICML 1990); to think well of what was never tried is R-max's
(R. Brafman, M. Tennenholtz, JMLR 3, 2002). Here an untried action is worth what the teacher says;
without a teacher it is worth 0. Advice to a learner with a model, and when it cannot hurt, has been
studied before: by J. Asmuth, M. Littman, R. Zinkov (*Potential-based shaping in model-based
reinforcement learning*, AAAI 2008), T. Mann, Y. Choe (*Directed exploration in reinforcement
learning with transferred knowledge*, EWRL 2012), and E. Lecarpentier et al. (*Lipschitz lifelong
reinforcement learning*, AAAI 2021).

There is no ε: the first action of an episode is one that was never tried, if the state has one;
all others are greedy.

Bound: the goal is met after A · S² steps at most, whatever the teacher says. Between two changes of
the table values rise along a greedy path, V(s') = (V(s) + 1) / γ > V(s), since all are above
−1 / (1 − γ) (`contract.possible`). So no state comes twice, and S steps lead to the goal or to one
of the A · S untried actions. In all later episodes together as many stretches of S steps can be
lost, and no more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite.teachers.contract import greedy, possible
from cliprl_lite.worlds.finite_world import DISCOUNT, STEP_REWARD, discounted_return


class Memory(NamedTuple):
    """What the rule remembers.

    `q` and `teacher` have shape `[S, A]`, as has `seen`: where an action led, −1 if it was never
    tried. `met`, shape `[S]`, marks states that ended an episode. `fresh`, shape `[1]`, says
    whether something was learned since the level was worked out, and `lowest` what the longest path
    is worth.
    """

    q: FloatArray
    teacher: FloatArray
    seen: IntArray
    met: BoolArray
    fresh: BoolArray
    lowest: float


def remember(teacher: FloatArray) -> Memory:
    """Nothing tried; the table is the teacher's."""
    untried, met = np.full(teacher.shape, -1), np.zeros(len(teacher), dtype=np.bool_)
    teacher, fresh = possible(teacher), np.zeros(1, dtype=np.bool_)
    lowest = discounted_return(len(teacher))
    return Memory(teacher.copy(), teacher, untried, met, fresh, lowest)


def act_from_memory(own: Memory, state: int, first: bool, rng: np.random.Generator) -> int:
    """An untried action first, then greedy ones."""
    untried = own.seen[state] < 0
    if first and untried.any():
        return greedy(1.0 * untried, rng)
    return greedy(own.q[state], rng)


def learn_to_memory(own: Memory, state: int, action: int, successor: int, done: bool) -> None:
    """Remember, and replay all if that was new."""
    new = own.seen[state, action] < 0 or (done and not own.met[successor])
    own.seen[state, action] = successor
    own.met[successor] = done
    if new:
        own.fresh[0] = True
        replay(own.q, own.seen, own.met)


def replay(q: FloatArray, seen: IntArray, met: BoolArray) -> None:
    """Q(s, a) ← −1 + γ max_b Q(s', b) for all that is remembered, until nothing changes.

    It may begin at any values: where greedy paths end, as they do here, what it comes to is one
    table to the last bit.

    Example: a corridor of three squares, whose left end was met from the right one.
        >>> seen = np.array([[-1] * 4, [-1, -1, 0, -1], [-1, -1, 1, -1]])
        >>> q = np.full((3, 4), -9.0)
        >>> replay(q, seen, np.array([True, False, False]))
        >>> q[:, 2].tolist()
        [-9.0, -1.0, -1.99]
    """
    changed = True
    while changed:
        changed = False
        for state in range(len(q)):
            for action in range(q.shape[1]):
                successor = seen[state, action]
                if successor >= 0:
                    after = 0.0 if met[successor] else q[successor].max()
                    value = STEP_REWARD + DISCOUNT * after
                    if value != q[state, action]:
                        q[state, action] = value
                        changed = True


def learn_the_level(own: Memory, state: int, action: int, successor: int, done: bool) -> None:
    """As `learn_to_memory`; after an episode, untried actions take on the level of what is known.

    A teacher can know the way and be wrong by how far it is, such as one whose goal lies behind the
    new one. Then what it says of untried actions does not compare with what has been measured. The
    level is the mean, over all states with a known way to the goal, of how much more that way is
    worth than the teacher says; it is added to what the teacher says of untried actions.
    """
    learn_to_memory(own, state, action, successor, done)
    if done and own.fresh[0]:
        own.fresh[0] = False
        known = np.full(own.q.shape, -np.inf)
        replay(known, own.seen, own.met)
        level = mean_surplus(known, own.teacher, own.met)
        for place in range(len(own.q)):
            for other in range(own.q.shape[1]):
                if own.seen[place, other] < 0:
                    own.q[place, other] = max(own.teacher[place, other] + level, own.lowest)
        replay(own.q, own.seen, own.met)


def mean_surplus(known: FloatArray, teacher: FloatArray, met: BoolArray) -> float:
    """Mean of max_a known − max_a teacher, over the states from which a way is known.

    Example:
        >>> known = np.array([[-np.inf] * 4, [-2.0, -3.0, -3.0, -np.inf]])
        >>> float(mean_surplus(known, np.full((2, 4), -5.0), np.zeros(2, dtype=bool)))
        3.0
    """
    total, count = 0.0, 0
    for state in range(len(known)):
        value = known[state].max()
        if value > -np.inf and not met[state]:
            total += value - teacher[state].max()
            count += 1
    return total / count
