"""The concept quiz: ten misconceptions, asked in two parallel forms, before the course and after.

The questions are those of `data/quiz.toml`. A notebook asks them and marks itself (`widgets.quiz`);
for a learning platform they are written as Moodle's XML.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Literal

from cliprl_lite._paths import data_path

FORMS = ("before", "after")
"""The forms of the quiz; the same question in both asks for the same thing in another setting."""


@dataclass(frozen=True)
class Answer:
    """One of a question's answers.

    Attributes:
        says: what stands beside the button.
        because: the feedback on it.
        kind: `"right"`, `"shows"` if it shows the misconception, or empty.
    """

    says: str
    because: str
    kind: Literal["right", "shows", ""] = ""


@dataclass(frozen=True)
class Question:
    """One question of one form.

    Attributes:
        misconception: its number in the teacher's guide.
        form: `"before"` or `"after"`.
        asks: the question.
        answers: four, of which one is right and one shows the misconception.
    """

    misconception: int
    form: str
    asks: str
    answers: tuple[Answer, ...]

    def __getitem__(self, says: str) -> Answer:
        """The answer that says so."""
        return next(answer for answer in self.answers if answer.says == says)


@cache
def questions(form: str) -> tuple[Question, ...]:
    """The questions of a form, in the order of the misconceptions.

    Raises:
        ValueError: if there is no such form.

    Example:
        >>> print(questions("before")[8].asks)
        Four guides each know, for every crossing of a town, which way leads to their own sight; ...
    """
    if form not in FORMS:
        raise ValueError(f"the quiz has the forms {' and '.join(FORMS)}; got {form!r}")
    written = tomllib.loads(data_path("quiz.toml").read_text("utf-8"))["questions"]
    return tuple(
        Question(
            one["misconception"],
            form,
            one["asks"],
            tuple(Answer(**answer) for answer in one["answers"]),
        )
        for one in written
        if one["form"] == form
    )


def mark(form: str, given: Mapping[int, str]) -> str:
    """What is right, question by question, in words.

    Before the course only whether an answer is right is told: why is what the course is for. After
    it every wrong answer is explained.

    Args:
        form: of the quiz.
        given: number of the misconception → what the answer says, for every question.

    Example:
        >>> right = {one.misconception: answer.says for one in questions("before")
        ...          for answer in one.answers if answer.kind == "right"}
        >>> print(mark("before", right).splitlines()[-1])
        10 of 10
    """
    asked = questions(form)
    lines, right = [], 0
    for number, question in enumerate(asked, start=1):
        answer = question[given[question.misconception]]
        right += answer.kind == "right"
        lines.append(f"{number:2}  {'✓' if answer.kind == 'right' else '✗'}  {answer.says}")
        if form == "after" and answer.kind != "right":
            lines.append(f"       {answer.because}")
    return "\n".join([*lines, f"{right} of {len(asked)}"])


def moodle_xml() -> str:
    """Both forms as a question bank in Moodle's XML, each form a category of its own.

    Every question has one right answer, which gives all points, and a feedback on each.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for form in FORMS:
        category = f"$course$/top/CLIP-RL/{form} the course"
        parts.append(f'<question type="category"><category>{_text(category)}</category></question>')
        for number, question in enumerate(questions(form), start=1):
            name = f"{form} {number:02}, misconception {question.misconception}"
            parts += [
                '<question type="multichoice">',
                f"<name>{_text(name)}</name>",
                f'<questiontext format="html">{_text(_paragraph(question.asks))}</questiontext>',
                "<defaultgrade>1</defaultgrade><penalty>0</penalty><hidden>0</hidden>",
                "<single>true</single><shuffleanswers>true</shuffleanswers>",
                "<answernumbering>abc</answernumbering>",
                *(
                    f'<answer fraction="{100 if answer.kind == "right" else 0}" format="html">'
                    f"{_text(_paragraph(answer.says))}"
                    f'<feedback format="html">{_text(_paragraph(answer.because))}</feedback>'
                    "</answer>"
                    for answer in question.answers
                ),
                f"<tags><tag>{_text(f'misconception {question.misconception}')}</tag></tags>",
                "</question>",
            ]
    return "\n".join([*parts, "</quiz>"]) + "\n"


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _text(words: str) -> str:
    return f"<text>{escape(words)}</text>"
