"""The checks of notebook 01: right answers pass, usual mistakes are named, nothing breaks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cliprl_lite.check import grid_world as check
from cliprl_lite.worlds.gridworld import MOVES


def broken(*_: Any) -> Any:
    raise RuntimeError("x" * 1_000_000)


def leaves(*_: Any) -> Any:
    raise SystemExit


CHECKS = [check.next_cell, check.one_backup, check.runs_to]


@pytest.mark.parametrize("judge", CHECKS)
def test_whoever_has_not_begun_is_told_so(judge: Callable[..., Any]) -> None:
    for answer in (..., None, lambda *_: ..., lambda *_: None):
        assert judge(answer).mark == "not yet"


@pytest.mark.parametrize("judge", CHECKS)
def test_whatever_happens_becomes_words(judge: Callable[..., Any]) -> None:
    for answer in (broken, leaves, lambda: 0, int, print, 7, "up", [1], lambda *_: print):
        verdict = judge(answer)
        assert verdict.mark in ("wrong", "not yet")
        assert len(verdict.words) < 250
    assert "stops with RuntimeError: xx" in judge(broken).words
    assert "without calling" in judge(7).words


@pytest.mark.parametrize("judge", CHECKS)
@pytest.mark.parametrize(
    "constant",
    [0, -1, -100, np.nan, np.inf, (0, 0), (1, 2), [], "<b>", [0.0] * 4, [-1] * 4, {}, np.zeros(4)],
)
def test_a_constant_never_passes(judge: Callable[..., Any], constant: Any) -> None:
    assert judge(lambda *_: constant).mark == "wrong"


# ---------------------------------------------------------------------------------------------
# One step
# ---------------------------------------------------------------------------------------------
def ahead(cell: tuple[int, int], action: int) -> tuple[int, int]:
    return cell[0] + int(MOVES[action][0]), cell[1] + int(MOVES[action][1])


def is_free(walls: np.ndarray, cell: tuple[int, int]) -> bool:
    rows, columns = walls.shape
    return 0 <= cell[0] < rows and 0 <= cell[1] < columns and not walls[cell]


def step(walls: np.ndarray, cell: tuple[int, int], action: int) -> tuple[int, int]:
    return ahead(cell, action) if is_free(walls, ahead(cell, action)) else cell


def through_walls(walls, cell, action):
    place = ahead(cell, action)
    return place if is_free(np.zeros_like(walls), place) else cell


def wrapped(walls, cell, action):
    row, column = ahead(cell, action)
    place = row % walls.shape[0], column % walls.shape[1]
    return cell if walls[place] else place


def off_the_map(walls, cell, action):
    row, column = ahead(cell, action)
    inside = row < walls.shape[0] and column < walls.shape[1]
    return cell if not inside or walls[row, column] else (row, column)


def rows_for_columns(walls, cell, action):
    place = cell[0] + int(MOVES[action][1]), cell[1] + int(MOVES[action][0])
    return place if is_free(walls, place) else cell


def upside_down(walls, cell, action):
    return step(walls, cell, [1, 0, 3, 2][action])


@pytest.mark.parametrize(
    "answer",
    [step, lambda *a: list(step(*a)), lambda *a: np.array(step(*a))],
    ids=["tuple", "list", "array"],
)
def test_a_right_step(answer) -> None:
    assert check.next_cell(answer).passed


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (through_walls, "a wall was in the way"),
        (wrapped, "−1 is the last one in Python"),
        (off_the_map, "left the map"),
        (lambda walls, cell, action: ahead(cell, action), "left the map"),
        (rows_for_columns, "the row first"),
        (upside_down, "the opposite way"),
        (lambda walls, cell, action: cell, "did not move"),
        (lambda walls, cell, action: (cell[0] + 1, cell[1] + 1), "one of the four neighbours"),
        (lambda walls, cell, action: (walls[ahead(cell, action)], cell)[1], "IndexError"),
        (lambda walls, cell, action: ahead(cell, action)[0], "a pair"),
        (lambda walls, cell, action: (*step(walls, cell, action), 0), "a pair"),
        (lambda walls, cell, action: np.array(step(walls, cell, action)) + 0.5, "a pair"),
    ],
)
def test_a_wrong_step_is_named(answer, named: str) -> None:
    verdict = check.next_cell(answer)
    assert verdict.mark == "wrong"
    assert named in verdict.words


# ---------------------------------------------------------------------------------------------
# One backup
# ---------------------------------------------------------------------------------------------
def backed(rule: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Any]:
    """A backup with this rule from the four rows of the squares reached, right at the goal."""
    return lambda q, s, after, goal: np.zeros(4) if s == goal else rule(q[after[s]])


right_backup = backed(lambda there: -1 + 0.99 * there.max(axis=1))


def in_place(q, state, next_state, goal):
    q[state] = right_backup(q, state, next_state, goal)


@pytest.mark.parametrize(
    "answer",
    [
        right_backup,
        lambda *a: list(right_backup(*a)),
        lambda q, s, after, goal: (
            [0, 0, 0, 0] if s == goal else [-1 + 0.99 * max(q[t]) for t in after[s]]
        ),
    ],
)
def test_a_right_backup(answer) -> None:
    assert check.one_backup(answer).passed


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (backed(lambda there: -1 + 0.99 * there.min(axis=1)), "the highest"),
        (backed(lambda there: -1 + 0.99 * there.mean(axis=1)), "average"),
        (backed(lambda there: 0.99 * there.max(axis=1)), "the reward is missing"),
        (backed(lambda there: 1 + 0.99 * there.max(axis=1)), "the wrong sign"),
        (backed(lambda there: -1 + there.max(axis=1)), "the discount is missing"),
        (backed(lambda there: 0.99 * (there.max(axis=1) - 1)), "in the wrong place"),
        (backed(lambda there: -1 + 0.99 * there.argmax(axis=1)), "argmax"),
        (backed(lambda there: -1 + 0.99 * there.max(axis=0)), "which is not"),
        (backed(lambda there: -1 + 0.99 * np.diag(there)), "free to pick another"),
        (backed(lambda there: -1 + 0.99 * there.max()), "single number"),
        (backed(lambda there: there), "the shape (4, 4)"),
        (lambda q, s, after, goal: -1 + 0.99 * q[after[s]].max(axis=1), "the goal's row"),
        (lambda q, s, after, goal: -1 + 0.99 * q.max(axis=1)[after], "one row"),
        (lambda q, s, after, goal: -1 + 0.99 * q[s], "of the state itself"),
        (lambda q, s, after, goal: np.full(4, -1 + 0.99 * q[s].max()), "of the state itself"),
        (lambda q, s, after, goal: -1 + 0.99 * after[s], "number of the next state"),
        (lambda q, s, after, goal: q[s], "old values"),
        (lambda *_: "four", "have to be numbers"),
        (in_place, "nothing came back"),
    ],
)
def test_a_wrong_backup_is_named(answer, named: str) -> None:
    verdict = check.one_backup(answer)
    assert verdict.mark == "wrong"
    assert named in verdict.words


# ---------------------------------------------------------------------------------------------
# A sweep without an end
# ---------------------------------------------------------------------------------------------
def swept(sweeps: int) -> Callable[[float], float]:
    """By sweeping a ring of two states that lead to each other."""

    def limit(discount: float) -> float:
        values = np.zeros(2)
        for _ in range(sweeps):
            values = -1 + discount * values[::-1]
        return values[0]

    return limit


@pytest.mark.parametrize(
    "answer",
    [lambda g: -1 / (1 - g), lambda g: 1 / (g - 1), swept(1_000), lambda g: [-1 / (1 - g)]],
)
def test_a_right_limit(answer) -> None:
    assert check.runs_to(answer).passed


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda g: 1 / (1 - g), "which sign"),
        (lambda g: -g / (1 - g), "in full"),
        (lambda g: -1 / g, "goes on for ever"),
        (lambda g: -g, "goes on for ever"),
        (lambda g: -100, "the same number"),
        (swept(0), "the same number"),
        (swept(30), "sweep longer"),
        (lambda g: -np.inf * g, "the same number|finite"),
        (lambda g: -1 / (1 - g) if g < 0.95 else -np.inf, "finite"),
        (lambda g: -1 / (1 - g) ** 2, "one more sweep"),
        (lambda g: np.full((3, 4), -1 / (1 - g)), "one number"),
        (lambda g: "−1/(1−γ)", "one number; this is a str"),
        (lambda g: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_limit_is_named(answer, named: str) -> None:
    verdict = check.runs_to(answer)
    assert verdict.mark == "wrong"
    assert any(part in verdict.words for part in named.split("|"))


# ---------------------------------------------------------------------------------------------
# What decides
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(2, 4), (4, 3), (5, 5), (7, 7)])
def test_one_map_is_enough_to_fail(shape: tuple[int, int]) -> None:
    (world,) = (one for one in check._MAPS if one.shape == shape)

    def elsewhere(walls, cell, action):
        return cell if walls.shape == world.shape else step(walls, cell, action)

    def in_small_tables(q, state, next_state, goal):
        made = right_backup(q, state, next_state, goal)
        return made + 1 if len(q) == world.n_states else made

    assert check.next_cell(elsewhere).mark == "wrong"
    assert check.one_backup(in_small_tables).mark == "wrong"


@pytest.mark.parametrize(("off", "passes"), [(0.9e-3, True), (1.1e-3, False), (-1.1e-3, False)])
def test_how_far_off_a_limit_may_be(off: float, passes: bool) -> None:
    assert check.runs_to(lambda g: -(1 + off) / (1 - g)).passed == passes


def test_a_table_of_the_discounts_in_the_text_is_no_answer() -> None:
    verdict = check.runs_to(lambda g: {0.5: -2, 0.9: -10, 0.99: -100}.get(g, -100.0))
    assert verdict.mark == "wrong"


def test_values_have_either_sign() -> None:
    """The best is the highest, not the one of the smallest size."""
    smallest = backed(lambda there: -1 - 0.99 * np.abs(there).min(axis=1))
    assert check.one_backup(smallest).mark == "wrong"


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (check.one_backup, lambda *a: right_backup(*a).astype(np.float32)),
        (check.runs_to, lambda g: np.float32(-1 / (1 - g))),
    ],
)
def test_single_precision_is_enough(judge, answer) -> None:
    assert judge(answer).passed


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (check.next_cell, lambda *a: tuple(float(x) for x in step(*a))),
        (check.one_backup, lambda *a: [str(x) for x in right_backup(*a)]),
        (check.runs_to, lambda g: str(-1 / (1 - g))),
    ],
)
def test_text_and_halves_are_no_numbers(judge, answer) -> None:
    assert judge(answer).mark == "wrong"


def test_changing_the_map_is_noticed() -> None:
    def vandal(walls, cell, action):
        place = step(walls, cell, action)
        walls[:] = True
        return place

    assert "changes what it is given" in check.next_cell(vandal).words
