"""Which of several goals a greedy policy reaches, and in how many states it acts right.

An average of policies has no goal of its own, so it is judged by the goals of all policies in it.
For a single goal, `greedy` says more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.greedy import wrong_states
from cliprl_lite.worlds.gridworld import ACTIONS, GridWorld

Goals = Sequence[Goal]
"""Each goal as its task names it; one that is listed twice counts once."""


def destinations(q: FloatArray, world: FiniteWorld, goals: Goals) -> tuple[FloatArray, float]:
    """Where the greedy policy of a table ends up if no goal ends the walk.

    The agent always takes the first of its greedy actions. After S steps it walks in a circle, and
    it has come to every goal on that circle.

    Args:
        q: action values, shape `[S, A]`.

    Returns:
        The share of starts that come to each goal, shape `[N]`, and the share that come to none.
        A start counts for every goal on its circle.

    Example:
        >>> world = GridWorld.open_map(4)
        >>> came, nowhere = destinations(world.optimal_q((0, 0)), world, [(0, 0), (3, 3)])
        >>> came.tolist(), nowhere
        ([1.0, 0.0], 0.0)
    """
    then = world.next_state[np.arange(world.n_states), np.asarray(q).argmax(axis=1)]
    at = np.arange(world.n_states)
    for _ in range(world.n_states):
        at = then[at]
    places = [world.goal_states(goal) for goal in goals]
    came = np.zeros((len(places), world.n_states), dtype=bool)
    for _ in range(world.n_states):
        came |= [np.isin(at, states) for states in places]
        at = then[at]
    return came.mean(axis=1), float((~came.any(axis=0)).mean())


def arrival_share(greedy: BoolArray, world: FiniteWorld, goals: Goals) -> float:
    """The share of starts from which a policy arrives at one of the goals, whichever it is.

    For one goal it is `evaluate_greedy(…).success`.

    Args:
        greedy: shape `[S, A]`; every tied action has to lead to a goal.

    Example: everything left and up, and both corners of the left edge are goals.
        >>> world = GridWorld.open_map(3)
        >>> left, up = (np.tile(np.eye(4, dtype=bool)[k], (9, 1)) for k in (2, 0))
        >>> [round(arrival_share(one, world, [(0, 0), (2, 0)]), 2) for one in (left, up)]
        [0.57, 0.14]
    """
    ends = goal_states(world, goals)
    arrived = np.zeros(world.n_states, dtype=bool)
    arrived[ends] = True
    while True:
        more = arrived | (~greedy | arrived[world.next_state]).all(axis=1)
        if np.array_equal(more, arrived):
            return float((arrived.sum() - len(ends)) / (world.n_states - len(ends)))
        arrived = more


def right_share(greedy: BoolArray, world: FiniteWorld, goals: Goals) -> float:
    """The share of states, goals apart, that `wrong_states` does not mark.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> right_share(np.tile(np.eye(4, dtype=bool)[0], (9, 1)), world, [(0, 0)])
        0.75
    """
    ends = goal_states(world, goals)
    return float(1 - np.delete(wrong_states(greedy, world, goals), ends).mean())


def best_constant(world: GridWorld, goals: Goals) -> tuple[str, float, float]:
    """The best policy that takes one action everywhere: a baseline for learned policies.

    Returns:
        The action's name, its `right_share`, by which it is the best, and its `arrival_share`.

    Example:
        >>> best_constant(GridWorld.open_map(3), [(0, 0)])
        ('up', 0.75, 0.25)
    """
    found = []
    for number, name in enumerate(ACTIONS):
        greedy = np.tile(np.arange(len(ACTIONS)) == number, (world.n_states, 1))
        found.append((name, right_share(greedy, world, goals), arrival_share(greedy, world, goals)))
    return max(found, key=lambda one: one[1])


def goal_states(world: FiniteWorld, goals: Goals) -> list[int]:
    """The goals' states in ascending order, each once.

    Example:
        >>> goal_states(GridWorld.open_map(3), [(2, 0), (0, 1), (2, 0)])
        [1, 6]
    """
    return sorted({state for goal in goals for state in world.goal_states(goal)})
