"""What is printed never ends the work: a pipe may close, and a terminal may lack a character.

A table that took hours is not given up because `| head -1` has read enough, because the disk that
takes the output is full, or because an old code page has no "≥". Every command and script prints
within `forgiving_output`, after its files are written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO


@contextmanager
def forgiving_output() -> Iterator[None]:
    """Within it, or in a function that it decorates, nothing that is printed raises an error.

    Characters that the output cannot encode become "?". Text that nobody reads is dropped.
    """
    _open_what_is_closed()
    streams = _Forgiving(sys.stdout), _Forgiving(sys.stderr)
    out, err = streams
    with redirect_stdout(out), redirect_stderr(err):
        try:
            yield
        finally:
            for stream in streams:
                stream.flush()


def _open_what_is_closed() -> None:
    """Open file descriptors 1 and 2 if the program was started without them. Else the next file
    that it opens, perhaps a table, would get that number, and worker processes would fail."""
    for number in (1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                if nowhere != number:
                    os.dup2(nowhere, number)
                    os.close(nowhere)
                os.set_inheritable(number, True)


class _Forgiving:
    """A stream whose `write` and `flush` never fail; all else is the stream's own."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream  # None where a program was started without one

    def write(self, text: str) -> int:
        if self.stream is not None:
            encoding = getattr(self.stream, "encoding", None) or "utf-8"
            try:
                self.stream.write(text.encode(encoding, "replace").decode(encoding))
            except (OSError, ValueError):  # closed by its reader, or by us
                self._drop_the_rest()
        return len(text)

    def flush(self) -> None:
        if self.stream is not None:
            try:
                self.stream.flush()
            except (OSError, ValueError):
                self._drop_the_rest()

    def _drop_the_rest(self) -> None:
        """Drop the buffer's content, too: else Python would fail on it at exit."""
        with suppress(OSError, ValueError, AttributeError):
            assert self.stream is not None
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
