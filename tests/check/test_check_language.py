"""Checks of notebook 03: right answers pass, wrong ones are told what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial import distance

from cliprl_lite.check import language as check
from cliprl_lite.check.language import read
from cliprl_lite.language import embed


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        lambda a, b: 1 - distance.cosine(a, b),
        lambda a, b: a @ b / (np.linalg.norm(a) * np.linalg.norm(b)),
        lambda a, b: np.array(a @ b / np.sqrt((a**2).sum() * (b**2).sum())),
        lambda a, b: (
            sum(x * y for x, y in zip(a, b, strict=True)) / (a @ a) ** 0.5 / (b @ b) ** 0.5
        ),
    ],
)
def test_a_cosine_is_right(answer: Any) -> None:
    assert check.cosine(answer).passed


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: a @ b, "plain dot product"),
        (lambda a, b: np.dot(a, b) / np.linalg.norm(a), "only one of the two lengths"),
        (lambda a, b: np.dot(a, b) / np.linalg.norm(b), "only one of the two lengths"),
        (lambda a, b: a @ b / ((a @ a) * (b @ b)), "squared lengths"),
        (lambda a, b: abs(a @ b) / np.sqrt((a @ a) * (b @ b)), "sign got lost"),
        (lambda a, b: distance.cosine(a, b), "1 − cosine"),
        (lambda a, b: np.linalg.norm(a - b), "distance between the two points"),
        (lambda a, b: np.arccos(np.clip(1 - distance.cosine(a, b), -1, 1)), "angle itself"),
        (lambda a, b: a * b, "of shape (2,)"),
        (lambda a, b: 0.6, "it says 0.600"),
        (lambda a, b: 1.0, "which is not their cosine"),
        (lambda a, b: float("nan"), "not a finite number"),
        (lambda a, b: "near", "a cosine is one number"),
        (lambda a, b: 1 / 0, "ZeroDivisionError"),
        (lambda a: 1, "TypeError"),
        (lambda a, b: np.linalg.norm(a.__imul__(2)), "changes the vectors"),
        (0.5, "has to be a function"),
    ],
)
def test_what_is_no_cosine_is_told_why(answer: Any, words: str) -> None:
    verdict = check.cosine(answer)
    assert verdict.mark == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize("answer", [..., None, lambda a, b: ..., lambda a, b: None])
def test_a_cosine_not_begun(answer: Any) -> None:
    assert check.cosine(answer).mark == "not yet"


# ---------------------------------------------------------------------------------------------
# What the rules read
# ---------------------------------------------------------------------------------------------
RED, BLUE = ("red", "cone"), ("blue", "cone")


@pytest.mark.parametrize(
    ("sentence", "wanted", "forbidden"),
    [
        ("Go to the red cone!", [RED], []),
        ("walk over to the cone, the red one", [RED], []),
        ("the cone that is red", [RED], []),
        ("go to the red cone, not the blue cone", [RED], [BLUE]),
        ("don’t go to the blue cone, go to the red cone", [RED], [BLUE]),
        ("do not go to the cone that is red", [], [RED]),
        ("go to the cone, not the red one", [("", "cone")], [("red", "")]),
        ("run away from the red boxes", [], [("red", "box")]),
        ("stop. never mind. go to the red cone", [RED], []),
        ("go past the blue box to the red cone", [("blue", "box"), RED], []),
        ("eat an ice cream cone", [("", "cone")], []),
        ("reddish conelike things", [], []),
        ("", [], []),
    ],
)
def test_what_a_sentence_wants(sentence: str, wanted: list, forbidden: list) -> None:
    reading = read(sentence)
    assert (sorted(reading.wanted), sorted(reading.forbidden)) == (sorted(wanted), forbidden)


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
FAR = "head for the cone painted red"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (FAR, "go to the blue cone"),
        (FAR, "don't go to the red cone"),
        ("find the red cone", "avoid the red cone"),
        ("fetch me the cone which is coloured red", "run away from the red cone"),
        ("head for that cone of red plastic, would you", "eat an ice cream cone"),
    ],
)  # fmt: skip
def test_two_sentences_fool_it(right: str, wrong: str) -> None:
    verdict = check.fooled(right, wrong)
    assert verdict.passed, verdict
    anchor, a, b = embed([check.ANCHOR, right, wrong])
    assert anchor @ b > anchor @ a


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("go to the red cone", "go to the blue cone", "nobody is fooled yet"),
        (FAR, "the stock market fell today", "nobody is fooled yet"),
        ("do not go to the red cone", "go to the blue cone", "as if it forbade"),
        ("go to the crimson cone", "go to the blue cone", "name both words"),
        ("go to the red box", "go to the blue cone", "name both words"),
        ("go to the red box near the blue cone", "go to the green cone", "name both words"),
        ("go to the red cone or the blue cone", "go to the green cone", "something else as well"),
        ("the red cone, in truth", "go to the blue cone", "no word of going"),
        (FAR, "go to the red cone", "could be obeyed by going there"),
        (FAR, "go to the red cone, not the blue cone", "could be obeyed"),
        (FAR, "don't go to the blue cone, go to the red cone", "could be obeyed"),
        (FAR, "go to the cone over there", "leaves open which cone"),
        (FAR, "go to the red one", "leaves open which red thing"),
        (FAR, "blue cone", "three words or more"),
        (FAR, "", "empty"),
        (FAR, "   ", "empty"),
        (FAR, 0.9, "text in quotes"),
        (["a", "list"], FAR, "text in quotes"),
        (FAR, "go " * 1_000_000, "longer than 200"),
        (FAR, "half a \ud83d character", "half a character"),
        ("<b>$x$</b> 😀 اذهب", FAR, "ask for the red cone"),
    ],
)
def test_who_is_not_fooled_is_told_why(right: Any, wrong: Any, words: str) -> None:
    verdict = check.fooled(right, wrong)
    assert verdict.mark == "wrong", verdict
    assert words in verdict.words


@pytest.mark.parametrize("pair", [(..., ...), (FAR, ...), (None, "go to the blue cone")])
def test_fooling_not_begun(pair: tuple[Any, Any]) -> None:
    assert check.fooled(*pair).mark == "not yet"


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("go to the green box, not the yellow key", "go to the yellow key, not the green box"),
        ("push the red ball to the blue box", "push the blue ball to the red box"),
        ("first the red cone, then the blue box", "first the blue box, then the red cone"),
        ("never go to the green box, go to the blue ball",
         "go to the green box, never go to the blue ball"),
    ],
)  # fmt: skip
def test_a_change_that_it_does_not_hear(one: str, other: str) -> None:
    assert check.unnoticed(one, other).passed
    assert check.unnoticed(other, one).passed
    a, b = embed([one, other])
    assert a @ b > 0.95


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("go to the red cone", "don't go to the red cone", "the encoder notices"),
        ("go to the red cone", "go to the red cone", "the same sentence"),
        ("go to the red cone", "Go to the red, cone", "the same sentence"),
        ("go to the red cone, not the blue cone", "go to the blue cone, not the red cone",
         "one of your own"),
        ("go to the red cone", "please go to the red cone", "the same thing"),
        ("go to the red cone and the blue box", "go to the blue box and the red cone",
         "the same thing"),
        ("first the red cone, then the blue box", "then the blue box, first the red cone",
         "the same thing"),
        ("go to the red cone", "go to the blue cone", "do not contradict"),
        ("turn left then right", "turn right then left", "reads colours and objects"),
        ("go there", "go to the red cone", "three words"),
        (7, "go to the red cone", "text in quotes"),
        ("go to the red cone", "x" * 10**6, "longer than 200"),
    ],
)  # fmt: skip
def test_what_it_does_hear_is_told(one: Any, other: Any, words: str) -> None:
    verdict = check.unnoticed(one, other)
    assert verdict.mark == "wrong", verdict
    assert words in verdict.words


@pytest.mark.parametrize("pair", [(..., ...), ("go to the red cone", ...), (None, None)])
def test_breaking_not_begun(pair: tuple[Any, Any]) -> None:
    assert check.unnoticed(*pair).mark == "not yet"
