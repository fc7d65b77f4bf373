"""From one network to another on a straight line, and what becomes of the policy on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from cliprl_lite.charts import Axis, curves_svg
from cliprl_lite.drawing import colour, map_svg, picture, printable, tag, text
from cliprl_lite.greedy import greedy_actions
from cliprl_lite.gridworld import ACTIONS, GridWorld
from cliprl_lite.matching import interpolate, loss_barrier, match, q_error
from cliprl_lite.networks import FloatArray, Parameters, features, forward
from cliprl_lite.policies import Policy
from cliprl_lite.rounding import rounded
from cliprl_lite.tasks import Task
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style

SHARES = np.linspace(0, 1, 21)
"""The shares λ of the second network at which the slider stops."""

Pair = tuple[Policy, Policy, Sequence[Task]]
"""Two policies, and what they are for: one task, or that of each."""


# ---------------------------------------------------------------------------------------------
# The line between two networks
# ---------------------------------------------------------------------------------------------
def arriving(greedy: NDArray[np.bool_], world: GridWorld, goals: Sequence[int]) -> float:
    """The share of starts from which a policy arrives at one of the goals, whichever it is.

    For one goal it is `evaluate_greedy(…).success`.

    Args:
        greedy: shape `[S, 4]`; every tied action has to lead to a goal.
        goals: their states.

    Example: everything left and up, and both corners of the left edge are goals.
        >>> world = GridWorld.open_map(3)
        >>> left, up = (np.tile(np.eye(4, dtype=bool)[k], (9, 1)) for k in (2, 0))
        >>> round(arriving(left, world, [0, 6]), 2), round(arriving(up, world, [0, 6]), 2)
        (0.57, 0.14)
    """
    arrived = np.zeros(world.n_states, dtype=bool)
    arrived[list(goals)] = True
    while True:
        more = arrived | (~greedy | arrived[world.next_state]).all(axis=1)
        if np.array_equal(more, arrived):
            return float((arrived.sum() - len(goals)) / (world.n_states - len(goals)))
        arrived = more


@dataclass(frozen=True, eq=False)
class Line:
    """What lies between two networks, at every share in `SHARES`.

    Attributes:
        q: action values, shape `[L, S, 4]`.
        right: share of squares, goals apart, whose every arrow is on a shortest way to a goal.
        arrive: share of starts from which it arrives at a goal.
        loss: mean squared distance from the exact values, or from their blend, in reward².
        barrier: the highest rise above the straight line between the losses of the ends.

    Example:
        >>> from cliprl_lite.policies import TabularPolicy
        >>> world, task = GridWorld.open_map(3), Task("t", "go", (0, 0))
        >>> table = TabularPolicy(world, world.optimal_q(task.goal)).network
        >>> between = line_between(world, "one-hot", table.parameters, table.parameters, [task])
        >>> float(between.right.min()), float(between.arrive.min()), between.barrier
        (1.0, 1.0, 0.0)
    """

    q: FloatArray
    right: FloatArray
    arrive: FloatArray
    loss: FloatArray
    barrier: float


def line_between(
    world: GridWorld, reads: Any, first: Parameters, second: Parameters, tasks: Sequence[Task]
) -> Line:
    """Evaluate the straight line between two networks.

    Args:
        world: the map.
        reads: what the networks read, as in `features`.
        first, second: the networks.
        tasks: one that both are for, or that of each.
    """
    x, goals = features(world, reads), goal_states(world, tasks)
    exact = [world.optimal_q(task.goal) for task in (tasks[0], tasks[-1])]

    def loss(network: Parameters, share: float) -> float:
        return q_error(network, x, (1 - share) * exact[0] + share * exact[1], goals)

    blends = [interpolate(first, second, share) for share in SHARES.tolist()]
    q = np.stack([forward(blend, x) for blend in blends])
    greedy = [greedy_actions(table) for table in q]
    return Line(
        q,
        np.array([1 - np.delete(wrong_squares(g, world, tasks), goals).mean() for g in greedy]),
        np.array([arriving(g, world, goals) for g in greedy]),
        np.array([loss(blend, s) for blend, s in zip(blends, SHARES.tolist(), strict=True)]),
        loss_barrier(first, second, loss),
    )


def goal_states(world: GridWorld, tasks: Sequence[Task]) -> list[int]:
    """The goals' states, each once."""
    return sorted({world.state(task.goal) for task in tasks})


def wrong_squares(
    greedy: NDArray[np.bool_], world: GridWorld, tasks: Sequence[Task]
) -> NDArray[np.bool_]:
    """Squares with an arrow that is on no shortest way to any of the goals, shape `[S]`."""
    good = np.any([world.optimal_actions(task.goal) for task in tasks], axis=0)
    wrong: NDArray[np.bool_] = (greedy & ~good).any(axis=1)  # at a goal every action is good
    return wrong


def one_key(world: GridWorld, tasks: Sequence[Task]) -> tuple[str, float, float]:
    """The best policy that always presses one key: which, its right squares, who arrives.

    Example:
        >>> one_key(GridWorld.open_map(3), [Task("t", "go", (0, 0))])
        ('up', 0.75, 0.25)
    """
    goals, found = goal_states(world, tasks), []
    for number, name in enumerate(ACTIONS):
        greedy = np.tile(np.arange(len(ACTIONS)) == number, (world.n_states, 1))
        right = 1 - np.delete(wrong_squares(greedy, world, tasks), goals).mean()
        found.append((name, float(right), arriving(greedy, world, goals)))
    return max(found, key=lambda one: one[1])


# ---------------------------------------------------------------------------------------------
# The widget
# ---------------------------------------------------------------------------------------------
class AverageSlider(CourseWidget):
    """A slider from a network a to a network b, and what the network between them would do.

    Args:
        pairs: name → (policy a, policy b, tasks): one task that both are for, or that of each. A
            table goes in as the linear network it is. All are on one map.

    Attributes:
        names: of the pairs.
        pair: number of the chosen one.
        place: number of the share λ of b in `SHARES`.
        matched: whether b's neurons stand in the order that is nearest to a's.

    Raises:
        ValueError: if there is no pair, or two of a pair are of different maps, features or shapes.

    Example:
        >>> from cliprl_lite.policies import TabularPolicy
        >>> world = GridWorld.open_map(4)
        >>> tasks = [Task("a", "go to a", (0, 0)), Task("b", "go to b", (3, 3))]
        >>> tables = [TabularPolicy(world, world.optimal_q(task.goal)) for task in tasks]
        >>> line = AverageSlider({"two tables": (*tables, tasks)})
        >>> line.slide(0.25)
        >>> print(line.summary())
        two tables, λ = 0.25: 100 % of arrows right (one key: 79 %), 100 % of starts arrive; \
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
        self.world = next(iter(pairs.values()))[0].world
        self._tasks = [tasks for _, _, tasks in pairs.values()]
        self._lines = [self._both(*pair) for pair in pairs.values()]
        self._keys = [one_key(self.world, tasks) for tasks in self._tasks]
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
        maps = [policy.world.walls for policy in (first, second)]
        if not all(np.array_equal(walls, self.world.walls) for walls in maps):
            raise ValueError("all policies have to be for one map")
        if first.reads != second.reads:
            raise ValueError(f"a reads {first.reads!r} and b {second.reads!r}: no common inputs")
        if len(tasks) not in (1, 2):
            raise ValueError(f"one task that both are for, or two; got {len(tasks)}")
        nearest = match(first.parameters, second.parameters)  # an error if the shapes differ
        return (
            line_between(self.world, first.reads, first.parameters, second.parameters, tasks),
            line_between(self.world, first.reads, first.parameters, nearest, tasks),
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
            f"{line.right[self.place]:.0%} of arrows right (one key: {key[1]:.0%}), "
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
        tasks, line, share = self._tasks[self.pair], self.line, float(SHARES[self.place])
        greedy = greedy_actions(line.q[self.place])
        wrong = wrong_squares(greedy, self.world, tasks)
        greedy[goal_states(self.world, tasks)] = True  # no arrow there
        with self.hold_sync():
            self.scene = map_svg(
                self.world,
                title=f"The network at λ = {share:.2f}",
                description=f"Arrows of the network between a and b; {int(wrong.sum())} squares "
                "have a hatched corner, since their arrow is on no shortest way to a goal.",
                greedy=greedy,
                wrong=wrong,
                goal=tasks[0].goal if len(tasks) == 1 else None,
                objects=[(task.goal, task.colour, task.shape, task.sentence) for task in tasks],
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
            f"are right: {line.right.min():.2f} at the lowest; always pressing {key}: {right:.2f}.",
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
        share, goals = SHARES[self.place], len(goal_states(self.world, self._tasks[self.pair]))
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
