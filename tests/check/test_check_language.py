"""Checks of notebook 03: right answers pass, wrong ones are told what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial import distance

from cliprl_lite.check import language as check
from cliprl_lite.check.language import read
from cliprl_lite.language.sentences import embed


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
        (lambda a, b: "near", "one number; this is a str"),
        (lambda a, b: 1 / 0, "ZeroDivisionError"),
        (lambda a: 1, "TypeError"),
        (lambda a, b: np.linalg.norm(a.__imul__(2)), "changes what it is given"),
        (0.5, "without calling"),
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
        (FAR, "don't forget to go to the red cone", "may forbid the red cone or ask for it"),
        (FAR, "do not fail to go to the red cone", "may forbid the red cone or ask for it"),
        ("do not miss, go to the red cone", "go to the red ball", "right_sentence may ask"),
        ("go red cone banana zebra quantum tax", "go to the red ball", "hardly an instruction"),
        ("get lost far from the red cone", "go to the red ball", "as if it forbade"),
        (FAR, "blue cone", "three words or more"),
        (FAR, 0.9, "between quotation marks"),
        (["a", "list"], FAR, "between quotation marks"),
        (FAR, "go " * 1_000_000, "longer than 200"),
        (FAR, "half a \ud83d character", "half a character"),
        ("<b>$x$</b> 😀 اذهب", FAR, "ask for the red cone"),
    ],
)
def test_who_is_not_fooled_is_told_why(right: Any, wrong: Any, words: str) -> None:
    verdict = check.fooled(right, wrong)
    assert verdict.mark == "wrong", verdict
    assert words in verdict.words


@pytest.mark.parametrize(
    "pair", [(..., ...), (FAR, ...), (None, "go to the blue cone"), (FAR, ""), ("  ", FAR)]
)
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
        ("take the red box and the blue box", "take the blue box and the red box",
         "the same thing"),
        ("go to the red box or to the blue box then rest",
         "go to the blue box or to the red box then rest", "the same thing"),
        ("first the red cone, then the blue box", "then the blue box, first the red cone",
         "the same thing"),
        ("go to the red cone", "go to the blue cone", "do not contradict"),
        ("turn left then right", "turn right then left", "reads colours and objects"),
        ("go there", "go to the red cone", "three words"),
        (7, "go to the red cone", "between quotation marks"),
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


# ---------------------------------------------------------------------------------------------
# What decides
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "passes"),
    [
        ("go to the red cone and stay clear of the yellow key",
         "go to the yellow key and stay clear of the red cone", True),  # 0.953
        ("visit the yellow box but do not go near the blue ball",
         "go to the blue ball, not the yellow box", False),  # 0.946
    ],
)  # fmt: skip
def test_how_alike_two_sentences_have_to_be(one: str, other: str, passes: bool) -> None:
    verdict = check.unnoticed(one, other)
    assert verdict.passed == passes
    assert passes or "the encoder notices" in verdict.words


def test_a_third_of_the_words_may_be_strange() -> None:
    plain = "go to the red cone with"
    for strange, passes in (("zebra quantum tax", True), ("zebra quantum tax banana", False)):
        assert ("hardly" not in check._still_wrong(f"{plain} {strange}")) == passes


def test_a_cosine_in_single_precision_passes_and_one_in_words_does_not() -> None:
    def plain(a: Any, b: Any) -> Any:
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    assert check.cosine(lambda a, b: np.float32(plain(a, b))).passed
    assert check.cosine(lambda a, b: str(plain(a, b))).mark == "wrong"
    assert check.cosine(lambda a, b: plain(a, b) + 0.9e-6).passed
    assert check.cosine(lambda a, b: plain(a, b) + 1.1e-6).mark == "wrong"
