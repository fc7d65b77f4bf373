"""Checks of notebook 04, why cosine fails: two-way tables, houses, and weights per direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import favourites, rounded
from cliprl_lite.check.answers import Function, Stopped, as_array, blank
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.experiments.statistics import top_is
from cliprl_lite.language.sentences import embed
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.worlds.instruction_parser import asked_for
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

Parts = tuple[FloatArray, FloatArray, FloatArray]

_PER_ROOM = 4
_SHARES = "three numbers, the shares by colour, by shape, and of the rest"
_NEW = 0.5
"""The least relative change of the vectors when all sentences change."""


# ---------------------------------------------------------------------------------------------
# Exercise 1: shares of variance
# ---------------------------------------------------------------------------------------------
@exercise(1, "A two-way table")
def variance_shares(answer: Any) -> Verdict:
    """Does `answer(grid)` give the shares by colour, by shape, and the rest?

    Args:
        answer: a function of a grid of vectors, shape `[colours, shapes, D]`.

    Example:
        >>> variance_shares(lambda grid: (0.3, 0.6, 0.1)).mark
        'wrong'
    """
    asked = Function(answer)
    rng = np.random.default_rng(4)
    uneven = rng.normal(size=(3, 5, 7)) + 2 * rng.normal(size=(3, 1, 7)) + 3.0
    found = []
    for grid in (uneven, _sentence_grid()):
        numbers = as_array(asked(grid), _SHARES)
        if numbers.shape != (3,):
            return wrong(f"return {_SHARES}; this has the shape {numbers.shape}")
        if not np.isfinite(numbers).all():
            return wrong("a share is not a finite number: is the total zero, or something divided?")
        found.append(numbers)
    if np.allclose(found[0], found[1]):
        return wrong("two different grids get the same shares: compute them from `grid`")
    for numbers, grid in zip(found, (uneven, _sentence_grid()), strict=True):
        fault = _fault_of_shares(numbers, grid)
        if fault:
            return wrong(fault)
    said = []
    for name in "ABC":
        numbers = as_array(asked(_policy_grid(name)), _SHARES)
        fault = "three numbers" if numbers.shape != (3,) else ""
        fault = fault or _fault_of_shares(numbers, _policy_grid(name))
        if fault:
            return wrong(f"right for the sentences, and not for the policies of {name}: {fault}")
        colour, shape, rest = (f"{100 * share:.0f} %" for share in numbers)
        said.append(f"in {name} colour {colour}, shape {shape}, rest {rest}")
    return right(
        "Now your function on the *policies* of the three houses: " + "; ".join(said) + ". "
        "The sentences' shares are the same in all three, since no word changes."
    )


def _fault_of_shares(numbers: FloatArray, grid: FloatArray) -> str:
    """What is wrong with the shares of a grid, by the mistakes that people make; or nothing."""
    parts = _parts(grid)
    sums = np.array([(np.broadcast_to(part, grid.shape) ** 2).sum() for part in parts])
    shares = sums / sums.sum()
    if np.allclose(numbers, shares, atol=1e-6):
        return ""
    if np.allclose(numbers, 100 * shares, rtol=1e-3):
        return "these are percentages: give shares, which sum to 1"
    if np.allclose(numbers[[1, 0, 2]], shares, atol=1e-6):
        return (
            "colour and shape have changed places. Rows are colours: the mean over the *shapes*, "
            "axis 1, is what is left of a colour"
        )
    if np.allclose(numbers, sums, rtol=1e-6):
        return "these are sums of squares: divide by the total, so that they are shares"
    once = np.array([(part**2).sum() for part in parts])
    if any(np.allclose(numbers, once / total, atol=1e-6) for total in (once.sum(), sums.sum())):
        return (
            "a colour's part stands in every cell of its row, so its squares count once for each "
            "shape, and a shape's once for each colour. Broadcasting saves memory, not variance"
        )
    if np.allclose(numbers, sums / (grid**2).sum(), atol=1e-6):
        return (
            "the total still holds the overall mean. Variance is about what lies around the mean: "
            "subtract it before squaring"
        )
    if np.allclose(numbers, np.sqrt(shares), atol=1e-6) or np.allclose(
        numbers, np.sqrt(sums) / np.sqrt(sums).sum(), atol=1e-6
    ):
        return "these are lengths: shares of variance add up because lengths are *squared*"
    if (numbers < -1e-9).any():
        return "a share is negative: sums of squares never are. Is the mean taken off every part?"
    if not np.isclose(numbers.sum(), 1, atol=1e-6):
        return (
            f"the three shares sum to {numbers.sum():.2f}, not to 1. Is the overall mean taken off "
            "colours and shapes alike, and does each part count in every cell?"
        )
    return (
        "they sum to 1, but are not the shares. Take a grid of 2 × 2 numbers, and work out on "
        "paper what colour and shape explain of it, and what neither does"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 2: a house for the words
# ---------------------------------------------------------------------------------------------
@exercise(2, "A house for the words")
def house_for_words(goals: Any) -> Verdict:
    """Is this a house in which the words' favourites are right, and which is not house B?

    Args:
        goals: sentence → `(row, column)`, or a list of sixteen in the order of the tasks.

    Example:
        >>> house_for_words([task.goal for task in load_suite("house_a").tasks]).mark
        'wrong'
    """
    if blank(goals):
        return not_yet()
    b = load_suite("house_b")
    squares = _squares(goals, b)
    if isinstance(squares, str):
        return wrong(squares)
    for task, square in zip(b.tasks, squares, strict=True):
        try:
            b.map.state(square)
        except ValueError as error:
            return wrong(f"nothing can stand there ({task.sentence}): {error}")
        if 6 in square:
            return wrong(f"{square} ({task.sentence}) is a doorway: it lies in no room")
    if len(set(squares)) < len(squares):
        return wrong("two objects stand on the same square")
    rooms, before = _rooms(squares), _rooms([task.cell for task in b.tasks])
    crowd = [rooms.count(room) for room in range(4)]
    if crowd != [_PER_ROOM] * 4:
        return wrong(
            f"the rooms hold {', '.join(map(str, crowd))} objects. Put four into each: if all were "
            "in one room, every choice would be right, and nothing would be learned"
        )
    scores = cosine_similarity(embed(b.sentences), embed(b.sentences))
    hits = _right(scores, rooms)
    if sum(hits) < len(hits):
        lost = b.tasks[hits.index(False)]
        favourite = b.tasks[favourites(scores)[hits.index(False)]]
        return wrong(
            f"the words are right for {sum(hits)} of 16. “{lost.sentence}” has its favourite, "
            f"“{favourite.sentence}”, in another room"
        )
    same = [t.sentence for t, new, old in zip(b.tasks, rooms, before, strict=True) if new == old]
    if same:
        return wrong(
            f"right for 16 of 16, but “{same[0]}” stands in its room of house B. Find another "
            "house: what do the words need, the room or the company?"
        )
    return right(
        "the words are right for 16 of 16, and no object is in the room it has in B. Words know "
        "no rooms, only company: objects whose sentences sound alike have to live together."
    )


def _squares(goals: Any, suite: TaskSuite) -> list[tuple[int, int]] | str:
    """Sixteen squares in the order of the tasks, or what is wrong with them."""
    if isinstance(goals, Mapping):
        named = {
            task.sentence: square
            for name, square in goals.items()
            if isinstance(name, str) and (task := asked_for(name, suite.tasks).task)
        }
        missing = [name for name in suite.sentences if name not in named]
        if missing:
            return f"there is no square for “{missing[0]}”; {len(missing)} of 16 are missing"
        listed: list[Any] = [named[name] for name in suite.sentences]
    elif isinstance(goals, Sequence | np.ndarray) and not isinstance(goals, str | bytes):
        listed = list(goals)
        if len(listed) != len(suite.tasks):
            return f"there are sixteen objects, and {len(listed)} squares"
    else:
        return "give a dictionary, sentence to (row, column), or a list of sixteen squares"
    squares = []
    for name, entry in zip(suite.sentences, listed, strict=True):
        pair = as_array(entry, f"a pair of whole numbers, (row, column), for “{name}”")
        if pair.shape != (2,) or not np.isfinite(pair).all() or (pair != np.round(pair)).any():
            return f"a square is a pair of whole numbers, (row, column); see “{name}”"
        if (np.abs(pair) > 1_000).any():
            return f"the square of “{name}” lies outside the map"
        squares.append((int(pair[0]), int(pair[1])))
    return squares


def _rooms(squares: Sequence[tuple[int, int]]) -> list[int]:
    return [2 * (row > 6) + (column > 6) for row, column in squares]


# ---------------------------------------------------------------------------------------------
# Exercise 3: weights per direction
# ---------------------------------------------------------------------------------------------
@exercise(3, "Mend A, break B")
def reweigh(answer: Any) -> Verdict:
    """Do the vectors of `answer(colour, shape, rest)` make cosine right in A, and what then in B?

    Args:
        answer: a function of the three parts of the sentences, shapes `[4, 1, D]`, `[1, 4, D]` and
            `[4, 4, D]`, that returns new vectors, shape `[4, 4, D]`.

    Example:
        >>> reweigh(lambda colour, shape, rest: colour + shape + rest).mark
        'wrong'
    """
    asked = Function(answer)
    parts = _parts(_sentence_grid())
    turned: Parts = (np.roll(parts[0], 1, axis=2), np.roll(parts[1], 1, axis=2), parts[2] + 1e-3)
    made = []
    for some in (parts, turned, parts):
        made.append(_vectors(asked, some))
    if np.linalg.norm(made[0], axis=1).min() < 1e-9:
        return wrong("a vector of zeros has no direction, and so no cosine: keep at least one part")
    if not np.allclose(made[0], made[2]):
        return wrong("the same sentences get other vectors each time: is there chance in it?")
    if made[0].shape != made[1].shape or not _changed(made[0], made[1]) >= _NEW:
        return wrong(
            "other sentences get the same vectors, or nearly so: build them from colour, shape "
            "and rest alone"
        )
    scores = cosine_similarity(made[0], made[0])
    count = {
        name: sum(_right(scores, _rooms([task.cell for task in _house(name).tasks])))
        for name in "ABC"
    }
    if count["A"] == 16:
        return right(
            f"in A the favourites are right for 16 of 16. With the very same vectors: in B "
            f"{count['B']} of 16, in C {count['C']} of 16. Whoever chose the weights had seen A."
        )
    return wrong(f"{_fault_of_weights(made[0], parts)}In A: {count['A']} of 16; B: {count['B']}")


def _changed(one: FloatArray, other: FloatArray) -> float:
    return float(np.linalg.norm(one - other) / np.linalg.norm(one))


def _vectors(asked: Function, parts: Parts) -> FloatArray:
    """What the reader's function makes of the parts, shape `[16, D]`."""
    wanted = "an array of finite numbers, shape (4, 4, 384), such as a sum of parts"
    numbers = as_array(asked(*parts), wanted)
    if numbers.ndim != 3 or not np.isfinite(numbers).all() or not numbers.size:
        raise Stopped(wrong(f"return {wanted}"))
    try:
        full = np.broadcast_to(numbers, (4, 4, numbers.shape[2]))
    except ValueError:
        words = f"return a vector for each of 4 × 4 sentences; the shape is {numbers.shape}"
        raise Stopped(wrong(words)) from None
    return full.reshape(16, -1)


def _fault_of_weights(vectors: FloatArray, parts: Parts) -> str:
    """What is wrong with the weights behind an answer; empty if it is no weighted sum."""
    flat = np.stack([np.broadcast_to(part, (4, 4, 384)).reshape(-1) for part in parts], axis=1)
    if vectors.size != len(flat):
        return ""
    weights, *_ = np.linalg.lstsq(flat, vectors.reshape(-1), rcond=None)
    if not np.allclose(flat @ weights, vectors.reshape(-1), atol=1e-6):
        return ""
    weights = rounded(weights)
    colour, shape, rest = np.abs(weights)
    if weights.min() < 0 and shape >= colour:
        return "a negative weight acts as a positive one: a cosine has the weight squared. "
    if colour == shape == rest:
        return "equal weights are the centred sentences once more. "
    if colour == 0:
        return "without its colour no sentence can find its room in A. "
    if shape >= colour:
        return "the shape weighs more than before, and the shape is what misleads. "
    return "the right direction, not far enough: somewhere shape or rest still outweighs colour. "


# ---------------------------------------------------------------------------------------------
# What they share
# ---------------------------------------------------------------------------------------------
def _house(name: str) -> TaskSuite:
    return load_suite(f"house_{name.lower()}")


def _sentence_grid() -> FloatArray:
    """The sixteen sentence vectors, colours by shapes, shape `[4, 4, 384]`."""
    return embed(_house("A").sentences).reshape(4, 4, -1)


def _policy_grid(name: str) -> FloatArray:
    """The sixteen exact policies of a house, colours by shapes, shape `[4, 4, P]`."""
    house = _house(name)
    tables = [house.world.optimal_q(task.goal).reshape(-1) for task in house.tasks]
    return np.stack(tables).reshape(4, 4, -1)


def _parts(grid: FloatArray) -> Parts:
    mean = grid.mean(axis=(0, 1))
    colour = grid.mean(axis=1, keepdims=True) - mean
    shape = grid.mean(axis=0, keepdims=True) - mean
    return colour, shape, grid - mean - colour - shape


def _right(scores: FloatArray, rooms: Sequence[int]) -> list[bool]:
    """Whether each row's highest entry off the diagonal lies in its room; all, if several do."""
    hits = []
    for row, line in enumerate(rounded(scores)):
        others = np.arange(len(line)) != row
        similar = np.asarray(rooms)[others] == rooms[row]
        hits.append(top_is(line[others], similar) == 1)
    return hits
