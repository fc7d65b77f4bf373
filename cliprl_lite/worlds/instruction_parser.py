"""Which task a sentence asks for: a few rules read what it wants and what it forbids.

The agent that has learned the task must be held out, or there is nothing to transfer. A reader may
word the task in many ways, so widgets and checks ask `asked_for` and compare no letters.

A colour and its object make a thing. A thing is forbidden if exactly one negation stands before it
and belongs to it, as in *don't go to*, or if the sentence says after it that it is *forbidden*. Two
negations, or one that may belong to something else (*do not wait, go to*), leave it in doubt; then
the caller has to say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from cliprl_lite.language.encoder import heard, normalised
from cliprl_lite.worlds.tasks import Task


def listed(words: str) -> frozenset[str]:
    """Words between spaces, as a set."""
    return frozenset(words.split())


COLOURS = listed(
    "red blue green yellow orange purple pink white black brown grey gray crimson scarlet"
)
OBJECTS = listed("box ball cone key door sphere cube pyramid")
CARRYING = listed("bring carry push roll take")
GOING = CARRYING | listed(
    "go walk head move run find reach travel proceed navigate come step drive hurry approach seek "
    "get visit return march stroll wander make going walking heading moving running stand stop end "
    "fetch approaching visiting entering touching enter touch"
)
NEGATIONS = listed(
    "not dont non never no nobody none nothing neither nor without except avoid avoiding refuse "
    "refrain forbid forget fail skip ignore ignoring shun miss omit neglect lose"
)
"""Words that forbid the thing they belong to, even past a verb of going: *never go to*."""

TURNING = listed("leave leaving away but")
"""Words that forbid what follows, up to a verb of going: *leave the hall and go to* forbids no
goal."""

_IDLE = listed(
    "delay hesitation hesitate pause fail question doubt matter wait waiting stop stopping rest "
    "worry mind time yet only just need"
)
_LINKS = listed("you dare ever even to try the a an be one may must should can please again by")
_UNTIL = listed("before until till unless")
_ENDS = frozenset(".:;!?")
_JOINED = listed("and or nor the a an to any , both either")
_COPULAS = listed("is are be remains stays")
_BANNED = listed("forbidden prohibited banned taboo avoided shunned")
_ALLOWED = listed("allowed permitted wanted welcome")

_PHRASES = [
    (r"\b(?:off[ -]limits|out of bounds)\b", "forbidden"),
    (r"\b(?:keep|stay|steer)(?:ing)?(?: \w+)? (?:off|clear|away|out)(?: of| from)?\b", "avoid"),
    (r"\baway\b(?! from)", "off"),
    (r"\b(?:away|far) from\b", "away"),
    (r"\bout of\b", "leave"),
    (r"\b(?:rather than|other than|instead of|apart from|aside from|anything but)\b", "except"),
    (r"\bleave for\b", "go"),
    (r"\b(?:stop|quit|cease) (?=\w+ing\b)", "avoid "),
    (r"\bno one\b", "nobody"),
    (r"\bdon t\b", "dont"),
    (r"\b(?:can't|cannot|won't)\b|n't\b", " not"),
]  # fmt: skip

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`′", "'"))
"""Characters that keyboards type for the apostrophe of *don't*."""


@dataclass(frozen=True)
class Request:
    """What a sentence asks of agents who have learned some tasks.

    Attributes:
        task: the one task that it asks for, whose agent is to be held out. None if it asks for no
            task or for several, or if the rules cannot tell.
        negated: the tasks that it forbids, or may forbid. The encoder does not hear *not*, so
            their agents may well be chosen.
    """

    task: Task | None
    negated: tuple[Task, ...]


def asked_for(sentence: str, tasks: Iterable[Task]) -> Request:
    """Which of some tasks a sentence asks for, however it is written.

    It asks for a task if the encoder cannot tell it from the task's own sentence; or if it has the
    same words, whatever marks stand between them; or if it names the task's object by colour and
    shape, forbids it nowhere, and names no other task's object that it does not forbid.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> house = load_suite("house_a")
        >>> request = asked_for("Walk to the RED box, not to the blue ball!", house.tasks)
        >>> request.task.name, [task.name for task in request.negated]
        ('go to the red box', ['go to the blue ball'])
        >>> asked_for("don't go to the blue box", house.tasks).task is None
        True
    """
    tasks = list(tasks)
    for alike in (heard, _spoken):
        same = [task for task in tasks if alike(task.sentence) == alike(sentence)]
        if len(same) == 1:
            return Request(same[0], ())
    reading = read(sentence)
    refused = reading.forbidden + reading.doubtful
    negated = tuple(
        task
        for task in tasks
        if any(hue in ("", task.colour) and shape in ("", task.shape) for hue, shape in refused)
    )
    wanted = [task for task in tasks if (task.colour, task.shape) in reading.wanted]
    one = wanted[0] if len(wanted) == 1 and wanted[0] not in negated else None
    return Request(one, negated)


@dataclass(frozen=True)
class Reading:
    """What the rules read in a sentence: things as (colour, object), in order.

    Attributes:
        wanted: things to which no negation belongs.
        forbidden: things to which a negation belongs.
        doubtful: things for which the rules cannot tell.
        frame: the sentence's words, with a gap for each colour and each object.
    """

    wanted: tuple[tuple[str, str], ...]
    forbidden: tuple[tuple[str, str], ...]
    doubtful: tuple[tuple[str, str], ...]
    frame: tuple[str, ...]


def words_of(sentence: str) -> list[str]:
    """The words of a sentence: small letters, objects in the singular, no marks.

    Example:
        >>> words_of("Go to the BOXES!")
        ['go', 'to', 'the', 'box']
    """
    return [word for word in _tokens(_lower(sentence)) if word not in _ENDS and word != ","]


def read(sentence: str) -> Reading:
    """Which things a sentence wants, and which it forbids.

    Example:
        >>> reading = read("go to the cone, the red one, and never to the blue ball")
        >>> reading.wanted, reading.forbidden, reading.doubtful
        ((('red', 'cone'),), (('blue', 'ball'),), ())
    """
    plain = _lower(sentence)
    for pattern, words in _PHRASES:
        plain = re.sub(pattern, words, plain)
    tokens = _tokens(plain)
    found: dict[str, list[tuple[str, str]]] = {"wanted": [], "forbidden": [], "doubtful": []}
    before, end = "wanted", 0
    for first, last, thing in _things(tokens):
        joined = end and set(tokens[end + 1 : first]) <= _JOINED - {","} | {"or", "nor"}
        told = before if joined and before != "wanted" else _told(first, last, tokens)
        found[told].append(thing)
        before, end = told, last
    gaps = ("□" if word in COLOURS | OBJECTS else word for word in tokens if word != ",")
    wanted, forbidden, doubtful = (tuple(things) for things in found.values())
    return Reading(wanted, forbidden, doubtful, tuple(gaps))


def sets_an_order(frame: tuple[str, ...]) -> bool:
    """Whether it matters which thing fills which gap: one is first, or one goes to the other.

    Example:
        >>> sets_an_order(read("take the red box to the blue box").frame)
        True
        >>> sets_an_order(read("take the red box and the blue box").frame)
        False
    """
    gaps = [at for at, word in enumerate(frame) if word == "□"]
    leading = set(frame[: gaps[0]]) if gaps else set()
    for one, other in pairwise(gaps):
        between = set(frame[one + 1 : other]) - _ENDS
        if not between:  # a colour and its object
            continue
        if between & {"then", "before", "after", "from"}:
            return True
        if between & {"and", "or"}:
            continue
        if leading & {"after", "before", "from"} or (
            leading & CARRYING and between & {"to", "into", "onto", "on", "under", "behind"}
        ):
            return True
    return False


# Internals ---------------------------------------------------------------------------------------
def _spoken(sentence: str) -> list[str]:
    """The words that the encoder hears, without the marks between them."""
    return [word for word in heard(sentence).split() if any(map(str.isalnum, word))]


def _lower(sentence: str) -> str:
    return " ".join(normalised(sentence).translate(_APOSTROPHES).split())


def _tokens(plain: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?|[.:;!?,]", plain)
    forms = {f"{name}{end}": name for name in OBJECTS for end in ("s", "'s")} | {"boxes": "box"}
    return [forms.get(word, word) for word in words]


def _things(tokens: list[str]) -> list[tuple[int, int, tuple[str, str]]]:
    """Where each thing begins and ends, and what it is."""
    things, taken = [], set()
    for place, word in enumerate(tokens):
        if word in COLOURS:
            at = _object_of(place, tokens)
            taken.add(at)
            ends = (place, place) if at is None else (min(place, at), max(place, at))
            things.append((*ends, (word, "" if at is None else tokens[at])))
    for place, word in enumerate(tokens):
        if word in OBJECTS and place not in taken:
            things.append((place, place, ("", word)))
    return sorted(things)


def _object_of(place: int, tokens: list[str]) -> int | None:
    """Where the object of a colour stands: the next one, or else the one before."""
    for step, stop in ((1, len(tokens)), (-1, -1)):
        for at in range(place + step, stop, step):
            if tokens[at] in OBJECTS:
                return at
            if tokens[at] in COLOURS | NEGATIONS | TURNING | _ENDS:
                break
    return None


def _told(first: int, last: int, tokens: list[str]) -> str:
    """Whether a thing at these places is wanted, forbidden or doubtful."""
    start = first
    while start and tokens[start - 1] not in COLOURS | OBJECTS | _ENDS:
        start -= 1
    ahead = tokens[start:first]
    going = [at for at, word in enumerate(ahead) if word in GOING]
    negations = [
        at
        for at, word in enumerate(ahead)
        if word in NEGATIONS or (word in TURNING and not any(verb > at for verb in going))
    ]
    if not negations:
        return _said_after(tokens[last + 1 :])
    if "except" in ahead or "but" in ahead:  # "no cone but the red one"
        negations += [at for at, word in enumerate(tokens[:start]) if word in {"no", "not", "none"}]
    if len(negations) > 1:
        return "doubtful"
    behind = ahead[negations[0] + 1 :]
    verbs = [at for at, word in enumerate(behind) if word in GOING]
    plain = not (set(behind[:1]) & _IDLE or set(behind) & (_UNTIL | {","}))
    attached = not verbs or (len(verbs) == 1 and set(behind[: verbs[0]]) <= _LINKS)
    return "forbidden" if plain and attached else "doubtful"


def _said_after(tail: list[str]) -> str:
    """What the words after a thing say of it, such as *is forbidden* or *is not allowed*."""
    if not set(tail[:1]) & (_COPULAS | {"must", "should"}):
        return "wanted"
    said = set(tail[:5])
    if said & (_BANNED | _ALLOWED):
        odd = len(said & (NEGATIONS | _BANNED)) == 1
        return "forbidden" if odd else "doubtful"
    return "doubtful" if said & NEGATIONS else "wanted"
