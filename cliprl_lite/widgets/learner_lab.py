"""An agent that learns before the reader's eyes: shades are values, arrows greedy actions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.pictures.drawing import Agent, colour, map_svg, picture, printable, tag, text
from cliprl_lite.widgets.base import Player, Refused, module, style
from cliprl_lite.widgets.words import square
from cliprl_lite.worlds.greedy import as_table, believed_steps, greedy_actions, wrong_states
from cliprl_lite.worlds.gridworld import ACTIONS, GridWorld, as_cell

LIMIT = 1_000_000
"""Steps after which playing pauses by itself."""

FASTEST = 10_000
"""Steps a picture at most, so that a picture does not take a second."""

_PIECE = 50_000  # steps between two chances to interrupt
_TRAIL = 12
_RECORD = 100_000  # episodes; more than fit into the limit on any map of interest
_ARRIVING = 50  # steps a picture on the way to an arrival


class LearnerLab(Player):
    """A map on which a `Learner` learns live, from an empty table or another one.

    The shade of a square says how many steps the agent believes to be away from the goal, an
    arrow which action it prefers. A change of a setting starts anew. The table is that of
    `Learner(…)` with the same settings and seed, however the run was cut into pieces.

    Args:
        world: the map.
        goal: `(row, column)`.
        objects: what stands on it, as for `map_svg`.
        teachers: label → table of shape `[S, 4]` that the agent may start from as a copy.
        values: tables of one value that it may start from, in reward.
        start: number of the start that is chosen, values first, then teachers.
        epsilon, learning_rate, seed: as for `Learner`.
        place_goal: whether a press on a square moves the goal there.
        marked: whether squares that are not optimal yet have a hatched corner.
        title: what is seen, in a few words.
        side: of the map's longer edge, in pixels.

    Attributes:
        starts: labels of the starts.
        goal_state: state of the goal.
        speed: steps a picture, of which there are 25 a second.
        playing: True while it learns.
        asked: buttons that were pressed lately: `"play"`, `"pause"`, `"step"`, `"arrive"` or
            `"restart"`.
        readouts: label and value of each number.

    Raises:
        ValueError: if a setting is outside its range, or goal or table does not fit the map.

    Example:
        >>> lab = LearnerLab(GridWorld.open_map(4), (0, 0), seed=1)
        >>> lab.run(2_000)
        >>> lab.readouts[0], lab.readouts[-1]
        (['steps', '2,000'], ['optimal squares', '15 of 15'])
    """

    _esm, _css = module("learner_lab"), style("learner_lab")
    scene = traitlets.Unicode().tag(sync=True)
    legend = traitlets.Unicode().tag(sync=True)
    readouts: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    cells: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    starts: traitlets.List[str] = traitlets.List().tag(sync=True)
    epsilons: traitlets.List[float] = traitlets.List([0, 0.1, 0.3, 1]).tag(sync=True)
    rates: traitlets.List[float] = traitlets.List([0.1, 0.5, 1]).tag(sync=True)
    speeds: traitlets.List[int] = traitlets.List([1, 10, 100, 1_000]).tag(sync=True)
    epsilon = traitlets.Float(0.1).tag(sync=True, heard=True)
    learning_rate = traitlets.Float(1.0).tag(sync=True, heard=True)
    start = traitlets.Int(0).tag(sync=True, heard=True)
    seed = traitlets.Int(0).tag(sync=True, heard=True)
    goal_state = traitlets.Int(0).tag(sync=True, heard=True)
    place_goal = traitlets.Bool().tag(sync=True)
    marked = traitlets.Bool().tag(sync=True, heard=True)
    speed = traitlets.Int(10).tag(sync=True, heard=True)

    def __init__(
        self,
        world: GridWorld,
        goal: tuple[int, int],
        objects: Iterable[tuple[tuple[int, int], str, str, str]] = (),
        teachers: Mapping[str, ArrayLike] | None = None,
        values: Iterable[float] = (0, -5, -20),
        title: str = "An agent learns",
        side: float = 364,
        **settings: Any,
    ) -> None:
        self.world, self.title, self.side, self._objects = world, title, side, tuple(objects)
        self._n_squares = world.n_states - 1
        self._learner: Learner | None = None
        tables = {
            f"all {value:g}".replace("-", "−"): np.full((world.n_states, len(ACTIONS)), value)
            for value in values
        }
        self._values = len(tables)
        copies = {
            f"copy: {name}": as_table(np.asarray(table, dtype=float), world)
            for name, table in (teachers or {}).items()
        }
        self._tables = [*tables.values(), *copies.values()]
        super().__init__(
            cells=world.cells.tolist(),
            starts=[printable(label, 48) for label in (*tables, *copies)],
            goal_state=world.state(goal),
            **settings,
        )
        self._begin()

    # -----------------------------------------------------------------------------------------
    # What buttons do
    # -----------------------------------------------------------------------------------------
    @property
    def learner(self) -> Learner:
        """The run that is shown."""
        assert self._learner is not None
        return self._learner

    def run(self, steps: int) -> None:
        """Take this many steps at once."""
        self._advance(steps)
        self._show()

    def step(self) -> None:
        """Take one step."""
        self.pause()
        self.run(1)

    def arrive(self) -> None:
        """Learn until the agent arrives at the goal."""
        self.pause()
        self._advance(LIMIT, self.learner.episode + 1)
        self._show()
        self._arrived()

    def restart(self) -> None:
        """Begin again with the same settings and the same seed."""
        self.pause()
        self._begin()

    def play(self) -> None:
        """Go on learning until `pause`, until every square is optimal, or for a million steps."""
        self.playing = True

    def pause(self) -> None:
        """Stop learning; what was learned stays."""
        self.end()

    # -----------------------------------------------------------------------------------------
    # What the browser changes
    # -----------------------------------------------------------------------------------------
    @traitlets.validate("epsilon", "learning_rate", "start", "seed", "goal_state")
    def _can_be(self, proposal: Any) -> Any:
        name, new, squares = proposal["trait"].name, proposal["value"], self.world.n_states
        fits, words = {
            "epsilon": (0 <= new <= 1, "epsilon lies in [0, 1]"),
            "learning_rate": (0 < new <= 1, "the learning rate lies in (0, 1]"),
            "start": (0 <= new < len(self._tables), f"there are {len(self._tables)} starts"),
            "seed": (new >= 0, "the seed is a whole number, 0 or more"),
            "goal_state": (0 <= new < squares, f"the map has {squares} squares"),
        }[name]
        if not fits:
            raise Refused(f"{words}; got {new}")
        return int(new) if isinstance(new, int) else new  # True is an int, too

    @traitlets.validate("speed")
    def _bounded(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 1), FASTEST)

    @traitlets.observe("epsilon", "learning_rate", "start", "seed", "goal_state")
    def _changed(self, _: Any) -> None:
        if self._learner is not None:
            self.pause()
            self._begin()

    @traitlets.observe("marked")
    def _marks_changed(self, _: Any) -> None:
        if self._learner is not None:
            self._show()

    def _do(self, button: Any) -> None:
        doing = {
            "play": self.play,
            "pause": self.pause,
            "step": self.step,
            "restart": self.restart,
            "arrive": self._watch_arrival,
        }
        if not isinstance(button, str) or button not in doing:
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        doing[button]()

    def _watch_arrival(self) -> None:
        self.pause()
        self._stream(self.learner.episode + 1)

    @traitlets.observe("playing")
    def _plays(self, change: Any) -> None:
        if change["new"]:
            self._stream(-1)
        else:
            self.end()

    # -----------------------------------------------------------------------------------------
    # The run
    # -----------------------------------------------------------------------------------------
    def _begin(self) -> None:
        """A new run from the chosen start."""
        self._learner = Learner(
            self.world,
            self.world.cell(self.goal_state),
            self._tables[self.start],
            self.seed,
            self.learning_rate,
            self.epsilon,
            record=_RECORD,
        )
        self._trail, self._far = [self._learner.state], int(self._learner.distances.max())
        self._letter = "0" if self.start < self._values else "C"
        self._settings = (
            f"ε {self.epsilon:g}, η {self.learning_rate:g}, start: {self.starts[self.start]}, "
            f"seed {self.seed}"
        )
        self.error, self.status = "", ""
        self.legend = self._legend()
        if self.place_goal:
            self.names = [self._name(state) for state in range(self.world.n_states)]
        self._show()

    def _advance(self, steps: int, last_episode: int = -1) -> None:
        """Learn, and remember the last squares for the trail."""
        learner, end = self.learner, self.learner.steps + steps
        while learner.steps < end and learner.episode != last_episode:
            episode, left = learner.episode, end - learner.steps
            learner.run(1 if left <= _TRAIL else min(left - _TRAIL, _PIECE), last_episode)
            fresh = learner.episode != episode or left > _TRAIL
            self._trail = [learner.state] if fresh else [*self._trail[-_TRAIL:], learner.state]

    def _stream(self, last_episode: int) -> None:
        """Learn in small pieces, in the only background task."""
        self.error = self.status = ""
        try:
            self.begin(self._frames(last_episode))
        except RuntimeError:
            self.playing = False
            if last_episode >= 0:
                self.arrive()
            else:
                self.error = "playing needs a running notebook; here, call run(steps)"

    async def _frames(self, last_episode: int) -> None:
        learner, arriving = self.learner, last_episode >= 0
        while True:
            begun = time.perf_counter()
            period, pictures = self._pace
            self._advance((_ARRIVING if arriving else self.speed) * pictures, last_episode)
            self._show()
            if arriving and learner.episode == last_episode:
                self._arrived()
                return
            if learner.steps >= LIMIT or (not arriving and self._n_optimal == self._n_squares):
                self._finished()
                return
            await asyncio.sleep(max(0.005, begun + period - time.perf_counter()))

    # -----------------------------------------------------------------------------------------
    # What is seen
    # -----------------------------------------------------------------------------------------
    def _arrived(self) -> None:
        if self.learner.episode:
            which = "first" if self.learner.episode == 1 else "latest"
            self.status = f"Arrived: the {which} episode took {self.readouts[3][1]}."

    def _finished(self) -> None:
        done = f"after {self.learner.steps:,} steps"
        self.status = (
            f"Every square is optimal, {done}."
            if self._n_optimal == self._n_squares
            else f"Paused {done}: {self._n_squares - self._n_optimal} squares are still wrong."
        )

    def _show(self) -> None:
        """Everything that changes while it learns, in one message."""
        learner = self.learner
        greedy = greedy_actions(learner.q)
        wrong = wrong_states(greedy, self.world, [learner.goal])
        self._n_optimal = self._n_squares - int(wrong.sum())
        shade = np.clip(believed_steps(learner.q, learner.discount) / self._far, 0, 1)
        lengths = learner.episode_lengths
        first = f"{lengths[0]:,} steps" if learner.episode else "on its way"
        latest = f"{lengths[-1]:,} steps" if learner.episode else "on its way"
        latest = latest if learner.episode <= _RECORD else "not on record"
        with self.hold_sync():
            self.scene = map_svg(
                self.world,
                title=self.title,
                description=self._description(),
                shade=0.9 * shade,
                greedy=greedy,
                wrong=wrong if self.marked else None,
                goal=as_cell(learner.goal),
                objects=self._objects,
                agents=[Agent(self._letter, self._trail)],
                side=self.side,
            )
            self.readouts = [
                ["steps", f"{learner.steps:,}"],
                ["episodes finished", f"{learner.episode:,}"],
                ["first episode", first],
                ["latest episode", latest],
                ["optimal squares", f"{self._n_optimal} of {self._n_squares}"],
            ]

    def _description(self) -> str:
        learner, (row, column) = self.learner, self.learner.goal
        return (
            f"A map of {self.world.n_states} squares, the goal in row {row}, column {column}. "
            f"After {learner.steps:,} steps of learning the preferred actions are optimal in "
            f"{self._n_optimal} of {self._n_squares} squares. The stronger its shade, the "
            "farther from the goal the agent believes a square to be."
        )

    def _legend(self) -> str:
        """The scale of the shades, in steps."""
        boxes = [
            tag("rect", x=1 + 16 * k, y=1, width=16, height=14, fill=colour("deep"),
                fill_opacity=round(0.9 * k / 7, 2), stroke=colour("hair"))
            for k in range(8)
        ]  # fmt: skip
        words = f"believed: 0 to {self._far} steps to go"
        return picture(
            self.side + 4, 20, "Scale of the shades",
            f"The stronger the shade, the farther; {words}.", *boxes,
            tag("text", words, x=138, y=13, font_size=13, fill=colour("ink")),
        )  # fmt: skip

    def _name(self, state: int) -> str:
        """What a screen reader says of a square."""
        cell = self.world.cell(state)
        things = [printable(f"{c} {s}", 48) for at, c, s, _ in self._objects if tuple(at) == cell]
        goal = ["goal"] if state == self.goal_state else []
        return square(cell, *things, *goal)

    def svg(self) -> str:
        """The map, its scale, the settings and the numbers."""
        width, height = self.side + 330, self.side + 36
        lines = [["settings", ""], ["", self._settings], *self.readouts]
        return picture(
            width,
            height,
            self.title,
            f"{self._description()} Settings: {self._settings}.",
            tag("rect", width=width, height=height, fill=colour("page")),
            tag("g", self.scene),
            tag("g", self.legend, transform=f"translate(0 {self.side + 10:g})"),
            *(
                tag("text", f"{text(label)} {tag('tspan', text(value), font_weight=600)}",
                    x=self.side + 24, y=28 + 26 * number, font_size=14, fill=colour("ink"))
                for number, (label, value) in enumerate(lines)
            ),
        )  # fmt: skip

    def summary(self) -> str:
        return f"{self._settings}: " + ", ".join(" ".join(pair) for pair in self.readouts)
