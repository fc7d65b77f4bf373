"""What all widgets of the course have in common.

A widget is a thin shell: its state is in traits, what it computes is a tested function of the
library, and its picture is drawn in Python as SVG, the same one with a kernel and without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import anywidget
import traitlets

FOLDER = Path(__file__).parent

FRAME = 0.04
"""Seconds from one picture to the next of what moves …"""

CALM = 25
"""… and how many pictures are left out for one that is shown where less motion is wanted."""


def module(name: str) -> str:
    """The ES module of a widget: what all share, and then its own."""
    return "\n".join((FOLDER / file).read_text("utf-8") for file in ("shared.js", f"{name}.js"))


def style(name: str = "") -> str:
    """The style sheet of a widget: what all share, and then its own, if it has one."""
    sheets = [FOLDER / "course.css", FOLDER / f"{name}.css"]
    return "\n".join(sheet.read_text("utf-8") for sheet in sheets if sheet.exists())


class CourseWidget(anywidget.AnyWidget):
    """A widget with a line of status, a line for errors, and a picture for those without a kernel.

    Attributes:
        status: what it does now, read out by screen readers when it changes.
        error: what went wrong and how to mend it; empty if nothing did.
        calm: the reader wants less motion, says the page: one picture a second instead of 25.
    """

    _css = style()
    status = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    calm = traitlets.Bool().tag(sync=True)

    _task: asyncio.Task[None] | None = None

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Work on in the background, in place of what was worked on before.

        The work is to rest after every ten milliseconds or so (`await asyncio.sleep(…)`). If it
        fails, `error` says why.

        Raises:
            RuntimeError: outside a running event loop, such as a notebook has.
        """
        self.end()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise
        self._task = loop.create_task(work)
        self._task.add_done_callback(self._ended)

    def end(self) -> None:
        """Stop what is worked on in the background."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def close(self) -> None:
        self.end()
        super().close()

    @property
    def _pace(self) -> tuple[float, int]:
        """Seconds from one picture to the next, and how many pictures' work is in each."""
        return (1.0, CALM) if self.calm else (FRAME, 1)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if task is not self._task:  # something else was begun, or `end` was called
            return
        self._task = None
        if error is not None:
            self.error = f"This stopped half-way: {error}. Start it again."
        self._rest()

    def _rest(self) -> None:
        """Called when what was worked on is done, or has failed; not when `end` stopped it."""

    def svg(self) -> str:
        """What it shows now, as a picture with a title and a description."""
        raise NotImplementedError

    def summary(self) -> str:
        """What it shows now, in a line."""
        return self.status

    def _repr_mimebundle_(self, **options: Any) -> Any:
        both = super()._repr_mimebundle_(**options)
        if both is None:
            return None
        return both[0] | {"image/svg+xml": self.svg(), "text/plain": repr(self)}, both[1]

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.summary()}"


class Asked(CourseWidget):
    """A widget whose page asks for things in a queue.

    Hands can be faster than the kernel, and a trait that changes twice before it is sent arrives
    once. So what is asked for stands in a list, numbered, the latest last; `ask` in `shared.js`
    puts it there.

    Attributes:
        asked: number of each thing asked for lately, and what it is; what that means, `_do` knows.
    """

    asked: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)
    _answered = 0

    @traitlets.observe("asked")
    def _on_asked(self, _: Any) -> None:
        for entry in self.asked:
            try:
                order, what = entry
                if order > self._answered:
                    self._answered = order
                    self.error = ""
                    self._do(what)
            except (TypeError, ValueError) as trouble:
                self.error = str(trouble)[:200]

    def _do(self, what: Any) -> None:
        raise NotImplementedError
