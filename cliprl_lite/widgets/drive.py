"""An agent that the reader drives: every arrow key is one action, and each action costs 1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cliprl_lite.pictures.drawing import Agent, colour, map_svg, picture, tag, text
from cliprl_lite.widgets.base import module, style
from cliprl_lite.widgets.grid_map import GridMap
from cliprl_lite.widgets.words import count, number, square
from cliprl_lite.worlds.finite_world import STEP_REWARD, discounted_return
from cliprl_lite.worlds.gridworld import ACTIONS, GridWorld

MOST_STEPS = 10_000
"""Steps after which an episode is cut off, so that a stuck key cannot fill the memory."""


class Drive(GridMap):
    """An agent on a map, moved by the arrow keys or by four buttons, until it is at the goal.

    Beside the map stand the state, the last action, its reward, and the return so far.

    Args:
        world: the map.
        goal: `(row, column)` where the episode ends.
        start: `(row, column)` where it begins.
        title: what is seen, in a few words.
        discount: γ of the return; 1 counts steps.
        objects: `(cell, colour, shape, sentence)` of each thing on the map.
        side: of the longer edge of the map, in pixels.

    Attributes:
        states: where the agent has been, the latest last.
        acted: its actions so far, by number.

    Raises:
        ValueError: if the goal or the start is not a free cell, or they are the same.

    Example:
        >>> app = Drive(GridWorld.open_map(3), goal=(0, 0), start=(1, 1))
        >>> app.move("up", "up", "left")
        >>> app.arrived, app.value
        (True, -3.0)
        >>> app
        Drive: at the goal after 3 steps (a shortest way has 2), return −3
    """

    _esm, _css = module("drive"), style("drive")

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        start: tuple[int, int],
        title: str = "Drive to the goal",
        *,
        discount: float = 1.0,
        objects: Sequence[tuple[tuple[int, int], str, str, str]] = (),
        side: float = 416,
    ) -> None:
        self.goal, self.start = world.state(goal), world.state(start)
        if self.goal == self.start:
            raise ValueError("the start is the goal: there would be nothing to drive")
        self.discount = discount
        self.shortest = int(world.distances(goal)[self.start])
        self.states, self.acted = [self.start], list[int]()
        super().__init__(world, title, side=side, goal=goal, objects=list(objects))
        self.reset()

    @property
    def arrived(self) -> bool:
        """The episode is over."""
        return self.states[-1] == self.goal

    @property
    def value(self) -> float:
        """The return so far: every reward, times γ for each step that went before it."""
        return discounted_return(len(self.acted), self.discount)

    def reset(self) -> None:
        """Back to the start."""
        self.states, self.acted, self.error = [self.start], [], ""
        self._refresh(f"State {self.start}, {self._place()}. The agent has not moved yet.")

    def move(self, *actions: int | str) -> None:
        """One step for each action, by its number or its name, as an arrow key does.

        Raises:
            ValueError: if one is not an action.
        """
        numbers = [self._number(action) for action in actions]
        words = ""
        for action in numbers:
            words = self._step(action)
        if numbers:
            self._refresh(words)

    def svg(self) -> str:
        told = self._told()
        drawn = self._shown | {"description": told}
        seen = map_svg(self.world, title=self.title, side=self.side, **drawn)
        return beside(seen, self._facts(), self.title, told)

    def summary(self) -> str:
        steps, earned = count(len(self.acted), "step"), number(self.value)
        if self.arrived:
            return (
                f"at the goal after {steps} (a shortest way has {self.shortest}), return {earned}"
            )
        return f"state {self.states[-1]}, {self._place()}, after {steps}, return {earned}"

    # -----------------------------------------------------------------------------------------
    def _do(self, code: Any) -> None:
        """An arrow key or a button: an action by its number, or −1 to start again."""
        if code == -1:
            self.reset()
        else:
            self.move(code)

    def _number(self, action: int | str) -> int:
        if isinstance(action, str) and action in ACTIONS:
            return ACTIONS.index(action)
        if not isinstance(action, str | bool) and action in range(len(ACTIONS)):
            return int(action)
        known = ", ".join(f"{name} ({code})" for code, name in enumerate(ACTIONS))
        raise ValueError(f"an action is one of {known}; got {str(action)[:40]!r}")

    def _step(self, action: int) -> str:
        """Take one step, and say what came of it."""
        if self.arrived:
            return "The episode is over: start again to drive once more."
        if len(self.acted) >= MOST_STEPS:
            return f"{MOST_STEPS:,} steps and not there: start again."
        before = self.states[-1]
        after = int(self.world.next_state[before, action])
        self.states = [*self.states, after]
        self.acted = [*self.acted, action]
        if self.arrived:
            taken = count(len(self.acted), "step")
            return f"Arrived after {taken}; a shortest way from the start has {self.shortest}."
        if after == before:
            return f"A wall: the agent stays in state {after}, and the step costs 1 all the same."
        return f"{ACTIONS[action].capitalize()}, to state {after}, {self._place()}."

    def _refresh(self, words: str) -> None:
        self.status = words
        self._shown["agents"] = (Agent("A", self.states[-13:]),)
        self.scene = self.svg()
        self.names = [self._name(state) for state in range(self.world.n_states)]

    def _facts(self) -> list[tuple[str, str]]:
        last = self.acted[-1] if self.acted else None
        return [
            ("state", str(self.states[-1])),
            ("square", self._place()),
            ("last action", "–" if last is None else f"{ACTIONS[last]} ({last})"),
            ("its reward", "–" if last is None else number(STEP_REWARD)),
            ("steps so far", f"{len(self.acted):,}"),
            ("return so far", number(self.value)),
        ]

    def _place(self) -> str:
        return square(self.world.cell(self.states[-1]))

    def _told(self) -> str:
        row, column = self.world.cell(self.goal)
        rows, columns = self.world.shape
        return (
            f"A map of {rows} by {columns} squares. The goal, with a double outline, is at row "
            f"{row}, column {column}; the agent is the disc marked A. Now: {self.summary()}."
        )


def beside(
    seen: str,
    facts: Sequence[tuple[str, str]],
    title: str,
    description: str,
    legend: Sequence[str] = (),
) -> str:
    """A map, lines of facts to its right, and what its marks mean below: one picture.

    Example:
        >>> beside('<svg width="20" height="10"/>', [("steps", "3")], "t", "d").count("<text")
        2
    """
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', seen)
    width, height = (float(size[1]), float(size[2])) if size else (0.0, 0.0)
    left = width + 28
    lines = [
        tag("text", text(words), x=x, y=34.0 + 46 * place + down, font_size=big, fill=colour("ink"),
            font_weight=weight)
        for place, (label, value) in enumerate(facts)
        for words, x, down, big, weight in (
            (label, left, -18.0, 13, 400), (value, left, 4.0, 18, 600))
    ]  # fmt: skip
    tall = max(height, 46.0 * len(facts))
    below = [
        tag("text", text(words, 200), x=2, y=tall + 20 + 20 * place, font_size=13,
            fill=colour("ink"))
        for place, words in enumerate(legend)
    ]  # fmt: skip
    return picture(
        left + 190, tall + 20 * len(legend) + 8, title, description, seen, *lines, *below
    )
