"""From one network to another on a straight line, and what becomes of the policy on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._rounding import rounded
from cliprl_lite.learning.between_networks import SHARES, Line, line_between
from cliprl_lite.learning.matching import match
from cliprl_lite.learning.policies import Policy
from cliprl_lite.pictures.charts import Axis, curves_svg
from cliprl_lite.pictures.drawing import colour, map_svg, picture, printable, tag, text
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style
from cliprl_lite.worlds.greedy import greedy_actions, wrong_states
from cliprl_lite.worlds.gridworld import as_map
from cliprl_lite.worlds.several_goals import best_constant, goal_states
from cliprl_lite.worlds.tasks import Task

Pair = tuple[Policy, Policy, Sequence[Task]]
"""Two policies, and their tasks: one that both learned, or one for each."""


class AverageSlider(CourseWidget):
    """A slider from a network a to a network b, and what the network between them would do.

    Args:
        pairs: name → (policy a, policy b, tasks): one task that both learned, or one for each. A
            table is taken as the linear network that it is. All are on one map.

    Attributes:
        names: of the pairs.
        pair: number of the chosen one.
        place: number of the share λ of b in `SHARES`.
        matched: whether b's neurons stand in the order that is nearest to a's.

    Raises:
        ValueError: if there is no pair, or two of a pair are of different maps, features or shapes.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(4)
        >>> tasks = [Task("a", "go to a", (0, 0)), Task("b", "go to b", (3, 3))]
        >>> tables = [TabularPolicy(world, world.optimal_q(task.goal)) for task in tasks]
        >>> line = AverageSlider({"two tables": (*tables, tasks)})
        >>> line.slide(0.25)
        >>> print(line.summary())
        two tables, λ = 0.25: 100 % of arrows right (one action: 79 %), 100 % of starts arrive; \
loss 0.0, barrier 0.0 reward²
    """

    _esm, _css = module("average_slider"), style("average_slider")
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    pair = traitlets.Int(0, min=0).tag(sync=True, heard=True)
    place = traitlets.Int(0, min=0, max=len(SHARES) - 1).tag(sync=True, heard=True)
    matched = traitlets.Bool().tag(sync=True, heard=True)
    scene = traitlets.Unicode().tag(sync=True)
    shares = traitlets.Unicode().tag(sync=True)
    losses = traitlets.Unicode().tag(sync=True)
    numbers: traitlets.List[list[str]] = traitlets.List().tag(sync=True)

    def __init__(self, pairs: Mapping[str, Pair]) -> None:
        if not pairs:
            raise ValueError("give at least one pair of policies")
        self.world = as_map(next(iter(pairs.values()))[0].world)
        self._tasks = [tasks for _, _, tasks in pairs.values()]
        self._goals = [[task.goal for task in tasks] for tasks in self._tasks]
        self._lines = [self._both(*pair) for pair in pairs.values()]
        self._keys = [best_constant(self.world, goals) for goals in self._goals]
        highest = max(float(line.loss.max()) for both in self._lines for line in both)
        self._loss_axis = _axis(highest)
        super().__init__(
            names=[printable(name) or f"pair {n}" for n, name in enumerate(pairs, start=1)]
        )
        self.observe(self._show, ["pair", "place", "matched"])
        self._show()

    def _both(self, a: Policy, b: Policy, tasks: Sequence[Task]) -> tuple[Line, Line]:
        """The line as it is, and with b's neurons in the order that is nearest to a's."""
        first, second = a.network, b.network
        maps = [as_map(policy.world).walls for policy in (first, second)]
        if not all(np.array_equal(walls, self.world.walls) for walls in maps):
            raise ValueError("all policies have to be for one map")
        if first.reads != second.reads:
            raise ValueError(
                f"network a reads {first.reads!r} and network b {second.reads!r}; take two that "
                "read the same inputs"
            )
        if len(tasks) not in (1, 2):
            raise ValueError(f"give one task for both networks, or two tasks; got {len(tasks)}")
        nearest = match(first.parameters, second.parameters)  # an error if the shapes differ
        goals = [task.goal for task in tasks]
        return (
            line_between(self.world, first.reads, first.parameters, second.parameters, goals),
            line_between(self.world, first.reads, first.parameters, nearest, goals),
        )

    # What a reader does ------------------------------------------------------------------------
    def pick(self, pair: int | str) -> None:
        """Choose a pair by its number or its name."""
        if isinstance(pair, str):
            if pair not in self.names:
                raise ValueError(f"there is no pair {pair!r}; take one of {', '.join(self.names)}")
            pair = self.names.index(pair)
        if not 0 <= pair < len(self.names):
            raise ValueError(f"pairs are numbered 0 to {len(self.names) - 1}; got {pair}")
        self.pair = pair

    def slide(self, share: float) -> None:
        """Go to the share λ of b that is nearest to this one."""
        if not 0 <= share <= 1:
            raise ValueError(f"λ lies between 0 (network a) and 1 (network b); got {share}")
        self.place = int(np.abs(SHARES - share).argmin())

    def match_neurons(self, on: bool = True) -> None:
        """Put b's neurons into the order that is nearest to a's, or back into their own."""
        self.matched = on

    @traitlets.validate("pair")
    def _known(self, proposal: Any) -> int:
        if self.names and not 0 <= proposal.value < len(self.names):
            raise Refused(f"pairs are numbered 0 to {len(self.names) - 1}")
        return int(proposal.value)

    @traitlets.validate("place")
    def _whole(self, proposal: Any) -> int:
        return int(proposal.value)  # True is an int, too

    # What is shown -----------------------------------------------------------------------------
    @property
    def line(self) -> Line:
        """What is shown now: the line between the two chosen networks."""
        return self._lines[self.pair][int(self.matched)]

    def summary(self) -> str:
        key, line = self._keys[self.pair], self.line
        neurons = ", neurons matched" if self.matched else ""
        return (
            f"{self.names[self.pair]}{neurons}, λ = {SHARES[self.place]:.2f}: "
            f"{line.right[self.place]:.0%} of arrows right (one action: {key[1]:.0%}), "
            f"{line.arrive[self.place]:.0%} of starts arrive; "
            f"loss {line.loss[self.place]:.1f}, barrier {line.barrier:.1f} reward²"
        ).replace("%", " %")

    def svg(self) -> str:
        return picture(
            724,
            486,
            "From one network to another",
            f"{self.summary()}. Left the map with the arrows of the network between the two, "
            "right what it is worth along the line, and its loss.",
            tag("rect", width=724, height=486, fill=colour("page")),
            tag("text", text(self.names[self.pair]), x=8, y=24, font_size=16, font_weight=600,
                fill=colour("ink")),
            tag("text", text(self.status, 120), x=8, y=46, font_size=13, fill=colour("ink")),
            *(
                part.replace("<svg ", f'<svg x="{x}" y="{y}" ', 1)
                for part, x, y in ((self.scene, 8, 66), (self.shares, 300, 62),
                                   (self.losses, 300, 284))
            ),
        )  # fmt: skip

    def _show(self, _: object = None) -> None:
        tasks, goals = self._tasks[self.pair], self._goals[self.pair]
        line, share = self.line, float(SHARES[self.place])
        greedy = greedy_actions(line.q[self.place])
        wrong = wrong_states(greedy, self.world, goals)
        greedy[goal_states(self.world, goals)] = True  # no arrow there
        with self.hold_sync():
            self.scene = map_svg(
                self.world,
                title=f"The network at λ = {share:.2f}",
                description=f"Arrows of the network between a and b; {int(wrong.sum())} squares "
                "have a hatched corner, since their arrow is on no shortest way to a goal.",
                greedy=greedy,
                wrong=wrong,
                goal=tasks[0].cell if len(tasks) == 1 else None,
                objects=[(task.cell, task.colour, task.shape, task.sentence) for task in tasks],
                side=264,
            )
            self.shares, self.losses = self._charts(line, share)
            key, right, _arrive = self._keys[self.pair]
            self.numbers = [
                ["arrows right", f"{line.right[self.place]:.2f}"],
                [f"always {key}: right", f"{right:.2f}"],
                ["starts that arrive", f"{line.arrive[self.place]:.2f}"],
                ["loss", f"{line.loss[self.place]:.1f} reward²"],
                ["barrier", f"{line.barrier:.1f} reward²"],
            ]
            self.status = self._words(line, int(wrong.sum()))

    def _charts(self, line: Line, share: float) -> tuple[str, str]:
        x = Axis("λ, the share of network b", 0, 1, (0, 0.25, 0.5, 0.75, 1))
        key, right, _ = self._keys[self.pair]
        always = f"always {key}"
        quality = curves_svg(
            {
                "right": ("words", SHARES, line.right),
                "arrive": ("map", SHARES, line.arrive),
                always: ("none", SHARES, np.full(len(SHARES), right)),
            },
            x,
            Axis("share", 0, 1, (0, 0.25, 0.5, 0.75, 1)),
            title="Arrows that are right, and starts that arrive",
            description=f"Starts that arrive: {line.arrive.min():.2f} at the lowest. Arrows that "
            f"are right: {line.right.min():.2f} at the lowest; always {key}: {right:.2f}.",
            cursor=share,
            width=416,
            height=216,
        )
        loss = curves_svg(
            {"loss".ljust(len(always)): ("map", SHARES, line.loss)},  # as wide as the other chart
            x,
            self._loss_axis,
            title="Loss: how far its values are from the exact ones",
            description=f"The barrier is {line.barrier:.1f} reward² high.",
            cursor=share,
            width=416,
            height=196,
        )
        return quality, loss

    def _words(self, line: Line, wrong: int) -> str:
        share, goals = SHARES[self.place], len(goal_states(self.world, self._goals[self.pair]))
        where = {0: "This is network a", len(SHARES) - 1: "This is network b"}.get(
            self.place, f"{1 - share:.0%} of a and {share:.0%} of b"
        )
        squares = self.world.n_states - goals
        return (
            f"{where}: {wrong} of {squares} squares have a wrong arrow, and "
            f"{line.arrive[self.place]:.0%} of the starts arrive"
            f"{' at one of the two goals' if goals == 2 else ''}."
        ).replace("%", " %")


def _axis(highest: float) -> Axis:
    """From 0 to just above the highest loss, marked at round numbers."""
    highest = max(highest, 1.0)
    unit = 10.0 ** np.floor(rounded(np.log10(highest)))
    step = float(next(s * unit for s in (0.5, 1, 2, 5) if s * unit * 4 >= highest))
    top = step * float(np.ceil(highest / step))
    return Axis("loss, reward²", 0, top, np.arange(0, top + step / 2, step).tolist())
