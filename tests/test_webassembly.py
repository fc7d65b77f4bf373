"""The loops of a browser tab, as far as they can be held to Python's without a browser.

That they give the same bits is tested in one: `make test-live`.
"""

from __future__ import annotations

import hashlib
import inspect
from importlib import import_module

import pytest

from cliprl_lite import _compiling, _webassembly
from cliprl_lite._compiling import compiled, replaced
from cliprl_lite.learning.qlearning import checked_steps, q_learning_steps
from cliprl_lite.worlds.greedy import capped_walks


@pytest.fixture
def in_a_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compiling.sys, "platform", "emscripten")
    monkeypatch.setattr(_compiling, "compiled", compiled.__wrapped__)  # remembers nothing


@pytest.mark.parametrize("name", _webassembly.LOOPS)
def test_a_loop_takes_what_the_python_function_takes(name: str) -> None:
    module, _, function = name.rpartition(".")
    original = getattr(import_module(f"cliprl_lite.{module}"), function)
    assert inspect.signature(_webassembly.LOOPS[name]) == inspect.signature(original)


@pytest.mark.usefixtures("in_a_tab")
def test_in_a_tab_the_loops_stand_in_for_python() -> None:
    assert _compiling.compiled(capped_walks) is _webassembly.capped_walks
    run = _compiling.compiled(replaced(checked_steps, q_learning_steps=q_learning_steps))
    assert run.__globals__["q_learning_steps"] is _webassembly.q_learning_steps
    assert run.__globals__["greedy_walk"] is _webassembly.greedy_walk


@pytest.mark.usefixtures("in_a_tab")
def test_in_a_tab_a_function_without_a_loop_is_itself() -> None:
    assert _compiling.compiled(hashes) is hashes


def test_source_and_library_belong_together() -> None:
    """Who changes loops.c compiles it: `python docs/live/compile_loops.py`."""
    known = _webassembly.LIBRARY.with_suffix(".sha256").read_text("utf-8")
    assert known == hashes("loops.c") + hashes("loops.wasm")


def hashes(name: str) -> str:
    content = (_webassembly.LIBRARY.parent / name).read_bytes()
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"
