"""A guess is remembered, and answered when the result arrives."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cliprl_lite.check import base_policies, grid_world
from cliprl_lite.progress import class_record, guesses, join_class, reset_progress
from cliprl_lite.widgets import Prediction, Progress


def test_a_guess_beside_the_result() -> None:
    guess = Prediction("Who is last?", ["words", "map"])
    assert "no guess" in guess.compare()
    assert "not known yet" in guess.compare()
    guess.set_state({"choice": 1})  # as the browser does
    guess.answer("words")
    assert guess.result == "words"
    assert guess.compare() == "Who is last?\n  you said:      map\n  what happened: words"


def test_a_guess_is_there_again_when_the_notebook_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    question = ("Who is last?", ["words", "map"])
    Prediction(*question).choice = 1
    assert not list(tmp_path.iterdir())  # nobody asked to remember
    with closing(Progress(grid_world)):
        assert Prediction(*question).choice == -1
        Prediction(*question).choice = 0
        Prediction(*question).choice = 1
    with closing(Progress(grid_world)):
        assert Prediction(*question).choice == 1
        assert Prediction("Who is first?", ["words", "map"]).choice == -1
        assert Prediction("Who is last?", ["nobody", "map"]).choice == 1
        assert Prediction("Who is last?", ["nobody", "both"]).choice == -1
        reset_progress()
        assert Prediction(*question).choice == -1
    with closing(Progress(base_policies)):
        assert Prediction(*question).choice == -1
    assert guesses() == {}


def test_a_class_counts_the_guess_that_the_result_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that was made, or changed, with the result in sight."""
    monkeypatch.chdir(tmp_path)
    with closing(Progress(grid_world)):
        join_class()
        late, guess = Prediction("Who is first?", ["W", "M"]), Prediction("Last?", ["W", "M"])
        guess.choice = 1
        guess.choice = 0
        for one in (late, guess):
            one.answer("M")
            one.choice = 1
        again = Prediction("Last?", ["W", "M"])
        again.answer("M")
    counted = class_record()
    assert counted is not None
    assert counted.guesses == {"grid_world": {"Last?": "W"}}
    assert guesses() == {"grid_world": {"Who is first?": "M", "Last?": "M"}}


@pytest.mark.parametrize("answers", [[], ["one"]])
def test_a_guess_needs_a_choice(answers: list[str]) -> None:
    with pytest.raises(ValueError, match="two answers or more"):
        Prediction("?", answers)


def test_its_picture_shows_question_and_answers() -> None:
    made = ElementTree.fromstring(Prediction("Who <is> last?", ["words & more", "map"]).svg())
    texts = [element.text for element in made.iter() if element.tag.endswith("text")]
    assert texts == ["Who <is> last?", "words & more", "map"]
    assert made[0].text == "Who <is> last?"
    assert "words & more; map" in made[1].text


def test_a_long_question_takes_more_lines() -> None:
    question = " ".join(["which of these old agents arrives first"] * 4) + "?"
    made = ElementTree.fromstring(Prediction(question, ["words", "map"]).svg())
    texts = [element for element in made.iter() if element.tag.endswith("text")]
    lines = [str(one.text) for one in texts[:-2]]
    assert " ".join(lines) == question
    assert max(map(len, lines)) <= 68
    heights = [float(one.get("y", "nan")) for one in texts]
    assert heights == sorted(set(heights))
    assert heights[-1] < float(made.get("height", "nan"))


def test_an_answer_that_there_is_not_is_refused() -> None:
    guess = Prediction("Who is last?", ["words", "map"])
    guess.choice = 1
    for bad in (2, -2, 10**30):
        guess.set_state({"choice": bad})  # as a page might
        assert (guess.choice, guess.error) == (1, "answers are numbered 0 to 1; −1 is none yet")
        with pytest.raises(ValueError, match="numbered 0 to 1"):
            guess.choice = bad
    guess.set_state({"choice": True})
    assert (type(guess.choice), guess.error) == (int, "")
    assert "you said:      map" in guess.compare()
