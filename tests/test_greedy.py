"""What a greedy policy does, against the linear system of its Markov chain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cliprl_lite._compiling import compiled
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.greedy import (
    GreedyEvaluation,
    believed_steps,
    capped_walks,
    evaluate_greedy,
    expected_path,
    greedy_actions,
    greedy_walk,
    wrong_states,
)
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("""
    ....#.
    .##...
    .#..#.
    ...#..
""")
GOAL = (0, 5)


def ways(world: GridWorld, goal: int) -> tuple[np.ndarray, ...]:
    """The arguments of `greedy_walk` after `q`."""
    found = world.episodes(world.cell(goal))
    return world.next_state, found.distances, found.counted, *world.predecessors


def slow_greedy_walk(q: np.ndarray, world: FiniteWorld, goal: int) -> np.ndarray:
    """Expected steps to the goal by linear algebra; −1 where a circle lies within reach."""
    n = world.n_states
    chain = np.zeros((n, n))
    for state in range(n):
        greedy = [action for action in range(q.shape[1]) if q[state, action] == max(q[state])]
        for action in greedy:
            chain[state, world.next_state[state, action]] += 1 / len(greedy)
    chain[goal] = 0
    reach = chain > 0
    for via in range(n):  # Warshall's transitive closure
        reach |= np.outer(reach[:, via], reach[via])
    on_circle = np.diag(reach)
    safe = ~(on_circle | (reach & on_circle).any(axis=1))
    lengths = np.full(n, -1.0)
    inner = np.flatnonzero(safe & (np.arange(n) != goal))
    step = np.eye(len(inner)) - chain[np.ix_(inner, inner)]
    lengths[inner] = np.linalg.solve(step, np.ones(len(inner)))
    lengths[goal] = 0
    return lengths


def table_with_ties(world: GridWorld, goal: int, seed: int) -> np.ndarray:
    """A table whose greedy actions lead back along a random search from the goal, by detours and
    with ties; in some tables, some states also like an action that may lead in a circle."""
    rng = np.random.default_rng(seed)
    order, stack = {goal: 0}, [goal]
    while stack:
        state = stack.pop()
        order.setdefault(state, len(order))
        stack += [int(n) for n in rng.permutation(world.next_state[state]) if n not in order]
    q = np.full((world.n_states, 4), -2.0)
    for state in set(order) - {goal}:
        back = [a for a in range(4) if order[int(world.next_state[state, a])] < order[state]]
        q[state, rng.permutation(back)[: rng.integers(1, len(back) + 1)]] = -1.0
    for state in np.flatnonzero(rng.random(world.n_states) < rng.choice([0, 0.05, 0.3])):
        q[state, rng.integers(4)] = -1.0
    return q


WALKS = [
    (world, goal, seed)
    for world in (WORLD, GridWorld.four_rooms(7), GridWorld.open_map(4))
    for goal in (0, world.n_states // 2)
    for seed in range(12)
]


@pytest.mark.parametrize("walk", [greedy_walk, compiled(greedy_walk)], ids=["plain", "compiled"])
def test_greedy_walk_is_the_linear_system_of_the_markov_chain(walk: Callable) -> None:
    settled_wrong = circling = 0
    for world, goal, seed in WALKS:
        q = table_with_ties(world, goal, seed)
        distances = world.distances(world.cell(goal))
        lengths, walked, n_settled, n_wrong = walk(q, *ways(world, goal))
        expected = slow_greedy_walk(q, world, goal)
        np.testing.assert_allclose(lengths, expected, rtol=1e-12)
        assert n_settled == (expected >= 0).sum() - 1  # the goal is no start
        assert walked == sum(length if length >= 0 else world.n_states for length in lengths)
        detours = [
            any(
                q[state, action] == max(q[state])
                and distances[world.next_state[state, action]] != distances[state] - 1
                for action in range(4)
            )
            for state in range(world.n_states)
            if state != goal
        ]
        assert n_wrong == sum(detours)
        settled_wrong += int((expected > distances).sum())
        circling += int((expected < 0).sum())
    assert settled_wrong > 20  # the cases hold detours that arrive, and circles
    assert circling > 100


def test_a_tie_between_two_ways_counts_by_half() -> None:
    """From the far side of a ring: two ways around, one of them lengthened by hand."""
    world = GridWorld.from_text("...\n.#.\n.#.\n...")
    goal, far = (0, 1), world.state((3, 1))
    q = world.optimal_q(goal, discount=1.0)
    assert evaluate_greedy(q, world, goal).mean_path == 25 / 9
    q[world.state((3, 0)), 0] = -9.0  # no longer up: back to the right, and so in a circle
    found = evaluate_greedy(q, world, goal)
    # Only the two states that can come there are lost: it, and the far side, which may choose it.
    assert found.success == pytest.approx(7 / 9)
    assert found.mean_path == (1 + 1 + 2 + 2 + 3 + 3 + 4 + 10 + 10) / 9
    assert (q[far] == q[far].max()).sum() == 2


@pytest.mark.parametrize("number", range(0, len(WALKS), 5))
def test_evaluate_greedy_sums_up_the_walk(number: int) -> None:
    world, goal, seed = WALKS[number]
    q = table_with_ties(world, goal, seed)
    lengths = np.delete(slow_greedy_walk(q, world, goal), goal)
    found = evaluate_greedy(q, world, world.cell(goal))
    counted = np.where(lengths < 0, world.n_states, lengths)
    assert found.mean_path == pytest.approx(counted.mean())
    assert found.success == pytest.approx((lengths >= 0).mean())
    assert found.shortest == pytest.approx(
        np.delete(world.distances(world.cell(goal)), goal).mean()
    )


def test_an_evaluation_is_that_of_its_walk_bit_for_bit() -> None:
    for world, goal, seed in WALKS:
        q, distances = table_with_ties(world, goal, seed), world.distances(world.cell(goal))
        lengths, walked, _, n_wrong = greedy_walk(q, *ways(world, goal))
        arrives, starts = lengths >= 0, world.n_states - 1
        assert evaluate_greedy(q, world, world.cell(goal)) == GreedyEvaluation(
            mean_path=walked / starts,
            shortest=float(distances.sum()) / starts,
            success=float((arrives.sum() - 1) / starts),
            wrong_states=n_wrong,
        )


def test_the_goals_own_row_means_nothing() -> None:
    q = WORLD.optimal_q(GOAL)
    q[WORLD.state(GOAL)] = [5, -7, 5, 1]
    assert evaluate_greedy(q, WORLD, GOAL) == evaluate_greedy(WORLD.optimal_q(GOAL), WORLD, GOAL)
    assert evaluate_greedy(q, WORLD, GOAL).optimal


@pytest.mark.parametrize("goal", [(0, 5), (3, 0), (2, 2)])
def test_every_tied_action_must_be_right(goal: tuple[int, int]) -> None:
    """One detour that ties with the best action makes one state wrong, wherever it is."""
    exact = WORLD.optimal_q(goal)
    detours = ~WORLD.optimal_actions(goal)
    assert evaluate_greedy(exact, WORLD, goal).wrong_states == 0
    for state, action in np.argwhere(detours):
        q = exact.copy()
        q[state, action] = q[state].max()
        assert evaluate_greedy(q, WORLD, goal).wrong_states == 1
        assert not evaluate_greedy(q, WORLD, goal).optimal


@pytest.mark.parametrize(
    ("mean_path", "success", "near_optimal"),
    [(10.5, 1.0, True), (10.51, 1.0, False), (10.0, 0.99, False), (10.0, 1.0, True)],
)
def test_near_optimal_is_five_percent_and_every_start(
    mean_path: float, success: float, near_optimal: bool
) -> None:
    found = GreedyEvaluation(mean_path, shortest=10.0, success=success, wrong_states=3)
    assert found.near_optimal is near_optimal
    assert not found.optimal


def test_greedy_actions_include_every_tie() -> None:
    q = np.array([[-1.0, -2, -1, -1], [0, 0, 0, 0], [-3, -2, -2.5, -4]])
    assert greedy_actions(q).tolist() == [
        [True, False, True, True],
        [True, True, True, True],
        [False, True, False, False],
    ]


def test_wrong_states_by_hand() -> None:
    world = GridWorld.from_text(".....")
    up, left, right, both = (np.isin(range(4), choice) for choice in (0, 2, 3, (2, 3)))
    greedy = np.array([right, left, both, right, up])
    for goals, wrong in (([(0, 0)], [2, 3, 4]), ([(0, 4)], [1, 2]), ([(0, 0), (0, 4)], [])):
        assert np.flatnonzero(wrong_states(greedy, world, goals)).tolist() == wrong
    assert wrong_states(np.array([up] * 5), world, [(0, 1)]).tolist() == [1, 0, 1, 1, 1]


@pytest.mark.parametrize("number", range(0, len(WALKS), 5))
def test_wrong_states_are_those_that_an_evaluation_counts(number: int) -> None:
    world, goal, seed = WALKS[number]
    q = table_with_ties(world, goal, seed)
    marked = wrong_states(greedy_actions(q), world, [world.cell(goal)])
    assert marked.sum() == evaluate_greedy(q, world, world.cell(goal)).wrong_states


def test_exact_values_speak_of_the_shortest_distance() -> None:
    for discount in (0.5, 0.99):
        found = believed_steps(WORLD.optimal_q(GOAL, discount), discount)
        np.testing.assert_allclose(found, WORLD.distances(GOAL), rtol=1e-9)
    rows = np.array([[5.0, 0, 0, 0], [-99.0, -100, -100, -100], [-100.0] * 4, [-500.0] * 4])
    none, far, never, worse = believed_steps(rows)
    assert none == 0
    assert far == pytest.approx(np.log(0.01) / np.log(0.99))
    assert never == worse == np.inf


def test_a_goal_is_a_cell() -> None:
    for ask in (evaluate_greedy, expected_path):
        for goal in ((2.0, 0), (True, 0), "00", 3):
            with pytest.raises(ValueError, match="two whole numbers; got"):
                ask(np.zeros((WORLD.n_states, 4)), WORLD, goal)


@pytest.mark.parametrize(
    ("q", "message"),
    [(np.zeros((4, 4)), "shape"), (np.full((WORLD.n_states, 4), np.nan), "not finite")],
)
def test_a_table_fits_its_map(q: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate_greedy(q, WORLD, GOAL)


def test_expected_path_is_the_linear_system_where_every_walk_ends_soon() -> None:
    """A table with ties but no circle: both ways of counting agree."""
    q = WORLD.optimal_q(GOAL)
    exact = slow_greedy_walk(q, WORLD, WORLD.state(GOAL))
    starts = np.arange(WORLD.n_states) != WORLD.state(GOAL)
    assert expected_path(q, WORLD, GOAL) == pytest.approx(exact[starts].mean(), rel=1e-12)


@pytest.mark.parametrize("steps", [capped_walks, compiled(capped_walks)], ids=["plain", "compiled"])
def test_walks_are_those_of_array_operations_bit_for_bit(steps: Callable) -> None:
    for world, goal, seed in WALKS:
        greedy = greedy_actions(table_with_ties(world, goal, seed))
        share = greedy / greedy.sum(axis=1, keepdims=True)
        lengths = np.zeros(world.n_states)
        for _ in range(world.n_states):
            lengths = 1.0 + (share * lengths[world.next_state]).sum(axis=1)
            lengths[goal] = 0.0
        distances = world.distances(world.cell(goal))
        assert steps(share, world.next_state, distances).tobytes() == lengths.tobytes()


def test_expected_path_caps_a_walk_that_never_ends() -> None:
    """Two cells in a row, goal at the left, and a policy that only pushes to the right."""
    world = GridWorld.from_text("...")
    q = np.zeros((3, 4))
    q[:, 3] = 1.0
    assert expected_path(q, world, (0, 0)) == 3.0


def test_expected_path_ranks_a_near_teacher_before_a_far_one() -> None:
    world = GridWorld.open_map(9)
    near, far = (expected_path(world.optimal_q(old), world, (0, 0)) for old in ((0, 2), (8, 8)))
    assert near < far


def test_exactly_five_percent_over_is_near_optimal_whatever_the_last_bit() -> None:
    """1.05 × 4 is 4.2, and the float of either may lie a bit above the other."""
    for path in (np.nextafter(4.2, 0), 4.2, np.nextafter(4.2, 9)):
        assert GreedyEvaluation(float(path), 4.0, 1.0, 1).near_optimal
    assert not GreedyEvaluation(4.2001, 4.0, 1.0, 1).near_optimal
    assert not GreedyEvaluation(4.2, 4.0, 0.99, 1).near_optimal
