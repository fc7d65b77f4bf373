"""A search on a known map: where a square may still be the goal, and what that is worth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite.pictures.drawing import Agent, colour, map_svg, picture, tag, text
from cliprl_lite.teachers.contract import GuidedLearner
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.widgets.base import Player, Refused, module, style
from cliprl_lite.widgets.words import count
from cliprl_lite.worlds.greedy import greedy_actions
from cliprl_lite.worlds.gridworld import GridWorld

SPEEDS = {"slow": 1, "fast": 5}
"""Steps from one picture to the next: 25 or 125 a second."""

_SIDE = 390.0
_DEEPEST = 0.75  # of the shade: arrows and discs stay readable on it


class HopeBoard(Player):
    """An agent that knows the map looks for a goal that it does not know.

    The fuller the grey of a square, the higher the hope that it is the goal, which comes from a
    teacher's table; a square that was stood on is bare. The agent walks greedily in the values that
    follow from this by the map.

    Args:
        world: the map.
        goal: `(row, column)`; shown to the reader, unknown to the agent.
        teachers: label → (voice, table); None is no teacher.
        seed: of start and ties; every teacher gets the same.
        old_goals: where the teachers' goals are.

    Attributes:
        teacher: number of the teacher that is shown.
        speed: a name in `SPEEDS`.
        playing: True while it walks.
        found: label → steps, for every teacher whose search is over.

    Raises:
        ValueError: if there is no teacher, or a table does not fit.

    Example:
        >>> world = GridWorld.open_map(8)
        >>> board = HopeBoard(world, (0, 2), {"no teacher": ("none", None),
        ...                                   "a neighbour": ("map", world.optimal_q((0, 0)))})
        >>> board.finish()
        >>> board.choose("a neighbour"), board.finish()
        (None, None)
        >>> board.found["a neighbour"] < board.found["no teacher"]
        True
    """

    _esm, _css = module("hope_board"), style("hope_board")
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    speeds: traitlets.List[str] = traitlets.List(list(SPEEDS)).tag(sync=True)
    teacher = traitlets.Int(0).tag(sync=True, heard=True)
    speed = traitlets.Enum(list(SPEEDS), "fast").tag(sync=True, heard=True)
    seed = traitlets.Int(0).tag(sync=True, heard=True)
    scene = traitlets.Unicode().tag(sync=True)
    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        teachers: Mapping[str, tuple[str, FloatArray | None]],
        seed: int = 0,
        old_goals: Sequence[tuple[int, int]] = (),
    ) -> None:
        if not teachers:
            raise ValueError("a search has one teacher or more to choose from; None is no teacher")
        self.world, self.goal, self.old_goals = world, goal, tuple(old_goals)
        self._teachers = list(teachers.values())
        self.found: dict[str, int] = {}
        super().__init__(names=list(teachers), seed=seed)
        self._line_up()
        self.observe(lambda _: self.reset(), ["teacher"])
        self.observe(lambda _: self._forget(), ["seed"])

    @traitlets.validate("teacher", "seed")
    def _can_be(self, proposal: Any) -> int:
        value = int(proposal["value"])
        if proposal["trait"].name == "seed" and value < 0:
            raise Refused("a seed is a whole number from 0 on")
        if proposal["trait"].name == "teacher" and not 0 <= value < len(self._teachers):
            raise Refused(f"teachers are numbered 0 to {len(self._teachers) - 1}")
        return value

    def choose(self, label: str) -> None:
        """Show the search with this teacher, from its start.

        Raises:
            ValueError: if there is none of this name.
        """
        if label not in self.names:
            raise ValueError(f"there is no teacher {label!r}; take one of {', '.join(self.names)}")
        self.teacher = self.names.index(label)

    def reset(self) -> None:
        """Back to the start."""
        self.end()
        self._line_up()

    def step(self) -> None:
        """One step."""
        self.end()
        self._walk(1)
        self._draw()

    def finish(self) -> None:
        """On to the goal, at once."""
        self.end()
        while not self.over:
            self._walk(1)
        self._draw()

    def play(self) -> None:
        """Walk to the goal, picture by picture, in the background."""
        self.end()
        try:
            self.begin(self._play())
        except RuntimeError:
            self.error = "nothing can play here, outside a notebook; use finish() or step()"
            return
        if self.over:
            self._line_up()
        self.playing = True

    @property
    def over(self) -> bool:
        """The goal was found."""
        return self.learner.episode > 0

    @property
    def hope(self) -> FloatArray:
        """How likely each square looks as the goal, shape `[S]`: 0 for one that was stood on, and
        else from just above 0 (the least hope) to 1 (the most)."""
        values = self.learner.own.hope
        known = np.isfinite(values)
        shown = np.zeros(len(values))
        if known.any():
            low, high = values[known].min(), values[known].max()
            span = high - low or 1.0
            shown[known] = 0.15 + 0.85 * (values[known] - low) / span
        return shown

    def _forget(self) -> None:
        self.found = {}
        self.reset()

    def _line_up(self) -> None:
        _, table = self._teachers[self.teacher]
        rule = RULES["map_alone" if table is None else "map_hope"]
        self.learner: GuidedLearner = rule.learner(self.world, self.goal, table, self.seed)
        self._seen = [self.learner.state]
        self.error = ""
        self._draw()

    def _walk(self, steps: int) -> None:
        for _ in range(steps):
            if self.over:
                break
            self.learner.run(1, last_episode=1)
            self._seen.append(self.learner.episodes.goals[0] if self.over else self.learner.state)
        if self.over:
            self.found = {**self.found, self.names[self.teacher]: self.learner.steps}

    async def _play(self) -> None:
        while not self.over:
            period, pictures = self._pace
            self._walk(SPEEDS[self.speed] * pictures)
            self._draw()
            await asyncio.sleep(period)

    def _do(self, button: Any) -> None:
        doing = {"play": self.play, "pause": self.end, "step": self.step, "reset": self.reset}
        if not isinstance(button, str) or button not in doing:
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        doing[button]()

    def _draw(self) -> None:
        steps, stood = self.learner.steps, len(set(self._seen))
        voice, _ = self._teachers[self.teacher]
        letter = {"none": "0", "words": "W", "map": "M"}[voice]
        name = self.names[self.teacher]
        with self.hold_sync():
            self.status = (
                f"{name}: the goal is found, after {count(steps, 'step')}. The agent knows the way "
                "from everywhere now."
                if self.over
                else f"{name}: {count(steps, 'step')}, {count(stood, 'square')} ruled out of "
                f"{self.world.n_states}."
            )
            self.scene = map_svg(
                self.world,
                title=f"{name}: where may the goal be?",
                description=self.status,
                shade=_DEEPEST * (self.hope if not self.over else np.zeros(self.world.n_states)),
                greedy=self._way(),
                goal=self.goal,
                objects=[(cell, "", "ball", "an old goal") for cell in self.old_goals],
                agents=[Agent(letter, self._seen, voice)],
                side=_SIDE,
            )
            self.rows = [
                [one, f"{self.found[one]:,}" if one in self.found else "not yet"]
                for one in self.names
            ]

    def _way(self) -> BoolArray | None:
        """The found way, once there is one: the arrows of the table."""
        if not self.over:
            return None
        return greedy_actions(self.learner.q)

    def summary(self) -> str:
        return "; ".join(f"{name}: {steps}" for name, steps in self.rows)

    def svg(self) -> str:
        lines = [
            tag(
                "text",
                text(f"{name}: {steps}"),
                x=_SIDE + 20,
                y=40 + 24 * number,
                font_size=15,
                fill=colour("ink"),
            )
            for number, (name, steps) in enumerate([("steps to the goal", ""), *self.rows])
        ]
        told = f"{self.status} Steps to the goal: {self.summary()}."
        return picture(700, _SIDE + 8, "A search on a known map", told,
                       tag("rect", width=700, height=_SIDE + 8, fill=colour("page")), self.scene,
                       *lines)  # fmt: skip
