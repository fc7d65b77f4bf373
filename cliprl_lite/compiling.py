"""Compiling a readable loop with numba, where numba is there."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by numba and cached on disk, or itself where numba is missing."""
    try:
        from numba import njit
    except ImportError:
        warnings.warn(
            "numba is not installed: learning runs in plain Python, some hundred times slower "
            "and with the same results",
            stacklevel=2,
        )
        return function
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # there is no folder to keep what is compiled
        return njit(function)
