"""A world that is being drawn: walls, objects with a sentence each, what is wrong with it still.

A `Draft` may be half done, as a suite may not: a box without a sentence, a room without a door.
`faults` says in words what is missing and how to mend it; without faults it is a `TaskSuite`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from cliprl_lite.language.encoder import heard
from cliprl_lite.worlds.gridworld import MOVES, GridWorld, drawn_rows
from cliprl_lite.worlds.instruction_parser import read
from cliprl_lite.worlds.tasks import Task, TaskSuite

Cell = tuple[int, int]

SHORTEST, LONGEST = 3, 13
"""Rows, and columns, that a draft may have."""

MOST = 16
"""Objects that a draft may have."""

LETTERS = 80
"""Characters of a sentence."""


@dataclass(frozen=True)
class Thing:
    """An object on the map, and the sentence that sends an agent there.

    Attributes:
        cell: `(row, column)`, counted from 0 at the top left.
        colour, shape: what it looks like.
        sentence: the instruction; empty as long as nobody has written it.
    """

    cell: Cell
    colour: str
    shape: str
    sentence: str

    @property
    def look(self) -> str:
        """Its colour and shape, in words."""
        return f"{self.colour} {self.shape}".strip() or "object"


@dataclass(frozen=True)
class Draft:
    """A map with objects, at any stage of being drawn. Every change returns another draft.

    Attributes:
        title: one line for people.
        rows, columns: of the map.
        walls: the squares that are walls.
        things: the objects, in the order in which they were put there.
        new: number of the object whose task is the new one; −1 if each is new in turn.

    Example:
        >>> draft = Draft("A corridor", 1, 9).put((0, 0), "red", "box").put((0, 4), "red", "key")
        >>> draft.faults()
        ['There are 2 objects, and a world needs 3 or more: put 1 more on the map.']
        >>> world = draft.put((0, 8), "blue", "box").suite("corridor")
        >>> world.world, world.sentences[2]
        (GridWorld(1×9, 9 states), 'go to the blue box')
    """

    title: str
    rows: int
    columns: int
    walls: frozenset[Cell] = frozenset()
    things: tuple[Thing, ...] = ()
    new: int = -1

    @classmethod
    def of(cls, suite: TaskSuite) -> Draft:
        """The draft of a suite.

        Raises:
            ValueError: if the suite is no map, is too large, or has several new tasks.
        """
        world = suite.map
        rows, columns = world.shape
        tasks = (*suite.tasks, *suite.targets)
        if max(rows, columns) > LONGEST or len(tasks) > MOST:
            raise ValueError(
                f"{suite.name!r} has {rows} rows, {columns} columns and {len(tasks)} tasks; a map "
                f"that is drawn has at most {LONGEST} of each, and {MOST} tasks"
            )
        if len(suite.targets) > 1:
            raise ValueError(
                f"{suite.name!r} has {len(suite.targets)} new tasks; a map that is drawn has one, "
                "or each in turn"
            )
        things = tuple(Thing(task.cell, task.colour, task.shape, task.sentence) for task in tasks)
        walls = frozenset((row, column) for row, column in np.argwhere(world.walls).tolist())
        new = len(suite.tasks) if suite.targets else -1
        return cls(suite.title, rows, columns, walls, things, new)

    # Changes -------------------------------------------------------------------------------------
    def wall(self, cell: Cell, stands: bool = True) -> Draft:
        """With a wall on a square, or without.

        Raises:
            ValueError: if an object stands there, or the square is not on the map.
        """
        self._on_map(cell)
        number = self.thing_at(cell)
        if stands and number >= 0:
            raise ValueError(
                f"the {self.things[number].look} stands there: move it, or erase it first"
            )
        return replace(self, walls=self.walls | {cell} if stands else self.walls - {cell})

    def put(self, cell: Cell, colour: str, shape: str, sentence: str | None = None) -> Draft:
        """With one more object; a wall gives way to it.

        Args:
            sentence: *go to the …* if None.

        Raises:
            ValueError: if an object stands there, there are too many, or it is beside the map.
        """
        self._on_map(cell)
        if (number := self.thing_at(cell)) >= 0:
            raise ValueError(f"the {self.things[number].look} stands there: take another square")
        if len(self.things) == MOST:
            raise ValueError(f"there are {MOST} objects, and no more fit: erase one first")
        said = f"go to the {colour} {shape}" if sentence is None else sentence
        thing = Thing(cell, colour, shape, said)
        return replace(self, walls=self.walls - {cell}, things=(*self.things, thing))

    def move(self, number: int, cell: Cell) -> Draft:
        """With an object elsewhere; one that stands there already takes its place.

        Raises:
            ValueError: if there is no such object, or the square is a wall or beside the map.
        """
        self._on_map(cell)
        thing = self._thing(number)
        if cell in self.walls:
            raise ValueError("that is a wall: take a free square, or erase the wall first")
        things = list(self.things)
        if (other := self.thing_at(cell)) >= 0:
            things[other] = replace(things[other], cell=thing.cell)
        things[number] = replace(thing, cell=cell)
        return replace(self, things=tuple(things))

    def remove(self, number: int) -> Draft:
        """Without an object.

        Raises:
            ValueError: if there is no such object.
        """
        self._thing(number)
        things = self.things[:number] + self.things[number + 1 :]
        new = -1 if number == self.new else self.new - (number < self.new)
        return replace(self, things=things, new=new)

    def say(self, number: int, sentence: str) -> Draft:
        """With another sentence for an object: one line, at most `LETTERS` characters.

        Raises:
            ValueError: if there is no such object.
        """
        thing = self._thing(number)
        spaced = " ".join(sentence.split())
        line = "".join(letter for letter in spaced if letter.isprintable())[:LETTERS]
        things = list(self.things)
        things[number] = replace(thing, sentence=line)
        return replace(self, things=tuple(things))

    def choose_new(self, number: int) -> Draft:
        """With this object's task as the new one; −1 for each in turn.

        Raises:
            ValueError: if there is no such object.
        """
        if number != -1:
            self._thing(number)
        return replace(self, new=number)

    def resize(self, rows: int, columns: int) -> Draft:
        """With more or fewer rows and columns, at the bottom and on the right.

        Raises:
            ValueError: if an object would stand beside the map, or the map be too small or large.
        """
        for many, what in ((rows, "rows"), (columns, "columns")):
            if not SHORTEST <= many <= LONGEST:
                raise ValueError(f"a map has {SHORTEST} to {LONGEST} {what}, not {many}")
        for thing in self.things:
            if thing.cell[0] >= rows or thing.cell[1] >= columns:
                raise ValueError(f"the {thing.look} would stand beside the map: move it first")
        walls = frozenset(cell for cell in self.walls if cell[0] < rows and cell[1] < columns)
        return replace(self, rows=rows, columns=columns, walls=walls)

    def _on_map(self, cell: Cell) -> None:
        if not (0 <= cell[0] < self.rows and 0 <= cell[1] < self.columns):
            raise ValueError(f"there is no square {cell} on this map")

    def _thing(self, number: int) -> Thing:
        if not 0 <= number < len(self.things):
            raise ValueError(f"objects are numbered 0 to {len(self.things) - 1}; got {number}")
        return self.things[number]

    # What it is ----------------------------------------------------------------------------------
    def thing_at(self, cell: Cell) -> int:
        """The number of the object on a square, −1 if there is none."""
        return next((n for n, thing in enumerate(self.things) if thing.cell == cell), -1)

    def closed_off(self) -> frozenset[Cell]:
        """The free squares from which the largest part of the map cannot be reached.

        Example:
            >>> draft = Draft("", 1, 5, frozenset({(0, 1)}))
            >>> sorted(draft.closed_off())
            [(0, 0)]
        """
        free = set(product(range(self.rows), range(self.columns))) - self.walls
        parts: list[set[Cell]] = []
        left = set(free)
        while left:
            part, ahead = set[Cell](), deque([min(left)])
            while ahead:
                row, column = ahead.popleft()
                if (row, column) in left:
                    left.discard((row, column))
                    part.add((row, column))
                    ahead += [(row + down, column + right) for down, right in MOVES.tolist()]
            parts.append(part)
        return frozenset(free - max(parts, key=len, default=set()))

    def faults(self) -> list[str]:
        """What keeps it from being a suite, and how to mend it; empty if nothing does."""
        found = []
        closed = self.closed_off()
        inside = [thing for thing in self.things if thing.cell in closed]
        if inside:
            found.append(
                f"Nobody can reach {_all(f'the {thing.look}' for thing in inside)} from the rest "
                "of the map: open a way through a wall."
            )
        if closed and not inside:
            found.append(
                f"Nobody can reach {_square(min(closed))}: open a way through a wall, or build one "
                "there too."
            )
        for thing in self.things:
            if not heard(thing.sentence):
                found.append(
                    f"The {thing.look} on {_square(thing.cell)} has no sentence: write one."
                )
        for one, other in combinations(self.things, 2):
            if heard(one.sentence) and heard(one.sentence) == heard(other.sentence):
                what = f"The {one.look} and the {other.look} have"
                if one.look == other.look:
                    what = f"Two objects, on {_square(one.cell)} and {_square(other.cell)}, have"
                found.append(
                    f"{what} one sentence, “{one.sentence}”: the encoder cannot tell them apart. "
                    "Change one."
                )
        if len(self.things) < 3:
            many = {0: "is no object", 1: "is 1 object", 2: "are 2 objects"}[len(self.things)]
            found.append(
                f"There {many}, and a world needs 3 or more: put {3 - len(self.things)} more on "
                "the map."
            )
        return found

    def suite(self, name: str) -> TaskSuite:
        """The suite that is drawn here.

        Raises:
            ValueError: if something is wrong with it still; the message is the first of `faults`.
        """
        if faults := self.faults():
            raise ValueError(faults[0])
        tasks = [
            Task(thing.sentence, thing.sentence, thing.cell, "", thing.colour, thing.shape)
            for thing in self.things
        ]
        new = [tasks.pop(self.new)] if self.new >= 0 else []
        walls = np.zeros((self.rows, self.columns), dtype=bool)
        for cell in self.walls:
            walls[cell] = True
        return TaskSuite(name, self.title, GridWorld(walls), tuple(tasks), tuple(new))


def drawn(
    drawing: str, sentences: Mapping[str, str], new: str = "", name: str = "drawn"
) -> TaskSuite:
    """A suite from a drawing in text: `#` is a wall, `.` is free, a letter an object.

    Args:
        drawing: a line for each row of the map.
        sentences: letter → the sentence of the object that stands there. Its colour and shape are
            read off the sentence.
        new: the letter of the new task; empty if each is new in turn.
        name: of the suite.

    Raises:
        ValueError: if a letter does not stand on the map exactly once, or the world has a fault.

    Example:
        >>> said = {"a": "go to the red box", "b": "go to the red key", "c": "go to the blue key"}
        >>> world = drawn("a..#c\\n..b..", said, new="c")
        >>> world.targets[0].cell, world.targets[0].colour, len(world.tasks)
        ((0, 4), 'blue', 2)
    """
    rows = drawn_rows(drawing)
    cells = list(product(range(len(rows)), range(len(rows[0]) if rows else 0)))
    walls = frozenset((row, column) for row, column in cells if rows[row][column] == "#")
    draft = Draft(name, len(rows), len(rows[0]) if rows else 0, walls)
    for letter, sentence in sentences.items():
        places = [(row, column) for row, column in cells if rows[row][column] == letter]
        if len(places) != 1:
            raise ValueError(
                f"the letter {letter!r} stands {len(places)} times on the map; draw it once"
            )
        colour, shape = _look(sentence)
        draft = draft.put(places[0], colour, shape, sentence)
    if new:
        if new not in sentences:
            raise ValueError(f"the new task {new!r} has no sentence; give it one")
        draft = draft.choose_new(list(sentences).index(new))
    return draft.suite(name)


def differences(one: TaskSuite, other: TaskSuite) -> list[str]:
    """What would have to be changed to make one drawn world the other, a line for each thing.

    An object that moved is one difference, and so is a wall, a sentence, or which task is new.

    Raises:
        ValueError: if one of them is no map that can be drawn.

    Example:
        >>> said = {"a": "go to the red box", "b": "go to the red key", "c": "go to the blue key"}
        >>> differences(drawn("a.b.c.", said), drawn("a.b..c", said))
        ['“go to the blue key” moved from row 0, column 4 to row 0, column 5']
    """
    a, b = Draft.of(one), Draft.of(other)
    found = []
    if (a.rows, a.columns) != (b.rows, b.columns):
        found.append(f"{a.rows} × {a.columns} squares became {b.rows} × {b.columns}")
    found += [f"a wall less on {_square(cell)}" for cell in sorted(a.walls - b.walls)]
    found += [f"a wall more on {_square(cell)}" for cell in sorted(b.walls - a.walls)]
    before, after = ({thing.sentence: thing for thing in draft.things} for draft in (a, b))
    gone = {thing.cell: thing for said, thing in before.items() if said not in after}
    for said, thing in after.items():
        if said in before:
            if thing.cell != before[said].cell:
                found.append(
                    f"“{said}” moved from {_square(before[said].cell)} to {_square(thing.cell)}"
                )
        elif thing.cell in gone:
            found.append(f"“{gone.pop(thing.cell).sentence}” is now called “{said}”")
        else:
            found.append(f"“{said}” is new on {_square(thing.cell)}")
    found += [f"“{thing.sentence}” is gone" for thing in _in_order(gone.values())]
    was, now = (draft.things[draft.new].cell if draft.new >= 0 else None for draft in (a, b))
    moved = {before[said].cell: after[said].cell for said in before if said in after}
    if (moved.get(was, was) if was else None) != now:
        found.append("another task is the new one")
    return found


def _look(sentence: str) -> tuple[str, str]:
    """Colour and shape of the one thing that a sentence speaks of; empty if it speaks of others."""
    wanted = read(sentence).wanted
    return wanted[0] if len(wanted) == 1 else ("", "")


def _in_order(things: Iterable[Thing]) -> list[Thing]:
    return sorted(things, key=lambda thing: thing.cell)


def _all(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _square(cell: Cell) -> str:
    return f"row {cell[0]}, column {cell[1]}"
