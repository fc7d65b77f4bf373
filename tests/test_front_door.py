"""The names a reader uses: all there, all described, and nothing heavy behind the door."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

import cliprl_lite

HEAVY = ("torch", "numba", "transformers", "sentence_transformers", "plotly", "pandas", "scipy")


def documented_constants(module: str) -> set[str]:
    """Names assigned at the top of a module with a text right below them."""
    body = ast.parse(Path(inspect.getfile(importlib.import_module(module))).read_text("utf-8")).body
    found = set()
    for statement, below in pairwise(body):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        target = statement.target if isinstance(statement, ast.AnnAssign) else target
        if (
            isinstance(target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found.add(target.id)
    return found


@pytest.mark.parametrize("name", cliprl_lite.__all__)
def test_every_name_is_there_and_described(name: str) -> None:
    """Its own words count, not those that a dataclass or a dict would inherit."""
    value = getattr(cliprl_lite, name)
    home = f"cliprl_lite.{cliprl_lite._MODULE_OF[name]}"
    assert value is getattr(importlib.import_module(home), name)
    if inspect.isfunction(value) or inspect.isclass(value):
        assert value.__module__ == home
        assert value.__doc__
        assert not value.__doc__.startswith(f"{name}(")
        assert ">>>" in value.__doc__, "a name of the front door shows itself in an example"
    else:
        assert name in documented_constants(home)


def test_the_names_are_sorted_and_stand_once() -> None:
    names = cliprl_lite.__all__
    assert names == sorted(set(names))
    assert dir(cliprl_lite) == names


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cliprl_lite' has no attribute 'teleport'"):
        cliprl_lite.teleport  # noqa: B018


def test_the_door_opens_without_anything_heavy(run_python: Callable[..., str]) -> None:
    code = f"""
import sys
import cliprl_lite
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert run_python(code) == "[]"


@pytest.mark.parametrize(
    "name", ["GridWorld", "load_suite", "embed", "Learner", "warm_start", "align"]
)
def test_a_name_loads_no_more_than_it_needs(name: str, run_python: Callable[..., str]) -> None:
    code = f"""
import sys
from cliprl_lite import {name}
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert run_python(code) == "[]"
