"""The exercises of notebook 10: values that settle, a search that follows hope, and a
teacher that hurts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import Function, as_array, blank
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.exercises import keep as keep
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.teachers import plain
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.gridworld import GridWorld, as_cell
from cliprl_lite.worlds.suite_files import load_suite

WORLDS = (GridWorld.from_text("....."), GridWorld.four_rooms(7), GridWorld.open_map(4))
"""A corridor, four rooms, an open map."""

TOO_LONG = 20
"""A search is stopped after so many times as many steps as the map has squares."""


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
def settled(hope: FloatArray, next_state: IntArray) -> FloatArray:
    """Q(s, a) = −1 + γ V(s'), with V(s) the greater of hope(s) and max_a Q(s, a); shape `[S, 4]`.

    Example: hope at the right end of a corridor.
        >>> hope = np.array([-np.inf, -np.inf, 0.0])
        >>> settled(hope, GridWorld.from_text("...").next_state)[:, 3].tolist()
        [-1.99, -1.0, -1.0]
    """
    return plain.settle(hope, np.zeros(len(hope), dtype=bool), next_state)


def _hopes(world: GridWorld) -> list[FloatArray]:
    """Hope at one square only, at two of different worth, and everywhere but where one stood."""
    n = world.n_states
    one, two = np.full((2, n), -np.inf)
    one[0] = two[0] = 0.0
    two[n - 1] = -1.5
    everywhere = -(np.linspace(1, 6, n) ** 1.5)
    everywhere[n // 2] = -np.inf
    return [one, two, everywhere]


def _by_distance(world: GridWorld, hope: FloatArray) -> FloatArray:
    """The same from shortest paths, without any settling: V(s) is the best over all squares of
    their hope, discounted by the way there, less the cost of the way."""
    value = np.full(world.n_states, -np.inf)
    for place in np.flatnonzero(np.isfinite(hope)).tolist():
        far = world.distances(world.cell(place))
        there = DISCOUNT**far * hope[place] - (1 - DISCOUNT**far) / (1 - DISCOUNT)
        value = np.maximum(value, there)
    result: FloatArray = -1 + DISCOUNT * value[world.next_state]
    return result


def _settle_fault(world: GridWorld, hope: FloatArray, given: FloatArray, wanted: FloatArray) -> str:
    """What is wrong with the values, by the equation that they satisfy instead."""

    def agree(cost: float, discount: float) -> bool:
        value = np.maximum(hope, given.max(axis=1))
        return np.allclose(given, -cost + discount * value[world.next_state], rtol=1e-4)

    if np.allclose(given, -1 + DISCOUNT * hope[world.next_state], rtol=1e-6):
        return "one backup is not enough: go on until nothing changes"
    if agree(0, DISCOUNT):
        return "a step costs 1: that is missing"
    if agree(1, 1):
        return "γ is missing"
    if (given <= wanted + 1e-9).all():
        return (
            "they are too low: V(s) is at least hope(s), in every backup and not in the first alone"
        )
    state, action = np.argwhere(~np.isclose(given, wanted))[0].tolist()
    mine, right_one = given[state, action], wanted[state, action]
    where = f"on a map of {world.n_states} squares Q({state}, {action})"
    return f"{where} is {right_one:.3f}, and yours is {mine:.3f}"


@exercise(1, "Settle", ours=("settle", settled))
def settle(answer: Any) -> Verdict:
    """Judge `settle(hope, next_state)`: the values that follow from hope by the map, `[S, 4]`.

    Example:
        >>> settle(lambda hope, next_state: -1 + 0.99 * hope[next_state])
        ✗ Not quite: one backup is not enough: go on until nothing changes
    """
    asked = Function(answer, "settle")
    cases = [(world, hope) for world in WORLDS for hope in _hopes(world)]
    fault = ""
    for world, hope in cases:
        given = as_array(asked(hope, world.next_state), "the values, one for each state and action")
        if given.shape != (world.n_states, 4):
            return wrong(
                f"for a map of {world.n_states} squares the values have the shape "
                f"({world.n_states}, 4); yours have {given.shape}"
            )
        wanted = _by_distance(world, hope)
        if not np.allclose(given, wanted, rtol=1e-6):
            fault = _settle_fault(world, hope, given, wanted)
            if "yours is" not in fault:
                return wrong(fault)
    if fault:
        return wrong(fault)
    return right(
        "these are the values of shortest ways, where each square promises its hope. With hope at "
        "the goal alone they are the optimal table"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
class _Step:
    """The world as a search sees it: an action leads to a state, and says whether that is the
    goal. It keeps the way."""

    def __init__(self, world: GridWorld, goal: int, start: int) -> None:
        self._world, self._goal, self._at = world, goal, start
        self.way = [start]

    def __call__(self, state: Any, action: Any) -> tuple[int, bool]:
        if int(state) != self._at:
            raise ValueError(f"the agent stands on square {self._at}, not on {int(state)}")
        if len(self.way) > TOO_LONG * self._world.n_states:
            raise RuntimeError("the search does not end")
        self._at = int(self._world.next_state[int(state), int(action)])
        self.way.append(self._at)
        return self._at, self._at == self._goal

    def __deepcopy__(self, memo: Any) -> _Step:
        return self  # the way is the reader's, and is looked at after the search


def walked(teacher: FloatArray, next_state: IntArray, step: Any, state: int) -> FloatArray:
    """The library's search, with ties broken by seed 0.

    Example:
        >>> world = GridWorld.from_text(".....")
        >>> table = walked(np.zeros((5, 4)), world.next_state, _Step(world, 4, 2), 2)
        >>> table[:, 3].round(2).tolist()
        [-3.94, -2.97, -1.99, -1.0, -1.0]
    """
    return plain.search(teacher, next_state, step, state, np.random.default_rng(0))


def _searches() -> list[tuple[GridWorld, FloatArray, int, int]]:
    """Map, teacher, goal and start: a teacher that is near, one that is wrong, and none."""
    cases = []
    for world in WORLDS:
        last = world.n_states - 1
        near = world.optimal_q(world.cell(last - 1))
        far = world.optimal_q(world.cell(0))
        for teacher in (near, far, np.zeros_like(near)):
            cases.append((world, teacher, last, world.n_states // 2))
    return cases


@exercise(2, "Search", ours=("search", walked))
def search(answer: Any) -> Verdict:
    """Judge `search(teacher, next_state, step, state)`: it walks to a goal that it does not know,
    and returns the table that is right everywhere, shape `[S, 4]`.

    Example:
        >>> search(lambda teacher, next_state, step, state: teacher)
        ✗ Not quite: it never takes a step: `state, done = step(state, action)` moves the agent
    """
    asked = Function(answer, "search")
    for world, teacher, goal, start in _searches():
        step = _Step(world, goal, start)
        table = as_array(asked(teacher, world.next_state, step, start), "the table at the end")
        found, bound = len(step.way) - 1, (world.n_states - 1) * _diameter(world)
        if found == 0:
            return wrong(
                "it never takes a step: `state, done = step(state, action)` moves the agent"
            )
        if goal in step.way[:-1]:
            return wrong("it walks on after the goal was found: stop when `done`")
        if step.way[-1] != goal:
            return wrong("it stops before the goal is found: go on until `done`")
        if found > bound:
            return wrong(
                f"on a map of {world.n_states} squares it took {found} steps; every leg of the "
                f"search should rule out a square, which bounds it by {bound}. Is hope −∞ where "
                "the agent stands, before each step?"
            )
        fault = _way_fault(world, teacher, step.way)
        if fault:
            return wrong(fault)
        if table.shape != teacher.shape:
            return wrong(f"the table has the shape {teacher.shape}; yours has {table.shape}")
        if not _right_everywhere(world, table, goal):
            return wrong(
                "the walk is right, the table at the end is not: now hope is 0 at the goal and −∞ "
                "everywhere else, and the values have to settle once more"
            )
    return right(
        "whatever the teacher says, every leg rules out a square, and once the goal is found one "
        "planning makes the whole table right"
    )


def _way_fault(world: GridWorld, teacher: FloatArray, way: list[int]) -> str:
    """Whether each step was greedy in the values that hope settles to."""
    hope = 0.5 * teacher.max(axis=1)
    for here, there in pairwise(way):
        hope[here] = -np.inf
        values = settled(hope, world.next_state)[here]
        best = values >= values.max() - 1e-9
        if there not in world.next_state[here, best]:
            return (
                f"on a map of {world.n_states} squares it steps from square {here} to {there}, "
                "which is not the best by the settled values. Half of the teacher's best value is "
                "what a square may be worth; −∞ where the agent has stood"
            )
    return ""


def _right_everywhere(world: GridWorld, table: FloatArray, goal: int) -> bool:
    wanted = world.optimal_q(world.cell(goal))
    others = np.arange(world.n_states) != goal
    return bool(np.allclose(table[others], wanted[others], rtol=1e-6))


def _diameter(world: GridWorld) -> int:
    return max(int(world.distances(world.cell(state)).max()) for state in range(world.n_states))


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
HURTS = 1.5
"""The first episode has to take so many times as long as with the map alone."""

_SEEDS = range(41)


@exercise(3, "Break it")
def teacher_that_hurts(cell: Any) -> Verdict:
    """Judge the goal, `(row, column)`, of a teacher whose hope makes the search in house A longer
    than no teacher would: by half, in the median of 41 starts.

    Example:
        >>> teacher_that_hurts((4, 2)).passed
        False
    """
    if blank(cell):
        return not_yet()
    house = load_suite("house_a")
    goal = house.transfer("go to the red cone").target.goal
    try:
        teacher = house.world.optimal_q(as_cell(cell))
    except ValueError as problem:
        return wrong(str(problem))
    if as_cell(cell) == goal:
        return wrong("that teacher knows the new task itself")
    ratio = float(rounded(np.median(_first_episodes(teacher) / _first_episodes(None))))
    said = f"the first episode takes {ratio:.2f} times as long as with the map alone"
    if ratio < 1:
        return wrong(f"{said}: that teacher helps")
    if ratio < HURTS:
        return wrong(f"{said}; {HURTS} is asked for. Where does its hope draw the agent first?")
    return right(
        f"{said}, and still far fewer steps than without a map. Whoever says that a rule never "
        "hurts has to say against whom"
    )


def _first_episodes(teacher: FloatArray | None) -> FloatArray:
    """Steps of the first episode from each of 41 starts, with the map and this teacher's hope."""
    house = load_suite("house_a")
    goal = house.transfer("go to the red cone").target.goal
    rule = RULES["map_alone" if teacher is None else "map_hope"]
    steps = []
    for seed in _SEEDS:
        learner = rule.learner(house.world, goal, teacher, seed)
        learner.run(house.world.n_states**2, last_episode=1)
        steps.append(learner.steps)
    return np.array(steps, dtype=float)
