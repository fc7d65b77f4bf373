"""What all widgets of the course have in common.

A widget is a thin shell: its state is in traits, what it computes is a tested function of the
library, and its picture is drawn in Python as SVG, the same one with a kernel and without.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from cliprl_lite.pictures.drawing import printable
from cliprl_lite.widgets.words import count

FOLDER = Path(__file__).parent

FRAME = 0.04
"""Seconds from one picture of an animation to the next."""

CALM = 25
"""Where less motion is wanted, one picture in so many is shown."""


def module(name: str) -> str:
    """The ES module of a widget: the part that all widgets share, then its own."""
    return lean(
        "\n".join((FOLDER / file).read_text("utf-8") for file in ("shared.js", f"{name}.js"))
    )


def style(name: str = "") -> str:
    """The style sheet of a widget: the part that all widgets share, then its own, if any."""
    sheets = [FOLDER / "course.css", FOLDER / f"{name}.css"]
    return lean("\n".join(sheet.read_text("utf-8") for sheet in sheets if sheet.exists()))


def lean(source: str) -> str:
    """A module or a style sheet without indentation and without comments that have lines of their
    own: every stored widget holds both, a notebook many of them.

    Example:
        >>> lean("// What it does.\\nif (a) {\\n  b(); // now\\n}\\n/* A\\n   note. */\\nc();")
        'if (a) {\\nb(); // now\\n}\\nc();'
    """
    source = re.sub(r"^\s*/\*.*?\*/[ \t]*$", "", source, flags=re.MULTILINE | re.DOTALL)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


class Refused(traitlets.TraitError, ValueError):
    """A value that a trait refuses, with words for the reader; the old value stays."""


class CourseWidget(anywidget.AnyWidget):
    """A widget with a line of status, a line for errors, and a picture for those without a kernel.

    The page sets the traits that are tagged `heard=True` and no others: what Python computes and
    draws cannot be written over from there.

    Attributes:
        status: what it does now, read out by screen readers when it changes.
        error: what went wrong and how to mend it; empty if nothing did.
        calm: True if the page says that the reader wants less motion: one picture a second
            instead of 25.
    """

    _css = style()
    status = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    calm = traitlets.Bool().tag(sync=True, heard=True)

    _task: asyncio.Task[None] | None = None
    _refusal = ""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(lambda _, content, __: self._reply(content))

    def _reply(self, told: Any) -> None:
        """Tell the page that its message has arrived. A restarted kernel tells it nothing."""
        match told:
            case {"told": int(number)}:
                self.send({"heard": number})

    @property
    def _switches(self) -> set[str]:
        """Names of Boolean traits; other traits would take a Boolean for the number 0 or 1."""
        return {name for name, kind in self.traits().items() if isinstance(kind, traitlets.Bool)}

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Set traits for the page. If a value is refused, all stays as it was; `error` says why."""
        told = {
            name: int(new) if isinstance(new, bool) and name not in self._switches else new
            for name, new in sync_data.items()
            if name in self.keys and self.trait_metadata(name, "heard")
        }
        if self._refusal == self.error:
            self.error = ""
        self._refusal = ""
        try:
            super().set_state(told)
        except traitlets.TraitError as trouble:
            known = isinstance(trouble, Refused)
            words = str(trouble) if known else f"{', '.join(told)}: this value is not possible here"
            self.error = self._refusal = printable(words, 200)
            self.send_state(list(told))  # the page has the old values again

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start work in the background, in place of earlier work.

        The work has to pause about every ten milliseconds (`await asyncio.sleep(…)`). If it fails,
        `error` says why.

        Raises:
            RuntimeError: outside a running event loop, such as a notebook has.
        """
        self._drop()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise
        self._task = loop.create_task(work)
        self._task.add_done_callback(self._ended)

    def end(self) -> None:
        """Stop the work in the background."""
        self._drop()

    def _drop(self) -> None:
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
            self.error = f"This stopped half-way: {in_words(error)}. Start it again."
        self._rest()

    def _rest(self) -> None:
        """Called when the background work is done or has failed, but not when `end` stopped it."""

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
    """A widget whose page sends its requests in a queue.

    A reader can press faster than the kernel answers, and a trait that changes twice before it is
    sent arrives once. So requests stand in a numbered list, the latest last; `ask` in `shared.js`
    puts them there.

    Attributes:
        asked: the latest requests, each with its number; `_do` knows what they mean.
    """

    asked: traitlets.List[list[Any]] = traitlets.List().tag(sync=True, heard=True)
    _answered = 0

    @traitlets.observe("asked")
    def _on_asked(self, _: Any) -> None:
        lost = 0
        for entry in self.asked:
            match entry:
                case [int(order), what] if not isinstance(order, bool) and 0 < order < 2**53:
                    if order > self._answered:
                        lost += order - self._answered - 1
                        self._answered = order
                        self._answer(what)
                case _:
                    self.error = "The page asked for something that cannot be read."
        if lost:
            self.error = (
                f"The kernel was busy, and {count(lost, 'press')} did not reach it: look where "
                "you are, and go on from there."
            )

    def _answer(self, what: Any) -> None:
        self.error = ""
        try:
            self._do(what)
        except ValueError as trouble:  # its words are for the reader
            self.error = printable(in_words(trouble), 200)
        except Exception as trouble:
            self.error = printable(f"That cannot be done here ({type(trouble).__name__}).", 200)

    def _do(self, what: Any) -> None:
        """Do what was asked for.

        Raises:
            ValueError: if it cannot be done, with a text for the reader.
        """
        raise NotImplementedError


class Player(Asked):
    """A widget that can play until somebody stops it.

    A message tells the page whether it plays. That is no part of its state, so that a widget that
    is stored, in a notebook or on a page, is always at rest.

    Attributes:
        playing: True while it plays.
    """

    playing = traitlets.Bool()

    @traitlets.observe("playing")
    def _tell_playing(self, _: Any = None) -> None:
        self.send({"playing": self.playing})

    def _reply(self, told: Any) -> None:
        super()._reply(told)
        self._tell_playing()

    def end(self) -> None:
        """Stop the work in the background; nothing is playing then."""
        super().end()
        self.playing = False

    def _rest(self) -> None:
        self.playing = False


def in_words(trouble: BaseException) -> str:
    """What an exception says, or its name if it says nothing.

    Example:
        >>> in_words(ValueError("too long")), in_words(MemoryError())
        ('too long', 'MemoryError')
    """
    return str(trouble) or type(trouble).__name__
