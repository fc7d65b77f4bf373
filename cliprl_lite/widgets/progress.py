"""Which exercises of a notebook are solved, at its top."""

from __future__ import annotations

from types import ModuleType

import traitlets

from cliprl_lite import progress
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.widgets.base import CourseWidget, module, style

WIDE = 720


class Progress(CourseWidget):
    """The exercises of a notebook, with a tick at those that were passed, now or another day.

    Passing a check while it is there, or making a guess, is remembered in `progress.json`, beside
    the notebook, until `cliprl_lite.progress.reset_progress()` forgets it. A stored notebook shows
    no reader's progress: there no exercise is solved.

    Args:
        checks: the notebook's module of checks.

    Attributes:
        titles: the exercises, in their order.
        done: for each whether it was passed.
        elsewhere: how many were passed in other notebooks.
        guesses: what was guessed in this notebook: question → answer.

    Example:
        >>> from cliprl_lite.check import grid_world
        >>> shown = Progress(grid_world)
        >>> shown
        Progress: exercises: One step, One backup, Break it: forget the goal
        >>> shown.close()  # and now no more is remembered
    """

    _esm, _css = module("progress"), style("progress")
    titles: traitlets.List[str] = traitlets.List().tag(sync=True)
    done: traitlets.List[bool] = traitlets.List().tag(sync=True)
    elsewhere = traitlets.Int(0).tag(sync=True)

    def __init__(self, checks: ModuleType) -> None:
        self.notebook = checks.__name__.rsplit(".", 1)[-1]
        self.exercises = progress.exercises(checks)
        self.guesses: dict[str, str] = {}
        super().__init__(titles=list(self.exercises.values()))
        progress.watchers.append(self)
        self.read()

    def close(self) -> None:
        """Leave the page: nothing is told to it any more."""
        if self in progress.watchers:
            progress.watchers.remove(self)
        super().close()

    def note(self, notebook: str, name: str) -> None:
        """An exercise was passed: remember it, and show it."""
        try:
            progress.remember(notebook, name)
        except progress.ProgressError as error:
            self.error = f"This is not remembered: {error}."
        else:
            self.read()

    def note_guess(self, question: str, answer: str) -> None:
        """A guess was made: remember it."""
        self.guesses[question] = answer
        try:
            progress.remember_guess(self.notebook, question, answer)
        except progress.ProgressError as error:
            self.error = f"This is not remembered: {error}."

    def note_result(self, question: str, answer: str) -> None:
        """A result met a guess: remember the guess, if the reader has joined a class."""
        try:
            progress.remember_result(self.notebook, question, answer)
        except progress.ProgressError as error:
            self.error = f"This is not remembered: {error}."

    def read(self) -> None:
        """Show what is remembered."""
        try:
            solved, self.error = progress.solved(), ""
            self.guesses = progress.guesses().get(self.notebook, {})
        except progress.ProgressError as error:
            solved, self.error = {}, f"{error}."
        here = solved.pop(self.notebook, [])
        self.done = [name in here for name in self.exercises]
        self.elsewhere = sum(len(names) for names in solved.values())

    def summary(self) -> str:
        return f"exercises: {', '.join(self.titles)}"

    def svg(self) -> str:
        """The list of exercises, with none of them solved."""
        tall = 36 + 26 * len(self.titles)
        rows = [
            tag("circle", cx=18, cy=45 + 26 * place, r=8, fill="none", stroke=colour("ink"))
            + tag("text", text(f"{place + 1} {title}"), x=36, y=50 + 26 * place, font_size=15,
                  fill=colour("ink"))
            for place, title in enumerate(self.titles)
        ]  # fmt: skip
        return picture(
            WIDE,
            tall,
            "Exercises of this notebook",
            f"{len(self.titles)} of them: {', '.join(self.titles)}",
            tag("rect", width=WIDE, height=tall, fill=colour("page")),
            tag("text", "Exercises", x=8, y=22, font_size=15, font_weight=600, fill=colour("ink")),
            *rows,
        )
