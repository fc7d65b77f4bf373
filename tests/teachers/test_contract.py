"""The contract of all rules: what they are told, what they cannot know, and that pieces, compiled
or plain, are one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from cliprl_lite._compiling import compiled, replaced
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.learning.runs import Run, learn
from cliprl_lite.teachers.contract import GuidedLearner, Rule, epsilon_greedy, guided_steps, update
from cliprl_lite.teachers.rules import RULES, find_rule
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("""
    ....#...
    .##...#.
    .#..#...
    ...#..#.
    .#...#..
""")
TEACHER = 0.6 * WORLD.optimal_q((0, 7)) + 0.4 * WORLD.optimal_q((4, 0))
"""An average, as the algorithms make one: no policy's own table, and right nowhere."""
GOALS = [(4, 3), (4, 4)]  # neighbours


@pytest.fixture(params=RULES)
def rule(request: pytest.FixtureRequest) -> Rule:
    return RULES[request.param]


# ---------------------------------------------------------------------------------------------
# What a rule cannot know
# ---------------------------------------------------------------------------------------------
Make = Callable[[tuple[int, int], int], GuidedLearner]
"""Goal and seed → an agent."""


def walks_apart(make: Make, seed: int) -> bool | None:
    """Whether two agents differ, in walk or table, before one of two goals is stood on.

    None if they do not start in one state, as happens where the start drawn is one of the goals.
    """
    first, second = (make(goal, seed) for goal in GOALS)
    if first.state != second.state:
        return None
    while True:
        first.run(1)
        second.run(1)
        if first.episode or second.episode:
            ended, other = (first, second) if first.episode else (second, first)
            return bool(other.episode) or other.state != ended.episodes.goals[0]
        if first.state != second.state or first.q.tobytes() != second.q.tobytes():
            return True


def test_two_tasks_are_one_until_a_goal_is_stood_on(rule: Rule) -> None:
    told = [walks_apart(lambda *task: GuidedLearner(rule, WORLD, task[0], TEACHER, task[1]), seed)
            for seed in range(12)]  # fmt: skip
    assert told.count(False) >= 10
    assert True not in told


def test_a_rule_that_peeks_is_caught() -> None:
    """The leak that waits to happen: a teacher's table whose goal row was set to zero."""

    def leaky(goal: tuple[int, int], seed: int) -> GuidedLearner:
        teacher = TEACHER.copy()
        teacher[WORLD.state(goal)] = 0.0
        return GuidedLearner(RULES["map_hope"], WORLD, goal, teacher, seed)

    assert True in [walks_apart(leaky, seed) for seed in range(12)]


def test_no_rule_is_handed_the_goal_or_a_map_it_does_not_remember(rule: Rule) -> None:
    handed = []

    def begin(*arguments: np.ndarray) -> object:
        handed.extend(arguments)
        return rule.begin(*arguments)

    GuidedLearner(replace(rule, begin=begin), WORLD, GOALS[0], TEACHER)
    assert len(handed) == 1 + rule.knows_map
    expected = TEACHER if rule.asks else np.zeros_like(TEACHER)
    assert handed[0].tolist() == expected.tolist()
    if rule.knows_map:
        assert handed[1] is WORLD.next_state


def test_the_teachers_table_is_copied(rule: Rule) -> None:
    teacher = TEACHER.copy()
    GuidedLearner(rule, WORLD, GOALS[0], teacher, seed=1).run(500)
    assert teacher.tolist() == TEACHER.tolist()


# ---------------------------------------------------------------------------------------------
# What all rules share with Q-learning
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("goal", [(4, 3), (0, 0), (4, 7)])
def test_the_plain_warm_start_is_q_learning_to_the_last_bit(
    goal: tuple[int, int], seed: int
) -> None:
    """But for the goal's row, which is never acted from, and which no rule may touch."""
    plain = learn(WORLD, goal, TEACHER, seed)
    guided = learn(WORLD, goal, TEACHER, seed, learner=RULES["warm"].learner)
    assert guided.clocks == plain.clocks
    assert guided.checks == plain.checks
    assert guided.few_shot == plain.few_shot
    assert guided.episode_lengths.tolist() == plain.episode_lengths.tolist()
    assert guided.learner.episode_starts.tolist() == plain.learner.episode_starts.tolist()
    others = np.arange(WORLD.n_states) != WORLD.state(goal)
    assert guided.q[others].tobytes() == plain.q[others].tobytes()
    assert guided.q[~others].tolist() == TEACHER[~others].tolist()


def test_from_scratch_is_q_learning_from_nothing() -> None:
    plain, guided = (
        learn(WORLD, (0, 0), seed=3),
        learn(WORLD, (0, 0), TEACHER, seed=3, learner=RULES["scratch"].learner),
    )
    assert guided.q.tobytes() == plain.q.tobytes()
    assert guided.clocks == plain.clocks


def test_a_run_in_pieces_is_the_run_in_one(rule: Rule) -> None:
    whole = learn(WORLD, GOALS[0], TEACHER, seed=5, learner=rule.learner, min_episodes=30)
    pieces = Run(WORLD, GOALS[0], TEACHER, seed=5, learner=rule.learner, min_episodes=30)
    while pieces.stop_reason is None:
        pieces.advance(pieces.steps + 37)
    assert pieces.clocks == whole.clocks
    assert pieces.checks == whole.checks
    assert pieces.q.tobytes() == whole.q.tobytes()
    assert whole.stop_reason == "finished"


def test_the_compiled_rule_is_the_plain_one_bit_for_bit(rule: Rule) -> None:
    learner = GuidedLearner(rule, WORLD, GOALS[0], TEACHER, seed=2)
    learner.run(700)
    plain = GuidedLearner(rule, WORLD, GOALS[0], TEACHER, seed=2)
    starts, lengths = np.zeros(1_000, dtype=int), np.zeros(1_000, dtype=int)
    steps, state, _, _, episode = rule.take_steps(
        *plain._agent, plain.state, plain.state, 0, 0, 700, -1, starts, lengths
    )
    assert (steps, state, episode) == (700, learner.state, learner.episode)
    assert plain.q.tobytes() == learner.q.tobytes()
    assert lengths[:episode].tolist() == learner.episode_lengths.tolist()
    assert starts[:episode].tolist() == learner.episode_starts.tolist()


def test_every_check_tells_the_truth_of_the_rules_own_table(rule: Rule) -> None:
    run = learn(WORLD, GOALS[0], TEACHER, seed=4, learner=rule.learner, min_episodes=25)
    replay = GuidedLearner(rule, WORLD, GOALS[0], TEACHER, seed=4)
    for steps, check in zip(run.check_steps, run.checks, strict=True):
        replay.run(int(steps) - replay.steps)
        assert evaluate_greedy(replay.q, WORLD, GOALS[0]) == check


def test_every_rule_learns_whatever_the_teacher_says(rule: Rule) -> None:
    """Teachers with the wrong signs, beyond all values there are, and one that knows the way."""
    for teacher in (WORLD.optimal_q(GOALS[0]), -TEACHER, 40 * TEACHER, np.full_like(TEACHER, -300)):
        run = learn(WORLD, GOALS[0], teacher, seed=1, learner=rule.learner, cap=2_000_000)
        assert run.stop_reason == "finished"
        assert run.steps_optimal is not None


def test_a_control_is_the_same_rule_without_a_teacher(rule: Rule) -> None:
    control = find_rule(rule.control)
    assert not control.asks
    assert control.control == control.name
    assert control.knows_map == rule.knows_map
    runs = [learn(WORLD, GOALS[0], teacher, seed=8, learner=control.learner, min_episodes=3)
            for teacher in (None, TEACHER)]  # fmt: skip
    assert runs[0].q.tobytes() == runs[1].q.tobytes()
    if rule.act is control.act and rule.learn is control.learn and rule.begin is control.begin:
        asked = learn(WORLD, GOALS[0], None, seed=8, learner=rule.learner, min_episodes=3)
        assert asked.q.tobytes() == runs[0].q.tobytes()


def test_an_unknown_rule_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no rule 'hope'.*map_alone"):
        find_rule("hope")


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="has shape"):
        GuidedLearner(RULES["warm"], WORLD, GOALS[0], np.zeros((3, 4)))
    with pytest.raises(ValueError, match="not finite"):
        GuidedLearner(RULES["warm"], WORLD, GOALS[0], np.full_like(TEACHER, np.inf))


# ---------------------------------------------------------------------------------------------
# The loop by hand
# ---------------------------------------------------------------------------------------------
class Notes(NamedTuple):
    """What a rule was told: state, first, then state, action, successor, done; one row a step."""

    told: np.ndarray
    number: np.ndarray


def go_right(own: Notes, state: int, first: bool, rng: np.random.Generator) -> int:
    own.told[own.number[0], 0] = state
    own.told[own.number[0], 1] = first
    return 3


def write_down(own: Notes, state: int, action: int, successor: int, done: bool) -> None:
    own.told[own.number[0], 2:] = np.array([state, action, successor, int(done)])
    own.number[0] += 1


@pytest.mark.parametrize("compile_it", [False, True])
def test_what_a_rule_is_told(compile_it: bool) -> None:
    """A corridor of four, two goals at its right end; always to the right."""
    steps = replaced(guided_steps, act=go_right, learn=write_down)
    if compile_it:
        steps = compiled(steps)
    notes = Notes(np.full((4, 6), -1), np.zeros(1, dtype=np.int64))
    world, rng = GridWorld.from_text("...."), np.random.default_rng(0)
    starts, lengths = np.full(2, -1), np.full(2, -1)
    ends, others = np.array([0, 0, 1, 1]), np.array([0, 1])
    steps(notes, world.next_state, ends, others, rng, 0, 0, 0, 0, 2, -1, starts, lengths)
    assert notes.told[:2].tolist() == [[0, 1, 0, 3, 1, 0], [1, 0, 1, 3, 2, 1]]
    assert (starts[0], lengths[0]) == (0, 2)


@pytest.mark.parametrize("goals", [[1, 2, 5], [0], [5], [0, 1, 3, 4]])
def test_starts_are_all_states_but_the_goals_alike(goals: list[int]) -> None:
    world = GridWorld.open_map(3)
    rule, rng = RULES["map_alone"], np.random.default_rng(1)
    starts, lengths = np.full(6_000, -1), np.full(6_000, -1)
    own = rule.begin(np.zeros((9, 4)), world.next_state)
    first = next(state for state in range(9) if state not in goals)
    place = (first, first, 0, 0)
    ends = np.isin(np.arange(9), goals).astype(int)
    others = np.flatnonzero(ends == 0)
    compiled(rule.take_steps)(
        own, world.next_state, ends, others, rng, *place, 100_000, 6_000, starts, lengths
    )
    counts = np.bincount(starts[1:], minlength=9)
    assert counts[goals].tolist() == [0] * len(goals)
    others = np.delete(counts, goals)
    expected = 5_999 / len(others)
    assert np.abs(others - expected).max() < 5 * np.sqrt(expected)


def test_epsilon_greedy_draws_what_q_learning_draws() -> None:
    """Whatever the ties and ε."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        values = rng.integers(-3, 0, 4).astype(float)
        epsilon = float(rng.choice([0.0, 0.3, 1.0]))
        learner = Learner(GridWorld.open_map(3), (0, 0), np.tile(values, (9, 1)), 3, 1.0, epsilon)
        generator = np.random.default_rng(3)
        generator.random()  # the start
        action = epsilon_greedy(values, epsilon, generator)
        state = learner.state
        learner.run(1)
        if learner.episode == 0:
            assert learner.state == learner.world.next_state[state, action]
            assert learner.rng.random() == generator.random()


def test_an_update_follows_the_formula() -> None:
    q = np.array([[-1.0, -2, -3, -4], [-5.0, -4, -9, -9]])
    update(q, 0, 2, 1, False)
    assert q.tolist() == [[-1.0, -2, -1.0 + 0.99 * -4, -4], [-5.0, -4, -9, -9]]
    update(q, 1, 0, 0, True)
    assert q[1].tolist() == [-1, -4, -9, -9]
