"""What the first steps of an alignment follow: XᵀY, and what a step does to the sentences."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import traitlets

from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.transfer.first_steps import (
    STEPS,
    FirstSteps,
    four_first_steps,
    suite_first_steps,
)
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style
from cliprl_lite.widgets.heatmaps import inset
from cliprl_lite.widgets.words import count, decimals
from cliprl_lite.worlds.tasks import TaskSuite

SIDE = 196.0
"""Side of each heatmap, in pixels."""

FOUR = "four sentences"

_CELL, _LEFT, _TOP = 66.0, 150.0, 106.0


class StepBoard(CourseWidget):
    """Two sliders, the small matrix XᵀY, and the sentences' heatmap before and after some steps.

    One slider says how loud colour and shape are in the words, one which of them the rooms follow.
    With a suite, its real sentences and policies can be looked at in the same way.

    Args:
        suite: tasks that have a colour and a shape; None for the four sentences alone.

    Attributes:
        pairs: whose pairs are shown, one of `offered`: `"four sentences"`, or the suite's name.
        shape_in_words: share of the four sentences' variance that shape has; colour has the rest.
        shape_in_policies: the same of their policies: 0 where rooms follow the colour.
        place: number of the entry of `steps` that is shown.
        steps: numbers of steps.

    Example: shape is loud in the words, the rooms follow colour.
        >>> board = StepBoard()
        >>> board.follow(shape_in_words=0.7, shape_in_policies=0)
        >>> board.go(1)
        >>> print(board.summary().replace(". ", "\\n"))
        XᵀY: colour 0.55, shape 0.00
        After 1 step, mean cosines: same colour −0.40 → 0.90, same shape 0.40 → −0.90.
    """

    _esm, _css = module("step_board"), style("step_board")
    offered: traitlets.List[str] = traitlets.List().tag(sync=True)
    pairs = traitlets.Unicode(FOUR).tag(sync=True, heard=True)
    shape_in_words = traitlets.Float(0.65).tag(sync=True, heard=True)
    shape_in_policies = traitlets.Float(0.0).tag(sync=True, heard=True)
    place = traitlets.Int(0).tag(sync=True, heard=True)
    steps: traitlets.List[int] = traitlets.List(list(STEPS)).tag(sync=True)
    shares: traitlets.List[str] = traitlets.List().tag(sync=True)
    matrix = traitlets.Unicode().tag(sync=True)
    panes: traitlets.List[str] = traitlets.List().tag(sync=True)
    numbers: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    lesson = traitlets.Unicode().tag(sync=True)

    def __init__(self, suite: TaskSuite | None = None) -> None:
        self._real = suite_first_steps(suite) if suite else None
        super().__init__(offered=[FOUR, *([suite.title.split(":")[0]] if suite else [])])
        self.observe(self._show, ["pairs", "shape_in_words", "shape_in_policies", "place"])
        self._show()

    # What a reader does ------------------------------------------------------------------------
    def follow(self, shape_in_words: float, shape_in_policies: float) -> None:
        """Move both sliders, each from 0 (all colour) to 1 (all shape).

        Raises:
            ValueError: if a share is outside.
        """
        self.shape_in_words, self.shape_in_policies = shape_in_words, shape_in_policies

    def go(self, step: int) -> None:
        """Look at the sentences after so many steps.

        Raises:
            ValueError: if nothing is kept for that number.
        """
        if step not in self.steps:
            raise ValueError(f"the steps that are kept are {self.steps}; got {step}")
        self.place = self.steps.index(step)

    def look_at(self, pairs: str) -> None:
        """Show the pairs of this name, one of `offered`.

        Raises:
            ValueError: if there are none.
        """
        self.pairs = pairs

    @traitlets.validate("shape_in_words", "shape_in_policies")
    def _is_a_share(self, proposal: Any) -> float:
        if not 0 <= proposal.value <= 1:
            raise Refused("a share lies from 0 (all colour) to 1 (all shape); the old one stays")
        return float(proposal.value)

    @traitlets.validate("place")
    def _is_a_place(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.steps):
            raise Refused(f"the steps that are kept are {self.steps}")
        return int(proposal.value)

    @traitlets.validate("pairs")
    def _is_offered(self, proposal: Any) -> str:
        if proposal.value not in self.offered:
            raise Refused(f"there are no such pairs; take one of {', '.join(self.offered)}")
        return str(proposal.value)

    # What is shown -----------------------------------------------------------------------------
    @property
    def seen(self) -> FirstSteps:
        """The steps that are shown, and what they follow."""
        if self.pairs != FOUR and self._real is not None:
            return self._real
        return four_first_steps(self.shape_in_words, self.shape_in_policies, self.steps)

    def _show(self, _: object = None) -> None:
        seen, step = self.seen, self.steps[self.place]
        both = seen.together
        after = f"after {count(step, 'step')}"
        when = after.capitalize() if step else "At the start"
        with self.hold_sync():
            self.shares = [_percent(side) for side in (both.words[:2], both.policies[:2])]
            self.matrix = _matrix(seen)
            self.panes = [
                heatmap_svg(values, seen.objects, title=title, side=SIDE, description=words)
                for title, values, words in (
                    ("sentences at the start", seen.sentences[0], _alike(seen, 0)),
                    (f"sentences {after}", seen.sentences[self.place], _alike(seen, step)),
                    ("policies", seen.policies, "Cosines of the policies, centred."),
                )
            ]
            self.numbers = [
                [f"same {name}", decimals(seen.alike(name, 0)), decimals(seen.alike(name, step))]
                for name in ("colour", "shape")
            ]
            self.lesson = _lesson(seen) if step else _before(seen)
            pulls = ", ".join(
                f"{name} {decimals(both.shared[k, k])}" for k, name in enumerate(both.features)
            )
            moved = ", ".join(
                f"{what} {old} → {new}" if step else f"{what} {old}"
                for what, old, new in self.numbers
            )
            self.status = f"XᵀY: {pulls}. {when}, mean cosines: {moved}."

    def svg(self) -> str:
        wide = SIDE + 32
        high = _TOP + _CELL * len(self.seen.together.features) + 12
        width = 3 * wide + 48
        words, rooms = self.shares
        told = (f"In the words: {words}.", f"The rooms follow: {rooms}.", self.status, self.lesson)
        lines = [line for sentence in told for line in (*wrap(sentence, 46), "")]
        return picture(
            width, high + SIDE + 66, f"What the first steps follow: {self.pairs}",
            f"{self.status} {self.lesson}",
            tag("rect", width=width, height=high + SIDE + 66, fill=colour("page")),
            inset(self.matrix, 8, 8),
            *(tag("text", text(line), x=400, y=60 + 18 * number, font_size=13, fill=colour("ink"))
              for number, line in enumerate(lines) if line),
            *(inset(pane, 8 + number * (wide + 16), high + 8)
              for number, pane in enumerate(self.panes)),
        )  # fmt: skip


def _percent(shares: Any) -> str:
    colours, shapes = (f"{round(100 * float(share))} %" for share in shares)
    return f"colour {colours}, shape {shapes}"


def _alike(seen: FirstSteps, step: int) -> str:
    return ", ".join(
        f"two sentences of the same {name} have a mean cosine of {decimals(seen.alike(name, step))}"
        for name in ("colour", "shape")
    ).capitalize()


def _before(seen: FirstSteps) -> str:
    """What makes two sentences alike before the first step."""
    colours, shapes = seen.together.words[:2].tolist()
    if colours == shapes:
        return "At the start colour and shape count the same."
    louder = "colour" if colours > shapes else "shape"
    return f"At the start two sentences are alike that share the {louder}, which is louder."


def _lesson(seen: FirstSteps) -> str:
    """What is to be learned from these two sliders, in a sentence."""
    loud, pull = seen.together.words[:2].tolist(), seen.together.shared.diagonal()[:2].tolist()
    names = ("colour", "shape")
    first, other = names[pull[1] > pull[0]], names[pull[1] <= pull[0]]
    if max(pull) < 0.005:
        return (
            "What is loud in the words has no partner: there is nothing that training can follow."
        )
    if min(pull) >= 0.005 and abs(pull[0] - pull[1]) < 0.005:
        return "Colour and shape are equal in XᵀY: neither comes to the front."
    if loud[names.index(other)] > loud[names.index(first)]:
        partner = "no partner" if min(pull) < 0.005 else "the weaker partner"
        return (
            f"{other.capitalize()} is louder in the words and has {partner}: it stays behind. "
            f"{first.capitalize()} comes to the front."
        )
    return f"{first.capitalize()} is loud in the words and has a partner: it stays in front."


def _matrix(seen: FirstSteps) -> str:
    """XᵀY by features: loudness as bars on both sides, each entry as a square of its size."""
    both = seen.together
    n = len(both.features)
    width, height = _LEFT + _CELL * n + 8, _TOP + _CELL * n + 8
    marks = []
    for k, name in enumerate(both.features):
        x, y = _LEFT + k * _CELL, _TOP + k * _CELL
        words, policies = float(both.words[k]), float(both.policies[k])
        marks += [
            tag("text", name, x=0, y=y + _CELL / 2 - 2, font_size=14, fill=colour("ink")),
            tag("text", f"{round(100 * words)} %", x=0, y=y + _CELL / 2 + 16, font_size=13,
                fill=colour("ink")),
            tag("rect", x=_LEFT - 8 - 80 * words, y=y + _CELL / 2 - 9, width=80 * words, height=18,
                fill=colour("words")),
            tag("text", name, x=x + _CELL / 2, y=40, font_size=14, text_anchor="middle",
                fill=colour("ink")),
            tag("text", f"{round(100 * policies)} %", x=x + _CELL / 2, y=57, font_size=13,
                text_anchor="middle", fill=colour("ink")),
            tag("rect", x=x + _CELL / 2 - 9, y=_TOP - 6 - 36 * policies, width=18,
                height=36 * policies, fill=colour("map")),
        ]  # fmt: skip
        for column in range(n):
            value, x = float(both.shared[k, column]), _LEFT + column * _CELL
            side = 40 * min(value, 1.0) ** 0.5
            marks += [
                tag("rect", x=x, y=y, width=_CELL, height=_CELL, fill=colour("floor"),
                    stroke=colour("hair")),
                tag("rect", x=x + (_CELL - side) / 2, y=y + 24 - side / 2, width=side, height=side,
                    fill=colour("plus")) if value >= 0.005 else "",
                tag("text", decimals(value), x=x + _CELL / 2, y=y + _CELL - 5, font_size=13,
                    font_weight=600 if value >= 0.005 else None, text_anchor="middle",
                    fill=colour("ink" if value >= 0.005 else "none")),
            ]  # fmt: skip
    told = "; ".join(
        f"{name}: {round(100 * float(words))} % of the words, "
        f"{round(100 * float(policies))} % of the policies, together {decimals(float(pull))}"
        for name, words, policies, pull in zip(
            both.features, both.words, both.policies, both.shared.diagonal(), strict=True
        )
    )
    return picture(
        width, height, "XᵀY: what words and policies vary in together", f"{told}.",
        tag("text", "XᵀY", x=0, y=20, font_size=16, font_weight=700, fill=colour("ink")),
        tag("text", "in the policies →", x=_LEFT, y=18, font_size=13, fill=colour("map")),
        tag("text", "in the words ↓", x=0, y=_TOP - 8, font_size=13, fill=colour("ink")),
        *marks,
    )  # fmt: skip
