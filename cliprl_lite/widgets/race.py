"""A race of up to three learners on one new task, with all three clocks in view."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._arrays import FloatArray
from cliprl_lite.learning.clocks import CLOCKS, FEW_SHOT_EPISODES, surely_first
from cliprl_lite.learning.runs import Run
from cliprl_lite.pictures.charts import DASHES
from cliprl_lite.pictures.drawing import printable
from cliprl_lite.widgets.base import Player, Refused, module, style
from cliprl_lite.widgets.race_pictures import Racer, curves, replay, squares_svg, whole
from cliprl_lite.worlds.greedy import greedy_actions, wrong_states
from cliprl_lite.worlds.gridworld import GridWorld

PIECE = 0.01
"""Seconds of learning before the event loop gets its turn."""

PER_FRAME = {"×1": 1, "×10": 10, "×100": 100}
"""Steps from one picture to the next: 25, 250 and 2,500 a second."""

SPEEDS = (*PER_FRAME, "to first arrival", "ever faster")
"""The last two take 4 % more steps for each picture, as fits a logarithmic axis."""

MOST_HOPE = 1_000_000
"""Reward that can be added to a starting table at most."""

HEADS = (
    "first 20 episodes: steps an episode",
    "within 5 % everywhere: steps until then",
    "optimal everywhere: steps until then",
    "squares still wrong now",
)
"""Columns of the read-out: the three clocks, and how far there is to go."""

_LONGEST, _PIECE_STEPS = 24, 50_000
_RECORD = 200_000  # episodes of a learner in its curve


class Race(Player):
    """Up to three learners on one new task, step by step side by side.

    It starts paused. Changing the seed or the hope sets everybody back to the start.

    Args:
        world: the map.
        goal: `(row, column)` of the new goal.
        starts: label → (voice, starting table); voices are `"none"`, `"words"`, `"map"`, and None
            is the empty table.
        seed: of every learner.
        hopeful: show a slider for `hope`.
        hope: a constant added to every starting table, in reward.
        old_goals: where the teachers' goals are, for the map.
        title: what is seen, in a few words.

    Attributes:
        playing: True while it runs.
        speed: a name in `SPEEDS`.
        show_wrong: show the map of the learner `watched`, its wrong squares hatched.
        watched: number of that learner.
        taken: steps taken by each learner that is not finished.

    Raises:
        ValueError: if there are no learners or over three, or a voice or table is unknown.

    Example:
        >>> race = Race(GridWorld.open_map(5), (0, 0), {"scratch": ("none", None)}, seed=3)
        >>> race.finish()
        >>> race
        Race: seed 3, scratch: first 20 episodes 22, within 5 % 1,096, optimal 1,096
    """

    _esm, _css = module("race"), style("race")
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    heads: traitlets.List[str] = traitlets.List(list(HEADS)).tag(sync=True)
    speeds: traitlets.List[str] = traitlets.List(list(SPEEDS)).tag(sync=True)
    chart = traitlets.Unicode().tag(sync=True)
    squares = traitlets.Unicode().tag(sync=True)
    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    first: traitlets.List[int] = traitlets.List().tag(sync=True)
    progress = traitlets.Unicode().tag(sync=True)
    speed = traitlets.Enum(SPEEDS, "ever faster").tag(sync=True, heard=True)
    seed = traitlets.Int(0).tag(sync=True, heard=True)
    hopeful = traitlets.Bool(False).tag(sync=True)
    hope = traitlets.Float(0.0).tag(sync=True, heard=True)
    show_wrong = traitlets.Bool(True).tag(sync=True, heard=True)
    watched = traitlets.Int(0).tag(sync=True, heard=True)

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        starts: Mapping[str, tuple[str, FloatArray | None]],
        seed: int = 0,
        *,
        hopeful: bool = False,
        hope: float = 0.0,
        old_goals: tuple[tuple[int, int], ...] = (),
        title: str = "A race to the new goal",
    ) -> None:
        if not 1 <= len(starts) <= 3:
            raise ValueError(f"a race has one to three learners; got {len(starts)}")
        for voice, _ in starts.values():
            if voice not in DASHES:
                raise ValueError(f"a voice is one of {', '.join(DASHES)}; got {voice!r}")
        self.world, self.goal, self.title = world, goal, title
        self.old_goals = old_goals
        self.voices = [voice for voice, _ in starts.values()]
        self._tables = [table for _, table in starts.values()]
        self.taken = 0
        super().__init__(
            names=_short(list(starts)), seed=seed, hopeful=hopeful or hope != 0, hope=hope
        )
        self._line_up()
        self.observe(lambda _: self.reset(), ["seed", "hope"])
        self.observe(lambda _: self._draw(), ["show_wrong", "watched"])
        self.observe(self._on_playing, "playing")

    # --- what the buttons do ----------------------------------------------------------------
    def play(self) -> None:
        """Go on, picture by picture, in the background; a finished race begins anew."""
        self.end()
        self.playing = True

    def pause(self) -> None:
        """Pause."""
        self.end()
        self.status = f"Paused, after {self.taken:,} steps."

    def step(self) -> None:
        """One picture further at the chosen speed."""
        self.pause()
        self.run_to(self._next())

    def reset(self) -> None:
        """Stop, and everybody back to the start, with the seed and the hope of now."""
        self.end()
        self._line_up()

    @traitlets.validate("seed", "hope")
    def _can_be(self, proposal: Any) -> Any:
        new = proposal["value"]
        if proposal["trait"].name == "seed" and new >= 0:
            return int(new)
        if proposal["trait"].name == "hope" and abs(new) <= MOST_HOPE:
            return new
        raise Refused(
            "this race cannot start: a seed is a whole number from 0 on, a hope lies between "
            f"−{MOST_HOPE:,} and {MOST_HOPE:,}"
        )

    def run_to(self, steps: int) -> None:
        """Everybody learns up to that many steps in all, at once."""
        self.taken = max(self.taken, steps)
        for run in self.runs:
            run.advance(self.taken)
        self._draw()

    def finish(self) -> None:
        """Everybody learns to the end, at once."""
        self.end()
        self.run_to(max(run.cap for run in self.runs))

    # --- what it knows ----------------------------------------------------------------------
    @property
    def finished(self) -> bool:
        """Everybody is finished."""
        return all(run.stop_reason for run in self.runs)

    @property
    def times(self) -> dict[str, dict[str, float | None]]:
        """The three clocks of each learner, None for "not yet"; clocks as in `CLOCKS`."""
        return {name: run.clocks for name, run in zip(self.names, self.runs, strict=True)}

    def summary(self) -> str:
        parts = [
            f"{row[0]}: first 20 episodes {row[1]}, within 5 % {row[2]}, optimal {row[3]}"
            for row in self.rows
        ]
        hope = f", hope {self.hope:g}" if self.hope else ""
        return f"seed {self.seed}{hope}, " + "; ".join(parts)

    def svg(self) -> str:
        return whole(self.title, self.summary(), self.chart, self.squares, self.heads, self.rows)

    def animation(self, pictures: int = 24) -> Any:
        """The race so far as a plotly figure that plays without a kernel."""
        last = max(run.steps for run in self.runs)
        return replay(self._racers, last, pictures, f"{self.title}, seed {self.seed}")

    # --- inside -----------------------------------------------------------------------------
    def _line_up(self) -> None:
        empty = np.zeros((self.world.n_states, 4))
        tables = [empty if table is None else table for table in self._tables]
        self.runs = [
            Run(self.world, self.goal, table + self.hope, self.seed, record=_RECORD)
            for table in tables
        ]
        self.taken, self.error = 0, ""
        self.status = "Paused at the start. Press Play."
        self._draw()

    def _do(self, button: Any) -> None:
        doing = {"play": self.play, "pause": self.pause, "step": self.step, "stop": self.reset}
        if not isinstance(button, str) or button not in doing:
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        doing[button]()

    def _on_playing(self, change: Any) -> None:
        """A button, or a cell, sets the trait."""
        if change.new and self._task is None:
            self._start()
        elif not change.new and self._task is not None:
            self.pause()

    def _start(self) -> None:
        try:
            self.begin(self._run())
        except RuntimeError:
            self.error = "nothing can play here, outside a notebook; use finish() or step()"
            self.playing = False
            return
        if self.finished:  # once more, from the start
            self._line_up()
        self.error, self.status = "", f"Learning, {self.speed}."

    async def _run(self) -> None:
        arrived = self._arrived()
        while not self.finished:
            begun = time.perf_counter()
            period, pictures = self._pace
            waited_for = False
            while pictures and not waited_for and not self.finished:
                await self._advance(self._next())
                waited_for = self.speed == "to first arrival" and self._arrived() != arrived
                pictures -= 1
            self._draw()
            if waited_for:
                if not self.finished:
                    self.status = (
                        f"An arrival, after {self.taken:,} steps. Play waits for the next one."
                    )
                return
            await asyncio.sleep(max(0.001, begun + period - time.perf_counter()))

    async def _advance(self, goal: int) -> None:
        """Everybody learns up to that many steps, with turns for the event loop."""
        piece = time.perf_counter()
        for run in self.runs:
            while not run.stop_reason and run.steps < goal:
                run.advance(min(goal, run.next_check, run.steps + _PIECE_STEPS))
                if time.perf_counter() - piece > PIECE:
                    await asyncio.sleep(0.001)
                    piece = time.perf_counter()
        self.taken = goal

    def _next(self) -> int:
        ahead = PER_FRAME.get(self.speed)
        return self.taken + ahead if ahead else max(self.taken + 1, math.ceil(self.taken * 1.04))

    def _arrived(self) -> int:
        return sum(run.learner.episode > 0 for run in self.runs)

    def _draw(self) -> None:
        if self.finished:
            self.taken = max(run.steps for run in self.runs)
            self.status = f"Finished, after {self.taken:,} steps."
        watched = min(max(self.watched, 0), len(self.runs) - 1)
        with self.hold_sync():
            self.chart = curves(self._racers(), self.world.n_states - 1)
            self.squares = self._squares(watched) if self.show_wrong else ""
            self.rows = [self._row(*pair) for pair in zip(self.names, self.runs, strict=True)]
            self.first = [self._first(clock) for clock in CLOCKS]
            self.progress = f"After {self.taken:,} steps{self._stopped()}."

    def _racers(self, until: int | None = None) -> list[Racer]:
        return [
            Racer.of(name, voice, run, until)
            for name, voice, run in zip(self.names, self.voices, self.runs, strict=True)
        ]

    def _stopped(self) -> str:
        """Who had stopped before, being finished."""
        said = [
            f"{name} had stopped after {run.steps:,}"
            for name, run in zip(self.names, self.runs, strict=True)
            if run.stop_reason and run.steps < self.taken
        ]
        return f"; {', '.join(said)}" if said else ""

    def _squares(self, watched: int) -> str:
        learner = self.runs[watched].learner
        greedy = greedy_actions(learner.q)
        wrong = wrong_states(greedy, self.world, [self.goal])
        return squares_svg(
            self.world, wrong, greedy, self.goal, self.old_goals, learner.state,
            f"{self.names[watched]}: {int(wrong.sum()):,} squares wrong",
        )  # fmt: skip

    def _row(self, name: str, run: Run) -> list[str]:
        clocks = run.clocks
        written = [f"{time:,.0f}" if time is not None else "not yet" for time in clocks.values()]
        if clocks["first20"] is None:
            written[0] += f" ({run.learner.episode} of {FEW_SHOT_EPISODES})"
        return [name, *written, f"{run.wrong_curve()[1][-1]:,}"]

    def _first(self, clock: str) -> int:
        """Number of the learner that is sure to be first by a clock; −1 if nobody is yet."""
        if len(self.runs) == 1:
            return -1
        # A slow starter may still have the shorter episodes.
        at_least = [0 if clock == "first20" else run.steps for run in self.runs]
        number = surely_first([run.clocks[clock] for run in self.runs], at_least)
        return -1 if number is None else number


def _short(labels: list[str]) -> list[str]:
    """Labels as they can be shown: printable, cut, and no two alike."""
    shown: list[str] = []
    for number, label in enumerate(labels, start=1):
        name = printable(label.strip(), _LONGEST).strip()
        shown.append(name if name and name not in shown else f"{name} {number}".strip())
    return shown
