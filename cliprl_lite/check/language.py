"""Checks of notebook 03: the cosine, two sentences that fool it, a change that it does not hear.

Two of the exercises ask for sentences. What a sentence wants is read by the few rules of
`instruction_parser`: which colour is named with which object, and whether a word such as *not*
belongs to them. That is crude, and where the rules cannot be sure, the check says what it read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import Function, Stopped, as_number, as_sentence, slack
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.language.sentences import embed
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.worlds.instruction_parser import (
    GOING,
    Reading,
    listed,
    read,
    sets_an_order,
    words_of,
)

ANCHOR = "go to the red cone"
"""The instruction that the typed sentences are held against."""

UNNOTICED = 0.95
"""Two sentences with a cosine above this are the same to the encoder, or nearly so."""

_ORDINARY = GOING | listed(
    "the a an to for of that this which who whose is are be been has have had was were with please "
    "would could can will you me my your one there here where it its it's by in on at over up down "
    "near close beside next and so then now if or i we us let straight right way towards toward "
    "into onto until as far put placed stands standing painted coloured colored made plastic room "
    "house kindly just all from through across what want like need should must down not"
)


def _cosine(a: str, b: str) -> float:
    """Rounded, so that every machine judges alike."""
    first, second = embed([a, b])
    return float(rounded(cosine_similarity(first, second[None])[0], 3))


# ---------------------------------------------------------------------------------------------
# The exercises
# ---------------------------------------------------------------------------------------------
@exercise(1, "The cosine of any two vectors")
def cosine(function: Any) -> Verdict:
    """Exercise 1: a function of two vectors, their cosine.

    Example:
        >>> cosine(lambda a, b: a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)).passed
        True
    """
    asked = Function(function)
    rng = np.random.default_rng(0)
    pairs = [
        (np.array([1.0, 0.0]), np.array([0.6, 0.8])),
        (np.array([3.0, 4.0]), np.array([4.0, 3.0])),
        (np.array([2.0, 0.0]), np.array([-5.0, 0.0])),
        (np.array([0.0, 2.0]), np.array([7.0, 0.0])),
        tuple(embed([ANCHOR, "go to the red box"])),
        tuple(rng.normal(size=(2, 7))),
    ]
    for number, (a, b) in enumerate(pairs):
        true = float(cosine_similarity(a, b[None])[0])
        said = asked(a, b)
        value = as_number(
            said, "a cosine, which is one number", "products of entries still have to be summed"
        )
        if not abs(value - true) <= max(1e-6, slack(said)):
            return wrong(_what_went_wrong(value, a, b, number))
    return right("from −1 to 1, whatever the lengths: only the direction of a vector counts")


def _what_went_wrong(said: float, a: Any, b: Any, number: int) -> str:
    dot, long, wide = float(a @ b), float(np.sqrt(a @ a)), float(np.sqrt(b @ b))
    true = dot / long / wide
    if not np.isfinite(said):
        return "it is not a finite number: a division by zero, or the root of a negative number"
    one_length = (
        "only one of the two lengths is divided out; imagine both vectors longer: the number "
        "must not change"
    )
    known = [
        (dot, "that is the plain dot product: it grows with the vectors' lengths, which a cosine "
              "must not. For unit vectors the two agree, so the mistake is easily missed"),
        (dot / long, one_length),
        (dot / wide, one_length),
        (dot / long**2 / wide**2,
         "it divides by the squared lengths: a @ a is the square of a length, not the length"),
        (abs(true), "opposite vectors have the cosine −1: the sign got lost on the way"),
        (1 - true, "that is 1 − cosine, a distance: large where the vectors are unlike"),
        (float(np.sqrt((a - b) @ (a - b))),
         "that is the distance between the two points, not the cosine of the angle"),
        (float(np.arccos(np.clip(true, -1, 1))),
         "that is the angle itself, and its cosine is asked for"),
    ]  # fmt: skip
    for value, words in known:
        if abs(value - said) < 1e-6:
            return words
    shown = (a.tolist(), b.tolist()) if a.size == 2 else ("two vectors", f"of {a.size} numbers")
    also = ""
    if number:
        also = f"; it was right for {number} easier {'pair' if number == 1 else 'pairs'}"
    return f"for {shown[0]} and {shown[1]} it says {said:z.3f}, which is not their cosine{also}"


@exercise(2, "Fool it")
def fooled(right_sentence: Any, wrong_sentence: Any) -> Verdict:
    """Exercise 2: a wrong instruction that is nearer to `ANCHOR` than a right one.

    Example:
        >>> fooled("go to the red cone", "go to the blue cone")
        ✗ Not quite: the right one has the cosine 1.00, the wrong one 0.88: nobody is fooled yet
    """
    right_sentence = _instruction(right_sentence, "right_sentence")
    wrong_sentence = _instruction(wrong_sentence, "wrong_sentence")
    for objection in (_still_wrong(right_sentence), _still_right(wrong_sentence)):
        if objection:
            return wrong(objection)
    low, high = _cosine(ANCHOR, right_sentence), _cosine(ANCHOR, wrong_sentence)
    if not high > low:
        return wrong(
            f"the right one has the cosine {low:z.2f}, the wrong one {high:z.2f}: "
            "nobody is fooled yet"
        )
    return right(
        f"the wrong one ({high:.2f}) sounds more like “{ANCHOR}” than the right one ({low:.2f}): "
        "shared words weigh more than what they ask for"
    )


def _instruction(given: Any, name: str) -> str:
    sentence = as_sentence(given, name)
    if len(words_of(sentence)) < 3:
        raise Stopped(wrong(f"{name} is no instruction yet: say it in three words or more"))
    return sentence


def _still_wrong(sentence: str) -> str:
    """What speaks against a sentence's being a right instruction."""
    wants, words = read(sentence), words_of(sentence)
    if ("red", "cone") in wants.forbidden:
        return "right_sentence reads as if it forbade the red cone; it has to ask for it"
    if ("red", "cone") in wants.doubtful:
        return (
            "as far as this check can read, right_sentence may ask for the red cone or forbid it; "
            "ask without a 'not' or a 'without'"
        )
    if ("red", "cone") not in wants.wanted:
        return (
            "right_sentence has to ask for the red cone, and to name both words, red and cone: "
            "the check knows no others"
        )
    if len(set(wants.wanted + wants.doubtful)) > 1:
        return "right_sentence asks for something else as well; let it ask for the red cone alone"
    if not GOING & set(words):
        return (
            "right_sentence has no word of going, such as go, walk, head or reach: it names the "
            "red cone and does not say what to do about it"
        )
    strange = [word for word in words if word not in _ORDINARY | {"red", "cone"}]
    if len(strange) > len(words) / 3:
        return (
            "as far as this check can read, right_sentence is hardly an instruction any more: the "
            f"check does not know “{' '.join(strange[:3])}”. Say the task in plainer words"
        )
    return ""


def _still_right(sentence: str) -> str:
    """What speaks against a sentence's being a wrong instruction."""
    wants, words = read(sentence), set(words_of(sentence))
    if ("red", "cone") in wants.doubtful:
        return (
            "as far as this check can read, wrong_sentence may forbid the red cone or ask for it, "
            "as “do not miss it” does: forbid it with a single negation, or name something else"
        )
    if ("red", "cone") in wants.wanted:
        return (
            "wrong_sentence names the red cone, and no word such as 'not' belongs to it: as "
            "far as the check can read, it could be obeyed by going there"
        )
    if ("", "cone") in wants.wanted and words & GOING and not words & {"ice", "cream", "pine"}:
        return (
            "wrong_sentence leaves open which cone it means, so that the red one would do: "
            "name another, or something else"
        )
    if ("red", "") in wants.wanted and words & GOING:
        return "wrong_sentence leaves open which red thing it means, so that the red cone would do"
    return ""


@exercise(3, "Break it")
def unnoticed(one: Any, other: Any) -> Verdict:
    """Exercise 3: two instructions that want different things, and have a cosine above 0.95.

    Example:
        >>> unnoticed("go to the red cone", "do not go to the red cone")
        ✗ Not quite: they mean different things, and the encoder notices: their cosine is 0.87
    """
    one, other = _instruction(one, "one"), _instruction(other, "other")
    if words_of(one) == words_of(other):
        return wrong("the two are the same sentence, so nothing has been turned round")
    if {" ".join(words_of(one)), " ".join(words_of(other))} <= _SHOWN:
        return wrong("that is the pair from the text above; find one of your own")
    first, second = read(one), read(other)
    if not all(some.wanted or some.forbidden or some.doubtful for some in (first, second)):
        return wrong(
            "the check reads colours and objects of the house (such as green, box), and finds "
            "none in one of the two; use some in both"
        )
    if not _opposed(first, second):
        return wrong(
            "as far as the check can read, the two ask for the same thing, or for two things that "
            "do not contradict each other: let one want what the other forbids, or swap two words "
            "and keep all others where they are"
        )
    cosine = _cosine(one, other)
    if not cosine > UNNOTICED:
        return wrong(
            f"they mean different things, and the encoder notices: their cosine is {cosine:.2f}"
        )
    shown = f"{cosine:.3f}" if cosine >= 0.995 else f"{cosine:.2f}"
    return right(
        f"a cosine of {shown} for two instructions that contradict each other: "
        "the same words in another order are nearly the same vector"
    )


_SHOWN = {
    "go to the red cone not the blue cone",
    "go to the blue cone not the red cone",
}


def _opposed(first: Reading, second: Reading) -> bool:
    """One wants what the other forbids; or two words changed places and nothing else changed."""
    for a, b in ((first, second), (second, first)):
        if set(a.wanted) & set(b.forbidden) - set(b.wanted):
            return True
    if first.frame != second.frame or first.doubtful or second.doubtful:
        return False
    same_words = sorted(sum(first.wanted + first.forbidden, ())) == sorted(
        sum(second.wanted + second.forbidden, ())
    )
    regrouped = set(first.wanted) != set(second.wanted)
    return same_words and (regrouped or sets_an_order(first.frame))
