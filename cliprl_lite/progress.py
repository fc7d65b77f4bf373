"""Which exercises a reader has solved, and what was guessed: one small file beside the notebooks,
and no server.

A check that is an exercise tells when it is passed, and a prediction when it is made. That is
remembered if a notebook shows a `Progress` widget, and nowhere else: a test that tries a check
leaves no trace.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from cliprl_lite._paths import write_text

FILE = "progress.json"
"""The file lies beside the notebook, in its kernel's working folder."""

PATIENCE = 5.0
"""Seconds after which another kernel's lock counts as left over."""

MOVED = {("transfer", name): "averages" for name in ("weights", "upside_down")} | {
    ("transfer", "spoil"): "clocks"
}
"""Exercises that stood in another notebook in the first edition: `(notebook, name)` → notebook."""

watchers: list[Any] = []
"""The `Progress` widgets shown now: their `note(notebook, name)` is called for each exercise that
is passed, their `note_guess(question, answer)` for each guess, their `read()` after each reset."""


class ProgressError(ValueError):
    """The file of progress cannot be read or written."""


def tell(notebook: str, name: str) -> None:
    """Tell the watchers that an exercise of a notebook was passed."""
    for watcher in list(watchers):
        watcher.note(notebook, name)


def tell_guess(question: str, answer: str) -> None:
    """Tell the watchers what was guessed."""
    for watcher in list(watchers):
        watcher.note_guess(question, answer)


def guess_before(question: str) -> str:
    """What was guessed before, as the watchers remember it; empty if nothing was."""
    found = [watcher.guesses.get(question, "") for watcher in watchers]
    return next(filter(None, found), "")


def exercises(module: ModuleType) -> dict[str, str]:
    """The exercises in a module of checks, in the order of their numbers: name → title.

    They are those that bear the mark of `check.exercises.exercise`.

    Example:
        >>> from cliprl_lite.check import grid_world
        >>> list(exercises(grid_world).items())[:2]
        [('next_cell', 'One step'), ('one_backup', 'One backup')]
    """
    marked = [
        check for check in vars(module).values() if type(getattr(check, "exercise", 0)) is tuple
    ]
    marked.sort(key=lambda check: check.exercise)
    return {check.__name__: check.exercise[1] for check in marked}


def solved(folder: Path | None = None) -> dict[str, list[str]]:
    """The exercises passed so far: notebook (its module of checks) → their names.

    What a file of the first edition remembers is found under the notebook that has it now.

    Args:
        folder: where the file lies; the working folder if None.

    Raises:
        ProgressError: if the file is damaged. It is left as it is.
    """
    return _read(folder).passed


def guesses(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """The guesses made so far: notebook (its module of checks) → question → answer.

    Args and errors: as for `solved`.
    """
    return _read(folder).guesses


class _File(NamedTuple):
    passed: dict[str, list[str]]
    guesses: dict[str, dict[str, str]]


def _read(folder: Path | None) -> _File:
    file = (folder or Path()) / FILE
    try:
        content = json.loads(file.read_text("utf-8"))
        passed = {str(key): [str(name) for name in names]
                  for key, names in content["passed"].items()}  # fmt: skip
        made = {str(key): {str(question): str(answer) for question, answer in said.items()}
                for key, said in content.get("guesses", {}).items()}  # fmt: skip
    except FileNotFoundError:
        return _File({}, {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProgressError(
            f"{FILE} cannot be read ({error}). Mend it, or begin anew with reset_progress()"
        ) from None
    return _File(_where_they_are_now(passed), made)


def remember(notebook: str, name: str, folder: Path | None = None) -> None:
    """Note that an exercise is passed.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.
    """
    with _changing(folder) as known:
        passed = known.passed.setdefault(notebook, [])
        if name not in passed:
            passed.append(name)


def remember_guess(notebook: str, question: str, answer: str, folder: Path | None = None) -> None:
    """Note what was guessed; a later guess takes the place of an earlier one.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     remember_guess("tour", "Who arrives last?", "W", Path(folder))
        ...     guesses(Path(folder))
        {'tour': {'Who arrives last?': 'W'}}
    """
    with _changing(folder) as known:
        known.guesses.setdefault(notebook, {})[question] = answer


@contextmanager
def _changing(folder: Path | None) -> Iterator[_File]:
    """What the file holds, to be changed; it is written if it was."""
    file = (folder or Path()) / FILE
    try:
        with _alone(file.with_suffix(".lock")):
            known = _read(folder)
            before = json.dumps(known)
            yield known
            if json.dumps(known) != before:
                content = {key: value for key, value in known._asdict().items() if value}
                write_text(file, json.dumps({"passed": {}} | content, indent=1) + "\n")
    except OSError as error:
        raise ProgressError(f"{FILE} cannot be written ({error.strerror})") from None


def reset_progress(folder: Path | None = None) -> None:
    """Forget all exercises and guesses; answers in the notebooks stay.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     remember("grid_world", "next_cell", Path(folder))
        ...     before = solved(Path(folder))
        ...     reset_progress(Path(folder))
        ...     before, solved(Path(folder))
        ({'grid_world': ['next_cell']}, {})
    """
    ((folder or Path()) / FILE).unlink(missing_ok=True)
    for watcher in list(watchers):
        watcher.read()


def _where_they_are_now(passed: dict[str, list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for notebook, names in passed.items():
        for name in names:
            there = found.setdefault(MOVED.get((notebook, name), notebook), [])
            if name not in there:
                there.append(name)
    return found


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock, so that other kernels wait; a kernel that waits too long goes ahead."""
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            if time.monotonic() > patient_until:
                break
            time.sleep(0.01)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
