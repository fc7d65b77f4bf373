"""The house with its sixteen objects to move about, and the two heatmaps beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import favourites, rounded
from cliprl_lite.language.sentences import embed
from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import colour, map_svg, picture, tag, text
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.widgets.base import Asked, module, style
from cliprl_lite.widgets.heatmaps import describe, inset, plain
from cliprl_lite.widgets.words import square
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.tasks import Task, TaskSuite, load_suite

Cell = tuple[int, int]

HOUSES = ("house_a", "house_b", "house_c")
"""The suites behind the buttons A, B and C."""

SIDE = 272.0
"""Of the map and of each heatmap, in pixels."""

ROOMS = ("top left", "top right", "bottom left", "bottom right")
WORDS, POLICIES = "what the words say", "what the policies say"


class HouseBoard(Asked):
    """A house whose objects can be regrouped while the words stay as they are.

    A reader presses A, B or C, or drags an object to another square; by keyboard Enter picks up
    the object under the cursor and puts it down again. On a square that is taken the two objects
    change places. Policies are exact: the optimal values for each object's square, the mean over
    the sixteen taken off, compared by cosine.

    Attributes:
        house: the suite that is shown, or `"own"`.
        places: the state on which each of the sixteen objects stands, in the order of the tasks.
        asked: each drop: the number of the object and the state it was dropped on.

    Example:
        >>> board = HouseBoard()
        >>> print(board.summary())
        House A: a colour per room. Right room: words 0 of 16, policies 16 of 16.
        >>> board.show("house_b")
        >>> print(board.summary())
        House B: a shape per room. Right room: words 16 of 16, policies 16 of 16.
        >>> board.move(0, (9, 9))
        >>> board.goals[0], board.house
        ((9, 9), 'own')
    """

    _esm, _css = module("house_board"), style("house_board")
    house = traitlets.Unicode("house_a").tag(sync=True, heard=True)
    title = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    policies = traitlets.Unicode().tag(sync=True)
    counts: traitlets.List[int] = traitlets.List([0, 0]).tag(sync=True)
    places: traitlets.List[int] = traitlets.List().tag(sync=True)
    cells: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    objects: traitlets.List[str] = traitlets.List().tag(sync=True)

    def __init__(self) -> None:
        suites = [load_suite(name) for name in HOUSES]
        self._suites: dict[str, TaskSuite] = dict(zip(HOUSES, suites, strict=True))
        self.world: GridWorld = suites[0].world
        self.tasks: tuple[Task, ...] = suites[0].tasks
        self.word_similarity: FloatArray = np.zeros((len(self.tasks),) * 2)
        self.policy_similarity = self.word_similarity
        self._q = cache(self.world.optimal_q)
        super().__init__(
            cells=self.world.cells.tolist(),
            objects=[f"{task.colour} {task.shape}" for task in self.tasks],
        )
        self.show("house_a")
        self.status = "Press A, B or C, or drag an object to another square."

    # -----------------------------------------------------------------------------------------
    # What a reader can do
    # -----------------------------------------------------------------------------------------
    def show(self, name: str) -> None:
        """Put all objects where a suite has them, as the buttons do.

        Raises:
            ValueError: if it is none of the three houses.
        """
        if name not in self._suites:
            raise ValueError(f"there is no house {name!r}; take one of {', '.join(HOUSES)}")
        if self.house == name:
            self._stand(name)
        else:
            self.house = name  # and the observer does the rest

    def move(self, task: int, cell: Cell) -> None:
        """Put one object on a square; an object that is there already takes its place.

        Raises:
            ValueError: if there is no such object, or nothing can stand on the square.
        """
        if not 0 <= task < len(self.tasks):
            raise ValueError(f"objects are 0 to {len(self.tasks) - 1}; got {task}")
        cell = (int(cell[0]), int(cell[1]))
        self.world.state(cell)
        room_of(cell, self.world)
        goals = self.goals
        here, what = goals[task], self.objects[task]
        if cell == here:
            return
        moved = f"The {what} moved"
        if cell in goals:
            other = goals.index(cell)
            goals[other] = here
            moved = f"The {what} and the {self.objects[other]} changed places"
        goals[task] = cell
        self._place(goals, "own", "A house of your own", moved + ".")

    @property
    def goals(self) -> list[Cell]:
        """The square of each object, in the order of the tasks."""
        return [self.world.cell(state) for state in self.places]

    @traitlets.observe("house")
    def _house_pressed(self, change: Any) -> None:
        if change.new in self._suites:
            self._stand(change.new)
        elif change.new != "own":
            self.error = f"There is no house {text(change.new)}; press A, B or C."

    def _do(self, drop: Any) -> None:
        try:
            match drop:
                case [int(task), int(state)] if 0 <= state < self.world.n_states:
                    self.move(int(task), self.world.cell(int(state)))
                case _:
                    raise ValueError("there is no such object, or no such square")
        except ValueError as error:
            self.error = f"The object stays where it was: {error}."

    # -----------------------------------------------------------------------------------------
    # What is shown
    # -----------------------------------------------------------------------------------------
    def _stand(self, name: str) -> None:
        suite = self._suites[name]
        self._place([task.goal for task in suite.tasks], name, suite.title)

    def _place(self, goals: Sequence[Cell], house: str, title: str, moved: str = "") -> None:
        before = self.word_similarity, self.policy_similarity
        vectors = embed([task.sentence for task in self.tasks])
        self.word_similarity = rounded(cosine_similarity(vectors, vectors))
        tables = np.stack([self._q(goal).reshape(-1) for goal in goals])
        centred = tables - tables.mean(axis=0)
        self.policy_similarity = rounded(cosine_similarity(centred, centred))
        with self.hold_sync():  # the page gets all of it at once
            changed = self._draw(goals, house, title, before)
        n = self.word_similarity.size
        self.status = (
            f"{moved} Cells that changed: {changed[0]} of {n} in the words’ heatmap, "
            f"{changed[1]} of {n} in the policies’."
        ).strip()

    def _draw(
        self, goals: Sequence[Cell], house: str, title: str, before: Sequence[FloatArray]
    ) -> list[int]:
        """Show where the objects stand now; returns how many cells changed in each heatmap."""
        places = [self.world.state(goal) for goal in goals]
        self.places, self.house, self.title, self.error = places, house, title, ""
        rooms = [room_of(goal, self.world) for goal in goals]
        both = (self.word_similarity, self.policy_similarity)
        self.counts = [in_right_room(similarity, rooms) for similarity in both]
        self.scene = map_svg(
            self.world, title=title, description=self._where(rooms), side=SIDE,
            objects=[(goal, task.colour, task.shape, task.sentence)
                     for goal, task in zip(goals, self.tasks, strict=True)],
        )  # fmt: skip
        self.words = self._heatmap(WORDS, self.word_similarity)
        self.policies = self._heatmap(POLICIES, self.policy_similarity)
        standing = dict(zip(places, self.objects, strict=True))
        self.names = [
            square((row, column), *([standing[state]] if state in standing else []))
            for state, (row, column) in enumerate(self.cells)
        ]
        return [
            int((new.round(2) != old.round(2)).sum()) for new, old in zip(both, before, strict=True)
        ]

    def _heatmap(self, title: str, similarity: FloatArray) -> str:
        objects = [(task.colour, task.shape, task.sentence) for task in self.tasks]
        said = describe(similarity, self.tasks)
        return heatmap_svg(similarity, objects, title=title, description=said, side=SIDE)

    def _where(self, rooms: Sequence[int]) -> str:
        parts = []
        for number, name in enumerate(ROOMS):
            there = [what for what, room in zip(self.objects, rooms, strict=True) if room == number]
            parts.append(f"{name} room: {', '.join(there) or 'empty'}")
        return "; ".join(parts) + "."

    def summary(self) -> str:
        n = len(self.tasks)
        words, policies = self.counts
        return f"{self.title}. Right room: words {words} of {n}, policies {policies} of {n}."

    def svg(self) -> str:
        wide, n = SIDE + 40, len(self.tasks)
        parts = [
            tag("text", text(self.title), x=4, y=18, font_size=14, fill=colour("ink")),
            inset(plain(self.scene), 2, 26),
        ]
        for number, (pane, count) in enumerate(
            zip((self.words, self.policies), self.counts, strict=True)
        ):
            x = 4 + SIDE + 20 + number * wide
            line = f"favourite in the right room: {count} of {n}"
            parts += [
                inset(pane, x, 0),
                tag("text", line, x=x + 26, y=SIDE + 76, font_size=14, fill=colour("ink")),
            ]
        width, height = SIDE + 24 + 2 * wide, SIDE + 92
        ground = tag("rect", width=width, height=height, fill=colour("page"))
        return picture(width, height, self.title, self.summary(), ground, *parts)


# ---------------------------------------------------------------------------------------------
# Rooms and favourites
# ---------------------------------------------------------------------------------------------
def room_of(cell: Cell, world: GridWorld) -> int:
    """The room in which a square of a four-room map lies: 0, 1 above, 2, 3 below.

    Raises:
        ValueError: for a square between the rooms, a wall or a doorway.

    Example:
        >>> house = load_suite("house_a").world
        >>> [room_of(cell, house) for cell in ((0, 0), (0, 12), (12, 0), (12, 12))]
        [0, 1, 2, 3]
    """
    (row, column), (rows, columns) = cell, world.shape
    if row == rows // 2 or column == columns // 2:
        raise ValueError(f"square {(row, column)} lies between the rooms, so it is in none of them")
    return 2 * int(row > rows // 2) + int(column > columns // 2)


def in_right_room(similarity: ArrayLike, rooms: Sequence[int]) -> int:
    """How many rows have their favourite, the highest entry off the diagonal, in their own room.

    Args:
        similarity: shape `[N, N]`.
        rooms: of each task, N of them.

    Example:
        >>> in_right_room([[1, 0.9, 0.1], [0.9, 1, 0.8], [0.1, 0.8, 1]], [0, 0, 1])
        2
    """
    where = np.asarray(rooms)
    return int((where[favourites(similarity)] == where).sum())
