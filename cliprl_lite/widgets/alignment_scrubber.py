"""An alignment's training to scrub through: what it does to a sentence that it never saw.

All of it comes from a record and is sent as bytes, so that the scrubber works on a page without a
kernel: the browser paints cells anew and moves dots.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import traitlets

from cliprl_lite._arrays import FloatArray
from cliprl_lite.experiments.statistics import group_means
from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import LONGEST, colour, picture, printable, tag
from cliprl_lite.transfer.held_out_alignment import AlignmentRecord, from_bytes
from cliprl_lite.widgets.alignment_axes import (
    ACROSS,
    HIGH,
    HIGHEST_LOSS,
    LEFT,
    LOSS_TOP,
    SIDE,
    TRACK,
    UP,
    WEIGHT_TOP,
    WIDE,
    axes,
    track,
)
from cliprl_lite.widgets.base import CourseWidget, module, style
from cliprl_lite.worlds.tasks import TaskSuite

CELLS = re.compile(r'(?<=<g class="cl-cells">).*?(?=</g>)')
"""The heatmap's cells, which the browser paints itself, from the bytes."""


class AlignmentScrubber(CourseWidget):
    """Sixteen aligned sentences, one of them held out, after any number of training steps.

    The held-out sentence's row and its curve stay covered until the reader has chosen a step.

    Args:
        suite: the suite from which the record was made.
        record: of its training, one of its tasks held out.
        covered: whether the held-out row is covered at first.

    Attributes:
        step, temperature, targets: the training that is shown, and the step of it.
        covered: whether the held-out row and its curve are hidden.
        chosen: the step at which the reader uncovered them, −1 before.
        frames: similarities as bytes, shape `[targets, temperatures, marks, N, N]`, 0 for −1 and
            254 for 1.
        best: each row's highest entry off the diagonal, `[targets, temperatures, marks, N]`.
        losses, weights, sums: loss on the base pairs in nats, the held-out row's weight in the
            right room, and its Σd; each in the order `[targets, temperatures, marks]`.

    Raises:
        ValueError: if the record was made of another suite.

    Example:
        >>> from cliprl_lite import load_suite, record_alignment
        >>> house = load_suite("house_a")
        >>> record = record_alignment(house, "go to the blue key", [0.5], marks=(0, 5, 10))
        >>> scrubber = AlignmentScrubber(house, record)
        >>> scrubber.scrub(10)
        >>> scrubber.uncover()
        >>> scrubber.weight > 0.9
        True
    """

    _esm, _css = module("alignment_scrubber"), style("alignment_scrubber")
    heatmap = traitlets.Unicode().tag(sync=True)
    charts = traitlets.Unicode().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    held = traitlets.Int(0).tag(sync=True)
    marks: traitlets.List[int] = traitlets.List().tag(sync=True)
    temperatures: traitlets.List[float] = traitlets.List().tag(sync=True)
    kinds: traitlets.List[str] = traitlets.List().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True, heard=True)
    temperature = traitlets.Float(0.5).tag(sync=True, heard=True)
    targets = traitlets.Unicode("identity").tag(sync=True, heard=True)
    covered = traitlets.Bool(True).tag(sync=True, heard=True)
    chosen = traitlets.Int(-1).tag(sync=True, heard=True)
    frames = traitlets.Bytes().tag(sync=True)
    best = traitlets.Bytes().tag(sync=True)
    losses: traitlets.List[float] = traitlets.List().tag(sync=True)
    weights: traitlets.List[float] = traitlets.List().tag(sync=True)
    sums: traitlets.List[float] = traitlets.List().tag(sync=True)
    across: traitlets.List[float] = traitlets.List().tag(sync=True)
    loss_heights: traitlets.List[float] = traitlets.List().tag(sync=True)
    weight_heights: traitlets.List[float] = traitlets.List().tag(sync=True)

    def __init__(self, suite: TaskSuite, record: AlignmentRecord, *, covered: bool = True) -> None:
        names = [task.name for task in suite.tasks]
        if record.fingerprint != suite.fingerprint:
            raise ValueError(
                f"the record was made of {record.suite!r} as it was then, not of this "
                f"{suite.name!r}; record_alignment() makes another"
            )
        self.suite = suite
        held = names.index(record.held_out)
        groups = [task.group for task in suite.tasks]
        self.room = [k for k, group in enumerate(groups) if group == groups[held] and k != held]
        deltas = record.temperatures
        super().__init__(
            names=[printable(task.sentence.removeprefix("go to the ")) for task in suite.tasks],
            held=held,
            marks=list(record.marks),
            temperatures=list(deltas),
            kinds=list(record.targets),
            step=record.marks[0],
            temperature=0.5 if 0.5 in deltas else deltas[0],
            targets=record.targets[0],
            covered=covered,
            frames=record.frames.tobytes(),
            best=record.best.tobytes(),
            losses=record.losses.ravel().tolist(),
            weights=record.weights.ravel().tolist(),
            sums=record.sums.ravel().tolist(),
        )
        self.across = [round(LEFT + ACROSS * self._share(mark), 1) for mark in self.marks]
        shares = [min(value / HIGHEST_LOSS, 1.0) for value in self.losses]
        self.loss_heights = [round(LOSS_TOP + UP * (1 - share), 1) for share in shares]
        self.weight_heights = [round(WEIGHT_TOP + UP * (1 - value), 1) for value in self.weights]
        self.heatmap, self.charts = CELLS.sub("", self._heatmap()), self._charts()
        self.observe(self._mend, ["step", "temperature", "targets"])

    # What a reader does ----------------------------------------------------------------------
    def scrub(self, step: int) -> None:
        """Look at the training after this many steps, or at the nearest mark."""
        self.step = step

    def set_temperature(self, delta: float) -> None:
        """Look at the training with another temperature δ.

        Raises:
            ValueError: if the record has no such training.
        """
        if delta not in self.temperatures:
            raise ValueError(f"temperatures here are {self.temperatures}; got {delta}")
        self.temperature = delta

    def set_targets(self, kind: str) -> None:
        """Look at the training with `"identity"` or `"soft"` targets.

        Raises:
            ValueError: if the record has no such training.
        """
        if kind not in self.kinds:
            raise ValueError(f"targets here are {self.kinds}; got {str(kind)[:LONGEST]!r}")
        self.targets = kind

    def uncover(self) -> None:
        """Choose the step that is shown, and uncover the held-out row and its curve."""
        if self.covered:
            self.chosen, self.covered = self.step, False

    def _mend(self, change: dict[str, Any]) -> None:
        """Correct what the browser sets: take the nearest mark, refuse an unknown training."""
        self.error, name, new = "", change["name"], change["new"]
        if name == "step":
            at = self._share(new)
            self.step = min(self.marks, key=lambda mark: abs(self._share(mark) - at))
        elif new not in (self.temperatures if name == "temperature" else self.kinds):
            setattr(self, name, change["old"])
            self.error = f"nothing was trained with that {name}; this one was"

    # What is shown ---------------------------------------------------------------------------
    @property
    def _place(self) -> int:
        """Number of the training that is shown, in the order `[targets, temperatures]`."""
        kind = self.kinds.index(self.targets)
        return kind * len(self.temperatures) + self.temperatures.index(self.temperature)

    @property
    def _frame(self) -> int:
        return self._place * len(self.marks) + self.marks.index(self.step)

    @property
    def similarity(self) -> FloatArray:
        """The similarities that are shown, as they were sent, shape `[N, N]`."""
        n = len(self.names)
        stack = np.frombuffer(self.frames, np.uint8).reshape(-1, n, n)
        return from_bytes(stack[self._frame])

    @property
    def loss(self) -> float:
        """Loss on the base pairs, in nats."""
        return self.losses[self._frame]

    @property
    def weight(self) -> float:
        """Weight of the held-out sentence on teachers in the right room."""
        return self.weights[self._frame]

    @property
    def score_sum(self) -> float:
        """Σd, the sum of the held-out sentence's similarities."""
        return self.sums[self._frame]

    def summary(self) -> str:
        weight = "covered" if self.covered else f"{self.weight:.2f}"
        return (
            f"{self.targets} targets, δ {self.temperature:g}, step {self.step:,}: "
            f"loss {self.loss:.2f}, weight in the right room {weight}"
        )

    # Its picture -----------------------------------------------------------------------------
    def svg(self) -> str:
        room, other = self._two_means()
        return picture(
            SIDE + 44 + WIDE,
            HIGH,
            f"{self.suite.title}: aligned sentences after {self.step:,} training steps",
            f"{self.summary()}. Of the sentences trained on, two of one room have a mean "
            f"similarity of {room:z.2f}, two of different rooms {other:z.2f}. "
            f"Held out: {self.names[self.held]}.".replace("-", "−"),
            self._heatmap(),
            tag("g", self._charts(), transform=f"translate({SIDE + 44} 0)"),
        )

    def _two_means(self) -> tuple[float, float]:
        """Mean similarity of two base sentences: of one room, of different rooms."""
        bases = [k for k in range(len(self.names)) if k != self.held]
        groups = [self.suite.tasks[k].group for k in bases]
        return group_means(self.similarity[np.ix_(bases, bases)], groups)

    def _heatmap(self) -> str:
        n = len(self.names)
        cell, left, top = SIDE / n, 26.0, 28.0
        objects = [(task.colour, task.shape, task.sentence) for task in self.suite.tasks]
        drawn = heatmap_svg(self.similarity, objects, title="aligned sentences", side=SIDE)
        row = {"x": left, "y": top + self.held * cell, "width": float(SIDE), "height": cell}
        column = {"x": left + self.held * cell, "y": top, "width": cell, "height": float(SIDE)}
        hidden = "display:none"
        marks = [
            tag("rect", x=left + (number + 0.15) * cell, y=top - 5, width=cell * 0.7, height=4,
                fill=colour("map"))
            for number in self.room
        ]  # fmt: skip
        over = (
            tag("g", *marks, class_="cl-room", style=hidden if self.covered else None)
            + tag(
                "g",
                *(tag("rect", **strip, fill=colour("page")) for strip in (column, row)),
                tag("text", "held out, covered", x=left + SIDE / 2, y=row["y"] + cell / 2 + 5,
                    font_size=13, text_anchor="middle", fill=colour("ink")),
                class_="cl-cover", style=None if self.covered else hidden,
            )
            + tag("rect", x=left - 1, y=row["y"] - 1, width=SIDE + 2, height=cell + 2, fill="none",
                  stroke=colour("map"), stroke_width=2.5, pointer_events="none")
        )  # fmt: skip
        return drawn.removesuffix("</svg>") + over + "</svg>"

    def _share(self, step: float) -> float:
        """How far along the scale of steps: logarithmic, and yet with a place for 0."""
        last = max(self.marks[-1], 1)
        return float(np.log1p(min(max(step, 0), last)) / np.log1p(last))

    def _charts(self) -> str:
        now = LEFT + ACROSS * self._share(self.step)
        part = slice(self._place * len(self.marks), (self._place + 1) * len(self.marks))
        place = self.marks.index(self.step)
        hidden = "display:none"
        marks = [
            *axes(
                f"loss on the {len(self.names) - 1} base pairs, nats",
                LOSS_TOP,
                (0, 2, 4),
                HIGHEST_LOSS,
            ),
            *axes("held-out sentence: weight in the right room", WEIGHT_TOP, (0, 0.5, 1), 1),
        ]
        share = len(self.room) / (len(self.names) - 1)
        at = WEIGHT_TOP + UP * (1 - share)
        even = tag("path", d=f"M{LEFT} {at:.1f}h{ACROSS}", stroke=colour("none"), stroke_width=1.5,
                   stroke_dasharray="1.5 3")  # fmt: skip
        note = tag("text", "even", x=LEFT + ACROSS + 6, y=at + 4, font_size=13, fill=colour("none"))
        curves = []
        for name, heights in (("loss", self.loss_heights), ("weight", self.weight_heights)):
            ys = heights[part]
            points = list(zip(self.across, ys, strict=True))
            line = "L".join(f"{x} {y}" for x, y in points)
            hide = hidden if name == "weight" and self.covered else None
            curves.append(
                tag("g",
                    tag("path", d=f"M{line}", fill="none", stroke=colour("map"), stroke_width=3,
                        stroke_linejoin="round"),
                    tag("circle", cx=now, cy=ys[place], r=6, fill=colour("page"),
                        stroke=colour("map"), stroke_width=3),
                    class_=f"cl-{name}", style=hide)
            )  # fmt: skip
        cover = tag(
            "g",
            tag("rect", x=LEFT, y=WEIGHT_TOP - 8, width=ACROSS, height=UP + 10, rx=4,
                fill=colour("hair")),
            tag("text", "covered: choose a step first", x=LEFT + ACROSS / 2,
                y=WEIGHT_TOP + UP / 2 + 5, font_size=14, text_anchor="middle", fill=colour("ink")),
            class_="cl-cover", style=None if self.covered else hidden,
        )  # fmt: skip
        lines = "".join(f"M0 {top - 4:.1f}v{UP + 4:.1f}" for top in (LOSS_TOP, WEIGHT_TOP))
        flag = LEFT + ACROSS * self._share(max(self.chosen, 0))
        chosen = tag(
            "g",
            tag("path", d=lines, stroke=colour("ink"), stroke_width=1.5, stroke_dasharray="5 3"),
            tag("text", "your choice", x=0, y=WEIGHT_TOP + UP + 13, font_size=13,
                text_anchor="middle", fill=colour("ink")),
            class_="cl-chosen", transform=f"translate({flag:.1f} 0)",
            style=hidden if self.chosen < 0 else None,
        )  # fmt: skip
        cursor = tag("path", d=lines, stroke=colour("ink"), class_="cl-now",
                     transform=f"translate({now:.1f} 0)")  # fmt: skip
        thumb = tag("circle", cx=now, cy=TRACK, r=10, fill=colour("ink"), stroke=colour("page"),
                    stroke_width=2, class_="cl-thumb")  # fmt: skip
        return picture(
            WIDE, HIGH, "Loss and weight against training steps", self.summary(),
            *marks, even, note, cursor, cover, chosen, *curves, *track(self.marks, self.across),
            thumb,
        )  # fmt: skip
