"""Backups in any order: tables worked by hand, and counts against a full search."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.value_iteration import (
    backup,
    fewest_backups,
    outward,
    random_backups,
    right_values,
    start_table,
)

ROW = GridWorld.from_text("....")
ROOM = GridWorld.from_text("......\n..##..\n...#..\n......")
GOAL = (3, 1)
NONE = -np.inf
MAPS = [(ROW, (0, 3)), (ROOM, GOAL), (GridWorld.four_rooms(7), (1, 1))]


def test_backups_by_hand() -> None:
    q = start_table(ROW, (0, 0), "unknown")
    assert q.max(axis=1).tolist() == [0, NONE, NONE, NONE]
    assert backup(q, ROW, 3, 0.5).tolist() == [NONE] * 4  # nothing is known around it
    q[1] = backup(q, ROW, 1, 0.5)
    assert q[1].tolist() == [NONE, NONE, -1, NONE]  # up, down: itself; left: the goal
    assert backup(q, ROW, 1, 0.5).tolist() == [-1.5, -1.5, -1, NONE]
    assert backup(start_table(ROW, (0, 0), "zeros"), ROW, 2, 0.5).tolist() == [-1] * 4


def test_the_exact_table_is_what_no_backup_changes() -> None:
    for world, goal in MAPS:
        exact = world.optimal_q(goal)
        for state in outward(world, goal):
            assert backup(exact, world, state).tolist() == exact[state].tolist()


def test_outward_one_backup_each_is_enough() -> None:
    for world, goal in MAPS:
        order, far = outward(world, goal), world.distances(goal)
        assert sorted([*order, world.state(goal)]) == list(range(world.n_states))
        assert (np.diff(far[order]) >= 0).all()
        q = start_table(world, goal, "unknown")
        for state in order:
            q[state] = backup(q, world, state)
        np.testing.assert_allclose(
            q.max(axis=1), world.optimal_q(goal).max(axis=1), rtol=0, atol=1e-12
        )


def test_a_value_is_right_or_it_is_not() -> None:
    exact = ROW.optimal_q((0, 0)).max(axis=1)
    q = ROW.optimal_q((0, 0)) + np.array([[0], [1e-13], [1e-3], [NONE]])
    assert right_values(q, exact).tolist() == [True, True, False, False]


def test_random_orders_need_more_and_have_no_global_luck() -> None:
    counts = random_backups(ROOM, GOAL, "unknown", 40, seed=1)
    np.random.seed(0)  # noqa: NPY002 (a disturbed global generator changes nothing)
    assert counts.tolist() == random_backups(ROOM, GOAL, "unknown", 40, seed=1).tolist()
    assert counts.tolist() != random_backups(ROOM, GOAL, "unknown", 40, seed=2).tolist()
    assert counts.min() > 20  # chance does not find the best order of twenty
    assert counts.max() <= 20 * 7  # each sweep makes one ring right at least
    assert random_backups(GridWorld.from_text(".."), (0, 0), "unknown", 5).tolist() == [1] * 5


@pytest.mark.parametrize("start", ["unknown", "zeros"])
def test_random_orders_in_whole_steps(start: str) -> None:
    """The same orders, in plain Python, with steps that are not discounted."""
    rng, counts, exact = np.random.default_rng(5), [], (-ROOM.distances(GOAL)).tolist()
    end = ROOM.state(GOAL)
    others = [state for state in range(ROOM.n_states) if state != end]
    for _ in range(5):
        values = [NONE if start == "unknown" else 0] * ROOM.n_states
        values[end], steps = 0, 0
        while values != exact:
            for state in rng.permutation(others):
                if values != exact:
                    values[state] = -1 + max(values[after] for after in ROOM.next_state[state])
                    steps += 1
        counts.append(steps)
    assert random_backups(ROOM, GOAL, start, 5, seed=5, discount=1.0).tolist() == counts


@pytest.mark.parametrize(
    ("drawn", "goal"), [("...", (0, 0)), ("..\n..", (0, 0)), ("...\n..#", (0, 1)), ("....", (0, 1))]
)
@pytest.mark.parametrize("start", ["unknown", "zeros"])
def test_the_fewest_backups_by_trying_all_orders(drawn: str, goal, start: str) -> None:
    """Breadth-first over all tables that backups can make, in whole steps."""
    world = GridWorld.from_text(drawn)
    end, exact = world.state(goal), tuple(-world.distances(goal))
    first = [NONE if start == "unknown" else 0.0] * world.n_states
    first[end] = 0.0
    seen, edge, backups = {tuple(first)}, [tuple(first)], 0
    while exact not in seen:
        backups, reached = backups + 1, []
        for values in edge:
            for state in range(world.n_states):
                if state != end:
                    new = list(values)
                    new[state] = -1 + max(values[after] for after in world.next_state[state])
                    if tuple(new) not in seen:
                        seen.add(tuple(new))
                        reached.append(tuple(new))
        edge = reached
    assert fewest_backups(world, goal, start) == backups


def test_where_nothing_is_proven_nothing_is_said() -> None:
    assert fewest_backups(GridWorld.open_map(5), (0, 0), "zeros") is None
    assert fewest_backups(GridWorld.open_map(3), (0, 0), "zeros") is None  # two steps, no wall
    assert fewest_backups(GridWorld.open_map(3), (0, 1), "zeros") == 1 + 1 + 2 + 1 + 2 + 3 + 2 + 3


@pytest.mark.parametrize("start", ["", "none", "x" * 1_000_000])
def test_a_start_has_a_name(start: str) -> None:
    with pytest.raises(ValueError, match='the start is "unknown" or "zeros"') as caught:
        start_table(ROW, (0, 0), start)
    assert len(str(caught.value)) < 100
