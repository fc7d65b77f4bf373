"""Similarities become weights, weights become one averaged policy, and one sees where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.learning.averaging import average
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.pictures.drawing import colour, glyph, map_svg, picture, printable, tag, text
from cliprl_lite.transfer.algorithms import warm_start
from cliprl_lite.transfer.weightings import WEIGHTINGS, ZeroSumError, score_sum
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style
from cliprl_lite.widgets.words import decimals
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.several_goals import destinations
from cliprl_lite.worlds.tasks import Task

OFFERED = ("literal", "clipped", "softmax", "closest")
"""Weightings that a reader can choose."""

_OFFER = ", ".join(OFFERED)

REACHES = [size * 10.0**power for power in range(17) for size in (1.5, 3, 6)]
"""How far the scale of the bars may go; it is the first that holds all of them."""

_WIDTH, _LABEL, _ROW, _TOP = 480.0, 186.0, 36.0, 44.0


class WeightMixer(CourseWidget):
    """A slider for each teacher's similarity d, the weights they make, and the averaged policy.

    Args:
        world: the map.
        tasks: the teachers' tasks.
        tables: their action values, each of shape `[S, 4]`, in the same order.
        scores: similarities to begin with, shape `[N]`; all 0.5 if None.
        asked: scores that a button sets, shape `[N]`; no button if None.

    Attributes:
        scores: the similarities d, each from −1 to 1.
        weighting: one of `OFFERED`.
        total: Σ d.
        weights: what the weighting makes of them; empty if it makes nothing.
        q: the averaged table, shape `[S, 4]`; the last one there was, if the weights do not exist.

    Raises:
        ValueError: if tasks and tables differ in number, or there are none.

    Example:
        >>> world = GridWorld.open_map(4)
        >>> tasks = [Task("a", "go up", (0, 1)), Task("b", "go down", (3, 1))]
        >>> mixer = WeightMixer(world, tasks, [world.optimal_q(task.goal) for task in tasks])
        >>> mixer.set_scores([0.6, -0.8])
        >>> mixer
        WeightMixer: literal, Σd = −0.20: go up −3.00, go down 4.00; ends at: go down 100 %
        >>> mixer.set_weighting("clipped")
        >>> [round(weight, 2) for weight in mixer.weights]
        [1.0, 0.0]
    """

    _esm, _css = module("weight_mixer"), style("weight_mixer")
    sentences: traitlets.List[str] = traitlets.List().tag(sync=True)
    offered: traitlets.List[str] = traitlets.List(list(OFFERED)).tag(sync=True)
    scores: traitlets.List[float] = traitlets.List().tag(sync=True, heard=True)
    weighting = traitlets.Unicode("literal").tag(sync=True, heard=True)
    asked: traitlets.List[float] = traitlets.List().tag(sync=True)
    glyphs: traitlets.List[str] = traitlets.List().tag(sync=True)
    bars = traitlets.Unicode().tag(sync=True)
    gauge = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Unicode().tag(sync=True)
    verdict = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        world: GridWorld,
        tasks: Sequence[Task],
        tables: Sequence[FloatArray],
        scores: ArrayLike | None = None,
        asked: ArrayLike | None = None,
    ) -> None:
        if not tasks or len(tasks) != len(tables):
            raise ValueError(
                "the mixer needs a task or more, and a table for each; got "
                f"{len(tasks)} tasks and {len(tables)} tables"
            )
        self.world, self.tasks = world, list(tasks)
        self.policies = [TabularPolicy(world, np.asarray(table, dtype=float)) for table in tables]
        self.weights: list[float] = []
        self.q = average(self.policies, np.full(len(tasks), 1 / len(tasks))).q
        signs = [
            picture(20, 20, task.sentence, "", glyph(task.colour, task.shape, 10, 10, 16))
            for task in self.tasks
        ]
        super().__init__(sentences=[_short(task.sentence) for task in tasks], glyphs=signs)
        self.observe(lambda _: self._mix(), ["scores", "weighting"])
        if asked is not None:
            self.asked = self._as_scores(asked)
        self.set_scores([0.5] * len(tasks) if scores is None else scores)

    def set_scores(self, scores: ArrayLike) -> None:
        """Move the sliders: shape `[N]`, each from −1 to 1.

        Raises:
            ValueError: if the number of scores is another, or one is no finite number.
        """
        self.scores = self._as_scores(scores)

    def _as_scores(self, scores: ArrayLike) -> list[float]:
        numbers = np.asarray(scores, dtype=float)
        if numbers.shape != (len(self.tasks),):
            raise ValueError(f"{len(self.tasks)} teachers take as many scores; got {scores!r}")
        if not np.isfinite(numbers).all():
            raise ValueError(f"a score is a finite number; got {scores!r}")
        return [float(score) for score in np.clip(np.round(numbers, 2), -1, 1)]

    def set_weighting(self, name: str) -> None:
        """Choose how scores become weights, by a name in `OFFERED`.

        Raises:
            ValueError: if it is not offered.
        """
        self.weighting = name

    @property
    def total(self) -> float:
        """Σ d."""
        return score_sum(self.scores)

    @traitlets.validate("scores")
    def _are_scores(self, proposal: Any) -> list[float]:
        try:
            scores = [float(score) for score in proposal["value"] if not isinstance(score, str)]
        except (TypeError, ValueError, OverflowError):
            scores = []
        if len(scores) != len(self.tasks) or not all(-1 <= score <= 1 for score in scores):
            raise Refused(
                f"{len(self.tasks)} teachers take as many scores, each a number from −1 to 1; "
                "the old ones stay"
            )
        return scores

    @traitlets.validate("weighting")
    def _is_offered(self, proposal: Any) -> str:
        name: str = proposal["value"]
        if name not in OFFERED:
            raise Refused(f"there is no weighting {_short(name)!r}; take one of {_OFFER}")
        return name

    def _mix(self) -> None:
        """Scores → weights → policy → picture."""
        self.error = ""
        try:
            start = warm_start(self.scores, self.policies, WEIGHTINGS[self.weighting])
            self.weights, self.q = start.weights.tolist(), start.policy.q
        except ZeroSumError:
            self.weights = []
            self.error = (
                "Σd is zero, and nothing can be divided by zero: the literal weights do not "
                "exist here. Move a slider, or take another weighting."
            )
        self._draw()

    # --- pictures ---------------------------------------------------------------------------
    def _draw(self) -> None:
        came, nowhere = destinations(self.q, self.world, [task.goal for task in self.tasks])
        going = [
            f"{_short(self._thing(task))} {share:.0%}".replace("%", " %")
            for task, share in zip(self.tasks, came.tolist(), strict=True)
            if share > 0
        ]
        if nowhere > 0:
            going.append(f"nowhere, in a circle {nowhere:.0%}".replace("%", " %"))
        ends = "; ".join(going) if self.weights else "no policy"
        with self.hold_sync():
            self.verdict = (
                f"From all squares, it ends at: {ends}."
                if self.weights
                else "Here there is no averaged policy."
            )
            self.bars = self._bars()
            self.gauge = self._gauge()
            self.scene = self._map()
            pairs = zip(self.sentences, self.weights, strict=True) if self.weights else ()
            words = ", ".join(f"{sentence} {_signed(weight)}" for sentence, weight in pairs)
            self.status = (
                f"{_short(self.weighting)}, Σd = {_signed(self.total)}: "
                f"{words or 'no weights'}; ends at: {ends}"
            )

    @staticmethod
    def _thing(task: Task) -> str:
        return f"the {task.colour} {task.shape}" if task.colour and task.shape else task.sentence

    def _map(self) -> str:
        values = self.q.max(axis=1)
        spread = float(np.ptp(values))
        objects = [(task.cell, task.colour, task.shape, task.sentence) for task in self.tasks]
        return map_svg(
            self.world,
            title="The averaged policy",
            description=self.verdict,
            shade=(values.max() - values) / spread if spread > 0 else None,
            greedy=TabularPolicy(self.world, self.q).greedy if self.weights else None,
            objects=objects,
            side=300,
        )

    def _bars(self) -> str:
        """A bar for each weight beside its slider. The scale grows with the longest."""
        width, height = _WIDTH - _LABEL, _ROW * len(self.tasks) + 26
        longest = float(rounded(max(map(abs, self.weights), default=0.0)))
        reach = next((one for one in REACHES if longest <= one), longest)
        zero, unit = width / 2, (width / 2 - 54) / reach
        marks = []
        for tick in (-2 * reach / 3, 0.0, 2 * reach / 3):
            x = zero + tick * unit
            marks += [
                tag("path", d=f"M{x:.1f} 0V{height - 22:.0f}",
                    stroke=colour("ink" if tick == 0 else "hair")),
                tag("text", f"{tick:,.0f}".replace("-", "−"), x=x, y=height - 6, font_size=13,
                    font_weight=600, text_anchor="middle", fill=colour("ink")),
            ]  # fmt: skip
        for place, weight in enumerate(self.weights):
            y, side = place * _ROW, 1 if weight >= 0 else -1
            end = zero + weight * unit
            marks += [
                tag("rect", x=min(zero, end), y=y + 9, width=abs(end - zero), height=_ROW - 18,
                    fill=colour("minus" if weight < 0 else "words")),
                tag("text", _signed(weight), x=end + 4 * side, y=y + _ROW / 2 + 5, font_size=13,
                    text_anchor="start" if weight >= 0 else "end", fill=colour("ink")),
            ]  # fmt: skip
        words = ", ".join(_signed(weight) for weight in self.weights) or "none: Σd is zero"
        return picture(width, height, "Weights", f"Weights of the teachers: {words}.", *marks)

    def _gauge(self) -> str:
        """Σ d on a line from −N to N, zero marked."""
        n = len(self.tasks)
        width, left = 340.0, 14.0
        half = (width - 2 * left) / 2
        zero, at = left + half, left + half + half * float(np.clip(self.total / n, -1, 1))
        return picture(
            width, 58, "Sum of the similarities", f"Σd is {_signed(self.total)}.",
            tag("path", d=f"M{left} 36h{2 * half:.1f}M{zero} 26v20", stroke=colour("ink")),
            *(
                tag("text", f"{number}".replace("-", "−"), x=x, y=56, font_size=13,
                    text_anchor="middle", fill=colour("ink"))
                for number, x in ((-n, left), (0, zero), (n, width - left))
            ),
            tag("rect", x=min(zero, at), y=32, width=abs(at - zero), height=8,
                fill=colour("minus" if self.total < 0 else "words")),
            tag("circle", cx=at, cy=36, r=7, fill=colour("minus" if self.total < 0 else "words"),
                stroke=colour("page"), stroke_width=2),
            tag("text", f"Σd = {_signed(self.total)}", x=float(np.clip(at, 46, width - 46)), y=20,
                font_size=15, font_weight=600, text_anchor="middle", fill=colour("ink")),
        )  # fmt: skip

    def svg(self) -> str:
        rows: list[str] = []
        for place, (task, score) in enumerate(zip(self.tasks, self.scores, strict=True)):
            y = _TOP + place * _ROW
            rows += [
                glyph(task.colour, task.shape, 14, y + _ROW / 2, 16),
                tag("text", text(task.sentence, 20), x=30, y=y + _ROW / 2 - 3, font_size=13,
                    fill=colour("ink")),
                tag("text", f"d = {_signed(score)}", x=30, y=y + _ROW / 2 + 13, font_size=13,
                    fill=colour("ink")),
            ]  # fmt: skip
        below = _TOP + _ROW * len(self.tasks) + 40
        height = max(360.0, below + 82 + 18 * len(self.tasks))
        told = [self.error] if self.error else self.verdict.replace(": ", ":; ", 1).split("; ")
        return picture(
            798, height, "Similarities, weights, and the averaged policy", self.summary() + ".",
            tag("rect", width=798, height=height, fill=colour("page")),
            tag("text", f"weights, {text(_short(self.weighting))}", x=_LABEL + 90, y=24,
                font_size=14, fill=colour("ink")),
            *rows,
            tag("g", self.bars, transform=f"translate({_LABEL} {_TOP})"),
            tag("g", self.gauge, transform=f"translate(0 {below - 10})"),
            tag("g", self.scene, transform="translate(486 24)"),
            *(
                tag("text", text(line), x=8, y=below + 70 + 18 * number, font_size=13,
                    fill=colour("ink"))
                for number, line in enumerate(told)
            ),
        )  # fmt: skip


def _short(typed: str) -> str:
    return printable(str(typed), 28)


def _signed(value: float) -> str:
    """Two decimals; none for the huge ones.

    Example:
        >>> _signed(-0.5), _signed(-12345.6)
        ('−0.50', '−12,346')
    """
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 100 else decimals(value)
