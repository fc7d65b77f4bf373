"""Finite worlds against brute force, and grid worlds against the tables that they are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from test_greedy import slow_greedy_walk

from cliprl_lite._compiling import compiled
from cliprl_lite.learning.network_training import deep_q_learning, fitted_q_iteration
from cliprl_lite.learning.networks import NetworkSettings, features, forward, initialise
from cliprl_lite.learning.policies import TabularPolicy, greedy_visits
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.finite_world import GOAL, GOES_ON, LOST, FiniteWorld
from cliprl_lite.worlds.greedy import evaluate_greedy, expected_path, greedy_walk
from cliprl_lite.worlds.gridworld import GridWorld

STREET = FiniteWorld([[1, 0], [2, 1], [3, 2], [4, 3], [4, 4]])
"""One way: the first action leads on, the second stays."""


def random_world(seed: int) -> tuple[FiniteWorld, tuple[int, ...]]:
    """Some states, one to five actions, a few states that nothing leaves, one to three goals."""
    rng = np.random.default_rng(seed)
    n_states, n_actions = int(rng.integers(4, 14)), int(rng.integers(1, 6))
    table = rng.integers(n_states, size=(n_states, n_actions))
    for state in rng.permutation(n_states)[: rng.integers(3)]:
        table[state] = state
    starts = rng.permutation(n_states)[: rng.integers(1, n_states + 1)]
    goals = rng.permutation(n_states)[: rng.integers(1, 4)]
    return FiniteWorld(table, starts), tuple(goals.tolist())


def possible_worlds(count: int) -> list[tuple[FiniteWorld, tuple[int, ...]]]:
    """Those in which an episode can begin."""
    found = []
    for seed in itertools.count():
        world, goal = random_world(seed)
        distances = slow_distances(world, goal)
        if any(0 < distances[start] < np.inf for start in world.starts):
            found.append((world, goal))
        if len(found) == count:
            return found
    raise AssertionError


def slow_distances(world: FiniteWorld, goal: tuple[int, ...]) -> list[float]:
    """Bellman and Ford, forwards, edge by edge."""
    steps = [0.0 if state in goal else np.inf for state in range(world.n_states)]
    for _ in range(world.n_states):
        for state, row in enumerate(world.next_state.tolist()):
            if state not in goal:
                steps[state] = min(1 + steps[reached] for reached in row)
    return steps


WORLDS = possible_worlds(60)


# ---------------------------------------------------------------------------------------------
# What is exact
# ---------------------------------------------------------------------------------------------
def test_distances_are_those_of_a_forward_search() -> None:
    unreachable = 0
    for world, goal in WORLDS:
        expected = [-1 if steps == np.inf else steps for steps in slow_distances(world, goal)]
        assert world.distances(goal).tolist() == expected
        unreachable += expected.count(-1)
    assert unreachable > 20


def test_predecessors_are_all_ways_in_from_elsewhere() -> None:
    for world, _ in WORLDS:
        first, before, action = world.predecessors
        found = []
        for state in range(world.n_states):
            there = slice(first[state], first[state + 1])
            assert action[there].tolist() == sorted(action[there])
            ways = zip(before[there].tolist(), action[there].tolist(), strict=True)
            found += [(*way, state) for way in ways]
        expected = [
            (state, number, int(reached))
            for state, row in enumerate(world.next_state)
            for number, reached in enumerate(row)
            if reached != state
        ]
        assert sorted(found) == sorted(expected)


def test_optimal_actions_come_one_step_nearer() -> None:
    """At a goal, and where none can be reached, each is as good as any other."""
    for world, goal in WORLDS:
        steps = np.array(slow_distances(world, goal))
        nearer = steps[world.next_state] == steps[:, None] - 1
        nearer[(steps == 0) | (steps == np.inf)] = True
        assert (world.optimal_actions(goal) == nearer).all()


def test_visits_of_an_optimal_policy_pay_what_it_is_worth() -> None:
    """Each visit costs 1, discounted; goals are no starts, and nothing is done in them."""
    for world, goal in WORLDS:
        if world.episodes(goal).ends.max() == LOST:
            continue  # a walk that never ends
        q = world.optimal_q(goal)
        visits = greedy_visits(TabularPolicy(world, q)).reshape(q.shape)
        assert visits.sum() == pytest.approx(-np.delete(q.max(axis=1), list(goal)).mean())
        assert not visits[list(goal)].any()


@pytest.mark.parametrize("discount", [0.5, 0.99])
def test_optimal_values_are_those_of_the_shortest_way(discount: float) -> None:
    """The goal's rows are 0; who is lost pays for ever."""
    for world, goal in WORLDS:
        steps = np.array(slow_distances(world, goal))
        values = -(1 - discount**steps) / (1 - discount)  # of ∞ steps, too
        expected = -1 + discount * values[world.next_state]
        expected[list(goal)] = 0
        np.testing.assert_allclose(world.optimal_q(goal, discount), expected, rtol=1e-9)


def test_without_a_discount_who_is_lost_has_no_value() -> None:
    assert STREET.optimal_q((2,), discount=1.0)[:, 0].tolist() == [-2, -1, 0, -np.inf, -np.inf]


def test_episodes_by_hand() -> None:
    """Goal in the middle: behind it all is lost, and only what a start leads to counts."""
    found = STREET.episodes((2,))
    assert found.goals.tolist() == [2]
    assert found.ends.tolist() == [GOES_ON, GOES_ON, GOAL, LOST, LOST]
    assert found.starts.tolist() == [0, 1]
    assert found.counted.tolist() == [True, True, False, False, False]
    assert (found.n_counted, found.shortest) == (2, 1.5)
    late = FiniteWorld(STREET.next_state, starts=[3, 1])
    assert late.episodes((2,)).starts.tolist() == [1]
    assert late.episodes((2,)).counted.tolist() == [False, True, False, False, False]
    # Two goals: beyond the first nobody counts who can only be come to through it.
    both = FiniteWorld(STREET.next_state, starts=[0]).episodes((4, 2))
    assert both.goals.tolist() == [2, 4]
    assert both.distances.tolist() == [2, 1, 0, 1, 0]
    assert both.counted.tolist() == [True, True, False, False, False]


def test_what_counts_is_what_an_endless_walk_of_chance_comes_to() -> None:
    for world, goal in WORLDS:
        found, steps = world.episodes(goal), slow_distances(world, goal)
        seen = {int(s) for s in world.starts if 0 < steps[s] < np.inf}
        for _ in range(world.n_states):
            seen |= {
                int(reached)
                for state in seen
                for reached in world.next_state[state]
                if 0 < steps[reached] < np.inf
            }
        assert set(np.flatnonzero(found.counted)) == seen


@pytest.mark.parametrize(
    ("world", "goal"),
    [
        (STREET, (0,)),  # nobody comes back
        (FiniteWorld(STREET.next_state, starts=[3, 4]), (2,)),
        (FiniteWorld(STREET.next_state, starts=[2]), (2, 3)),
    ],
)
def test_an_episode_must_be_able_to_begin(world: FiniteWorld, goal: tuple[int, ...]) -> None:
    for ask in (world.episodes, lambda goal: Learner(world, goal)):
        with pytest.raises(ValueError, match="no episode can begin"):
            ask(goal)


# ---------------------------------------------------------------------------------------------
# Greedy policies and learning
# ---------------------------------------------------------------------------------------------
def some_table(world: FiniteWorld, seed: int) -> np.ndarray:
    """Few different values, so that there are ties; at times the optimal ones, spoilt."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 0, world.next_state.shape).astype(float)


@pytest.mark.parametrize("walk", [greedy_walk, compiled(greedy_walk)], ids=["plain", "compiled"])
def test_a_greedy_walk_is_the_linear_system_of_the_markov_chain(walk) -> None:
    arrived = circling = 0
    for number, (world, goal) in enumerate(WORLDS):
        found = world.episodes(goal)
        ways = (world.next_state, found.distances, found.counted, *world.predecessors)
        for q in (some_table(world, number), world.optimal_q(goal)):
            lengths, walked, n_settled, n_wrong = walk(q, *ways)
            # One goal for all: every goal state becomes the first one, which is never left.
            joined = np.where(np.isin(world.next_state, goal), goal[0], world.next_state)
            expected = slow_greedy_walk(q, FiniteWorld(joined), goal[0])
            expected[list(goal)] = 0
            np.testing.assert_allclose(lengths, expected, rtol=1e-12)
            counted = expected[found.counted]
            assert n_settled == (counted >= 0).sum()
            assert walked == pytest.approx(np.where(counted < 0, world.n_states, counted).sum())
            arrived, circling = arrived + (counted > 0).sum(), circling + (counted < 0).sum()
            steps = np.array(slow_distances(world, goal))
            best = q == q.max(axis=1, keepdims=True)
            detour = (best & (steps[world.next_state] != steps[:, None] - 1)).any(axis=1)
            assert n_wrong == (detour & found.counted).sum()
    assert arrived > 100
    assert circling > 100


def test_the_optimal_table_is_optimal_in_every_world() -> None:
    for world, goal in WORLDS:
        found = evaluate_greedy(world.optimal_q(goal), world, goal)
        assert found.optimal
        assert found.success == 1
        assert found.mean_path == pytest.approx(world.episodes(goal).shortest)
        assert expected_path(world.optimal_q(goal), world, goal) == pytest.approx(found.mean_path)


def test_q_learning_becomes_optimal_in_every_world() -> None:
    """Also where it may be lost, and from few starts."""
    lost = 0
    for seed, (world, goal) in enumerate(WORLDS):
        run = learn(world, goal, seed=seed, cap=200_000)
        assert run.stop_reason == "finished"
        assert set(run.learner.episode_starts) <= set(world.episodes(goal).starts)
        assert (run.episode_lengths >= run.episode_shortest).all()
        lost += bool((world.episodes(goal).ends == LOST).any())
    assert lost > 15


@pytest.mark.parametrize("loop", ["q-learning", "warm", "memory_alone"])
def test_who_is_lost_walks_on_until_a_multiple_of_all_states(loop: str) -> None:
    """From the start one action leads to the goal, and one into a pit for ever."""
    world = FiniteWorld([[1, 2], [1, 1], [3, 2], [3, 2]], starts=[0])
    learner = Learner(world, (1,)) if loop == "q-learning" else RULES[loop].learner(world, (1,))
    learner.run(40)
    lengths = learner.episode_lengths.tolist()
    assert set(lengths) == {1, 4}
    assert learner.steps == sum(lengths) + learner._place[2]
    assert learner.evaluate().optimal


def test_networks_learn_where_they_may_be_lost() -> None:
    """Several goal states, few starts, a pit: by all transitions, and by an agent that walks."""
    settings = NetworkSettings(features="one-hot", hidden=(16,), learning_rate=0.01)
    street = [[1, 5], [2, 0], [3, 6], [4, 2], [4, 3], [5, 5], [6, 5]]
    world = FiniteWorld(street, starts=[0, 2, 5])
    goals = [(4,), (3, 1)]
    start = initialise(settings.widths(world), seeds=[0, 1])
    fitted = fitted_q_iteration(world, goals, start, settings)
    walked = deep_q_learning(world, goals, start, [2, 3], settings, min_episodes=150)
    for goal, run, other in zip(goals, fitted, walked, strict=True):
        assert run.stop_reason == other.stop_reason == "finished"
        q = forward(run.parameters, features(world, "one-hot"))
        assert evaluate_greedy(q, world, goal).optimal
        assert not (q[[5, 6]] > -2).any()  # it knows that the pit is deep
        assert len(other.episode_lengths) == 150
        lost = other.episode_lengths % 7 == 0
        assert 0 < lost.sum() < 150
        assert set(other.episode_shortest) == set(
            world.distances(goal)[world.episodes(goal).starts]
        )


def test_a_goal_may_be_a_set_of_states() -> None:
    """A ring of eight, both ways: the nearer of two goals."""
    ring = FiniteWorld([[(state + 1) % 8, (state - 1) % 8] for state in range(8)])
    run = learn(ring, (6, 0), seed=1)
    assert run.q.argmax(axis=1)[[1, 2, 4, 5, 7]].tolist() == [1, 1, 0, 0, run.q[7].argmax()]
    assert run.q[[0, 6]].tolist() == [[0, 0], [0, 0]]
    assert run.learner.distances.tolist() == [0, 1, 2, 3, 2, 1, 0, 1]
    assert set(run.learner.episode_starts) == {1, 2, 3, 4, 5, 7}


@pytest.mark.parametrize("name", RULES)
def test_a_grid_is_its_table_to_the_last_bit(name: str) -> None:
    """Nothing that learns looks at cells: the bare table gives the same steps and values."""
    grid = GridWorld.four_rooms(7)
    table, goal = FiniteWorld(grid.next_state), (grid.state((1, 5)),)
    teacher = grid.optimal_q((5, 1))
    how = {"seed": 3, "cap": 20_000, "learner": RULES[name].learner}
    one, other = learn(grid, (1, 5), teacher, **how), learn(table, goal, teacher, **how)
    assert one.q.tobytes() == other.q.tobytes()
    assert one.episode_lengths.tolist() == other.episode_lengths.tolist()
    assert one.checks == other.checks
    assert one.clocks == other.clocks


# ---------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ([[0, 1], [1]], "ragged"),
        ([0, 1], "row for each"),
        ([[0]], "two at least"),
        ([[], []], "column for each"),
        ([[0.0], [1.0]], "whole numbers"),
        ([[True], [False]], "whole numbers"),
        ([["a"], ["b"]], "whole numbers"),
        ([[0, 1], [1, 2]], "action 1 leads from state 1 to 2"),
        ([[0, -1], [1, 0]], "action 1 leads from state 0 to -1"),
    ],
)
def test_a_table_of_states(table: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FiniteWorld(table)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"starts": []}, "none"),
        ({"starts": [5]}, "numbered 0 to 4; got 5"),
        ({"starts": [-1, 0]}, "got -1"),
        ({"starts": [0.5]}, "whole numbers"),
        ({"labels": ["a"]}, "5 states need as many labels; got 1"),
    ],
)
def test_starts_and_labels(more: dict, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FiniteWorld(STREET.next_state, **more)


@pytest.mark.parametrize("goal", [(), (5,), (-1,), (0.5,), None, "3"])
def test_a_goal_is_made_of_the_worlds_states(goal: object) -> None:
    for ask in (STREET.distances, STREET.optimal_q, STREET.episodes, STREET.optimal_actions):
        with pytest.raises(ValueError, match=r"goal"):
            ask(goal)  # type: ignore[arg-type]


def test_a_world_does_not_change() -> None:
    table = np.array([[1, 0], [0, 1]])
    world = FiniteWorld(table)
    table[0, 0] = 0
    assert world.next_state.tolist() == [[1, 0], [0, 1]]
    for shared in (world.next_state, world.starts, world.episodes((0,)).ends):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0
    world.distances((0,))[:] = 9  # a copy
    assert world.distances((0,)).tolist() == [0, 1]
    with pytest.raises(AttributeError):
        world.starts = np.array([0])  # type: ignore[misc]
