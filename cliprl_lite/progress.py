"""Which exercises a reader has solved, and what was guessed: one small file beside the notebooks,
and no server.

A check that is an exercise tells when it is passed, and a prediction when it is made. That is
remembered if a notebook shows a `Progress` widget, and nowhere else: a test that tries a check
leaves no trace. What a class counts, the guess that stood before the result and the answers of the
quiz, is kept after `join_class()` only; the reader hands the file over, or nobody sees it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
is passed, their `note_guess(question, answer)` for each guess, their `note_result(question,
answer)` when a result meets a guess, their `read()` after each reset."""


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


def tell_result(question: str, answer: str) -> None:
    """Tell the watchers that the result has come, and which guess it met."""
    for watcher in list(watchers):
        watcher.note_result(question, answer)


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


Answers = dict[str, dict[str, str]]
"""Notebook, or form of the quiz → question → answer."""


class ClassRecord(NamedTuple):
    """What a class counts of one reader.

    Attributes:
        guesses: notebook (its module of checks) → question → the guess that the result met first.
        quiz: form (`before`, `after`) → number of the misconception → the answer.
    """

    guesses: Answers
    quiz: Answers


@dataclass
class Record:
    """All that a file of progress holds.

    Attributes:
        passed: as `solved` gives it.
        guesses: as `guesses` gives them.
        counted: for the class; None unless the reader has joined one.
    """

    passed: dict[str, list[str]]
    guesses: Answers
    counted: ClassRecord | None


def parse(text: str) -> Record:
    """What the text of a file of progress says.

    Raises:
        ValueError: if it is damaged, or of something else.

    Example:
        >>> parse('{"passed": {"tour": ["same_choice"]}}').passed
        {'tour': ['same_choice']}
        >>> parse("[1, 2]")
        Traceback (most recent call last):
        ValueError: its content is none that a notebook writes
    """
    try:
        content = json.loads(text)
        passed = {str(key): [str(name) for name in names]
                  for key, names in content["passed"].items()}  # fmt: skip
        counted = content.get("class")
        if counted is not None:
            counted = ClassRecord(_answers(counted["guesses"]), _answers(counted["quiz"]))
        made = _answers(content.get("guesses", {}))
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("its content is none that a notebook writes") from None
    return Record(_where_they_are_now(passed), made, counted)


def _answers(content: Any) -> Answers:
    return {str(key): {str(question): str(answer) for question, answer in said.items()}
            for key, said in content.items()}  # fmt: skip


def _read(folder: Path | None) -> Record:
    try:
        return parse(((folder or Path()) / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return Record({}, {}, None)
    except (OSError, ValueError) as error:
        raise ProgressError(
            f"{FILE} cannot be read ({error}). Mend it, or begin anew with reset_progress()"
        ) from None


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


def join_class(folder: Path | None = None) -> None:
    """From now on keep what a class counts: of each prediction the guess that stood when its result
    first came, and the answers of the quiz. They stay in the file until you hand it over.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     before = class_record(Path(folder))
        ...     join_class(Path(folder))
        ...     before, class_record(Path(folder))
        (None, ClassRecord(guesses={}, quiz={}))
    """
    _join(True, folder)


def leave_class(folder: Path | None = None) -> None:
    """Keep nothing more for a class, and forget what was kept; exercises and guesses stay.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.
    """
    _join(False, folder)


def _join(joined: bool, folder: Path | None) -> None:
    with _changing(folder) as known:
        if joined != (known.counted is not None):
            known.counted = ClassRecord({}, {}) if joined else None


def class_record(folder: Path | None = None) -> ClassRecord | None:
    """What is kept for a class; None unless the reader has joined one.

    Args and errors: as for `solved`.
    """
    return _read(folder).counted


def remember_result(notebook: str, question: str, answer: str, folder: Path | None = None) -> None:
    """Note, for a class, the guess that a result met; a later one does not count.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.
    """
    with _changing(folder) as known:
        if known.counted is not None:
            known.counted.guesses.setdefault(notebook, {}).setdefault(question, answer)


def remember_quiz(form: str, answers: Mapping[str, str], folder: Path | None = None) -> bool:
    """Note, for a class, the answers of one form of the quiz; later ones do not count.

    Returns:
        Whether the reader has joined a class, so that they are kept.

    Raises:
        ProgressError: if the file is damaged, or cannot be written.
    """
    with _changing(folder) as known:
        if known.counted is not None:
            known.counted.quiz.setdefault(form, dict(answers))
        return known.counted is not None


@contextmanager
def _changing(folder: Path | None) -> Iterator[Record]:
    """What the file holds, to be changed; it is written if it was."""
    file = (folder or Path()) / FILE
    try:
        with _alone(file.with_suffix(".lock")):
            known = _read(folder)
            before = _text(known)
            yield known
            if _text(known) != before:
                write_text(file, _text(known))
    except OSError as error:
        raise ProgressError(f"{FILE} cannot be written ({error.strerror})") from None


def _text(known: Record) -> str:
    content: dict[str, Any] = {"passed": known.passed}
    if known.guesses:
        content["guesses"] = known.guesses
    if known.counted is not None:
        content["class"] = known.counted._asdict()
    return json.dumps(content, indent=1) + "\n"


def reset_progress(folder: Path | None = None) -> None:
    """Forget all exercises and guesses, and the class; answers in the notebooks stay.

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
