"""A reader's answer is taken safely: whatever it is, a verdict in words comes of it."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from cliprl_lite.check import answers as check
from cliprl_lite.check import exercise, right
from cliprl_lite.check.answers import Function, Stopped


class Evil:
    """Fails at whatever is asked of it."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")

    def __iter__(self) -> Any:
        raise RuntimeError("no parts")

    def __len__(self) -> int:
        return 3

    def __repr__(self) -> str:
        raise RuntimeError("no words")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even a message")


def endless(*arguments: Any) -> Any:
    return endless(*arguments)


def raising(error: BaseException) -> Any:
    def function(*_: Any) -> Any:
        raise error

    return function


def said(function: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(Stopped) as stopped:
        Function(function)(*arguments)
    return stopped.value.verdict.mark, stopped.value.verdict.words


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (raising(ValueError("oh")), "stops with ValueError: oh"),
        (raising(SystemExit(1)), "by return, not by exit"),
        (lambda *_: sys.exit(), "stops with SystemExit"),
        (raising(Mute()), "stops with Mute"),
        (raising(ValueError("half \ud800")), "stops with ValueError: half ?"),
        (raising(ValueError("x" * 10**6)), "xxx"),
        (endless, "RecursionError"),
        (lambda: 1, "TypeError"),
        (lambda *_: (i for i in range(3)), "a generator, which holds no values yet"),
        (lambda *_: map(abs, [1]), "a map"),
        (7, "is an int: keep the line that begins with def"),
    ],
)
def test_what_goes_wrong_is_put_in_words(function: Any, words: str) -> None:
    mark, told = said(function, 1)
    assert mark == "wrong"
    assert words in told
    assert len(told) < 250
    told.encode()


def test_whoever_stops_the_kernel_stops_the_check() -> None:
    with pytest.raises(KeyboardInterrupt):
        Function(raising(KeyboardInterrupt()))()


@pytest.mark.parametrize(
    "function", [..., None, lambda: ..., lambda: None, lambda: [..., 1], lambda: [(1, ...)]]
)
def test_nobody_has_begun(function: Any) -> None:
    assert said(function)[0] == "not yet"


def test_a_way_without_return_is_told_once_another_has_one() -> None:
    asked = Function(lambda x: x if x else None)
    assert asked(3) == 3
    with pytest.raises(Stopped, match="every way through it") as stopped:
        asked(0)
    assert stopped.value.verdict.mark == "wrong"


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (lambda a: a.sort() or 1, np.array([2.0, 1.0])),
        (lambda a: a[0][0].fill(0) or 1, [(np.ones(2), np.ones(2))]),
        (lambda a: a.clear() or 1, {8: True}),
        (lambda a: a.append(1) or 1, [2, 3]),
    ],
)
def test_what_is_given_may_not_be_changed_and_is_not(function: Any, argument: Any) -> None:
    before = repr(argument)
    assert "changes what it is given" in said(function, argument)[1]
    assert repr(argument) == before
    assert "nothing came back" in said(lambda a: function(a) and None, argument)[1]


@pytest.mark.parametrize(
    "value",
    [
        [1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.float32), pd.Series([1, 2]),
        pd.DataFrame({"a": [1, 2]})["a"], torch.tensor([1, 2]), [torch.tensor(1.0), np.float16(2)],
        torch.tensor([1.0, 2.0], requires_grad=True), [Fraction(1), Decimal(2)],
        [np.array(1), np.array(2)], np.array([1, 2], object),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_numbers_of_all_kinds(value: Any) -> None:
    found = check.as_array(value, "two numbers")
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("12", "this is a str"),
        (["1", "2"], "a list that holds text"),
        (np.array(["1", 2], object), "an ndarray that holds text"),
        ([[1], [1, 2]], "unequal length"),
        (b"12", "a bytes"),
        ([None, 1], "a list"),
        (True, "a bool"),
        ([1j], "a list"),
        ({1, 2}, "a set"),
        ({"a": 1}, "a dict"),
        ([10**400, 1], "a list"),
        (Evil(), "an Evil"),
        ([Evil()], "a list"),
        (print, "a builtin"),
        (int, "a type"),
    ],
)
def test_what_is_no_number_is_refused_in_words(value: Any, words: str) -> None:
    with pytest.raises(Stopped, match="wanted: two numbers") as stopped:
        check.as_array(value, "two numbers")
    assert words in stopped.value.verdict.words


def test_one_number() -> None:
    for value in (2, 2.0, [2], np.array([[2.0]]), torch.tensor(2.0, requires_grad=True)):
        assert check.as_number(value) == 2
    with pytest.raises(Stopped, match=r"of shape \(2,\): add them up"):
        check.as_number([1, 2], many="add them up")


def test_whole_numbers() -> None:
    assert check.as_whole((1, np.int64(2)), "rows").tolist() == [1, 2]
    for value in ([1.0, 2.0], ["1"], 1.5, [True]):
        with pytest.raises(Stopped):
            check.as_whole(value, "rows")


def test_slack_grows_with_the_coarseness_of_what_came_back() -> None:
    assert check.slack(1, "text", [1.0]) == 1e-9
    assert check.slack(torch.tensor(1.0)) == check.slack([np.float32(1)]) == 1e-5


@pytest.mark.parametrize(
    ("given", "mark", "words"),
    [
        (..., "not yet", "write my_words"),
        ("  ", "not yet", "my_words is empty"),
        (3, "wrong", "this is an int"),
        (Evil(), "wrong", "this is an Evil"),
        ("x" * 201, "wrong", "longer than 200"),
        ("\ud800", "wrong", "half a character"),
    ],
)
def test_no_sentence(given: Any, mark: str, words: str) -> None:
    with pytest.raises(Stopped) as stopped:
        check.as_sentence(given, "my_words")
    assert stopped.value.verdict.mark == mark
    assert words in stopped.value.verdict.words


def test_the_longest_sentence() -> None:
    assert check.as_sentence("x" * check.LONGEST) == "x" * 200


def test_an_exercise_says_why_it_stopped() -> None:
    @exercise(1, "Anything")
    def judged(answer: Any) -> Any:
        return right(str(Function(answer)()))

    assert judged(lambda: 3).passed
    assert judged(...).mark == "not yet"
    assert judged(3).mark == "wrong"
