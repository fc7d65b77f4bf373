"""Tables that begin elsewhere, policy reuse, jump-start and two tables: what each does, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from bad_teachers import WORLDS, teachers

from cliprl_lite.teachers import jump_start, pi_reuse, starts, two_tables
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.worlds.greedy import greedy_actions

WORLD = WORLDS["crooked"]
TABLES = teachers(WORLD, (0, 0))


@pytest.mark.parametrize("name", TABLES)
def test_a_constant_and_advantages_keep_the_teachers_choices(name: str) -> None:
    teacher = TABLES[name]
    chosen = greedy_actions(teacher.round(6))
    for begin in (starts.warm, starts.raised, starts.advantages):
        assert (greedy_actions(begin(teacher).q.round(6)) == chosen).all()
    assert starts.raised(teacher).q.max(axis=1).min() == 0
    assert (starts.advantages(teacher).q.max(axis=1) == 0).all()


# ---------------------------------------------------------------------------------------------
# Policy reuse
# ---------------------------------------------------------------------------------------------
def always(direction: int) -> np.ndarray:
    """A teacher that takes one action everywhere."""
    table = np.full((WORLD.n_states, 4), -9.0)
    table[:, direction] = -1.0
    return table


def test_a_teacher_is_followed_less_and_less_from_step_to_step() -> None:
    """ψ = 1, then υ, υ², …: shares of 4,000 actions each, with ε = 0."""
    own = pi_reuse.reuse(always(2), fading=0.6)._replace(epsilon=0.0)
    own.q[:, 1] = 1.0  # the new policy goes down
    rng = np.random.default_rng(0)
    for number, share in enumerate([1.0, 0.6, 0.36, 0.216]):
        own.now[:] = pi_reuse.TEACHER, 0.6**number, 1.0
        taken = [pi_reuse.act_by_reuse(own, 5, False, rng) for _ in range(4_000)]
        assert set(taken) <= {1, 2}
        assert np.mean([action == 2 for action in taken]) == pytest.approx(share, abs=0.03)


def test_who_is_followed_hangs_on_what_was_earned() -> None:
    """By a softmax of the mean gains, and evenly before anything was."""
    rng = np.random.default_rng(1)
    for earned, episodes, cooling, share in (
        ([0, 0], [0, 0], 1.0, 0.5),
        ([3.0, 1.0], [4, 2], 0.5, 1 / (1 + np.exp(3 * (0.5 - 0.75)))),
        ([0.0, 500.0], [10_000, 600], 9.0, 0.0),
    ):
        own = pi_reuse.reuse(always(2), cooling=cooling)
        own.earned[:], own.episodes[:] = earned, episodes
        followed = []
        for _ in range(4_000):
            pi_reuse.act_by_reuse(own, 5, True, rng)
            followed.append(own.now[0] == pi_reuse.TEACHER)
        assert np.mean(followed) == pytest.approx(share, abs=0.03)


def test_an_episode_of_n_steps_earns_gamma_to_the_n() -> None:
    own = pi_reuse.reuse(always(2))
    pi_reuse.act_by_reuse(own, 5, True, np.random.default_rng(0))
    for done in (False, False, True):
        pi_reuse.learn_by_reuse(own, 5, 0, 6, done)
    who = int(own.now[0])
    assert own.earned[who] == pytest.approx(0.99**3)
    assert own.episodes.tolist() == [who == 0, who == 1]
    assert own.now[1] == pytest.approx(pi_reuse.FADING**3)


# ---------------------------------------------------------------------------------------------
# Jump-start
# ---------------------------------------------------------------------------------------------
def test_the_guide_takes_the_first_steps_of_its_stage() -> None:
    own = jump_start.jump_start(always(2), horizon=0.5, stages=4)._replace(epsilon=0.0)
    own.q[:, 1] = 1.0  # the learner goes down
    steps = len(own.q) // 2
    for left in (4, 2, 0):
        own.now[0], own.best[0] = left, 1.0  # no stage is passed
        taken = []
        for number in range(40):
            taken.append(jump_start.act_after_guide(own, 5, number == 0, np.random.default_rng(0)))
            jump_start.learn_after_guide(own, 5, 0, 6, False)
            own.q[5] = [0, 1, 0, 0]
        assert taken == [2 if number < steps * left / 4 else 1 for number in range(40)]


def test_a_stage_is_passed_when_a_window_is_no_worse_than_the_best() -> None:
    own = jump_start.jump_start(always(2), stages=3, window=2)
    left = []
    for length in (10, 20, 17, 18, 16, 16, 30, 30, 12, 12, 9, 9):
        own.now[1] = length - 1
        jump_start.learn_after_guide(own, 5, 0, 6, True)
        left.append(int(own.now[0]))
    # Means 15, 17.5 (above 16.5), 16, 30, 12, 9; there are no more than three stages.
    assert left == [3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0]


# ---------------------------------------------------------------------------------------------
# Two tables
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", TABLES)
def test_the_hopeful_table_is_never_below_the_truth_nor_below_the_teachers(name: str) -> None:
    learner = RULES["two_tables"].learner(WORLD, (0, 0), TABLES[name], seed=2)
    truth = WORLD.optimal_q((0, 0))
    others = np.arange(WORLD.n_states) != learner.episodes.goals[0]
    for _ in range(40):
        learner.run(50)
        assert (learner.own.hopeful[others] >= truth[others] - 1e-9).all()
        assert (learner.own.hopeful >= learner.q).all()


@pytest.mark.parametrize("name", TABLES)
def test_both_lead_alike(name: str) -> None:
    """Up to the longest stretch; the teacher's first."""
    learner = RULES["two_tables"].learner(WORLD, (0, 0), TABLES[name], seed=2)
    longest = 0
    for step in range(4_000):
        learner.run(1)
        if step == 0:
            assert learner.own.led.tolist() == [1, 0]
        longest = max(longest, int(learner.own.now[2]))
        assert abs(learner.own.led[0] - learner.own.led[1]) <= longest
    assert learner.own.led.sum() == 4_000


def test_stretches_of_an_episode_double() -> None:
    own = two_tables.two_tables(np.zeros((10, 4)), patience=0.3)
    rng, led = np.random.default_rng(0), []
    for number in range(21):
        two_tables.act_in_turn(own, 0, number == 0, rng)
        led.append(int(own.now[0]))
    assert led == [0] * 3 + [1] * 6 + [0] * 12


def test_each_table_learns_from_its_own_values() -> None:
    own = two_tables.two_tables(np.array([[-9.0] * 4, [-5.0, -7, -8, -9], [9.0] * 4]))
    two_tables.learn_both(own, 0, 1, 1, False)
    two_tables.learn_both(own, 1, 3, 2, False)
    two_tables.learn_both(own, 0, 2, 2, True)
    assert own.q[0].tolist() == [-9, -1 + 0.99 * -5, -1, -9]
    assert own.q[1].tolist() == [-5, -7, -8, -1]
    assert own.hopeful[:2].tolist() == [[0, -1, -1, 0], [0, 0, 0, -1]]
    assert own.q[2].tolist() == [0] * 4  # cut to hope before the first step
