"""Q-learning and its greedy policy, held against hand-worked steps and slow references."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chisquare

from cliprl_lite._compiling import compiled
from cliprl_lite.learning.qlearning import Learner, q_learning_steps
from cliprl_lite.learning.runs import learn
from cliprl_lite.worlds.greedy import greedy_actions
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("""
    ....#.
    .##...
    .#..#.
    ...#..
""")
GOAL = (0, 5)


# ---------------------------------------------------------------------------------------------
# The algorithm
# ---------------------------------------------------------------------------------------------
def take_steps(
    q: np.ndarray,
    next_state: np.ndarray,
    goal: int,
    state: int,
    *,
    steps: Callable[..., tuple[int, int, int, int, int]] = q_learning_steps,
    rng: np.random.Generator | None = None,
    learning_rate: float = 1.0,
    epsilon: float = 0.0,
    discount: float = 1.0,
    n_steps: int = 1,
    record: int = 5,
) -> tuple[tuple[int, int, int, int, int], np.ndarray, np.ndarray]:
    """The loop from a state on, with the two arrays it fills; `q` changes in place."""
    starts, lengths = np.full(record, -1), np.full(record, -1)
    rng = rng or np.random.default_rng(0)
    place = (state, state, 0, 0)
    rule = (learning_rate, epsilon, discount)
    ends = (np.arange(len(q)) == goal).astype(int)
    others = np.delete(np.arange(len(q)), goal)
    result = steps(q, next_state, ends, others, *rule, rng, *place, n_steps, -1, starts, lengths)
    return result, starts, lengths


def test_updates_by_hand() -> None:
    """Two cells, the goal on the left. From the right one `up` looks best until it does not."""
    world = GridWorld.from_text("..")
    q = np.array([[0.0, 0, 0, 0], [-3, -5, -4, -6]])
    half = {"learning_rate": 0.5, "discount": 0.9}
    # Up bumps into the edge: ½ · (−3) + ½ · (−1 + 0.9 · (−3)), and so on from there.
    for expected in (-3.35, -3.6825, -3.998375, -4.29845625):
        result, _, _ = take_steps(q, world.next_state, 0, 1, **half)
        assert q[1].tolist() == pytest.approx([expected, -5, -4, -6], rel=1e-14)
        assert result == (1, 1, 1, 1, 0)
    # Now left is best, and nothing follows the goal: ½ · (−4) + ½ · (−1).
    result, starts, lengths = take_steps(q, world.next_state, 0, 1, **half)
    assert q[1].tolist() == pytest.approx([expected, -5, -2.5, -6], rel=1e-14)
    assert result == (1, 1, 1, 0, 1)
    assert (starts[0], lengths[0]) == (1, 1)
    assert q[0].tolist() == [0, 0, 0, 0]


def test_a_learning_rate_of_1_copies_the_target_to_the_last_bit() -> None:
    """Whatever stood there before; else actions that are equally good would no longer tie."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        q = rng.normal(-20, 9, (WORLD.n_states, 4))
        expected, state = q.copy(), int(rng.integers(WORLD.n_states - 1))
        take_steps(q, WORLD.next_state, 17, state, discount=0.99)
        action = int(expected[state].argmax())
        successor = WORLD.next_state[state, action]
        expected[state, action] = -1.0 + 0.99 * expected[successor].max()
        assert q.tolist() == expected.tolist()


# Five states: from the middle, each action leads to a state of its own; the goal is far away.
STAR = np.array([[1, 2, 3, 4], *[[0, 0, 0, 0]] * 4, [5, 5, 5, 5]])


@pytest.mark.parametrize(
    ("values", "epsilon", "expected"),
    [
        ([0, -9, 0, 0], 0.0, [1 / 3, 0, 1 / 3, 1 / 3]),
        ([-9, 0, -9, 0], 0.0, [0, 0.5, 0, 0.5]),
        ([0, 0, 0, 0], 0.0, [0.25, 0.25, 0.25, 0.25]),
        ([-1, -2, -3, -4], 1.0, [0.25, 0.25, 0.25, 0.25]),
        ([-9, -9, 0, -9], 0.4, [0.1, 0.1, 0.7, 0.1]),
        ([0, -9, -9, 0], 0.2, [0.45, 0.05, 0.05, 0.45]),
    ],
)
def test_behaviour_is_epsilon_greedy_with_ties_broken_at_random(
    values: list[float], epsilon: float, expected: list[float]
) -> None:
    """Shares of 6,000 first actions, by χ²; an action of share 0 never occurs."""
    rng, table = np.random.default_rng(1), np.full((6, 4), -9.0)
    table[0] = values
    counts = np.zeros(4)
    for _ in range(6_000):
        (_, reached, *_), _, _ = take_steps(
            table.copy(), STAR, 5, 0, rng=rng, epsilon=epsilon, steps=compiled(q_learning_steps)
        )
        counts[reached - 1] += 1
    possible = np.array(expected) > 0
    assert counts[~possible].sum() == 0
    assert chisquare(counts[possible], 6_000 * np.array(expected)[possible]).pvalue > 0.01


@pytest.mark.parametrize("learning_rate", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_compiled_loop_is_the_plain_one_bit_for_bit(
    seed: int, epsilon: float, learning_rate: float
) -> None:
    assert compiled(q_learning_steps) is not q_learning_steps
    outcomes = []
    for steps in (q_learning_steps, compiled(q_learning_steps)):
        rng = np.random.default_rng(seed)
        q = np.random.default_rng(100 + seed).normal(-3, 1, (WORLD.n_states, 4)).round(1)
        goal = WORLD.state(GOAL)
        q[goal] = 0
        result, starts, lengths = take_steps(
            q,
            WORLD.next_state,
            goal,
            0,
            steps=steps,
            rng=rng,
            learning_rate=learning_rate,
            epsilon=epsilon,
            discount=0.99,
            n_steps=2_000,
            record=7,
        )
        place = tuple(int(number) for number in result)
        outcomes.append(
            (q.tobytes(), starts.tolist(), lengths.tolist(), place, rng.bit_generator.state)
        )
    assert outcomes[0] == outcomes[1]


def test_without_numba_the_same_bits_and_a_notice(run_python: Callable[..., str]) -> None:
    code = """
import hashlib, sys, warnings
sys.modules["numba"] = None
from cliprl_lite import GridWorld, learn
with warnings.catch_warnings(record=True) as notices:
    warnings.simplefilter("always")
    run = learn(GridWorld.open_map(5), (0, 1), seed=7)
digest = hashlib.sha256(run.q.tobytes() + f"{run.checks} {run.few_shot}".encode()).hexdigest()
print(digest, run.steps, run.episode_lengths.sum())
print(sorted({str(notice.message) for notice in notices}))
"""
    result, notice = run_python(code).splitlines()
    run = learn(GridWorld.open_map(5), (0, 1), seed=7)
    said = f"{run.checks} {run.few_shot}".encode()
    digest = hashlib.sha256(run.q.tobytes() + said).hexdigest()
    assert result == f"{digest} {run.steps} {run.episode_lengths.sum()}"
    assert "numba is not installed" in notice
    assert "the same results" in notice


# ---------------------------------------------------------------------------------------------
# Runs that can be paused
# ---------------------------------------------------------------------------------------------
def bits(learner: Learner) -> tuple[object, ...]:
    return (
        learner.q.tobytes(),
        learner.steps,
        learner.state,
        learner.episode,
        learner.episode_lengths.tolist(),
        learner.episode_starts.tolist(),
        learner.rng.bit_generator.state["state"]["state"],
    )


def test_a_run_in_pieces_is_the_run_at_once() -> None:
    at_once, in_pieces = (Learner(WORLD, GOAL, seed=4, learning_rate=0.7) for _ in range(2))
    at_once.run(3_000)
    for piece in (1, 0, 700, 3, 1_296, 1_000):
        in_pieces.run(piece)
    assert bits(in_pieces) == bits(at_once)


def test_a_run_stops_when_an_episode_is_complete_and_goes_on_from_there() -> None:
    whole, halting = (Learner(WORLD, GOAL, seed=4) for _ in range(2))
    whole.run(3_000)
    halting.run(3_000, last_episode=6)
    assert halting.episode == 6
    assert halting.steps == whole.episode_lengths[:6].sum() < 3_000
    halting.run(3_000 - halting.steps)
    assert bits(halting) == bits(whole)


def test_the_seed_is_the_only_randomness() -> None:
    """A disturbed global generator changes nothing, and is not disturbed either."""
    first = Learner(WORLD, GOAL, seed=11)
    first.run(2_000)
    np.random.seed(123)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    second = Learner(WORLD, GOAL, seed=11)
    second.run(2_000)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert bits(second) == bits(first)
    other = Learner(WORLD, GOAL, seed=12)
    other.run(2_000)
    assert bits(other) != bits(first)


def test_a_generator_may_stand_for_the_seed() -> None:
    rng = np.random.default_rng(11)
    from_generator, from_seed, later = (Learner(WORLD, GOAL, seed=seed) for seed in (rng, 11, rng))
    for learner in (from_generator, from_seed):
        learner.run(500)
    assert from_generator.rng is rng
    assert from_generator.q.tobytes() != from_seed.q.tobytes()  # `later` drew its start in between
    assert later.rng is rng
    alone = Learner(WORLD, GOAL, seed=np.random.default_rng(11))
    alone.run(500)
    assert bits(alone) == bits(from_seed)


def test_the_starting_table_is_copied_and_the_goal_earns_nothing() -> None:
    start = np.full((WORLD.n_states, 4), -2.5)
    learner = Learner(WORLD, GOAL, start)
    assert learner.q[learner.world.state(learner.goal)].tolist() == [0, 0, 0, 0]
    learner.run(100)
    assert (start == -2.5).all()
    assert learner.q[learner.world.state(learner.goal)].tolist() == [0, 0, 0, 0]
    assert (Learner(WORLD, GOAL).q == 0).all()


def test_episodes_start_anywhere_but_at_the_goal_equally_often() -> None:
    learner = Learner(WORLD, GOAL, WORLD.optimal_q(GOAL), seed=3, record=8_000)
    learner.run(10**6, last_episode=8_000)
    counts = np.bincount(learner.episode_starts, minlength=WORLD.n_states)
    assert counts[WORLD.state(GOAL)] == 0
    assert chisquare(np.delete(counts, WORLD.state(GOAL))).pvalue > 0.01


def test_the_very_first_start_is_drawn_like_the_others() -> None:
    states = [Learner(WORLD, GOAL, seed=seed).state for seed in range(3_000)]
    counts = np.bincount(states, minlength=WORLD.n_states)
    assert counts[WORLD.state(GOAL)] == 0
    assert chisquare(np.delete(counts, WORLD.state(GOAL))).pvalue > 0.01


def test_episode_records_against_a_diary_kept_step_by_step() -> None:
    learner = Learner(WORLD, GOAL, seed=8, record=10)
    starts, lengths, length = [learner.state], [], 0
    for _ in range(4_000):
        episode = learner.episode
        learner.run(1)
        length += 1
        if learner.episode > episode:
            lengths.append(length)
            starts.append(learner.state)
            length = 0
    assert learner.episode == len(lengths) > 10
    assert learner.episode_lengths.tolist() == lengths[:10]
    assert learner.episode_starts.tolist() == starts[:10]


def test_no_episode_is_shorter_than_the_way() -> None:
    run = learn(WORLD, GOAL, seed=8)
    assert (run.episode_lengths >= run.episode_shortest).all()
    assert (run.episode_shortest >= 1).all()
    assert len(run.episode_lengths) == len(run.episode_shortest) >= 100
    assert run.episode_lengths.sum() <= run.steps


# ---------------------------------------------------------------------------------------------
# What is learned
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("discount", [1.0, 0.99, 0.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_practice_ends_in_the_exact_table_bit_for_bit(seed: int, discount: float) -> None:
    """η = 1 copies each target, so that the fixed point is reached and not merely approached."""
    learner = Learner(WORLD, GOAL, seed=seed, discount=discount)
    learner.run(100_000)
    assert learner.q.tobytes() == WORLD.optimal_q(GOAL, discount).tobytes()


@pytest.mark.parametrize("seed", range(4))
def test_hopeful_tables_stay_hopeful_and_stop_at_the_optimal_values(seed: int) -> None:
    """From zeros no entry ever falls below its true value, and when the greedy policy is optimal
    everywhere the values of its own actions are the true ones here."""
    exact = WORLD.optimal_q(GOAL)
    learner = Learner(WORLD, GOAL, seed=seed)
    for _ in range(20):
        learner.run(20)
        assert (learner.q >= exact).all()
    run = learn(WORLD, GOAL, seed=seed)
    assert (run.q >= exact).all()
    assert (run.q.max(axis=1) == exact.max(axis=1)).all()
    assert (greedy_actions(run.q) <= WORLD.optimal_actions(GOAL)).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_half_steps_converge_too(seed: int) -> None:
    learner = Learner(WORLD, GOAL, seed=seed, learning_rate=0.5)
    learner.run(200_000)
    np.testing.assert_allclose(learner.q, WORLD.optimal_q(GOAL), atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hope_explores_without_epsilon_and_gloom_does_not(seed: int) -> None:
    world = GridWorld.open_map(8)
    hopeful = learn(world, (0, 0), None, seed, epsilon=0.0, cap=200_000)
    gloomy = learn(world, (0, 0), np.full((64, 4), -20.0), seed, epsilon=0.0, cap=200_000)
    assert (hopeful.stop_reason, hopeful.checks[-1].optimal) == ("finished", True)
    assert (gloomy.stop_reason, gloomy.steps_optimal, gloomy.steps) == ("cap", None, 200_000)
