"""The map as a widget: press a square, press an arrow key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import traitlets
from numpy.typing import ArrayLike

from cliprl_lite._arrays import BoolArray
from cliprl_lite.pictures.drawing import Agent, map_svg
from cliprl_lite.widgets.base import Asked, module, style
from cliprl_lite.widgets.words import square
from cliprl_lite.worlds.gridworld import ACTIONS, GridWorld


class GridMap(Asked):
    """A map that shows values, greedy actions, wrong squares, agents, a goal and objects.

    A reader moves a cursor over the squares by the arrow keys and presses one by Enter, or by the
    mouse.

    Args:
        world: the map.
        title: what is seen, in a few words.
        side: of the longer edge, in pixels.
        scene: what is on it, as for `show`.

    Attributes:
        pressed: state of the square that was pressed last, −1 before.
        presses: how often a square was pressed.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> seen = GridMap(world, "Three by three", goal=(0, 0))
        >>> seen.show(greedy=world.optimal_actions((0, 0)))
        >>> seen
        GridMap: Three by three
    """

    _esm, _css = module("grid_map"), style("grid_map")
    scene = traitlets.Unicode().tag(sync=True)
    cells: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    pressed = traitlets.Int(-1).tag(sync=True)
    presses = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        world: GridWorld,
        title: str,
        side: float = 416,
        **scene: Any,
    ) -> None:
        self.world, self.title, self.side = world, title, side
        self._shown: dict[str, Any] = {}
        super().__init__(cells=world.cells.tolist())
        self.show(**scene)

    def show(
        self,
        *,
        shade: ArrayLike | None = None,
        greedy: BoolArray | None = None,
        wrong: BoolArray | None = None,
        goal: tuple[int, int] | None = None,
        objects: Sequence[tuple[tuple[int, int], str, str, str]] | None = None,
        agents: Iterable[Agent] | None = None,
        description: str | None = None,
    ) -> None:
        """Change what is on the map; what is not named stays. Arguments as for `map_svg`."""
        new = {
            "shade": shade, "greedy": greedy, "wrong": wrong, "goal": goal, "objects": objects,
            "agents": None if agents is None else tuple(agents), "description": description,
        }  # fmt: skip
        shown = self._shown | {key: value for key, value in new.items() if value is not None}
        self.scene = map_svg(self.world, title=self.title, side=self.side, **shown)
        self._shown = shown
        self.names = [self._name(state) for state in range(self.world.n_states)]

    def svg(self) -> str:
        return self.scene

    def summary(self) -> str:
        return " · ".join(part for part in (self.title, self.status) if part)

    def _do(self, code: Any) -> None:
        """A square was pressed."""
        many = self.world.n_states
        if type(code) is not int or code not in range(many):
            raise ValueError(f"numbers here are 0 to {many - 1}; got {str(code)[:40]!r}")
        self.pressed = code
        self.presses += 1

    def _name(self, state: int) -> str:
        """What a screen reader says of a square."""
        here, parts = self.world.cell(state), []
        for cell, colour, shape, _ in self._shown.get("objects", ()):
            if tuple(cell) == here:
                parts.append(f"{colour} {shape}")
        if self._shown.get("goal") == here:
            parts.append("goal")
        for agent in self._shown.get("agents", ()):
            if agent.states[-1] == state:
                parts.append(f"agent {agent.letter}")
        greedy = self._shown.get("greedy")
        if greedy is not None and not greedy[state].all():
            ways = [name for name, best in zip(ACTIONS, greedy[state], strict=True) if best]
            parts.append("best: " + " or ".join(ways))
        return square(here, *parts)
