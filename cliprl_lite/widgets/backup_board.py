"""A small map on which the reader backs up one square after another, in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.pictures.drawing import arrow_masks, colour, map_svg, tag, text
from cliprl_lite.widgets.base import module, style
from cliprl_lite.widgets.drive import beside
from cliprl_lite.widgets.grid_map import GridMap
from cliprl_lite.widgets.words import count, number, square
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.greedy import greedy_actions
from cliprl_lite.worlds.gridworld import ACTIONS, MOVES, GridWorld
from cliprl_lite.worlds.value_iteration import (
    Start,
    backup,
    fewest_backups,
    outward,
    random_backups,
    right_values,
    start_table,
)

LEGEND = (
    "Number: the square's value, blank while unknown; the fuller the grey, the lower.",
    "Arrowheads: its best actions so far. Orange corner: a value that is not right yet.",
)
FULLEST = 0.5
"""Shade of the square that is worth least, so that its number can still be read."""

RESET, OUTWARD, RANDOM = -1, -2, -3
"""Codes of the buttons; the code of a square is its state."""


class BackupBoard(GridMap):
    """A map with a table of action values; pressing a square backs up its four values.

    One backup of state s sets `Q(s, a) = −1 + γ max_b Q(s', b)` for all four actions, from what
    the table says now of the squares s' that they lead to. The value of a square is the highest
    of its four, and it is *right* if it is the exact one. The goal's values are 0 and stay so.

    Args:
        world: the map.
        goal: `(row, column)`, the end of every episode.
        start: `"unknown"`: every value is −∞ at first, which no maximum ever picks, and is left
            blank; `"zeros"`: every value is 0 at first.
        title: what is seen, in a few words.
        discount: γ.
        side: of the longer edge of the map, in pixels.

    Attributes:
        backups: presses so far, until every square is right; the goal's do not count.
        right: how many squares besides the goal are right.
        squares: how many there are besides the goal.
        pace: milliseconds between two backups of a sweep that a button began.

    Raises:
        ValueError: if the goal is not a free cell, or the start has another name.

    Example:
        >>> app = BackupBoard(GridWorld.open_map(3), (0, 0))
        >>> app.press(8)  # the far corner: nothing is known around it yet
        >>> app.sweep_outward()
        >>> app
        BackupBoard: every square is right after 9 presses; the fewest possible are 8
    """

    _esm, _css = module("backup_board"), style("backup_board")
    backups = traitlets.Int(0).tag(sync=True)
    right = traitlets.Int(0).tag(sync=True)
    squares = traitlets.Int(0).tag(sync=True)
    pace = traitlets.Int(0).tag(sync=True, heard=True)

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        start: Start = "unknown",
        title: str = "Press a square to back it up",
        *,
        discount: float = DISCOUNT,
        side: float = 480,
    ) -> None:
        self.q = start_table(world, goal, start)
        self.goal, self.start, self.discount = world.state(goal), start, discount
        self._goal_cell = goal
        self.exact = world.optimal_q(goal, discount).max(axis=1)
        self.fewest = fewest_backups(world, goal, start)
        self._latest, self._sweeps = -1, 0
        super().__init__(world, title, side=side, goal=goal)
        self.squares = world.n_states - 1
        self.reset()

    @property
    def values(self) -> FloatArray:
        """The value of every square, shape `[S]`; −∞ where unknown."""
        return self.q.max(axis=1)

    @property
    def finished(self) -> bool:
        """Every square is right."""
        return self.right == self.squares

    def press(self, state: int) -> None:
        """Back up one state, as a press of its square does.

        Raises:
            ValueError: if there is no such state.
        """
        if isinstance(state, bool) or state not in range(self.world.n_states):
            raise ValueError(
                f"states are numbered 0 to {self.world.n_states - 1}; got {str(state)[:40]!r}"
            )
        self.end()
        self.status = self._press(int(state))
        self._draw()

    def sweep_outward(self) -> None:
        """Press every square once, the nearest to the goal first; stop when all are right."""
        self._sweep(outward(self.world, self._goal_cell))

    def count_random(self, runs: int, seed: int = 0) -> IntArray:
        """Presses that sweeps in random orders need from the start, in each run, shape `[runs]`.

        The board itself stays as it is.

        Example:
            >>> BackupBoard(GridWorld.open_map(2), (0, 0)).count_random(3).min() >= 3
            np.True_
        """
        return random_backups(self.world, self._goal_cell, self.start, runs, seed, self.discount)

    def reset(self) -> None:
        """Forget every value, and every press."""
        self.end()
        self.q = start_table(self.world, self._goal_cell, self.start)
        self.backups, self._latest, self._sweeps, self.error = 0, -1, 0, ""
        self.right = self._count_right()
        unknown = "unknown" if self.start == "unknown" else "0"
        self.status = f"Every value is {unknown}, but for the goal's. Press a square."
        self._draw()

    def svg(self) -> str:
        values, told = self.values, self._told()
        known = np.isfinite(values)
        least = min(float(self.exact.min()), -1.0)
        seen = map_svg(
            self.world,
            title=self.title,
            description=told,
            side=self.side,
            goal=self._goal_cell,
            shade=np.where(known, np.clip(values / least, 0, 1), 0) * FULLEST,
            wrong=known & ~right_values(self.q, self.exact),
        )
        facts = [
            ("presses", f"{self.backups:,}"),
            ("squares right", f"{self.right} of {self.squares}"),
        ]
        if self.finished and self.fewest is not None:
            facts.append(("fewest possible", f"{self.fewest:,}"))
        marked = seen.removesuffix("</svg>") + self._marks() + "</svg>"
        return beside(marked, facts, self.title, told, LEGEND)

    def summary(self) -> str:
        presses = count(self.backups, "press")
        if not self.finished:
            return f"{self.right} of {self.squares} squares are right after {presses}"
        best = "" if self.fewest is None else f"; the fewest possible are {self.fewest}"
        return f"every square is right after {presses}{best}"

    # -----------------------------------------------------------------------------------------
    # Backups
    # -----------------------------------------------------------------------------------------
    def _press(self, state: int) -> str:
        """One backup; says what came of it."""
        self._latest = state
        where = square(self.world.cell(state))
        if state == self.goal:
            return "The goal is worth 0 without any press: nothing is earned after the end."
        if self.finished:
            return self._done()
        before = self.values[state]
        self.q[state] = backup(self.q, self.world, state, self.discount)
        after = self.values[state]
        self.backups += 1
        self.right = self._count_right()
        if self.finished:
            return self._done()
        if not np.isfinite(after):
            return f"Nothing is known around {where}: it stays blank."
        change = "stays" if after == before else "is now"
        return f"The value of {where} {change} {number(after)}, {self._verdict(state)}."

    def _done(self) -> str:
        said = self.summary()
        return said[0].upper() + said[1:] + "."

    def _verdict(self, state: int) -> str:
        return "right" if right_values(self.q, self.exact)[state] else "not right yet"

    def _count_right(self) -> int:
        return int(right_values(self.q, self.exact).sum()) - 1  # the goal does not count

    # -----------------------------------------------------------------------------------------
    # Sweeps, and what the browser asks for
    # -----------------------------------------------------------------------------------------
    def _shuffled(self, seed: int) -> list[int]:
        order = np.random.default_rng(seed).permutation(self.world.n_states)
        return [int(state) for state in order if state != self.goal]

    def _sweep(self, order: Iterable[int]) -> None:
        self.end()
        for _ in self._presses(order):
            pass

    def _presses(self, order: Iterable[int]) -> Iterator[None]:
        """A sweep, one press after the other."""
        self._sweeps += 1
        for state in order:
            if self.finished:
                break
            self._press(state)
            yield
        done = f"After {count(self._sweeps, 'sweep')}: {self.summary()}."
        self.status = self._done() if self.finished else done
        self._draw()

    def _do(self, code: Any) -> None:
        """A square by its state, or a button by its code."""
        if code == RESET:
            self.reset()
        elif code in (OUTWARD, RANDOM):
            shuffled = self._shuffled(self._sweeps)
            self._play(outward(self.world, self._goal_cell) if code == OUTWARD else shuffled)
        else:
            self.press(code)

    def _play(self, order: list[int]) -> None:
        """Sweep press by press; at once without an event loop, or if `pace` is 0."""
        if self.pace <= 0:
            self._sweep(order)
            return
        try:
            self.begin(self._watch(order))
        except RuntimeError:
            self._sweep(order)

    async def _watch(self, order: list[int]) -> None:
        for _ in self._presses(order):
            self._draw()
            await asyncio.sleep(min(self.pace, 1_000) / 1_000)

    # -----------------------------------------------------------------------------------------
    # The picture
    # -----------------------------------------------------------------------------------------
    def _draw(self) -> None:
        self.scene = self.svg()
        self.names = [self._name(state) for state in range(self.world.n_states)]

    def _marks(self) -> str:
        """Numbers, arrowheads, and a frame around the square that was pressed last."""
        rows, columns = self.world.shape
        cell = self.side / max(rows, columns)
        masks = arrow_masks(self.world, greedy_actions(self.q))
        made = []
        for state, (row, column) in enumerate(self.world.cells.tolist()):
            x, y = 2 + (column + 0.5) * cell, 2 + (row + 0.5) * cell
            if state == self._latest:
                made.append(
                    tag("rect", x=x - cell / 2 + 1.5, y=y - cell / 2 + 1.5, width=cell - 3,
                        height=cell - 3, fill="none", stroke=colour("ink"), stroke_width=3)
                )  # fmt: skip
            if state == self.goal:
                made += [_word("goal", x, y - 3, 13), _word("0", x, y + 14, 15)]
                continue
            value = float(self.values[state])
            if np.isfinite(value):
                made.append(_word(number(value), x, y + 5, 15))
            made += [
                _head(x, y, cell, *MOVES[action].tolist())
                for action in range(len(ACTIONS))
                if masks[state] >> action & 1
            ]
        return tag("g", *made, pointer_events="none", fill=colour("ink"))

    def _told(self) -> str:
        row, column = self._goal_cell
        grid = np.full(self.world.shape, "wall", dtype=object)
        for state, (r, c) in enumerate(self.world.cells.tolist()):
            value = float(self.values[state])
            grid[r, c] = number(value) if np.isfinite(value) else "unknown"
        grid[row, column] = "goal"
        lines = [f"row {r}: " + ", ".join(marks) for r, marks in enumerate(grid.tolist())]
        return f"{self.summary().capitalize()}. Values, " + "; ".join(lines) + "."

    def _name(self, state: int) -> str:
        cell, value = self.world.cell(state), float(self.values[state])
        if state == self.goal:
            return square(cell, "goal", "worth 0")
        if not np.isfinite(value):
            return square(cell, "unknown")
        mask = int(arrow_masks(self.world, greedy_actions(self.q))[state])
        best = [name for action, name in enumerate(ACTIONS) if mask >> action & 1]
        advice = ["best: " + " or ".join(best)] if best else []
        return square(cell, f"worth {number(value)}", self._verdict(state), *advice)


def _word(words: str, x: float, y: float, size: float) -> str:
    return tag("text", text(words), x=x, y=y, font_size=size, text_anchor="middle",
               fill=colour("ink"))  # fmt: skip


def _head(x: float, y: float, cell: float, down: int, right: int) -> str:
    """An arrowhead at the edge of the cell whose middle is at x, y."""
    tip, base, wide = cell * 0.47, cell * 0.37, cell * 0.08
    tip_x, tip_y = x + tip * right, y + tip * down
    back_x, back_y = x + base * right, y + base * down
    return tag(
        "path",
        d=f"M{tip_x:.1f} {tip_y:.1f}L{back_x + wide * down:.1f} {back_y + wide * right:.1f}"
        f"L{back_x - wide * down:.1f} {back_y - wide * right:.1f}z",
    )
