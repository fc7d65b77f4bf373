"""Instant checks of the exercises, one module a notebook; each answers with a `Verdict`."""

from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong

__all__ = ["Verdict", "exercise", "not_yet", "right", "wrong"]
