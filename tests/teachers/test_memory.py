"""Memory: its walk against the plain one, its bound on worlds made to be bad, and the level."""

from __future__ import annotations

import numpy as np
import pytest
from bad_teachers import WORLDS, recorded, teachers

from cliprl_lite._compiling import compiled
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.contract import possible
from cliprl_lite.teachers.memory import mean_surplus, remember, replay
from cliprl_lite.teachers.plain import journey
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.gridworld import GridWorld


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> GridWorld:
    return WORLDS[request.param]


def test_it_is_the_plain_journey_with_the_same_draws(world: GridWorld) -> None:
    """The same walk and table, episode by episode, with every teacher."""
    goal = world.cell(world.n_states // 3)
    for name, teacher in teachers(world, goal).items():
        learner = RULES["memory"].learner(world, goal, teacher, seed=4)
        rng = np.random.default_rng(4)
        rng.random()  # the start
        q = bounded = possible(teacher)
        seen, met = np.full(q.shape, -1), np.zeros(world.n_states, dtype=bool)
        for episode in range(1, 7):
            step, walked = recorded(world, learner.episodes.goals[0])
            q = journey(q, bounded, seen, met, step, learner.state, rng)
            for square in walked:
                assert learner.state == square, (name, episode)
                learner.run(1)
            assert learner.episode == episode
            assert learner.q.tobytes() == q.tobytes()
            rng.random()  # the next start


@pytest.mark.parametrize("name", ["memory", "memory_level", "memory_alone"])
def test_a_stubborn_search_ends_within_the_bound(world: GridWorld, name: str) -> None:
    """4S² steps until the goal; and over all episodes, 4S stretches of S steps are lost at most."""
    n_states = world.n_states
    for goal in map(world.cell, range(0, n_states, 4)):
        for kind, teacher in teachers(world, goal).items():
            learner = RULES[name].learner(world, goal, teacher, seed=3)
            learner.run(4 * n_states**2, last_episode=1)
            assert learner.episode == 1, (goal, kind)
            learner.run(4 * n_states**2)
            assert (learner.episode_lengths // n_states).sum() <= 4 * n_states


def test_values_rise_along_a_greedy_path_that_changes_nothing(world: GridWorld) -> None:
    """What the bound rests on: no state comes twice without something new."""
    goal = world.cell(0)
    for teacher in teachers(world, goal).values():
        learner = RULES["memory"].learner(world, goal, teacher, seed=9)
        since: list[int] = []
        for _ in range(1_500):
            state, episode, tried = learner.state, learner.episode, (learner.own.seen >= 0).sum()
            learner.run(1)
            since.append(state)
            assert len(set(since)) == len(since)
            if learner.episode > episode or (learner.own.seen >= 0).sum() > tried:
                since = []


def test_an_episode_begins_with_an_untried_action(world: GridWorld) -> None:
    learner = RULES["memory"].learner(world, world.cell(0), world.optimal_q(world.cell(0)), seed=1)
    for _ in range(400):
        first, state = learner._length == 0, learner.state
        before = learner.own.seen[state].copy()
        learner.run(1)
        if first and (before < 0).any():
            assert (learner.own.seen[state] != before).sum() == 1


def test_replay_from_any_values_is_the_same_to_the_last_bit(world: GridWorld) -> None:
    """Half of all actions tried; the others are worth what a teacher says."""
    rng = np.random.default_rng(2)
    teacher = possible(teachers(world, world.cell(0))["chance"])
    tried = rng.random(teacher.shape) < 0.5
    seen, met = np.where(tried, world.next_state, -1), np.arange(world.n_states) == 0
    found = []
    for begin in (-np.inf, 0.0, -99.0, rng.normal(-30, 30, teacher.shape)):
        q = np.where(tried, begin, teacher)
        compiled(replay)(q, seen, met)
        found.append(q.tobytes())
    assert len(set(found)) == 1
    value = np.where(met, 0, q.max(axis=1))
    np.testing.assert_array_equal(q, np.where(tried, -1 + 0.99 * value[world.next_state], teacher))


def test_memory_alone_ends_with_the_optimal_values(world: GridWorld) -> None:
    """Where all is tried: hope for what is untried keeps it going until then."""
    goal = world.cell(world.n_states - 1)
    run = learn(world, goal, seed=2, learner=RULES["memory_alone"].learner, min_episodes=400)
    tried = run.learner.own.seen >= 0
    tried[world.state(goal)] = False
    assert tried.mean() > 0.9
    truth = world.optimal_q(goal)
    assert (run.q[tried] >= truth[tried] - 1e-9).all()
    assert run.checks[-1].optimal


def test_the_level_by_hand() -> None:
    """A corridor of five, goal on the left; the teacher knows the way and calls it 40 better."""
    world = GridWorld.from_text(".....")
    teacher = world.optimal_q((0, 0)) + 40.0
    rule = RULES["memory_level"]
    own = rule.begin(teacher)
    for state, successor in ((2, 1), (1, 0)):
        rule.learn(own, state, 2, successor, successor == 0)
    truth = world.optimal_q((0, 0))
    np.testing.assert_allclose(own.q[1:3, 2], [-1, -1.99])
    np.testing.assert_allclose(own.q[3:], truth[3:], atol=1e-9)  # by the level: 40 less


def test_the_level_is_a_mean_over_states_with_a_known_way() -> None:
    known = np.array([[-np.inf] * 4, [-1, -np.inf, -5, -9], [-4, -4, -4, -4.0], [0, 0, 0, 0]])
    teacher = np.array([[9.0] * 4, [-3, -9, -9, -9], [-5, -6, -7, -8], [7, 7, 7, 7]])
    met = np.array([False, False, False, True])
    assert mean_surplus(known, teacher, met) == ((-1 + 3) + (-4 + 5)) / 2


def test_no_untried_action_is_worth_less_than_the_longest_path() -> None:
    """Or a circle for ever would look better."""
    own = remember(np.full((6, 4), -500.0))
    assert own.q.min() == own.lowest == pytest.approx(-(1 - 0.99**6) / (1 - 0.99))
