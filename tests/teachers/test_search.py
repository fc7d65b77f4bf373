"""Map and hope: its walk against the plain one, its bound on worlds made to be bad, two goals."""

from __future__ import annotations

import numpy as np
import pytest
from bad_teachers import WORLDS, diameter, recorded, teachers

from cliprl_lite._compiling import compiled
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.contract import possible
from cliprl_lite.teachers.plain import search
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.teachers.search import begin_search, plan
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.greedy import evaluate_greedy, greedy_actions
from cliprl_lite.worlds.gridworld import GridWorld

RULE = RULES["map_hope"]


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> GridWorld:
    return WORLDS[request.param]


def test_it_is_the_plain_search_with_the_same_draws(world: GridWorld) -> None:
    """The same walk and table, with every teacher and from every start."""
    for number, goal in enumerate([world.cell(0), world.cell(world.n_states // 2)]):
        for name, teacher in teachers(world, goal).items():
            learner = RULE.learner(world, goal, teacher, seed=number)
            rng = np.random.default_rng(number)
            rng.random()  # the start
            step, walked = recorded(world, learner.episodes.goals[0])
            table = search(possible(teacher), world.next_state, step, learner.state, rng)
            for square in walked:
                assert learner.state == square, name
                learner.run(1)
            assert learner.episode == 1
            assert learner.q.tobytes() == table.tobytes()


def test_the_first_episode_takes_at_most_a_diameter_a_square(world: GridWorld) -> None:
    """And its table is right everywhere, so that it is never changed again."""
    most = (world.n_states - 1) * diameter(world)
    for goal in map(world.cell, range(0, world.n_states, 3)):
        for name, teacher in teachers(world, goal).items():
            learner = RULE.learner(world, goal, teacher, seed=3)
            learner.run(most, last_episode=1)
            assert learner.episode == 1, (goal, name)
            assert learner.evaluate().optimal
            table = learner.q.tobytes()
            learner.run(200)
            assert learner.q.tobytes() == table


def test_a_lure_costs_what_it_costs_on_a_corridor() -> None:
    """From the middle: first to the false hope at the right end, then all the way to the left."""
    world = WORLDS["corridor"]
    teacher = np.full((14, 4), -20.0)
    teacher[13] = 0.0
    learner = RULE.learner(world, (0, 0), teacher, seed=0)
    learner.state = learner._start = 6
    learner.run(1_000, last_episode=1)
    assert learner.episode_lengths.tolist() == [7 + 13]


def test_until_the_goal_is_met_the_answer_is_the_teachers_table() -> None:
    world = WORLDS["crooked"]
    teacher = teachers(world, (0, 0))["far goal"]
    learner = RULE.learner(world, (0, 0), teacher, seed=2)
    while learner.episode == 0:
        assert learner.q.tolist() == teacher.tolist()
        learner.run(1)
    assert learner.q.tolist() != teacher.tolist()


def test_the_table_after_the_goal_is_the_optimal_one(world: GridWorld) -> None:
    goal = world.cell(world.n_states - 1)
    run = learn(world, goal, teachers(world, goal)["chance"], seed=6, learner=RULE.learner)
    others = np.arange(world.n_states) != world.state(goal)
    np.testing.assert_allclose(run.q[others], world.optimal_q(goal)[others], rtol=0, atol=1e-12)


def test_a_plan_from_any_values_is_the_same_to_the_last_bit(world: GridWorld) -> None:
    rng = np.random.default_rng(0)
    hope = rng.normal(-30, 15, world.n_states)
    hope[rng.random(world.n_states) < 0.7] = -np.inf
    met = np.zeros(world.n_states, dtype=bool)
    hope[0] = -20.0
    found = []
    for begin in (-np.inf, 0.0, -99.0, rng.normal(-30, 30, world.n_states)):
        values = np.zeros(world.n_states) + begin
        compiled(plan)(values, hope, met, world.next_state)
        found.append(values.tobytes())
    assert len(set(found)) == 1
    # An independent answer: the best of all hopes, each discounted over its shortest way.
    distances = np.array([world.distances(world.cell(s)) for s in range(world.n_states)])
    ways = -(1 - DISCOUNT**distances) / (1 - DISCOUNT) + DISCOUNT**distances * hope[:, None]
    np.testing.assert_allclose(values, ways.max(axis=0), rtol=0, atol=1e-10)


def run_with_two_goals(world: GridWorld, goals: list[int], n_steps: int) -> np.ndarray:
    """The table after so many steps in a world where two states end an episode."""
    own = begin_search(np.zeros((world.n_states, 4)), world.next_state)
    diary = np.zeros(1_000, dtype=int), np.zeros(1_000, dtype=int)
    rng, place = np.random.default_rng(1), (0, 0, 0, 0)
    ends = np.isin(np.arange(world.n_states), goals).astype(int)
    others = np.flatnonzero(ends == 0)
    compiled(RULE.take_steps)(own, world.next_state, ends, others, rng, *place, n_steps, -1, *diary)
    return own.q


def test_with_two_goals_the_table_is_right_for_those_that_were_met() -> None:
    """As the docstring says. Who walks to the near goal from all sides never meets the far one;
    where a start lies beyond that, it is met, and the table is right for both."""
    for text, both in (("............", False), ("..............", True)):
        world, goals = GridWorld.from_text(text), [2, 11]
        q = run_with_two_goals(world, goals, 2_000)
        nearest = np.minimum(*(world.distances(world.cell(goal)) for goal in goals))
        closer = nearest[world.next_state] == nearest[:, None] - 1
        wrong = np.delete((greedy_actions(q) & ~closer).any(axis=1), goals)
        assert wrong.sum() == (0 if both else 4)  # 7 to 10 should walk to the far one
        assert evaluate_greedy(q, world, world.cell(2)).optimal != both
