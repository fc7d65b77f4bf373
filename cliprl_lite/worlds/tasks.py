"""Tasks and suites: which sentence means which goal.

A `Task` owns both its sentence and its goal. A `TaskSuite` is a world with the tasks an agent has
already learned (α in the paper) and those it meets next (β). `suite_files` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cliprl_lite.worlds.finite_world import FiniteWorld, Goal, as_goal
from cliprl_lite.worlds.gridworld import GridWorld, as_cell, as_map


@dataclass(frozen=True)
class Task:
    """One thing an agent can be asked to do.

    Attributes:
        name: a short unique name, used in result tables; the sentence if none is given.
        sentence: the instruction, in English.
        goal: `(row, column)` of the goal on a map, or the numbers of its states in another world;
            kept as a tuple of plain whole numbers.
        group: tasks with the same group have truly similar policies (a room, a side).
        colour: colour of the object at the goal, or empty.
        shape: shape of the object at the goal, or empty.

    Raises:
        ValueError: if the goal is not made of whole numbers.

    Example:
        >>> Task("cone", "go to the red cone", goal=(4, 1), colour="red", shape="cone").goal
        (4, 1)
    """

    name: str
    sentence: str
    goal: Goal
    group: str = ""
    colour: str = ""
    shape: str = ""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "goal", as_goal(self.goal))
        except ValueError as error:
            raise ValueError(f"task {self.name!r}: the goal: {error}") from None

    @property
    def cell(self) -> tuple[int, int]:
        """`(row, column)` of the goal on a map.

        Raises:
            ValueError: if the goal is no cell.
        """
        return as_cell(self.goal)


@dataclass(frozen=True)
class Transfer:
    """A new task, and the old tasks whose policies it may start from."""

    target: Task
    bases: tuple[Task, ...]


@dataclass(frozen=True, eq=False)
class TaskSuite:
    """A world with its tasks.

    Attributes:
        name: the file's name without its ending, with the size added where the caller chose it.
        title: one line for people.
        world: the map, or another finite world.
        tasks: the tasks with a trained policy (α).
        targets: the new tasks (β). Empty means *leave one out*: each task in turn is the target,
            and all the others are its bases.

    Raises:
        ValueError: if a goal is no free cell of the map, or no episode for it can begin; the
            message names the task.

    Example:
        >>> from cliprl_lite import load_suite
        >>> suite = load_suite("corners", size=10)
        >>> suite.world, [task.sentence for task in suite.tasks][:2]
        (GridWorld(10×10, 100 states), ['top left first', 'top left second'])
        >>> [(t.target.name, t.target.goal) for t in suite.transfers()]
        [('left', (0, 2)), ('right', (0, 7)), ('mismatch', (0, 7))]
    """

    name: str
    title: str
    world: FiniteWorld
    tasks: tuple[Task, ...]
    targets: tuple[Task, ...] = ()

    def __post_init__(self) -> None:
        for task in (*self.tasks, *self.targets):
            try:
                self.world.episodes(task.goal)
            except ValueError as error:
                problem = f"task {task.name!r}: the goal: {error}"
                mend = "; move it to a free cell" if isinstance(self.world, GridWorld) else ""
                raise ValueError(problem + mend) from None

    @property
    def map(self) -> GridWorld:
        """The world of a suite that is drawn as a map.

        Raises:
            ValueError: if it is another finite world.
        """
        return as_map(self.world)

    def transfers(self) -> list[Transfer]:
        """Every target with its base tasks, in the file's order."""
        if self.targets:
            return [Transfer(target, self.tasks) for target in self.targets]
        return [
            Transfer(task, tuple(other for other in self.tasks if other is not task))
            for task in self.tasks
        ]

    def transfer(self, target: str) -> Transfer:
        """The transfer whose target has this name.

        Raises:
            ValueError: if no target has it; the message lists those there are.
        """
        for transfer in self.transfers():
            if transfer.target.name == target:
                return transfer
        names = ", ".join(repr(t.target.name) for t in self.transfers())
        raise ValueError(f"suite {self.name!r} has no target {target!r}; it has {names}")

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with the world, the tasks or the targets."""
        content = f"{self.world.content}\n{self.tasks}\n{self.targets}"
        return sha256(content.encode(errors="backslashreplace")).hexdigest()[:12]

    @property
    def sentences(self) -> list[str]:
        """Every sentence of the suite once, base tasks first."""
        return list(dict.fromkeys(task.sentence for task in (*self.tasks, *self.targets)))
