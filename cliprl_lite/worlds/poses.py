"""Worlds in which the agent looks somewhere, as in BabyAI: what stands before it, and where.

Each state is a *pose*: its label is `(row, column, direction)`, with the directions right, down,
left, up = 0, 1, 2, 3. An agent does not step onto an object: it has arrived when it stands beside
it and looks at it. So a goal is the set of poses that face an object, and objects and walls can be
told from labels and goals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.tasks import Task, TaskSuite

AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Rows down and columns to the right of the square ahead, by direction."""

Pose = tuple[int, int, int]
"""`(row, column, direction)`."""


def pose(world: FiniteWorld, state: int) -> Pose:
    """Where the agent stands and looks in a state.

    Raises:
        ValueError: if the state's label is no pose.

    Example:
        >>> pose(FiniteWorld([[1], [0]], labels=[(2, 3, 0), (2, 3, 1)]), 1)
        (2, 3, 1)
    """
    match world.labels[state]:
        case [int(row), int(column), int(direction)] if 0 <= direction < len(AHEAD):
            return row, column, direction
    raise ValueError(
        f"state {state} of {world!r} is called {world.labels[state]!r}: a pose is "
        "(row, column, direction) with a direction from 0 to 3, as in BabyAI's suites"
    )


def faced(where: Pose) -> tuple[int, int]:
    """`(row, column)` of the square before an agent.

    Example: from row 4, column 2, it looks up.
        >>> faced((4, 2, 3))
        (3, 2)
    """
    row, column, direction = where
    down, right = AHEAD[direction]
    return row + down, column + right


def facing(world: FiniteWorld, square: tuple[int, int]) -> Goal:
    """The states in which the agent stands before a square and looks at it, in ascending order.

    Example: these are the goal of a task, as BabyAI's own verifier has it.
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> house = load_suite("babyai_house_a")
        >>> task = house.tasks[0]
        >>> [square] = things(house)[task.name]
        >>> facing(house.world, square) == task.goal
        True
    """
    return tuple(
        state for state in range(world.n_states) if faced(pose(world, state)) == tuple(square)
    )


def floor(world: FiniteWorld) -> list[tuple[int, int]]:
    """The squares on which the agent can stand, row by row."""
    return sorted({pose(world, state)[:2] for state in range(world.n_states)})


def things(suite: TaskSuite) -> dict[str, list[tuple[int, int]]]:
    """Name of a task → squares of the objects that it is about: one, or several that look alike.

    Raises:
        ValueError: if the states of the world are no poses.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> found = things(load_suite("babyai_open_0"))
        >>> len(found["go to the red ball"]), len(found["go to a red key"])
        (1, 2)
    """
    return {
        task.name: sorted({faced(pose(suite.world, state)) for state in task.goal})
        for task in suite.tasks
    }


def refurnished(suite: TaskSuite, rooms: Mapping[Any, str]) -> TaskSuite:
    """The same house with its objects in other rooms.

    An object is an obstacle, whatever it looks like. So when objects change places the table of
    next states stays as it is, and each task takes over the goal of the object that lay there. An
    object whose room stays the same stays where it is.

    Args:
        suite: a house in which every task has a room, its `group`.
        rooms: `(colour, shape)` of each task → its new room; as many in each room as before.

    Raises:
        ValueError: if an object has no room, a room is none of the house's, or has not as many
            objects as places.

    Example: two objects of house A change places.
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> house = load_suite("babyai_house_a")
        >>> rooms = {(task.colour, task.shape): task.group for task in house.tasks}
        >>> rooms["red", "ball"], rooms["green", "box"] = "room 2", "room 1"
        >>> other = refurnished(house, rooms)
        >>> other.tasks[0].group, other.world is house.world
        ('room 2', True)
    """
    free: dict[str, list[Goal]] = {task.group: [] for task in suite.tasks}
    moved: dict[str, list[Task]] = {room: [] for room in free}
    new: dict[str, Task] = {}
    for task in suite.tasks:
        thing, room = f"the {task.colour} {task.shape}", rooms.get((task.colour, task.shape))
        if room not in free:
            raise ValueError(f"{thing} has a room, one of {', '.join(sorted(free))}; got {room!r}")
        if room == task.group:
            new[task.name] = task
        else:
            free[task.group].append(task.goal)
            moved[room].append(task)
    for room, tasks in moved.items():
        if len(tasks) != len(free[room]):
            came, left = len(tasks), len(free[room])
            raise ValueError(f"{room}: {came} objects come and {left} go; let as many come as go")
        for task, goal in zip(tasks, free[room], strict=True):
            new[task.name] = replace(task, goal=goal, group=room)
    tasks_as_before = tuple(new[task.name] for task in suite.tasks)
    return TaskSuite(
        f"{suite.name}_refurnished", f"{suite.title}, refurnished", suite.world, tasks_as_before
    )
