"""Grid worlds: a map and four actions, as a case of a finite world.

A world is a rectangle of cells, some of them walls. States are the free cells, numbered row by
row; coordinates are `(row, column)` with `(0, 0)` at the top left, as in the paper (§5). A move
into a wall or over the edge leaves the agent where it is. Every step costs 1, and an episode ends
at the goal, which belongs to the task and not to the map. It may begin in any other cell.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cliprl_lite._arrays import BoolArray, IntArray
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal

ACTIONS = ("up", "down", "left", "right")
"""The four actions in the order of their numbers, 0 to 3."""

MOVES = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
"""Change of `(row, column)` made by each action, shape `[4, 2]`."""


def as_cell(cell: Any) -> tuple[int, int]:
    """`(row, column)` as two plain whole numbers.

    Raises:
        ValueError: if it is anything but a pair of whole numbers.

    Example:
        >>> as_cell(np.array([2, 0])), as_cell([3, 1])
        ((2, 0), (3, 1))
    """
    try:
        row, column = cell
        if not any(isinstance(part, bool | np.bool_) for part in (row, column)):
            return operator.index(row), operator.index(column)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"a cell is (row, column), two whole numbers; got {cell!r}")


@dataclass(frozen=True, eq=False)
class GridWorld(FiniteWorld):
    """An immutable map. Build one with `open_map`, `four_rooms` or `from_text`.

    Args:
        walls: boolean, shape `[rows, columns]`; True where there is a wall.

    Raises:
        ValueError: if the map is empty, is all wall, or has free cells that cannot reach
            each other.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> world.n_states, world.state((1, 2)), world.cell(5)
        (9, 5, (1, 2))
        >>> int(world.next_state[5, 3])  # right, into the edge: the agent stays
        5
    """

    next_state: IntArray = field(init=False)
    starts: IntArray = field(init=False)
    labels: tuple[tuple[int, int], ...] = field(init=False)
    walls: BoolArray

    def __post_init__(self) -> None:
        walls = np.array(self.walls, dtype=bool)
        if walls.ndim != 2 or walls.size == 0:
            raise ValueError(f"a map needs rows and columns; got an array of shape {walls.shape}")
        if (~walls).sum() < 2:
            raise ValueError("a map needs at least two free cells: a goal and a place to start")
        walls.flags.writeable = False
        cells = [(row, column) for row, column in np.argwhere(~walls).tolist()]
        self._set(walls=walls, labels=tuple(cells))
        self._set(next_state=self._moves(), starts=None)
        super().__post_init__()
        cut_off = np.flatnonzero(self._distances_to([0]) < 0)
        if cut_off.size:
            raise ValueError(
                f"cell {self.cell(int(cut_off[0]))} cannot be reached from cell {self.cell(0)}; "
                "open a door between them"
            )

    @classmethod
    def open_map(cls, size: int) -> GridWorld:
        """A `size` × `size` map without walls (§5 of the paper)."""
        _require_size(size, 2)
        return cls(np.zeros((size, size), dtype=bool))

    @classmethod
    def four_rooms(cls, size: int) -> GridWorld:
        """Four equal rooms in a `size` × `size` map, a door in the middle of each wall.

        `size` is odd and at least 5. At 13 each room is 6 × 6 cells.
        """
        _require_size(size, 5)
        if size % 2 == 0:
            raise ValueError(f"four equal rooms need an odd size, so that a wall fits; got {size}")
        walls = np.zeros((size, size), dtype=bool)
        middle, door = size // 2, size // 4
        walls[middle, :] = walls[:, middle] = True
        for opening in (door, size - 1 - door):
            walls[middle, opening] = walls[opening, middle] = False
        return cls(walls)

    @classmethod
    def from_text(cls, text: str) -> GridWorld:
        """A map drawn as `drawn_rows` reads it: `#` is a wall, any other mark is free.

        Raises:
            ValueError: if the text is no drawing or no valid map; the message names the row.

        Example:
            >>> print(GridWorld.from_text("..#\\n..."))
            ..#
            ...
        """
        return cls(np.array([[mark == "#" for mark in row] for row in drawn_rows(text)]))

    @property
    def shape(self) -> tuple[int, int]:
        """`(rows, columns)`."""
        rows, columns = self.walls.shape
        return rows, columns

    @cached_property
    def cells(self) -> IntArray:
        """`(row, column)` of every state, shape `[S, 2]`."""
        cells = np.array(self.labels)
        cells.flags.writeable = False
        return cells

    @property
    def size(self) -> int:
        """The number of rows, as tables of results say it."""
        return self.shape[0]

    @cached_property
    def _state_of_cell(self) -> IntArray:
        numbers = np.full(self.shape, -1)
        numbers[~self.walls] = np.arange(len(self.cells))
        return numbers

    def state(self, cell: tuple[int, int]) -> int:
        """The number of the state at `cell`.

        Raises:
            ValueError: if that is no pair of whole numbers, or lies outside the map or in a wall.
        """
        row, column = as_cell(cell)
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            raise ValueError(
                f"cell {(row, column)} lies outside the map of {self.shape[0]} rows "
                f"and {self.shape[1]} columns"
            )
        if self.walls[row, column]:
            raise ValueError(f"cell {(row, column)} is a wall")
        return int(self._state_of_cell[row, column])

    def cell(self, state: int) -> tuple[int, int]:
        """The `(row, column)` of a state.

        Raises:
            ValueError: if there is no state of this number.
        """
        if isinstance(state, bool) or not isinstance(state, int | np.integer):
            raise ValueError(f"a state is a whole number; got {state!r}")
        if not 0 <= state < self.n_states:
            raise ValueError(f"states are numbered 0 to {self.n_states - 1}; got {state}")
        row, column = self.cells[state]
        return int(row), int(column)

    def goal_states(self, goal: Goal) -> list[int]:
        """The state of the goal's cell, `(row, column)`, as a list."""
        return [self.state(as_cell(goal))]

    def _moves(self) -> IntArray:
        """Where each action leads, shape `[S, 4]`; a blocked move leads to the same state."""
        rows, columns = self.shape
        target = self.cells[:, None, :] + MOVES
        inside = ((target >= 0) & (target < (rows, columns))).all(axis=2)
        row, column = np.where(inside[..., None], target, self.cells[:, None, :]).transpose(2, 0, 1)
        reached = self._state_of_cell[row, column]
        stay = np.broadcast_to(np.arange(len(self.cells))[:, None], reached.shape)
        return np.where(reached < 0, stay, reached)

    @property
    def content(self) -> str:
        """The drawing of the map, which is all that makes it this world."""
        return str(self)

    def __str__(self) -> str:
        return "\n".join("".join("#" if wall else "." for wall in row) for row in self.walls)

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"GridWorld({rows}×{columns}, {self.n_states} states)"


def as_map(world: FiniteWorld) -> GridWorld:
    """A world that is a map, as what draws or measures it needs one.

    Raises:
        ValueError: if it is another finite world.

    Example:
        >>> as_map(GridWorld.open_map(3)).shape
        (3, 3)
    """
    if not isinstance(world, GridWorld):
        raise ValueError(f"{world!r} is no map: it has no cells to draw or to measure")
    return world


def drawn_rows(text: str) -> list[str]:
    """The rows of a drawn map, one mark a cell; a blank is never a cell.

    Blanks before the rows are indentation if two things hold: all rows begin with the same blanks,
    and the drawing begins on a line of its own or ends with a line of blanks.

    Raises:
        ValueError: if a row holds any other blank, which might be meant as a cell, or the rows
            differ in length.

    Example:
        >>> drawn_rows("\\n    ..#\\n    a..\\n")
        ['..#', 'a..']
    """
    if not isinstance(text, str):
        raise ValueError(f"a map is drawn as one text, a line for each row; got {text!r}")
    rows = text.splitlines()
    apart = bool(rows) and rows[0] == ""
    while rows and rows[0] == "":
        del rows[0]
    while rows and rows[-1] == "":
        del rows[-1]
    margin = rows[0][: len(rows[0]) - len(rows[0].lstrip())] if rows else ""
    if len(rows) > 1 and margin.startswith(rows[-1]):  # where the closing quotes stand
        del rows[-1]
        apart = True
    for number, row in enumerate(rows):
        where, blanks = f"row {number} of the map", len(row) - len(row.lstrip())
        if row and blanks == len(row):
            raise ValueError(f"{where} is blank; draw free cells as '.', or delete it")
        if row and row[:blanks] != margin:
            raise ValueError(
                f"{where} begins with {blanks} blanks and row 0 with {len(margin)}; draw free "
                "cells as '.', and indent all rows alike"
            )
        if margin and not apart:
            raise ValueError(
                f"{where} begins with blanks, which may be cells or indentation; draw free cells "
                "as '.', or delete the blanks before all rows"
            )
        rows[number] = row = row.removeprefix(margin)
        for column, mark in enumerate(row):
            if mark == " " or not mark.isprintable():
                raise ValueError(
                    f"{where} has {mark!r} in column {column}, which is no cell; draw a free cell "
                    "as '.', or delete it"
                )
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{where} has {len(row)} cells and row 0 has {len(rows[0])}; "
                "draw all rows equally long"
            )
    return rows


def _require_size(size: int, smallest: int) -> None:
    if not isinstance(size, int | np.integer) or size < smallest:
        raise ValueError(f"the size is a whole number of cells, at least {smallest}; got {size!r}")
