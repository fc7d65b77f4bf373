"""What makes a check an exercise: a number, a title, and that it tells when it is passed; and how a
notebook goes on with what passed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from cliprl_lite import progress
from cliprl_lite.check.answers import Stopped
from cliprl_lite.check.verdict import Verdict

P = ParamSpec("P")


def exercise(
    number: int, title: str, ours: tuple[str, Callable[..., Any]] | None = None
) -> Callable[[Callable[P, Verdict]], Callable[P, Verdict]]:
    """Mark a check as the exercise of this number and title in its notebook.

    Args:
        number, title: of the exercise.
        ours: a word for what the reader writes, and the library's own, for `keep`.

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
        judged.ours = ours  # type: ignore[attr-defined]
        return judged

    return mark


def keep(judge: Callable[[Any], Verdict], mine: Any) -> Callable[..., Any]:
    """The reader's own function if it passes its check, else the library's; prints which.

    Args:
        judge: an exercise that has `ours`.
        mine: what stands in the reader's cell.

    Example:
        >>> from cliprl_lite.check.clip_alignment import gradient_step
        >>> step = keep(gradient_step, lambda a, b, G, eta: ...)
        This notebook goes on with the library's step.
    """
    name, ours = judge.ours  # type: ignore[attr-defined]
    passed = judge(mine).passed
    whose = "your own" if passed else "the library's"
    print(f"This notebook goes on with {whose} {name}.")
    return mine if passed else ours
