"""Compiling a readable loop with numba, where numba is there; in a browser tab, WebAssembly."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from inspect import getclosurevars, isfunction
from pathlib import Path
from types import FunctionType
from typing import Any


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by numba and kept on disk, or itself where numba is missing.

    The functions that it calls are compiled with it. Where they cannot be kept, or what was kept is
    damaged, they are compiled in each process anew. In a browser tab, the loops of `_webassembly`
    take their places.

    Example:
        >>> from cliprl_lite.learning.qlearning import q_learning_steps
        >>> compiled(q_learning_steps) is compiled(q_learning_steps)
        True
    """
    if sys.platform == "emscripten":
        return _in_a_tab(function)
    try:
        from numba import njit
    except ImportError:
        warnings.warn(
            "numba is not installed: learning runs in plain Python, some hundred times slower and "
            'with the same results. Install it by: python -m pip install "cliprl-lite[fast]"',
            stacklevel=2,
        )
        return function
    files = _files(function)
    function = _with_compiled_calls(function)
    try:
        loop: Any = njit(cache=True)(function)
    except (RuntimeError, OSError) as error:  # there is no folder to keep what is compiled
        _say_once(error)
        return njit(function)
    # Numba opens the files of its store at the first call, and would fail there. `_Store` guards
    # the store and not the call, so that a call is as fast as before.
    loop._cache = _Store(loop._cache)
    # What is kept holds what it calls, and is out of date as soon as a file of that is.
    index = loop._cache._cache_file
    index._source_stamp = (index._source_stamp, *(Path(file).stat().st_mtime for file in files))
    return loop


@cache
def replaced(function: Callable[..., Any], **others: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which calls others in place of some that it calls by name.

    It can be `compiled`. Numba would take functions as arguments, too; but then what it compiled is
    not found again by the next process.

    Raises:
        ValueError: if it calls nothing of such a name.

    Example:
        >>> def half(number):
        ...     return number / 2
        >>> def quarter(number):
        ...     return half(half(number))
        >>> replaced(quarter, half=abs)(-12.0), quarter(-12.0)
        (12.0, -3.0)
    """
    unknown = sorted(others.keys() - set(function.__code__.co_names))
    if unknown:
        raise ValueError(f"{function.__qualname__} calls no {' and no '.join(unknown)}")
    # Numba names its files by module and name, so that each has to have a name of its own.
    names = [f"{other.__module__.split('.')[-1]}.{other.__qualname__}" for other in others.values()]
    return _with_globals(function, others, "-".join([function.__qualname__, *names]))


def _in_a_tab(function: Callable[..., Any]) -> Callable[..., Any]:
    """The loop of `_webassembly` that stands in for a function, or the function, whose calls are
    compiled."""
    from cliprl_lite import _webassembly

    _, _, module = function.__module__.partition(".")
    loop = _webassembly.LOOPS.get(f"{module}.{function.__qualname__}")
    return loop or _with_compiled_calls(function)


def _with_compiled_calls(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which calls compiled functions."""
    loops = {name: compiled(value) for name, value in _called(function).items()}
    return _with_globals(function, loops, function.__qualname__) if loops else function


def _with_globals(
    function: Callable[..., Any], names: dict[str, Callable[..., Any]], qualname: str
) -> Callable[..., Any]:
    """The same function, for which other things stand behind some names."""
    again = FunctionType(function.__code__, function.__globals__ | names)
    again.__qualname__ = qualname
    return again


def _called(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The Python functions that a function calls, by their names there."""
    names = getclosurevars(function).globals
    return {name: value for name, value in names.items() if isfunction(value)}


def _files(function: Callable[..., Any]) -> list[str]:
    """The files of all functions that a function calls, and that these call, and so on."""
    files = set[str]()
    for value in _called(function).values():
        files |= {value.__code__.co_filename, *_files(value)}
    return sorted(files)


class _Store:
    """Numba's store of one function's compiled code; an error of the disk only makes it warn."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def load_overload(self, *call: Any) -> Any:
        try:
            return self.store.load_overload(*call)
        except Exception as error:  # a damaged file is unpickled: it can raise anything
            _say_once(error, self.store.cache_path)
            with suppress(Exception):
                self.store.flush()  # a new index, so that the next process finds it whole
            return None

    def save_overload(self, *call: Any) -> None:
        try:
            self.store.save_overload(*call)
        except Exception as error:
            _say_once(error, self.store.cache_path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


_said: list[str] = []


def _say_once(error: Exception, folder: str = "") -> None:
    """One warning a process, whatever else goes wrong with the same disk."""
    if _said:
        return
    _said.append(folder)
    warnings.warn(
        f"numba cannot use its files{folder and f' in {folder}'} ({type(error).__name__}: {error}):"
        " loops are compiled without them, which takes some seconds. If this message comes again, "
        "free some disk space there, or name another folder in NUMBA_CACHE_DIR",
        stacklevel=1,
    )
