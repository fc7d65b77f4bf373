"""The quiz marks itself, and keeps what was answered first for who has joined a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from cliprl_lite.progress import class_record, join_class
from cliprl_lite.quiz import FORMS, questions
from cliprl_lite.widgets.quiz import Quiz


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(quiz: Quiz, kind: str) -> None:
    """Pick, as the browser does, the answer of that kind everywhere."""
    for shown, asked in zip(quiz.questions, questions(quiz.form), strict=True):
        kinds = [one.kind for one in asked.answers]
        shown.set_state({"choice": kinds.index(kind)})


def test_what_is_open_is_named() -> None:
    quiz = Quiz("before")
    answer(quiz, "right")
    for number in (3, 7):
        quiz.questions[number - 1].choice = -1
    assert quiz.mark() == "Not answered yet: 3, 7."


@pytest.mark.parametrize("form", FORMS)
def test_it_marks_itself_and_leaves_no_trace(form: str, folder: Path) -> None:
    quiz = Quiz(form)
    assert quiz.questions[0].question.startswith("1. ")
    answer(quiz, "right")
    assert quiz.mark().splitlines()[-2:] == ["10 of 10", "Kept nowhere."]
    answer(quiz, "shows")
    told = quiz.mark()
    assert told.splitlines()[-2:] == ["0 of 10", "Kept nowhere."]
    assert ("hear what is asked for" in told) == (form == "after")
    assert not list(folder.glob("*.json"))


def test_the_first_marking_is_kept_for_a_class() -> None:
    join_class()
    for form in FORMS:
        quiz = Quiz(form)
        for kind in ("shows", "right"):
            answer(quiz, kind)
            assert "Kept for your class" in quiz.mark()
    counted = class_record()
    assert counted is not None
    for form in FORMS:
        for asked in questions(form):
            assert asked[counted.quiz[form][str(asked.misconception)]].kind == "shows"


def test_a_damaged_file_is_said(folder: Path) -> None:
    (folder / "progress.json").write_text("{")
    quiz = Quiz("before")
    answer(quiz, "right")
    assert "10 of 10\nNot kept: progress.json cannot be read" in quiz.mark()
    assert (folder / "progress.json").read_text() == "{"
