"""The concept quiz in a notebook: its questions to pick from, and its marks."""

from __future__ import annotations

from cliprl_lite import progress
from cliprl_lite.quiz import mark, questions
from cliprl_lite.widgets.prediction import Prediction


class Quiz:
    """One form of the concept quiz, which marks itself.

    Args:
        form: `"before"` or `"after"` the course.

    Attributes:
        questions: one `Prediction` each, in the order of their numbers.

    Raises:
        ValueError: if there is no such form.

    Example:
        >>> quiz = Quiz("before")
        >>> print(quiz.mark())
        Not answered yet: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.
    """

    def __init__(self, form: str) -> None:
        self.form = form
        self._asked = questions(form)
        self.questions = [
            Prediction(f"{number}. {one.asks}", [answer.says for answer in one.answers])
            for number, one in enumerate(self._asked, start=1)
        ]

    def mark(self) -> str:
        """What is right, once all is answered; kept in `progress.json` for who has joined a class.

        Answers that were marked once count: a later marking is shown, and not kept.
        """
        still = [str(n) for n, one in enumerate(self.questions, start=1) if one.choice < 0]
        if still:
            return f"Not answered yet: {', '.join(still)}."
        given = {
            asked.misconception: shown.answers[shown.choice]
            for asked, shown in zip(self._asked, self.questions, strict=True)
        }
        answers = {str(number): says for number, says in given.items()}
        try:
            kept = progress.remember_quiz(self.form, answers)
            told = "Kept for your class, in progress.json." if kept else "Kept nowhere."
        except progress.ProgressError as error:
            told = f"Not kept: {error}."
        return f"{mark(self.form, given)}\n{told}"
