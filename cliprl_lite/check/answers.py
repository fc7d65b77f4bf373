"""A reader's answer, taken safely: functions called, numbers and sentences read, all in words.

Whatever is wrong with the answer itself becomes a `Stopped` with the verdict to show; `@exercise`
turns it into that verdict, so that a check can be written as if all answers were well behaved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.check import deadline
from cliprl_lite.check.verdict import Verdict, not_yet, wrong

LONGEST = 200
"""Characters of a sentence; the encoder drops what is far longer."""


class Stopped(Exception):
    """An answer that cannot be judged further; holds the verdict on it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.words)
        self.verdict = verdict


def kind(value: object) -> str:
    """What a thing is, with its article.

    Example:
        >>> [kind(thing) for thing in (3, "three", None, np.ones(3))]
        ['an int', 'a str', 'None', 'an ndarray']
    """
    if value is None or value is ...:
        return "None" if value is None else "..."
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeio' or name.startswith('nd') else 'a'} {name}"


def blank(answer: Any) -> bool:
    """Whether nobody has begun: None or dots, or dots in a list, list of lists or dictionary.

    Example:
        >>> blank(...), blank([(1, ...), (2, 3)]), blank([])
        (True, True, False)
    """
    if isinstance(answer, dict):
        answer = list(answer.values())
    if not isinstance(answer, list | tuple):
        return answer is None or answer is ...
    inner = [part for one in answer if isinstance(one, list | tuple) for part in one]
    return any(part is ... for part in (*answer, *inner))


class Function:
    """A reader's function: each call gets copies, and what goes wrong in it is put in words.

    Args:
        given: what stands in the reader's cell.
        name: what messages call it.
        hints: kind of exception → a further sentence of its message.

    Example:
        >>> Function(lambda x: x + 1)(2)
        3
        >>> Function(lambda x: x.up())(2)
        Traceback (most recent call last):
        cliprl_lite.check.answers.Stopped: your function stops with AttributeError: 'int' object ...
    """

    def __init__(
        self,
        given: Any,
        name: str = "your function",
        hints: Mapping[type[Exception], str] | None = None,
    ) -> None:
        if given is None or given is ...:
            raise Stopped(not_yet())
        if not callable(given):
            raise Stopped(
                wrong(
                    f"{name} is {kind(given)}: keep the line that begins with def, and hand over "
                    "the function itself, without calling it"
                )
            )
        self._given, self._name, self._hints = given, name, hints or {}
        self._begun = False

    def __call__(self, *arguments: Any) -> Any:
        """What it returns.

        Raises:
            Stopped: if it fails, takes longer than `deadline.SECONDS`, changes what it is given, or
                returns nothing, dots or a generator.
        """
        handed = deepcopy(arguments)
        try:
            with np.errstate(all="ignore"), deadline.deadline(deadline.SECONDS):
                found = self._given(*handed)
        except deadline.Overdue:
            raise Stopped(wrong(self._overdue())) from None
        except (Exception, SystemExit) as error:
            raise Stopped(wrong(self._told(error))) from None
        changed = not _alike(handed, arguments)
        if found is None and changed:
            raise Stopped(
                wrong(
                    f"{self._name} changes what it is given, and nothing came back: make something "
                    "new, and end the function with return"
                )
            )
        if blank(found):
            raise Stopped(self._nothing(found))
        if changed:
            raise Stopped(
                wrong(
                    f"{self._name} changes what it is given: a *=, a sort() or a fill() works in "
                    "place. Leave what it is given unchanged, and make a new one"
                )
            )
        if isinstance(found, Iterator):
            raise Stopped(
                wrong(
                    f"{self._name} returns {kind(found)}, which holds no values yet: make a list "
                    "of it, in square brackets or by list(…)"
                )
            )
        self._begun = True
        return found

    def _nothing(self, found: Any) -> Verdict:
        if self._begun and found is None:
            return wrong(
                f"in one of the tests {self._name} gives nothing back: does every way through it "
                "end with return?"
            )
        return not_yet() if found is not None else not_yet(
            f"nothing comes back from {self._name} yet: end it with return"
        )  # fmt: skip

    def _overdue(self) -> str:
        called = getattr(self._given, "__name__", "")
        its = f", {called}," if called.isidentifier() and called != self._name else ""
        return (
            f"{self._name}{its} was still at work after {deadline.SECONDS:g} seconds, and was "
            "stopped. Look for a loop that cannot end: a while whose condition nothing in it "
            "changes, or a walk that comes back to where it was"
        )

    def _told(self, error: BaseException) -> str:
        said = message(error)
        more = [hint for sort, hint in self._hints.items() if isinstance(error, sort)]
        if isinstance(error, SystemExit):
            more.append("leave it by return, not by exit()")
        words = f"{self._name} stops with {type(error).__name__}{': ' if said else ''}{said}"
        return ". ".join([words, *more])


def as_array(value: Any, wanted: str) -> FloatArray:
    """Lists, tuples, pandas tables, tensors and arrays of numbers, as arrays of floats.

    Raises:
        Stopped: for text, rows of unequal length, and whatever else is no number.

    Example:
        >>> as_array([[1, 2], (3, 4)], "two rows").tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        >>> as_array(["1", "2"], "two numbers")
        Traceback (most recent call last):
        cliprl_lite.check.answers.Stopped: wanted: two numbers; this is a list that holds text
    """
    try:
        found = np.asarray(_plain(value))
        parts = found.reshape(-1).tolist() if found.dtype.kind == "O" else []
        text = found.dtype.kind in "US" or any(isinstance(part, str | bytes) for part in parts)
        if not text and found.dtype.kind in "iufO" and not any(map(_no_number, parts)):
            return found.astype(np.float64)
        why = " that holds text" if text and not isinstance(value, str | bytes) else ""
    except (Exception, SystemExit) as error:
        unequal = isinstance(error, ValueError) and isinstance(value, list | tuple)
        why = " whose rows are of unequal length" if unequal else ""
    raise Stopped(wrong(f"wanted: {wanted}; this is {kind(value)}{why}"))


def as_number(value: Any, wanted: str = "one number", many: str = "") -> float:
    """One number, also from an array that holds a single one; not always a finite one.

    Raises:
        Stopped: for anything else; `many` ends the message if there are several numbers.
    """
    found = as_array(value, wanted)
    if found.size != 1:
        words = f"wanted: {wanted}; these are {found.size} numbers, of shape {found.shape}"
        raise Stopped(wrong(words + (f": {many}" if many else "")))
    return float(found.reshape(-1)[0])


def as_whole(value: Any, wanted: str) -> IntArray:
    """Whole numbers, of any shape.

    Raises:
        Stopped: for text, for 1.5, and also for 1.0.
    """
    found = as_array(value, wanted)
    if np.asarray(_plain(value)).dtype.kind not in "iu" and found.size:
        raise Stopped(wrong(f"wanted: {wanted}; these are not whole numbers (integers)"))
    return found.astype(np.int64)


def message(error: BaseException) -> str:
    """What an exception says, if it can say it; cut where it is long."""
    try:
        return str(error)[:100]
    except Exception:
        return ""


def slack(*values: Any) -> float:
    """How far numbers may be off, relative to them, by the coarsest kind of float they came in.

    Example:
        >>> slack(1.5), slack(np.float32(1.5)), slack([1.5], np.ones(3, np.float16))
        (1e-09, 1e-05, 0.01)
    """
    sizes = [np.asarray(_plain(value)).dtype for value in values]
    return max(
        {2: 1e-2, 4: 1e-5}.get(size.itemsize if size.kind == "f" else 8, 1e-9) for size in sizes
    )


def as_sentence(given: Any, name: str = "the sentence") -> str:
    """A sentence, its spaces made single.

    Raises:
        Stopped: if it is none, is empty or too long, or cannot be encoded.

    Example:
        >>> as_sentence("  go to   the red cone ")
        'go to the red cone'
    """
    if given is None or given is ...:
        raise Stopped(not_yet(f"write {name} in place of the dots, between quotation marks"))
    if not isinstance(given, str):
        raise Stopped(wrong(f"{name} is text between quotation marks; this is {kind(given)}"))
    if not given.strip():
        raise Stopped(not_yet(f"{name} is empty: write one, and run the cell again"))
    if len(given) > LONGEST:
        words = f"{name} is longer than {LONGEST} characters; an instruction is a short one"
        raise Stopped(wrong(words))
    if any("\ud800" <= letter <= "\udfff" for letter in given):
        words = f"{name} holds half a character, which cannot be encoded; type it anew"
        raise Stopped(wrong(words))
    return " ".join(str(given).split())


# ---------------------------------------------------------------------------------------------
# Internals
# ---------------------------------------------------------------------------------------------
def _plain(value: Any) -> Any:
    """Tensors as arrays, also in lists, and also those that require gradients."""
    if hasattr(type(value), "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _no_number(part: Any) -> bool:
    return not hasattr(type(part), "__float__") or isinstance(part, bool)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)
