"""Where policies lead, against walks taken step by step."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite.worlds.greedy import evaluate_greedy, greedy_actions, wrong_states
from cliprl_lite.worlds.gridworld import MOVES, GridWorld
from cliprl_lite.worlds.several_goals import (
    arrival_share,
    best_constant,
    destinations,
    goal_states,
    right_share,
)

WORLD = GridWorld.from_text("....\n.##.\n....")
ROW = GridWorld.from_text("....")
BOX, CONE = (0, 0), (2, 3)
EVERY_GOAL = pytest.mark.parametrize("goals", [[BOX], [CONE], [BOX, CONE]])


def step(cell: tuple[int, int], action: int, world: GridWorld) -> tuple[int, int]:
    """One move on the drawn map."""
    row, column = (int(part) for part in np.array(cell) + MOVES[action])
    drawn = str(world).splitlines()
    inside = 0 <= row < len(drawn) and 0 <= column < len(drawn[0])
    return (row, column) if inside and drawn[row][column] == "." else cell


def tables(count: int) -> list[np.ndarray]:
    """Of random values, half of them with many ties."""
    rng = np.random.default_rng(3)
    some = rng.integers(0, 3, (count, WORLD.n_states, 4)) * 1.0
    return [*some, *rng.normal(size=(count, WORLD.n_states, 4))]


# Where it ends
def test_where_a_policy_ends_by_hand() -> None:
    ends, left, right = [(0, 0), (0, 3)], [0, 0, 1.0, 0], [0, 0, 0, 1.0]
    for table, came, nowhere in (
        ([right] * 4, [0, 1], 0),
        ([left, left, right, right], [0.5, 0.5], 0),
        ([right, right, left, left], [0, 0], 1),  # to and fro in the middle
        ([left, left, right, left], [0.5, 0.5], 0),  # to and fro between the last two
    ):
        found, none = destinations(np.array(table), ROW, ends)
        assert (found.tolist(), none) == (came, nowhere)


def test_goals_on_one_circle_are_both_come_to() -> None:
    """Two squares on the left, two on the right: everybody goes to and fro."""
    to_and_fro = np.array([[0, 0, 0, 1.0], [0, 0, 1.0, 0]] * 2)
    for goals, came, nowhere in (
        ([(0, 0), (0, 1)], [0.5, 0.5], 0.5),
        ([(0, 0), (0, 2)], [0.5, 0.5], 0),
        ([(0, 3)], [0.5], 0.5),
    ):
        found, none = destinations(to_and_fro, ROW, goals)
        assert (found.tolist(), none) == (came, nowhere)


def test_where_random_policies_end_by_walking() -> None:
    goals, seen_nowhere = [BOX, CONE, (1, 0)], set()
    for q in tables(40):
        came, lost = np.zeros(3), 0
        for start in range(WORLD.n_states):
            cell, visited = WORLD.cell(start), list[tuple[int, int]]()
            for _ in range(5 * WORLD.n_states):
                cell = step(cell, int(q[WORLD.state(cell)].argmax()), WORLD)
                visited.append(cell)
            circle = set(visited[-2 * WORLD.n_states :])
            came += [goal in circle for goal in goals]
            lost += not circle & set(goals)
        found, nowhere = destinations(q, WORLD, goals)
        assert found == pytest.approx(came / WORLD.n_states)
        assert nowhere == pytest.approx(lost / WORLD.n_states)
        seen_nowhere.add(nowhere)
    assert len(seen_nowhere) > 4


# Who arrives, and which arrows are wrong
def surely_arrives(cell, greedy, goals, path=()) -> bool:
    """Whether every way that greedy actions leave open ends at a goal, never where it was."""
    if cell in goals:
        return True
    if cell in path:
        return False
    open_ = np.flatnonzero(greedy[WORLD.state(cell)])
    return all(
        surely_arrives(step(cell, int(action), WORLD), greedy, goals, (*path, cell))
        for action in open_
    )


@EVERY_GOAL
def test_who_arrives_is_who_cannot_get_lost(goals: list[tuple[int, int]]) -> None:
    found = set()
    best = np.max([WORLD.optimal_q(goal) for goal in goals], axis=0)
    for q in [*tables(20), best, *(best + 2 * noise for noise in tables(20))]:
        greedy = greedy_actions(q)
        starts = [cell for cell in map(WORLD.cell, range(WORLD.n_states)) if cell not in goals]
        sure = np.mean([surely_arrives(start, greedy, goals) for start in starts])
        assert arrival_share(greedy, WORLD, goals) == pytest.approx(sure)
        found.add(sure)
    assert len(found) > 3


@EVERY_GOAL
def test_an_arrow_is_wrong_if_it_leads_nearer_to_no_goal(goals: list[tuple[int, int]]) -> None:
    for q in tables(10):
        greedy = greedy_actions(q)
        wrong = []
        for start in map(WORLD.cell, range(WORLD.n_states)):
            astray = False
            for action in np.flatnonzero(greedy[WORLD.state(start)]):
                after = WORLD.state(step(start, int(action), WORLD))
                far = [WORLD.distances(goal) for goal in goals]
                astray |= not any(one[after] < one[WORLD.state(start)] for one in far)
            wrong.append(astray and start not in goals)
        assert wrong_states(greedy, WORLD, goals).tolist() == wrong
        right = 1 - sum(wrong) / (WORLD.n_states - len(goals))
        assert right_share(greedy, WORLD, goals) == pytest.approx(right)


@pytest.mark.parametrize("goal", [BOX, CONE])
def test_with_one_goal_it_is_the_evaluation_of_greedy_policies(goal: tuple[int, int]) -> None:
    for q in [WORLD.optimal_q(goal), *tables(10)]:
        found, greedy = evaluate_greedy(q, WORLD, goal), greedy_actions(q)
        assert arrival_share(greedy, WORLD, [goal]) == pytest.approx(found.success)
        assert wrong_states(greedy, WORLD, [goal]).sum() == found.wrong_states


def test_the_best_action_for_everywhere_by_hand() -> None:
    # To (0, 0) by always going left: all of the top row and of the bottom row are right, and
    # only the top row arrives; up is right in the two side columns, and arrives from one.
    name, right, arrive = best_constant(WORLD, [BOX])
    assert (name, round(right * 9), round(arrive * 9)) == ("left", 6, 3)
    # Up is right in the left column and arrives from nowhere; right arrives from one square.
    assert best_constant(GridWorld.from_text("..\n.#\n.."), [(0, 1)]) == ("up", 0.5, 0.0)
    # To the right end of a row, or to both: only one way leads to every goal.
    assert best_constant(ROW, [(0, 3)]) == ("right", 1.0, 1.0)
    assert best_constant(ROW, [(0, 0), (0, 3)]) == ("left", 1.0, 1.0)  # the first of two as good


def test_a_goal_of_two_tasks_is_one_goal() -> None:
    assert goal_states(WORLD, [CONE, BOX, CONE]) == [0, WORLD.n_states - 1]
    greedy = greedy_actions(WORLD.optimal_q(BOX))
    assert arrival_share(greedy, WORLD, [BOX, BOX]) == right_share(greedy, WORLD, [BOX, BOX]) == 1
