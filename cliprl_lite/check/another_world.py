"""The exercises of notebook 11: what it is to have arrived, a rank among teachers, and a house in
which words are right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from cliprl_lite._arrays import IntArray
from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import Function, as_number, as_whole, blank
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.exercises import keep as keep
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.language.sentences import embed
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.worlds.poses import AHEAD, Pose, things
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

HOUSE = "babyai_house_b"
"""The house that is rearranged: each kind of object has two rooms, with three colours each."""

RIGHT = 10
"""Of 18 missions, how many the words have to get right."""


@cache
def _house() -> TaskSuite:
    return load_suite(HOUSE)


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
def arrived(labels: Sequence[Pose], square: tuple[int, int]) -> list[int]:
    """The numbers of the states in which an agent stands before a square and looks at it.

    Example:
        >>> arrived([(1, 1, 0), (1, 1, 1), (1, 3, 2)], (1, 2))
        [0, 2]
    """
    found = []
    for state, (row, column, direction) in enumerate(labels):
        down, right_ = AHEAD[direction]
        if (row + down, column + right_) == square:
            found.append(state)
    return found


def _facing_fault(labels: Sequence[Pose], square: tuple[int, int], given: set[int]) -> str:
    """Which mistake gives these states, if it is a known one."""
    row, column = square
    poses = list(enumerate(labels))
    beside = {n for n, (r, c, _) in poses if abs(r - row) + abs(c - column) == 1}
    known = {
        "an agent that stands beside the object and looks elsewhere has not arrived": beside,
        "these look away from the object": _looking(poses, square, lambda d: (-d[0], -d[1])),
        "rows and columns are mixed up: direction 0 looks along a row, to the next column":
            _looking(poses, square, lambda d: (d[1], d[0])),
    }  # fmt: skip
    return next((words for words, states in known.items() if states == given), "")


def _looking(poses: Iterable[tuple[int, Pose]], square: tuple[int, int], turn: Any) -> set[int]:
    steps = [turn(step) for step in AHEAD]
    return {n for n, (r, c, d) in poses if (r + steps[d][0], c + steps[d][1]) == square}


@exercise(1, "Arrived", ours=("arrived", arrived))
def facing(answer: Any) -> Verdict:
    """Judge `arrived(labels, square)`: the states that face the square.

    It is held against goals that BabyAI's own verifier gave.

    Example:
        >>> facing(lambda labels, square: [0])
        ✗ Not quite: for the red ball of house B it finds 1 state, and BabyAI's verifier accepts 3
    """
    asked = Function(answer, "arrived")
    house = _house()
    labels = list(house.world.labels)
    places = things(house)
    for task in house.tasks:
        [square] = places[task.name]
        what = "the states, as a list of whole numbers"
        given = as_whole(asked(labels, square), what)
        states = set(given.reshape(-1).tolist())
        if states != set(task.goal):
            fault = _facing_fault(labels, square, states)
            many = "state" if len(states) == 1 else "states"
            return wrong(
                fault
                or f"for the {task.colour} {task.shape} of house B it finds {len(states)} {many}, "
                f"and BabyAI's verifier accepts {len(task.goal)}"
            )
    return right(
        "for all 18 objects your states are those that BabyAI's own verifier calls a success"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
_DISTANCES = ([4, 9, 1, 6], [3, 3, 8], [2, 2, 2, 2, 2], [7, 1, 7, 3, 5, 1, 30])


def share_nearer(steps: Any, chosen: int) -> float:
    """The share of the other teachers that are nearer than the chosen one, ties by half.

    Example:
        >>> share_nearer([4, 9, 1], 0), share_nearer([3, 3, 8], 0)
        (0.5, 0.25)
    """
    steps = np.asarray(steps)
    nearer = (steps < steps[chosen]).sum() + 0.5 * ((steps == steps[chosen]).sum() - 1)
    return float(nearer / (len(steps) - 1))


def _mistakes(steps: list[int], chosen: int) -> dict[str, float]:
    """What each known mistake makes of a case."""
    n, mine = len(steps), steps[chosen]
    nearer, alike = sum(s < mine for s in steps), sum(s == mine for s in steps) - 1
    return {
        "that is the share of teachers that are farther: here 0 has to mean the nearest":
            1 - share_nearer(steps, chosen),
        "divide by the number of *other* teachers": (nearer + alike / 2) / n,
        "teachers that are just as far count half": nearer / (n - 1),
        "teachers that are just as far count half, not in full": (nearer + alike) / (n - 1),
        "leave out the chosen teacher itself": (nearer + (alike + 1) / 2) / (n - 1),
        "a share is asked for, not a number of teachers": nearer + alike / 2,
    }  # fmt: skip


@exercise(2, "A rank", ours=("rank", share_nearer))
def rank(answer: Any) -> Verdict:
    """Judge `rank(steps, chosen)`: 0 for the nearest teacher, 1 for the farthest, ties by half.

    Example:
        >>> rank(lambda steps, chosen: 0.5)
        ✗ Not quite: with steps [4, 9, 1, 6] and teacher 0 the rank is 0.333, and yours is 0.500
    """
    asked = Function(answer, "rank")
    cases = [(steps, chosen) for steps in _DISTANCES for chosen in range(len(steps))]
    given = [
        as_number(asked(np.array(steps), chosen), "one number, the rank") for steps, chosen in cases
    ]
    wanted = [share_nearer(*case) for case in cases]
    if np.allclose(given, wanted, atol=1e-6):
        return right(
            "whatever the steps are, the mean over all choices is 0.5: that is what chance looks "
            "like"
        )
    made = [_mistakes(*case) for case in cases]
    for words in made[0]:
        if np.allclose(given, [mistake[words] for mistake in made], atol=1e-6):
            return wrong(words)
    first = int(np.flatnonzero(~np.isclose(given, wanted, atol=1e-6))[0])
    steps, chosen = cases[first]
    return wrong(
        f"with steps {steps} and teacher {chosen} the rank is {wanted[first]:.3f}, and yours is "
        f"{given[first]:.3f}"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@cache
def _favourites() -> IntArray:
    """For each mission of the house the number of the one whose words are closest."""
    vectors = embed(_house().sentences)
    similar = rounded(cosine_similarity(vectors, vectors))
    np.fill_diagonal(similar, -np.inf)
    closest: IntArray = similar.argmax(axis=1)
    return closest


def rooms_of(together: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """`(colour, shape)` of each object of the house → its room, as `refurnished` takes it.

    Args:
        together: kind → the three colours that share the first of its two rooms.

    Example:
        >>> first = {"red", "blue", "yellow"}
        >>> rooms = rooms_of({"ball": first, "box": first, "key": first})
        >>> rooms["red", "box"], rooms["grey", "box"]
        ('room 2', 'room 5')
    """
    kinds = ("ball", "box", "key")
    return {
        (task.colour, task.shape): "room "
        + str(1 + kinds.index(task.shape) + 3 * (task.colour not in together[task.shape]))
        for task in _house().tasks
    }


@exercise(3, "Break it")
def words_are_right(together: Any) -> Verdict:
    """Judge an arrangement: kind → the three colours that share a room; the others share another.

    Example:
        >>> first = {"red", "blue", "yellow"}
        >>> words_are_right({"ball": first, "box": first, "key": first})
        ✗ Not quite: the words' favourite shares the room in 6 of 18 missions, and 10 are asked for
    """
    if blank(together):
        return not_yet()
    tasks = _house().tasks
    kinds, colours = {task.shape for task in tasks}, {task.colour for task in tasks}
    if not isinstance(together, Mapping) or set(together) != kinds:
        return wrong('wanted: a dictionary with the kinds "ball", "box" and "key"')
    for kind, chosen in together.items():
        if not isinstance(chosen, list | tuple | set | frozenset) or not all(
            isinstance(colour, str) for colour in chosen
        ):
            return wrong(f'for "{kind}" give three colours, as in {{"red", "blue", "yellow"}}')
        strange = [colour for colour in chosen if colour not in colours]
        if strange:
            known = ", ".join(sorted(colours))
            return wrong(f'"{strange[0][:20]}" is no colour of the house; they are {known}')
        if len(set(chosen)) != 3 or len(chosen) != 3:
            return wrong(f'a room has three places: for "{kind}" give three different colours')
    rooms = rooms_of(together)
    room = [rooms[task.colour, task.shape] for task in tasks]
    found = sum(room[task] == room[other] for task, other in enumerate(_favourites()))
    said = f"the words' favourite shares the room in {found} of {len(tasks)} missions"
    if found < RIGHT:
        return wrong(f"{said}, and {RIGHT} are asked for")
    return right(
        f"{said}. No word was changed, and no agent: you moved the furniture to where the words "
        "expect it"
    )
