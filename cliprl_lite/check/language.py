"""Checks of notebook 03: the cosine, two sentences that fool it, a change that it does not hear.

Two of the exercises ask for sentences. What a sentence wants is read by a few rules: which colour
is named with which object, and whether a word such as *not* stands before them. That is crude, and
where the rules cannot be sure, the check says what it read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cliprl_lite.alignment import cosine_similarity
from cliprl_lite.check.progress import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.language import embed

ANCHOR = "go to the red cone"
"""The instruction that the typed sentences are held against."""

LONGEST = 200
"""Characters of a sentence; the encoder drops what is far longer."""

UNNOTICED = 0.95
"""Two sentences with a cosine above this are the same to the encoder, or nearly so."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


COLOURS = _listed(
    "red blue green yellow orange purple pink white black brown grey gray crimson scarlet"
)
OBJECTS = _listed("box ball cone key door sphere cube pyramid")
CARRYING = _listed("bring carry push roll take")
GOING = CARRYING | _listed(
    "go walk head move run find reach travel proceed navigate come step drive hurry approach seek "
    "get visit return march stroll wander make going walking heading moving running stand stop end "
    "fetch"
)
NEGATIONS = _listed(
    "not never no don't dont doesn't mustn't can't cannot won't avoid avoiding away leave leaving "
    "without except ignore ignoring instead nor neither shun refuse forget skip"
)
ORDER = _listed("after before first from then")
_ENDS = frozenset(".:;!?")


# ---------------------------------------------------------------------------------------------
# What a sentence wants
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reading:
    """What the rules read in a sentence.

    Attributes:
        wanted: things named without a negation before them, as (colour, object), in order.
        forbidden: things named after one.
        frame: its words, with a gap for each colour and each object.
    """

    wanted: tuple[tuple[str, str], ...]
    forbidden: tuple[tuple[str, str], ...]
    frame: tuple[str, ...]


def read(sentence: str) -> Reading:
    """Which things a sentence wants, and which it forbids.

    Example:
        >>> reading = read("go to the cone, the red one, and never to the blue ball")
        >>> reading.wanted, reading.forbidden
        ((('red', 'cone'),), (('blue', 'ball'),))
    """
    words = _words(sentence)
    wanted: list[tuple[str, str]] = []
    forbidden: list[tuple[str, str]] = []
    taken = set()
    for place, word in enumerate(words):
        if word in COLOURS:
            at = _object_of(place, words)
            thing = (word, words[at] if at is not None else "")
            taken.add(at)
            first = place if at is None else min(place, at)
            (forbidden if _negated(first, words) else wanted).append(thing)
    for place, word in enumerate(words):  # objects of no colour
        if word in OBJECTS and place not in taken:
            (forbidden if _negated(place, words) else wanted).append(("", word))
    gaps = ("□" if word in COLOURS | OBJECTS else word for word in words)
    return Reading(tuple(wanted), tuple(forbidden), tuple(gaps))


def _words(sentence: str) -> list[str]:
    plain = sentence.lower().replace("’", "'")
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?|[.:;!?]", plain)
    plurals = {f"{name}s": name for name in OBJECTS} | {"boxes": "box"}
    return [plurals.get(word, word) for word in words]


def _object_of(place: int, words: list[str]) -> int | None:
    """Where the object of a colour stands: the next one, or else the one before."""
    for step, stop in ((1, len(words)), (-1, -1)):
        for at in range(place + step, stop, step):
            if words[at] in OBJECTS:
                return at
            if words[at] in COLOURS | NEGATIONS | _ENDS:
                break
    return None


def _negated(place: int, words: list[str]) -> bool:
    """A negation stands before it, and no other thing in between."""
    for at in range(place - 1, -1, -1):
        if words[at] in NEGATIONS:
            return True
        if words[at] in COLOURS | OBJECTS | _ENDS:
            return False
    return False


def _unreadable(sentence: Any, name: str) -> Verdict | None:
    if sentence is ... or sentence is None:
        return not_yet(f"write {name}, and run the cell again")
    if not isinstance(sentence, str):
        return wrong(f"{name} is text in quotes, and this is {_kind(sentence)}")
    if not sentence.strip():
        return wrong(f"{name} is empty: the encoder has nothing to hear")
    if len(sentence) > LONGEST:
        return wrong(f"{name} is longer than {LONGEST} characters; an instruction is a short one")
    if any("\ud800" <= letter <= "\udfff" for letter in sentence):
        return wrong(f"{name} holds half a character, which cannot be encoded; type it anew")
    if len([word for word in _words(sentence) if word not in _ENDS]) < 3:
        return wrong(f"{name} is no instruction yet: say it in three words or more")
    return None


def _kind(thing: object) -> str:
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _cosine(a: str, b: str) -> float:
    """Rounded, so that every machine judges alike."""
    first, second = embed([a, b])
    return round(float(cosine_similarity(first, second[None])[0]), 3)


# ---------------------------------------------------------------------------------------------
# The exercises
# ---------------------------------------------------------------------------------------------
@exercise(1, "The cosine of any two vectors")
def cosine(function: Callable[[Any, Any], Any]) -> Verdict:
    """Exercise 1: a function of two vectors, their cosine.

    Example:
        >>> cosine(lambda a, b: a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)).passed
        True
    """
    if function is ... or function is None:
        return not_yet()
    if not callable(function):
        return wrong(f"cosine has to be a function, and this is {_kind(function)}")
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
        kept = a.copy(), b.copy()
        try:
            said = function(a, b)
        except Exception as error:
            return wrong(f"it stops with {type(error).__name__}: {str(error)[:120]}")
        if said is ... or said is None:
            return not_yet("the function returns nothing yet: fill in the dots")
        if not (np.array_equal(a, kept[0]) and np.array_equal(b, kept[1])):
            return wrong("it changes the vectors it is given; a cosine only looks at them")
        try:
            value = np.asarray(said, dtype=float)
        except (TypeError, ValueError):
            return wrong(f"it returns {_kind(said)}, and a cosine is one number")
        if value.shape != ():
            return wrong(
                f"it returns {value.size} numbers, of shape {value.shape}, in place of one: "
                "products of entries still have to be summed"
            )
        if not abs(float(value) - true) < 1e-6:
            return wrong(_what_went_wrong(float(value), a, b, number))
    return right("from −1 to 1, whatever the lengths: only the direction of a vector counts")


def _what_went_wrong(said: float, a: Any, b: Any, number: int) -> str:
    dot, long, wide = float(a @ b), float(np.sqrt(a @ a)), float(np.sqrt(b @ b))
    true = dot / long / wide
    if not np.isfinite(said):
        return "it is not a finite number: a division by zero, or the root of a negative number"
    one_length = (
        "only one of the two lengths is divided out; make both vectors longer in your mind: "
        "the number must stay"
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
    return f"for {shown[0]} and {shown[1]} it says {said:.3f}, which is not their cosine{also}"


@exercise(2, "Fool it")
def fooled(right_sentence: Any, wrong_sentence: Any) -> Verdict:
    """Exercise 2: a wrong instruction that is nearer to `ANCHOR` than a right one.

    Example:
        >>> fooled("go to the red cone", "go to the blue cone")
        ✗ Not quite: the right one has the cosine 1.00, the wrong one 0.88: nobody is fooled yet
    """
    for sentence, name in ((right_sentence, "right_sentence"), (wrong_sentence, "wrong_sentence")):
        if (verdict := _unreadable(sentence, name)) is not None:
            return verdict
    wants = read(right_sentence)
    if ("red", "cone") in wants.forbidden:
        return wrong("right_sentence reads as if it forbade the red cone; it has to ask for it")
    if ("red", "cone") not in wants.wanted:
        return wrong(
            "right_sentence has to ask for the red cone, and to name both words, red and cone: "
            "the check knows no others"
        )
    if len(set(wants.wanted)) > 1:
        return wrong("right_sentence asks for something else as well; it is right for one thing")
    if not GOING & set(_words(right_sentence)):
        return wrong(
            "right_sentence has no word of going, such as go, walk, head or reach: it names the "
            "red cone and does not say what to do about it"
        )
    if (objection := _still_right(wrong_sentence)) is not None:
        return objection
    low, high = _cosine(ANCHOR, right_sentence), _cosine(ANCHOR, wrong_sentence)
    if not high > low:
        return wrong(
            f"the right one has the cosine {low:.2f}, the wrong one {high:.2f}: "
            "nobody is fooled yet"
        )
    return right(
        f"the wrong one ({high:.2f}) sounds more like “{ANCHOR}” than the right one ({low:.2f}): "
        "shared words weigh more than what they ask for"
    )


def _still_right(sentence: str) -> Verdict | None:
    """What speaks against a sentence's being a wrong instruction."""
    wants, words = read(sentence), set(_words(sentence))
    if ("red", "cone") in wants.wanted:
        return wrong(
            "wrong_sentence names the red cone, and no word such as 'not' stands before it: as "
            "far as the check can read, it could be obeyed by going there"
        )
    if ("", "cone") in wants.wanted and words & GOING and not words & {"ice", "cream", "pine"}:
        return wrong(
            "wrong_sentence leaves open which cone it means, so that the red one would do: "
            "name another, or something else"
        )
    if ("red", "") in wants.wanted and words & GOING:
        return wrong(
            "wrong_sentence leaves open which red thing it means, so that the red cone would do"
        )
    return None


@exercise(3, "Break it")
def unnoticed(one: Any, other: Any) -> Verdict:
    """Exercise 3: two instructions that want different things, and have a cosine above 0.95.

    Example:
        >>> unnoticed("go to the red cone", "do not go to the red cone")
        ✗ Not quite: they mean different things, and the encoder notices: their cosine is 0.87
    """
    for sentence, name in ((one, "one"), (other, "other")):
        if (verdict := _unreadable(sentence, name)) is not None:
            return verdict
    if _words(one) == _words(other):
        return wrong("the two are the same sentence, so nothing has been turned round")
    if {" ".join(_words(one)), " ".join(_words(other))} <= _SHOWN:
        return wrong("that is the pair from the text above; find one of your own")
    first, second = read(one), read(other)
    if not (first.wanted or first.forbidden) or not (second.wanted or second.forbidden):
        return wrong(
            "the check reads colours and objects of the house (such as green, box), and finds "
            "none in one of the two; build them in"
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
        f"a cosine of {shown} for two errands that contradict each other: "
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
    if first.frame != second.frame:
        return False
    same_words = sorted(sum(first.wanted + first.forbidden, ())) == sorted(
        sum(second.wanted + second.forbidden, ())
    )
    ordered = (ORDER | CARRYING) & set(first.frame)
    return same_words and (set(first.wanted) != set(second.wanted) or bool(ordered))
