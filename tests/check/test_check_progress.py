"""What was solved is remembered beside the notebook, and only where a reader sees it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from cliprl_lite.check import Verdict, exercise, not_yet, progress, reset_progress, right, wrong
from cliprl_lite.check.progress import ProgressError, exercises, remember, solved


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
    assert told == [("test_check_progress", "parity")]
    assert parity.__doc__ == "Exercise 1."


def test_nobody_watches_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "watchers", [])
    assert parity(2).passed
    assert not list(tmp_path.iterdir())


def test_exercises_come_by_number() -> None:
    import sys

    found = exercises(sys.modules[__name__])
    assert list(found.items()) == [("parity", "Even or odd"), ("later", "Later")]


def test_what_is_remembered_comes_back_and_is_forgotten_by_one_call(tmp_path: Path) -> None:
    assert solved(tmp_path) == {}
    for notebook, name in (("one", "a"), ("two", "b"), ("one", "c"), ("one", "a")):
        remember(notebook, name, tmp_path)
    assert solved(tmp_path) == {"one": ["a", "c"], "two": ["b"]}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]
    reset_progress(tmp_path)
    reset_progress(tmp_path)
    assert solved(tmp_path) == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"passed": 3}', '{"passed": {"a": 1}}', "\xff"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "progress.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ProgressError, match=r"progress\.json cannot be read .*reset_progress"):
        solved(tmp_path)
    with pytest.raises(ProgressError, match="cannot be read"):
        remember("one", "a", tmp_path)
    assert file.read_bytes() == content.encode("latin-1")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ProgressError, match="cannot be written"):
        remember("one", "a", tmp_path / "nowhere")


def test_two_kernels_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(folder: Path | None = None) -> dict[str, list[str]]:
        found = solved(folder)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(progress, "solved", slowly)
    names = ["one", "two", "three"]
    with ThreadPoolExecutor(3) as kernels:
        list(kernels.map(lambda name: remember(name, "a", tmp_path), names))
    assert solved(tmp_path).keys() == set(names)
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


def test_a_lock_that_was_left_over_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    (tmp_path / "progress.lock").touch()
    remember("one", "a", tmp_path)
    assert solved(tmp_path) == {"one": ["a"]}
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


def test_every_notebook_has_its_numbers_in_order() -> None:
    """1, 2, 3, … in every module of checks that notebooks use."""
    from importlib import import_module

    from cliprl_lite import check

    names = [path.stem for path in Path(check.__file__).parent.glob("*.py")]
    modules = [import_module(f"cliprl_lite.check.{name}") for name in sorted(names)]
    count = 0
    for module in modules:
        found = [vars(module)[name].exercise[0] for name in exercises(module)]
        assert found == list(range(1, len(found) + 1)), module.__name__
        count += len(found)
    assert count >= 25
