"""An exercise tells when it is passed, and only where a reader sees it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from cliprl_lite import check, progress
from cliprl_lite.check import Verdict, exercise, not_yet, right, wrong
from cliprl_lite.progress import exercises


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    watcher = SimpleNamespace(note=lambda *what: heard.append(what), read=lambda: None)
    monkeypatch.setattr(progress, "watchers", [watcher])
    return heard


@exercise(2, "Later")
def later(answer: object) -> Verdict:
    return right("so it is")


@exercise(1, "Even or odd")
def parity(answer: object) -> Verdict:
    """Exercise 1."""
    if answer is ...:
        return not_yet()
    return right("even") if answer == 2 else wrong("odd")


def test_only_a_passed_exercise_is_told(told: list[tuple[str, str]]) -> None:
    assert [parity(answer).mark for answer in (..., 3, 2)] == ["not yet", "wrong", "right"]
    assert told == [("test_check_exercises", "parity")]
    assert parity.__doc__ == "Exercise 1."


def test_nobody_watches_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "watchers", [])
    assert parity(2).passed
    assert not list(tmp_path.iterdir())


def test_exercises_come_by_number() -> None:
    found = exercises(sys.modules[__name__])
    assert list(found.items()) == [("parity", "Even or odd"), ("later", "Later")]


def test_every_notebook_has_its_numbers_in_order() -> None:
    """1, 2, 3, … in every module of checks that notebooks use."""
    names = [path.stem for path in Path(check.__file__).parent.glob("*.py")]
    modules = [import_module(f"cliprl_lite.check.{name}") for name in sorted(names)]
    count = 0
    for module in modules:
        found = [vars(module)[name].exercise[0] for name in exercises(module)]
        assert found == list(range(1, len(found) + 1)), module.__name__
        count += len(found)
    assert count >= 25
