"""A guess is remembered, and shown beside what happened."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cliprl_lite.widgets import Prediction


def test_a_guess_beside_the_result() -> None:
    guess = Prediction("Who is last?", ["words", "map"])
    assert "no guess" in guess.compare("words")
    guess.set_state({"choice": 1, "status": "Noted."})  # as the browser does
    assert guess.compare("words") == "Who is last?\n  you said:      map\n  what happened: words"


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
    assert "you said:      map" in guess.compare("words")
