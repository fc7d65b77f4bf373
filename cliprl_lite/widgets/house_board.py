"""The house with its sixteen objects to move about, and the heatmaps beside it.

Two of them show what the sentences and what the policies say; a third, on demand, what the
sentences say once they are aligned with the policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import favourites, rounded
from cliprl_lite.experiments.statistics import favourites_alike
from cliprl_lite.language.sentences import embed
from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import colour, map_svg, picture, tag, text
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.transfer.held_out_alignment import as_bytes, held_out_similarity
from cliprl_lite.widgets.alignment_scrubber import CELLS
from cliprl_lite.widgets.base import Asked, module, style
from cliprl_lite.widgets.heatmaps import describe, inset, plain
from cliprl_lite.widgets.words import square
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

Cell = tuple[int, int]

HOUSES = ("house_a", "house_b", "house_c")
"""The suites behind the buttons A, B and C."""

SIDE = 272.0
"""Side of the map and of each heatmap, in pixels."""

ROOMS = ("top left", "top right", "bottom left", "bottom right")
HEADINGS = {
    "words": "what the words say",
    "policies": "what the policies say",
    "aligned": "what the aligned words say",
}
"""Title of each heatmap, by the name of its trait."""

WHOSE = {"words": "words’ heatmap", "policies": "policies’", "aligned": "aligned words’"}
"""The same in the line of status."""


class HouseBoard(Asked):
    """A house whose objects can be regrouped while the words stay as they are.

    A reader presses A, B or C, or drags an object to another square; by keyboard Enter picks up
    the object under the cursor and puts it down again. On a square that is taken the two objects
    change places. Policies are exact: the optimal values for each object's square, centred on the
    mean of the sixteen, compared by cosine.

    Args:
        aligned: show a third heatmap, `held_out_similarity` of the house as it stands.

    Attributes:
        house: the suite that is shown, or `"own"`.
        places: the state on which each of the sixteen objects stands, in the order of the tasks.
        asked: each drop: the number of the object and the state it was dropped on.
        similarities: what each heatmap shows, by the name of its trait, shape `[16, 16]`.
        words, policies, aligned: the same for the page, as bytes: 0 for −1, 254 for 1.
        favourites, descriptions: for each heatmap, the favourite of each row, and what is seen.
        counts: for each heatmap, how many rows have their favourite in the right room.

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

    House C, where no word tells the room:
        >>> board = HouseBoard(aligned=True)
        >>> board.show("house_c")
        >>> board.counts
        [0, 16, 0]
    """

    _esm, _css = module("house_board"), style("house_board")
    house = traitlets.Unicode("house_a").tag(sync=True, heard=True)
    title = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Unicode().tag(sync=True)
    heatmap = traitlets.Unicode().tag(sync=True)
    words = traitlets.Bytes().tag(sync=True)
    policies = traitlets.Bytes().tag(sync=True)
    aligned = traitlets.Bytes().tag(sync=True)
    favourites: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    descriptions: traitlets.List[str] = traitlets.List().tag(sync=True)
    counts: traitlets.List[int] = traitlets.List().tag(sync=True)
    places: traitlets.List[int] = traitlets.List().tag(sync=True)
    cells: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    objects: traitlets.List[str] = traitlets.List().tag(sync=True)

    def __init__(self, *, aligned: bool = False) -> None:
        suites = [load_suite(name) for name in HOUSES]
        self._suites: dict[str, TaskSuite] = dict(zip(HOUSES, suites, strict=True))
        self.world: GridWorld = suites[0].map
        self.tasks: tuple[Task, ...] = suites[0].tasks
        self._aligns = aligned
        self._q = cache(self.world.optimal_q)
        self._sentences = embed([task.sentence for task in self.tasks])
        self.similarities = {"words": rounded(cosine_similarity(self._sentences, self._sentences))}
        super().__init__(
            cells=self.world.cells.tolist(),
            objects=[f"{task.colour} {task.shape}" for task in self.tasks],
            heatmap=CELLS.sub(
                "", self._heatmap("words", "similarities, to be painted by the page")
            ),
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
        self._place([task.cell for task in suite.tasks], name, suite.title)

    def _place(self, goals: Sequence[Cell], house: str, title: str, moved: str = "") -> None:
        before, self.similarities = self.similarities, self._compare(goals)
        with self.hold_sync():  # the page gets all of it at once
            self._draw(goals, house, title)
        parts = []
        for name, now in self.similarities.items():  # heatmaps tell two decimals apart
            changed = now.round(2) != before.get(name, np.zeros_like(now)).round(2)
            parts.append(f"{changed.sum()} of {now.size} in the {WHOSE[name]}")
        self.status = f"{moved} Cells that changed: {', '.join(parts)}.".strip()

    def _compare(self, goals: Sequence[Cell]) -> dict[str, FloatArray]:
        tables = np.stack([self._q(goal).reshape(-1) for goal in goals])
        centred = tables - tables.mean(axis=0)
        found = {"policies": rounded(cosine_similarity(centred, centred))}
        if self._aligns:
            found["aligned"] = held_out_similarity(self._sentences, tables)
        return self.similarities | found

    def _draw(self, goals: Sequence[Cell], house: str, title: str) -> None:
        places = [self.world.state(goal) for goal in goals]
        self.places, self.house, self.title, self.error = places, house, title, ""
        rooms = [room_of(goal, self.world) for goal in goals]
        self.counts = [favourites_alike(found, rooms) for found in self.similarities.values()]
        for name, found in self.similarities.items():
            setattr(self, name, as_bytes(found).tobytes())
        self.favourites = [favourites(found).tolist() for found in self.similarities.values()]
        self.descriptions = [self._describe(name) for name in self.similarities]
        self.scene = map_svg(
            self.world, title=title, description=self._where(rooms), side=SIDE,
            objects=[(goal, task.colour, task.shape, task.sentence)
                     for goal, task in zip(goals, self.tasks, strict=True)],
        )  # fmt: skip
        standing = dict(zip(places, self.objects, strict=True))
        self.names = [
            square((row, column), *([standing[state]] if state in standing else []))
            for state, (row, column) in enumerate(self.cells)
        ]

    def _heatmap(self, name: str, title: str, description: str = "") -> str:
        objects = [(task.colour, task.shape, task.sentence) for task in self.tasks]
        return heatmap_svg(
            self.similarities[name], objects, title=title, description=description, side=SIDE
        )

    def _describe(self, name: str) -> str:
        said = describe(self.similarities[name], self.tasks)
        if name == "aligned":
            said += (
                f" {self.counts[-1]} of {len(self.tasks)} favourites are in the right room. The "
                "sentence of each row was held out when the others were aligned."
            )
        return said

    def _where(self, rooms: Sequence[int]) -> str:
        parts = []
        for number, name in enumerate(ROOMS):
            there = [what for what, room in zip(self.objects, rooms, strict=True) if room == number]
            parts.append(f"{name} room: {', '.join(there) or 'empty'}")
        return "; ".join(parts) + "."

    def summary(self) -> str:
        both = zip(self.similarities, self.counts, strict=True)
        counts = ", ".join(f"{name} {count} of {len(self.tasks)}" for name, count in both)
        return f"{self.title}. Right room: {counts}."

    def svg(self) -> str:
        wide, high = SIDE + 40, SIDE + 92
        spots = {"words": (wide, 0.0), "policies": (2 * wide, 0.0)}
        if self._aligns:
            spots = {"words": (0.0, high), "policies": (wide, high), "aligned": (wide, 0.0)}
        parts = [
            tag("text", text(self.title), x=26, y=18, font_size=14, fill=colour("ink")),
            inset(plain(self.scene), 24, 26),
        ]
        for (name, (x, y)), said, count in zip(
            spots.items(), self.descriptions, self.counts, strict=True
        ):
            line = f"favourite in the right room: {count} of {len(self.tasks)}"
            parts += [
                inset(self._heatmap(name, HEADINGS[name], said), x, y),
                tag("text", line, x=x + 26, y=y + SIDE + 76, font_size=14, fill=colour("ink")),
            ]
        width, height = (max(corner) for corner in zip(*spots.values(), strict=True))
        ground = tag("rect", width=width + wide, height=height + high, fill=colour("page"))
        return picture(width + wide, height + high, self.title, self.summary(), ground, *parts)


# ---------------------------------------------------------------------------------------------
# Rooms
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
