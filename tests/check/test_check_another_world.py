"""The checks of notebook 11: who has arrived, a rank among teachers, a house for the words."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.check import another_world as check
from cliprl_lite.worlds.poses import facing, refurnished, things

LOOKS = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}


def looking(step: Callable[[int, int], tuple[int, int]]) -> Callable[[Any, Any], list[int]]:
    def states(labels: Any, square: Any) -> list[int]:
        found = []
        for n, (row, column, d) in enumerate(labels):
            down, right = step(*LOOKS[d])
            if (row + down, column + right) == tuple(square):
                found.append(n)
        return found

    return states


def beside(labels: Any, square: Any) -> list[int]:
    return [n for n, (r, c, _) in enumerate(labels) if abs(r - square[0]) + abs(c - square[1]) == 1]


def rank(steps: Any, chosen: int) -> float:
    others = [far for n, far in enumerate(steps) if n != chosen]
    return sum(1.0 * (far < steps[chosen]) + 0.5 * (far == steps[chosen]) for far in others) / len(
        others
    )


def test_the_solutions_pass() -> None:
    solved = looking(lambda down, right: (down, right))
    assert check.facing(solved).passed
    assert check.facing(check.keep(check.facing, ...)).passed
    assert check.rank(rank).passed
    assert check.rank(check.keep(check.rank, ...)).passed


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (beside, "looks elsewhere has not arrived"),
        (looking(lambda down, right: (-down, -right)), "look away"),
        (looking(lambda down, right: (right, down)), "rows and columns are mixed up"),
        (lambda labels, square: [], "finds 0 states"),
        (lambda labels, square: [0.5], "not whole numbers"),
        (lambda labels, square: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_each_mistake_of_arriving_is_named(answer: Any, said: str) -> None:
    verdict = check.facing(answer)
    assert not verdict.passed
    assert said in verdict.words


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda steps, chosen: 1 - rank(steps, chosen), "that are farther"),
        (
            lambda steps, chosen: rank(steps, chosen) * (len(steps) - 1) / len(steps),
            "number of *other*",
        ),
        (
            lambda steps, chosen: sum(steps < steps[chosen]) / (len(steps) - 1),
            "just as far count half",
        ),
        (
            lambda steps, chosen: (sum(steps <= steps[chosen]) - 1) / (len(steps) - 1),
            "not in full",
        ),
        (lambda steps, chosen: rank(steps, chosen) * (len(steps) - 1), "a share is asked for"),
        (lambda steps, chosen: float("nan"), "yours is nan"),
        (lambda steps, chosen: 0.5, "yours is 0.500"),
    ],
)
def test_each_mistake_of_ranking_is_named(answer: Any, said: str) -> None:
    verdict = check.rank(answer)
    assert not verdict.passed
    assert said in verdict.words


def test_chance_is_a_half() -> None:
    for steps in check._DISTANCES:
        ranks = [check.share_nearer(steps, chosen) for chosen in range(len(steps))]
        np.testing.assert_allclose(np.mean(ranks), 0.5)


def test_favourites_are_what_algorithm_1_chooses() -> None:
    house = clip.load_suite(check.HOUSE)
    old = [clip.TabularPolicy(house.world, np.zeros(house.world.next_state.shape))] * 17
    for place, task in enumerate(house.tasks):
        bases = house.transfer(task.name).bases
        start = clip.algorithm_1(
            task.sentence, [base.sentence for base in bases], old, clip.closest
        )
        assert bases[start.weights.argmax()] is house.tasks[check._favourites()[place]]


ASKED = {"ball": {"red", "green", "yellow"}, "box": {"red", "green", "yellow"}}


@pytest.mark.parametrize(
    ("together", "said"),
    [
        (ASKED | {"key": ["red", "green", "yellow"]}, "in 12 of 18 missions. No word was changed"),
        (ASKED | {"key": {"red", "blue", "purple"}}, "11 of 18"),
        (dict.fromkeys(("ball", "box", "key"), ("red", "blue", "yellow")), "6 of 18"),
        (ASKED | {"key": ...}, "Not yet"),
        (..., "Not yet"),
        (ASKED, 'the kinds "ball", "box" and "key"'),
        (ASKED | {"key": "red"}, "give three colours"),
        (ASKED | {"key": [1, 2, 3]}, "give three colours"),
        (ASKED | {"key": ["red", "red", "green"]}, "three different colours"),
        (ASKED | {"key": ["red", "pink", "green"]}, '"pink" is no colour'),
    ],
)
def test_a_house_for_the_words(together: Any, said: str) -> None:
    verdict = check.words_are_right(together)
    assert said in repr(verdict)
    assert verdict.passed == ("No word" in said or "11 of" in said)


def test_few_arrangements_will_do() -> None:
    """So that the exercise asks for a thought."""
    halves = [("red", *pair) for pair in combinations(("green", "blue", "purple", "yellow"), 2)]
    every = [
        dict(zip(("ball", "box", "key"), some, strict=True)) for some in product(halves, repeat=3)
    ]
    passed = np.mean([check.words_are_right(some).passed for some in every])
    assert 0 < passed < 0.25


def test_the_house_is_arranged_as_it_is_judged() -> None:
    """Rooms by the check, goals by what faces the objects: two ways to the same house."""
    house = clip.load_suite(check.HOUSE)
    as_it_is = check.rooms_of(dict.fromkeys(("ball", "box", "key"), ("red", "blue", "yellow")))
    assert {(t.colour, t.shape): t.group for t in house.tasks} == as_it_is
    mine = refurnished(house, check.rooms_of(ASKED | {"key": {"red", "green", "yellow"}}))
    places = things(mine)
    assert {square for found in places.values() for square in found} == {
        square for found in things(house).values() for square in found
    }
    for task in mine.tasks:
        [square] = places[task.name]
        assert facing(mine.world, square) == task.goal
    shared = [t.group for t in mine.tasks if t.shape == "key" and t.colour in ("red", "green")]
    assert len(set(shared)) == 1
