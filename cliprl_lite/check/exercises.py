"""What makes a check an exercise: a number, a title, and that it tells when it is passed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from cliprl_lite import progress
from cliprl_lite.check.answers import Stopped
from cliprl_lite.check.verdict import Verdict

P = ParamSpec("P")


def exercise(number: int, title: str) -> Callable[[Callable[P, Verdict]], Callable[P, Verdict]]:
    """Mark a check as the exercise of this number and title in its notebook.

    Example:
        >>> from cliprl_lite.check import right
        >>> @exercise(1, "Anything")
        ... def anything(answer):
        ...     return right("anything goes")
        >>> anything(2)
        ✓ Right: anything goes
    """

    def mark(check: Callable[P, Verdict]) -> Callable[P, Verdict]:
        @wraps(check)
        def judged(*args: P.args, **kwargs: P.kwargs) -> Verdict:
            try:
                verdict = check(*args, **kwargs)
            except Stopped as stopped:
                verdict = stopped.verdict
            if verdict.passed:
                progress.tell(check.__module__.rpartition(".")[2], check.__name__)
            return verdict

        judged.exercise = (number, title)  # type: ignore[attr-defined]
        return judged

    return mark
