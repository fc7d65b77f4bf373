"""The concept quiz: two parallel forms, with one right answer to each question, also in Moodle."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest

from cliprl_lite import embed, progress, quiz
from cliprl_lite.classroom import misconceptions
from cliprl_lite.quiz import FORMS, Question, mark, moodle_xml, questions

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "labs"))

import make_quiz

EVERY = [question for form in FORMS for question in questions(form)]


def name(question: Question) -> str:
    return f"{question.form}-{question.misconception}"


@pytest.mark.parametrize("question", EVERY, ids=name)
def test_one_answer_is_right_one_shows_the_misconception_and_all_say_why(
    question: Question,
) -> None:
    assert Counter(answer.kind for answer in question.answers) == {"right": 1, "shows": 1, "": 2}
    said = [answer.says for answer in question.answers]
    assert len(set(said)) == 4
    assert max(map(len, said)) <= 85  # a line of the picture
    for answer in question.answers:
        assert re.fullmatch(r"[A-Z].{20,}\.", answer.because)
        assert question[answer.says] is answer


def test_the_forms_are_parallel() -> None:
    """The same concepts in the same order, in other words."""
    before, after = map(questions, FORMS)
    asked = [one.misconception for one in before]
    assert asked == [one.misconception for one in after] == sorted(set(asked))
    assert set(asked) <= {one.number for one in misconceptions()}
    assert len(asked) == 10
    for one, other in zip(before, after, strict=True):
        assert one.asks != other.asks
        assert max(len(one.asks), len(other.asks)) < 1.6 * min(len(one.asks), len(other.asks))


def test_no_place_and_no_length_gives_the_right_answer_away() -> None:
    for form in FORMS:
        kinds = [[answer.kind for answer in one.answers] for one in questions(form)]
        assert max(Counter(kind.index("right") for kind in kinds).values()) <= 5
        longest = [max(one.answers, key=lambda a: len(a.says)).kind for one in questions(form)]
        assert longest.count("right") <= 5


@pytest.mark.parametrize("form", FORMS)
def test_the_encoder_hears_what_the_quiz_says_it_hears(form: str) -> None:
    (question,) = [one for one in questions(form) if one.misconception == 2]
    (anchor,) = re.findall(r"“(.+)”", question.asks)
    one, *others = embed([anchor, *(answer.says for answer in question.answers)])
    heard = dict(zip((answer.says for answer in question.answers), others @ one, strict=True))
    nearest = max(heard, key=lambda says: heard[says])
    assert question[nearest].kind == "right"
    assert heard[nearest] > 0.9
    (same,) = [answer.says for answer in question.answers if answer.kind == "shows"]
    assert heard[same] < 0.7


def test_before_the_course_no_reason_is_told_and_after_it_that_of_each_mistake() -> None:
    for form in FORMS:
        given = {one.misconception: one.answers[0].says for one in questions(form)}
        told = mark(form, given)
        first = [one.answers[0] for one in questions(form)]
        right = [answer for answer in first if answer.kind == "right"]
        assert told.splitlines()[-1] == f"{len(right)} of 10"
        assert told.count("✓") == len(right)
        explained = [answer for answer in first if answer.because in told]
        wrong = [answer for answer in first if answer.kind != "right"]
        assert explained == (wrong if form == "after" else [])


def test_there_are_two_forms() -> None:
    with pytest.raises(ValueError, match="before and after; got 'during'"):
        questions("during")


def test_moodle_has_every_question_once_with_one_right_answer_and_all_feedback() -> None:
    """Read as Moodle reads it: HTML inside of XML."""
    root = ElementTree.fromstring(moodle_xml().encode())
    assert root.tag == "quiz"
    kinds = [one.get("type") for one in root]
    assert kinds == (["category"] + ["multichoice"] * 10) * 2
    places = [one.findtext("category/text") for one in root if one.get("type") == "category"]
    assert places == [f"$course$/top/CLIP-RL/{form} the course" for form in FORMS]
    written = [one for one in root if one.get("type") == "multichoice"]
    assert len({one.findtext("name/text") for one in written}) == 20
    for element, question in zip(written, EVERY, strict=True):
        assert element.findtext("single") == "true"
        assert plain(element.find("questiontext")) == question.asks
        answers = element.findall("answer")
        assert [plain(answer) for answer in answers] == [one.says for one in question.answers]
        assert [plain(answer.find("feedback")) for answer in answers] == [
            one.because for one in question.answers
        ]
        points = {plain(answer): answer.get("fraction") for answer in answers}
        right = [says for says, fraction in points.items() if fraction == "100"]
        assert [question[says].kind for says in right] == ["right"]
        assert sorted(points.values(), key=str) == ["0", "0", "0", "100"]


def plain(element: ElementTree.Element | None) -> str:
    """The words of a text of HTML."""
    assert element is not None
    html = element.findtext("text")
    assert html is not None
    (words,) = ElementTree.fromstring(f"<div>{html}</div>")
    return words.text or ""


def test_what_a_question_holds_does_not_break_the_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = 'Is 1 < 2 & "so"? ]]>'
    asked = Question(1, "before", odd, tuple(quiz.Answer(f"{n} > 0 & <b>", odd) for n in range(4)))
    monkeypatch.setattr(quiz, "questions", lambda _: (asked,))
    root = ElementTree.fromstring(moodle_xml().encode())
    assert plain(root[1].find("questiontext")) == odd
    assert plain(root[1].find("answer")) == "0 > 0 & <b>"


# What the command made of it
def test_what_is_committed_is_what_the_command_writes() -> None:
    written = {path.name: path.read_text("utf-8") for path in make_quiz.FOLDER.iterdir()}
    assert written == make_quiz.files()


@pytest.mark.parametrize("form", FORMS)
def test_a_notebook_runs_and_asks_before_it_keeps_anything(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = nbformat.read(make_quiz.FOLDER / f"quiz_{form}.ipynb", as_version=4).cells
    for agreed in (False, True):
        names: dict[str, Any] = {}
        for cell in cells:
            if cell.cell_type == "code":
                exec(cell.source.replace("agree = False", f"agree = {agreed}"), names)
        assert "Not answered yet: 1, 2" in capsys.readouterr().out
        assert (progress.class_record() is not None) is agreed
        assert len(names["quiz"].questions) == 10
