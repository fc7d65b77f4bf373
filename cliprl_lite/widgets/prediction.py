"""A guess before the result, answered under the question when the result arrives."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import traitlets

from cliprl_lite import progress
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style


class Prediction(CourseWidget):
    """A question with a few answers, of which the reader picks one before going on.

    Where a `Progress` widget is shown, the guess is remembered with the exercises, and stands there
    again when the notebook is run again.

    Args:
        question: in one sentence.
        answers: two or more.

    Attributes:
        choice: number of the picked answer, −1 before.
        result: what happened; empty before it is known. Nobody is shown it without a guess.

    Raises:
        ValueError: if there are fewer than two answers.

    Example:
        >>> guess = Prediction("Who arrives last?", ["words", "nothing", "map"])
        >>> guess.choice = 2
        >>> guess.answer("words")
        >>> print(guess.compare())
        Who arrives last?
          you said:      map
          what happened: words
    """

    _esm, _css = module("prediction"), style("prediction")
    question = traitlets.Unicode().tag(sync=True)
    answers: traitlets.List[str] = traitlets.List().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True, heard=True)
    choice = traitlets.Int(-1).tag(sync=True, heard=True)
    result = traitlets.Unicode().tag(sync=True)

    def __init__(self, question: str, answers: Sequence[str]) -> None:
        if len(answers) < 2:
            raise ValueError("a prediction needs two answers or more to pick from")
        super().__init__(question=question, answers=list(answers))
        if (before := progress.guess_before(question)) in self.answers:
            self.choice = self.answers.index(before)

    @traitlets.validate("choice")
    def _is_an_answer(self, proposal: Any) -> int:
        choice = int(proposal["value"])
        if not -1 <= choice < len(self.answers):
            raise Refused(f"answers are numbered 0 to {len(self.answers) - 1}; −1 is none yet")
        return choice

    @traitlets.observe("choice")
    def _remember(self, _: object) -> None:
        if self.choice >= 0:
            progress.tell_guess(self.question, self.answers[self.choice])

    def answer(self, result: str) -> None:
        """Show under the question what happened."""
        if self.choice >= 0:
            progress.tell_result(self.question, self.answers[self.choice])
        self.result = result

    def compare(self) -> str:
        """The guess beside what happened, for the end of the notebook."""
        said = self.answers[self.choice] if self.choice >= 0 else "(no guess: go back and make one)"
        happened = self.result or "(not known yet: run the cells that follow the question)"
        return f"{self.question}\n  you said:      {said}\n  what happened: {happened}"

    def svg(self) -> str:
        asked = wrap(self.question, 68)
        top = 36 + 22 * len(asked)
        height = top + 2 + 28 * len(self.answers)
        lines = [
            tag("text", text(line), x=8, y=26 + 22 * number, font_size=16, font_weight=600,
                fill=LIGHT["ink"])
            for number, line in enumerate(asked)
        ]  # fmt: skip
        rows = [
            tag("circle", cx=16, cy=top + 28 * number, r=7, fill="none", stroke=colour("ink"))
            + tag("text", text(answer), x=32, y=top + 5 + 28 * number, font_size=15,
                  fill=LIGHT["ink"])
            for number, answer in enumerate(self.answers)
        ]  # fmt: skip
        return picture(
            720,
            height,
            self.question,
            "Answers to pick from: " + "; ".join(self.answers),
            tag("rect", width=720, height=height, fill=LIGHT["page"]),
            *lines,
            *rows,
        )

    def summary(self) -> str:
        return self.question
