"""Value iteration, one state at a time: a backup, and the fewest that make every value right.

`GridWorld.optimal_q` backs up all states at once, sweep after sweep. Here the order is free
(asynchronous value iteration, Sutton & Barto 2018, §4.5), and it decides how many backups it takes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite._rounding import rounded
from cliprl_lite.worlds.finite_world import DISCOUNT, STEP_REWARD
from cliprl_lite.worlds.gridworld import ACTIONS, GridWorld

Start = Literal["unknown", "zeros"]
"""The value that every state has at first: −∞, which no maximum ever picks, or 0."""


def start_table(world: GridWorld, goal: tuple[int, int], start: Start) -> FloatArray:
    """The table before any backup, shape `[S, 4]`; the goal's values are 0, and stay so.

    Raises:
        ValueError: if the goal is not a free cell, or the start has another name.

    Example:
        >>> start_table(GridWorld.from_text(".."), (0, 0), "unknown").tolist()
        [[0.0, 0.0, 0.0, 0.0], [-inf, -inf, -inf, -inf]]
    """
    if start not in ("unknown", "zeros"):
        raise ValueError(f'the start is "unknown" or "zeros"; got {str(start)[:40]!r}')
    q = np.full((world.n_states, len(ACTIONS)), -np.inf if start == "unknown" else 0.0)
    q[world.state(goal)] = 0.0
    return q


def backup(q: FloatArray, world: GridWorld, state: int, discount: float = DISCOUNT) -> FloatArray:
    """One backup of a state that is no goal: its four new values, shape `[4]`, in reward.

    Each action's value is `−1 + γ max_b Q(s', b)`, where s' is the state that it leads to and Q is
    the table as it stands.

    Args:
        q: action values, shape `[S, 4]`.
        discount: γ.

    Example: beside the goal, where up and down lead into a wall.
        >>> world = GridWorld.from_text("...")
        >>> backup(start_table(world, (0, 0), "zeros"), world, 1, discount=0.5).tolist()
        [-1.0, -1.0, -1.0, -1.0]
        >>> backup(world.optimal_q((0, 0)), world, 1, discount=1.0).tolist()
        [-2.0, -2.0, -1.0, -2.99]
    """
    new: FloatArray = STEP_REWARD + discount * q[world.next_state[state]].max(axis=1)
    return new


def right_values(q: FloatArray, exact: FloatArray) -> BoolArray:
    """Whether the value of each state, the highest of its four, is the exact one, shape `[S]`.

    Example:
        >>> world = GridWorld.from_text("...")
        >>> exact = world.optimal_q((0, 0)).max(axis=1)
        >>> right_values(start_table(world, (0, 0), "unknown"), exact).tolist()
        [True, False, False]
    """
    right: BoolArray = rounded(q.max(axis=1) - exact) == 0
    return right


def outward(world: GridWorld, goal: tuple[int, int]) -> list[int]:
    """All states but the goal, the nearest to it first: an order in which from *unknown* one
    backup of each is enough.

    Example:
        >>> outward(GridWorld.from_text("....."), (0, 2))
        [1, 3, 0, 4]
    """
    goal_state, order = world.state(goal), np.argsort(world.distances(goal), kind="stable")
    return [state for state in order.tolist() if state != goal_state]


def random_backups(
    world: GridWorld,
    goal: tuple[int, int],
    start: Start,
    runs: int,
    seed: int | np.random.Generator = 0,
    discount: float = DISCOUNT,
) -> IntArray:
    """How many backups sweeps in random order need until every value is right, `[runs]`.

    Each sweep backs up every state but the goal once, in a new random order.

    Example: outward two are enough, inward it takes three.
        >>> random_backups(GridWorld.from_text("..."), (0, 0), "unknown", runs=6).tolist()
        [2, 2, 2, 3, 2, 2]
    """
    rng, counts = np.random.default_rng(seed), np.zeros(runs, dtype=np.int64)
    exact = world.optimal_q(goal, discount).max(axis=1)
    states = np.delete(np.arange(world.n_states), world.state(goal))
    for run in range(runs):
        q = start_table(world, goal, start)
        while not right_values(q, exact).all():
            for state in rng.permutation(states):
                q[state] = backup(q, world, state, discount)
                counts[run] += 1
                if right_values(q, exact).all():
                    break
    return counts


def fewest_backups(world: GridWorld, goal: tuple[int, int], start: Start) -> int | None:
    """The fewest backups of single states after which every value is right; None if unproven.

    From *unknown* every state but the goal needs one backup, and in outward order one is enough.
    From *zeros*, an action into a wall or over the edge leads back to its own state. A backup then
    lowers the state's value by one step at most, so the state needs as many backups as it is steps
    away. If every state more than one step away has such an action, the sum of the distances is
    the least, and sweeps that leave out states with right values reach it.

    Example:
        >>> world = GridWorld.from_text("...")
        >>> fewest_backups(world, (0, 0), "unknown"), fewest_backups(world, (0, 0), "zeros")
        (2, 3)
    """
    distances = world.distances(goal)
    if start == "unknown":
        return world.n_states - 1
    blocked = (world.next_state == np.arange(world.n_states)[:, None]).any(axis=1)
    return int(distances.sum()) if (blocked | (distances <= 1)).all() else None
