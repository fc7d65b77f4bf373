"""A reader's function that does not come back is stopped, on every system.

Where there are alarms, one rings: it costs nothing, and also ends a loop inside a library. Windows
has none, nor has a thread beside the main one, nor a browser tab; there every line that runs looks
at the clock. Neither can reach into a single call of compiled code.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 20.0
"""How long one call of a reader's function may take; those of the solutions take far less."""

AGAIN = 0.05
"""Seconds until the alarm rings once more, for a function that catches whatever is raised in it."""


class Overdue(BaseException):
    """The time is over. No `except Exception` in the reader's function holds it up."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Stop what runs in the block after some seconds, unless somebody debugs it.

    Raises:
        Overdue: if it was stopped.

    Example:
        >>> with deadline(0.01):
        ...     while True:
        ...         pass
        Traceback (most recent call last):
        cliprl_lite.check.deadline.Overdue
    """
    if sys.gettrace() is not None:
        yield  # a debugger is at work, and people think for longer
    elif _alarms():
        with _alarm(seconds):
            yield
    else:
        with _clock(seconds):
            yield


def _alarms() -> bool:
    """Whether an alarm can be set here, and nobody else has set one."""
    if not hasattr(signal, "setitimer") or sys.platform == "emscripten":
        return False
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getitimer(signal.ITIMER_REAL)[0] == 0


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    armed = True

    def ring(*_: object) -> None:
        if armed and sys.gettrace() is None:
            raise Overdue

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        try:
            yield
        finally:
            armed = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _clock(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds

    def look(*_: object) -> Any:
        if time.monotonic() > end and sys.gettrace() is look:
            raise Overdue
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(None)
