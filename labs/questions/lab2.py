"""Lab 2: what the autograder asks."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from judge import Graded, Question, near, number
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.special import softmax as independent

import cliprl_lite as clip
from cliprl_lite.worlds.instruction_parser import GOING, read, words_of

NUMPY = ("numpy",)
WEIGHTINGS = tuple(
    f"cliprl_lite.transfer.weightings:{name}" for name in ("literal", "closest", "softmax")
)

GRADED = {
    "l2-q1-check": Graded(
        "l2-q1-cosine", ("cliprl_lite.transfer.alignment:cosine_similarity",), NUMPY
    ),
    "l2-q2-check": Graded("l2-q2-weights", (*WEIGHTINGS, "cliprl_lite.minimal:softmax"), NUMPY),
    "l2-q3-check": Graded("l2-q3-start"),
    "l2-q4-check": Graded("l2-q4-policies"),
    "l2-q5-check": Graded("l2-q5-ranks"),
    "l2-q6-check": Graded("l2-q6-instruction"),
}
Q1, Q2, Q3, Q4, Q5, Q6 = GRADED.values()


# A table of cosines -------------------------------------------------------------------------------
def cosines(q: Question, a: Any, b: Any, right: Any) -> None:
    got, first, second = q.ask("lambda a, b: (cosine_table(a, b), a, b)", a, b)
    near(got, right, f"{len(a)} rows with {len(b)} rows")
    assert (first, second) == (a.tolist(), b.tolist()), "it changes its input"


@Q1.test(1, "rows of length one")
def _(q: Question) -> None:
    for m, n, width in ((3, 5, 4), (1, 2, 9)):
        a, b = q.dice.standard_normal((m, width)), q.dice.standard_normal((n, width))
        a, b = (rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)) for rows in (a, b))
        cosines(q, a, b, 1 - cdist(a, b, "cosine"))


@Q1.test(1, "rows of any length")
def _(q: Question) -> None:
    for m, n, width in ((4, 7, 3), (6, 2, 50), (1, 5, 1)):
        a = q.dice.standard_normal((m, width)) * 10 ** q.dice.uniform(-3, 3, (m, 1))
        b = q.dice.standard_normal((n, width)) * 10 ** q.dice.uniform(-3, 3, (n, 1))
        cosines(q, a, b, 1 - cdist(a, b, "cosine"))


@Q1.test(1, "rows of zeros, among others of any length")
def _(q: Question) -> None:
    a, b = 7 * q.dice.standard_normal((3, 4)), 7 * q.dice.standard_normal((5, 4))
    right = 1 - cdist(a, b, "cosine")
    a[1] = b[3] = 0.0
    right[1] = right[:, 3] = q.edition["zero"]
    cosines(q, a, b, right)


# From similarities to weights ---------------------------------------------------------------------
@Q2.test(1, "literal, also below zero")
def _(q: Question) -> None:
    for d in ([0.6, 0.5, -0.8, -0.9], [0.31, 0.17, 0.05], [-0.4, 0.9, 0.2, 0.1, 0.45]):
        d = [each + round(float(q.dice.uniform(0.01, 0.04)), 3) for each in d]
        parts = [Fraction(each).limit_denominator(1000) for each in d]
        near(q.ask("literal", np.array(d)), [float(p / sum(parts)) for p in parts], f"of {d}", 1e-5)


@Q2.test(1, "closest, also where several are highest")
def _(q: Question) -> None:
    for n, high in ((1, [0]), (4, [2]), (7, [6]), (5, [1, 3]), (6, [0, 2, 4])):
        d = q.dice.uniform(-0.9, 0.4, n)
        d[high] = 0.4123
        right = np.zeros(n)
        right[high[0] if q.edition["tie"] == "first" else high[-1]] = 1.0
        near(q.ask("closest", d), right, f"of {d.round(3)}")


@Q2.test(0.5, "softmax at several temperatures")
def _(q: Question) -> None:
    for n, temperature in ((1, 0.3), (3, 0.05), (8, 0.5), (5, 3.0)):
        d = q.dice.uniform(-1, 1, n)
        right = independent(d / temperature)
        near(q.ask("softmax", d, temperature), right, f"at temperature {temperature}")


@Q2.test(0.5, "softmax of very large numbers")
def _(q: Question) -> None:
    d = np.array([1_000.5, -3.0, 1_000.25])
    near(q.ask("softmax", d, 0.5), independent(d / 0.5), f"of {d} at temperature 0.5")


# The start ----------------------------------------------------------------------------------------
def starts(q: Question, n: int, squares: int) -> None:
    weights, some = q.dice.standard_normal(n), q.dice.standard_normal((n, squares, 4))
    right = [
        [sum(weights[i] * some[i, state, action] for i in range(n)) for action in range(4)]
        for state in range(squares)
    ]
    near(q.ask("start_table", weights, some), right, f"the start of {n} teachers")


@Q3.test(1, "weights below zero")
def _(q: Question) -> None:
    starts(q, 3, 11)
    starts(q, 7, 2)


@Q3.test(1, "as many squares as teachers")
def _(q: Question) -> None:
    starts(q, 3, 3)
    starts(q, 4, 4)


# How alike are policies? --------------------------------------------------------------------------
@cache
def tables(house: str) -> Any:
    """The optimal tables of a house, shape [16, S, 4]."""
    suite = clip.load_suite(house)
    return np.array([suite.world.optimal_q(task.goal) for task in suite.tasks])


def similarities(q: Question, some: Any) -> Any:
    """Cosines of the centred policies, by another library."""
    rows = np.array([table.ravel() for table in some])
    if q.edition["centre"] == "mean":
        middle = np.array([sum(column) / len(rows) for column in rows.T])
    else:
        middle = np.percentile(rows, 50, axis=0)
    return 1 - squareform(pdist(rows - middle, "cosine"))


@Q4.test(1.5, "policies of any numbers")
def _(q: Question) -> None:
    for n, squares in ((5, 9), (3, 30), (8, 2)):
        some = q.dice.standard_normal((n, squares, 4)) * 3 - 20.0
        near(q.ask("policy_similarity", some), similarities(q, some), f"of {n} policies")


@Q4.test(1, "policies of the houses")
def _(q: Question) -> None:
    for house in ("house_b", "house_c"):
        near(
            q.ask("policy_similarity", tables(house)), similarities(q, tables(house)), f"in {house}"
        )


@Q4.test(0.5, "what all policies share does not count")
def _(q: Question) -> None:
    some = tables("house_a")[::2]
    more = some + 5 * q.dice.standard_normal(some.shape[1:])
    near(q.ask("policy_similarity", more), similarities(q, some), "after adding one table to all")


# Agreement in one number --------------------------------------------------------------------------
def correlation(q: Question, a: Any, b: Any) -> float:
    """The rank correlation over all pairs of different tasks, from its definition."""
    n = len(a)
    x, y = (
        np.array([round(float(m[i, j]), 6) for i in range(n) for j in range(i)]) for m in (a, b)
    )
    signs = [np.sign(v[:, None] - v) for v in (x, y)]  # of every two pairs
    if q.edition["correlation"] == "spearman":
        x, y = (sign.sum(axis=1) for sign in signs)  # ranks, up to a scale
        return float((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()))
    x, y = signs
    return float((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()))


@Q5.test(1, "rank correlation, in the houses and of any numbers")
def _(q: Question) -> None:
    words = clip.embed(clip.load_suite("house_a").sentences)
    cases = [(words @ words.T, similarities(q, tables(f"house_{name}"))) for name in "abc"]
    a, b = (m + m.T for m in q.dice.standard_normal((2, 9, 9)))
    for one, other in [*cases, (a, b), (a, a + b)]:
        near(q.ask("rank_correlation", one, other), correlation(q, one, other), "the correlation")


@Q5.test(1, "rank correlation, where values are equal but for the last bit")
def _(q: Question) -> None:
    for _case in range(3):
        a, b, noise = q.dice.integers(-2, 3, (3, 7, 7)) * 0.23
        a, b = (np.tril(m, -1) + np.tril(m, -1).T + np.eye(7) for m in (a, b))
        noise = np.tril(noise, -1) * 1e-12
        got = q.ask("rank_correlation", a, b + noise + noise.T)
        near(got, correlation(q, a, b), "the correlation of tables with ties")


@Q5.test(1, "favourites in the right room")
def _(q: Question) -> None:
    for n in (5, 7, 12):
        table = q.dice.uniform(-0.9, 0.9, (n, n))
        table[0, 1] = table[0, 2] = 0.95
        table = np.tril(table.T, -1) + np.tril(table.T, -1).T + np.eye(n)
        rooms = [str(q.dice.choice(["red", "blue", "green"])) for _ in range(n)]
        rooms[:3] = ["red", "red", "blue"]
        right = 0
        for i in range(n):
            best = max((j for j in range(n) if j != i), key=lambda j: (table[i, j], -j))
            right += rooms[best] == rooms[i]
        got = q.ask("right_rooms", table, np.array(rooms))
        near(number(got, "the count"), right, f"favourites of {n} tasks")


# Fool it ------------------------------------------------------------------------------------------
def pair(q: Question) -> tuple[str, str]:
    said = q.ask("fool")
    two = isinstance(said, list) and len(said) == 2 and all(isinstance(one, str) for one in said)
    assert two, "fool() is to return two texts, (instruction, control)"
    return said[0], said[1]


def closest(q: Question, sentence: str) -> tuple[Any, Any, float]:
    """The wanted task, the one whose sentence is closest, and how close."""
    house = clip.load_suite("house_a")
    wanted = next(task for task in house.tasks if task.sentence == q.edition["wanted"])
    d = clip.embed(house.sentences) @ clip.embed([sentence])[0]
    return wanted, house.tasks[int(np.argmax(d.round(6)))], float(d.max())


def fooled(q: Question) -> str:
    """The instruction, if it asks for the wanted task and is misheard."""
    instruction, _control = pair(q)
    said, reading = words_of(instruction), read(instruction)
    wanted, teacher, cosine = closest(q, instruction)
    thing = (wanted.colour, wanted.shape)
    assert 4 <= len(said) <= 20, f"the instruction has {len(said)} words; 4 to 20 are allowed"
    assert set(said) & GOING, "the instruction does not say to go anywhere"
    named = ", ".join(" ".join(one) for one in reading.wanted) or "nothing"
    assert reading.wanted == (thing,), (
        f"the instruction is to ask for {' '.join(thing)} once, and for nothing else; it is read "
        f"as asking for {named}"
    )
    assert not reading.doubtful, f"it is in doubt what it says of {reading.doubtful}"
    assert len(set(reading.forbidden)) == len(reading.forbidden), "it names an object twice"
    assert cosine >= 0.5, f"nothing known resembles it: the best cosine is {cosine:.2f}"
    assert teacher.group != wanted.group, (
        f"not fooled: the closest is {teacher.sentence!r} ({cosine:.2f}), in the right room"
    )
    return instruction


@Q6.test(1, "an instruction that asks for the wanted task, and is misheard")
def _(q: Question) -> None:
    fooled(q)


@Q6.test(1, "a control that differs in one word, and is heard rightly")
def _(q: Question) -> None:
    before, after = words_of(fooled(q)), words_of(pair(q)[1])
    wanted, teacher, _cosine = closest(q, pair(q)[1])
    replaced = len(before) == len(after) and sum(map(str.__ne__, before, after)) == 1
    left_out = any(before[:k] + before[k + 1 :] == after for k in range(len(before)))
    assert replaced or left_out, "the control is to have one word replaced, or left out"
    assert {wanted.colour, wanted.shape} <= set(after), "the control does not name the object"
    assert teacher.group == wanted.group, f"the control is heard as {teacher.sentence!r}"
