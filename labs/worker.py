"""A student's functions in a process of their own: `judge.py` asks, this answers.

Reads one JSON object a line and answers each with another. What is asked is one expression of
Python, such as `update(-4.0, -1.0, np.array([-2.0]), False, 0.5, 0.9)`. No right answer ever comes
into this process, so that nothing a student's code does here can find one, or change how it is
judged.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType
from typing import Any

Space = dict[str, Any]


def main() -> None:
    """Answer until no more is asked."""
    asked = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a student's prints, logs and progress bars are nobody's answer
        os.dup2(nowhere, stream)
    space: Space = {"__name__": "__main__"}
    for line in asked:
        answers.write(json.dumps(reply(json.loads(line), space)) + "\n")
        answers.flush()


def reply(request: dict[str, Any], space: Space) -> dict[str, Any]:
    """What is answered to one request: `{"value": …}`, or `{"error": …}` in words."""
    try:
        if "load" in request:
            return {"value": load(request["load"], space)}
        with instead(request.get("instead", ""), space), banned(request.get("banned", ())):
            return {"value": plain(eval(request["ask"], tools(space)))}
    except NotImplementedError:
        return {"error": "not answered yet"}
    except BaseException as error:  # SystemExit too: nothing may end this but the judge
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def load(statements: list[str], space: Space) -> str:
    """Run statements one by one; the first error in words, and what stands below still runs."""
    said = ""
    for statement in statements:
        try:
            exec(compile(statement, "<cell>", "exec"), space)
        except BaseException as error:
            said = said or f"{type(error).__name__}: {error}"[:300]
    return said


def tools(space: Space) -> Space:
    """The student's names, and over them those that questions are asked with."""
    names = {"np": import_module("numpy"), "clip": import_module("cliprl_lite")}
    if "torch" in sys.modules:
        names["torch"] = sys.modules["torch"]
    return {**space, **names, "nan": math.nan, "inf": math.inf}


@contextmanager
def instead(source: str, space: Space) -> Iterator[None]:
    """The judge's own functions in place of a student's, for as long as one question takes."""
    before = dict(space)
    exec(source, space)
    try:
        yield
    finally:
        space.clear()
        space.update(before)


def _not_allowed(*_: Any, **__: Any) -> Any:
    raise PermissionError("this question is to be written without that function of the library")


@contextmanager
def banned(names: tuple[str, ...]) -> Iterator[None]:
    """Functions such as `cliprl_lite:softmax` refuse, under whatever name they are called."""
    kept: list[tuple[FunctionType, Any]] = []
    for name in names:
        module, _, attribute = name.partition(":")
        function = getattr(import_module(module), attribute)
        kept.append((function, function.__code__))
        function.__code__ = _not_allowed.__code__
    try:
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def plain(value: Any) -> Any:
    """A result as JSON knows it: arrays, tensors, tuples and sets are lists."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if getattr(getattr(value, "dtype", None), "kind", "") == "f":
        value = value.astype(float)  # a long float has no Python's own
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, complex):
        raise TypeError("the result is a complex number")
    try:
        return [plain(entry) for entry in value]
    except TypeError:
        raise TypeError(f"the result is {type(value).__name__}, no number, text or list") from None
