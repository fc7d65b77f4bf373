"""The widget at the top shows what was solved, and what it stores knows no reader."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cliprl_lite import progress
from cliprl_lite.check import grid_world, right, tour
from cliprl_lite.progress import remember, reset_progress, solved
from cliprl_lite.widgets.progress import Progress


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "watchers", [])
    return tmp_path


def test_a_passed_check_is_ticked_and_kept() -> None:
    shown = Progress(grid_world)
    assert shown.titles == ["One step", "One backup", "Break it: forget the goal"]
    assert shown.done == [False, False, False]
    grid_world.next_cell(lambda walls, cell, action: ...)
    assert shown.done == [False, False, False]

    moves = ((-1, 0), (1, 0), (0, -1), (0, 1))

    def step(walls, cell, action):
        row, column = cell[0] + moves[action][0], cell[1] + moves[action][1]
        inside = 0 <= row < walls.shape[0] and 0 <= column < walls.shape[1]
        return (row, column) if inside and not walls[row, column] else cell

    assert grid_world.next_cell(step).passed
    assert shown.done == [True, False, False]
    assert solved() == {"grid_world": ["next_cell"]}
    assert Progress(grid_world).done == [True, False, False]  # another day


def test_other_notebooks_are_counted() -> None:
    remember("tour", "same_choice")
    remember("tour", "worst_teacher")
    remember("grid_world", "runs_to")
    shown = Progress(grid_world)
    assert (shown.done, shown.elsewhere) == ([False, False, True], 2)
    assert (Progress(tour).done, Progress(tour).elsewhere) == ([True, True, False], 1)


def test_a_damaged_file_is_said_and_not_written_over(folder: Path) -> None:
    (folder / "progress.json").write_text("not json")
    shown = Progress(grid_world)
    assert "progress.json cannot be read" in shown.error
    shown.note("grid_world", "next_cell")
    assert shown.error.startswith("This is not remembered: progress.json cannot be read")
    assert (folder / "progress.json").read_text() == "not json"
    shown.error = ""
    shown.note_result("Who is last?", "W")
    assert shown.error.startswith("This is not remembered: progress.json cannot be read")
    (folder / "progress.json").unlink()
    shown.note("grid_world", "next_cell")
    assert (shown.error, shown.done) == ("", [True, False, False])


def test_what_a_notebook_stores_is_the_same_for_every_reader() -> None:
    before = Progress(grid_world)
    remember("grid_world", "next_cell")
    after = Progress(grid_world)
    assert after.done != before.done
    assert (repr(after), after.svg()) == (repr(before), before.svg())
    made = ElementTree.fromstring(after.svg())
    assert made[0].text == "Exercises of this notebook"
    assert made[1].text == "3 of them: One step, One backup, Break it: forget the goal"


def test_all_that_are_shown_follow_until_they_are_closed() -> None:
    first, second = Progress(grid_world), Progress(tour)
    assert grid_world.runs_to(lambda discount: -1 / (1 - discount)).passed
    assert (first.done, second.elsewhere) == ([False, False, True], 1)
    reset_progress()
    assert (first.done, second.elsewhere) == ([False] * 3, 0)
    first.close()
    second.close()
    second.close()
    assert grid_world.runs_to(lambda discount: -1 / (1 - discount)).passed
    assert (first.done, second.elsewhere, solved()) == ([False] * 3, 0, {})


def test_a_check_is_no_exercise_until_it_says_so() -> None:
    shown = Progress(grid_world)
    assert right("so").passed
    assert shown.done == [False, False, False]
