"""Policies as vectors: their layout, and averages held against a plain Python loop."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite.gridworld import GridWorld
from cliprl_lite.policies import TabularPolicy, average, learn_policy, policy_vectors
from cliprl_lite.qlearning import learn

WORLD = GridWorld.from_text("...\n.#.")


def random_policies(number: int, seed: int = 0) -> list[TabularPolicy]:
    rng = np.random.default_rng(seed)
    return [TabularPolicy(WORLD, rng.normal(-20, 9, (WORLD.n_states, 4))) for _ in range(number)]


def plain_average(policies: list[TabularPolicy], weights: list[float]) -> list[list[float]]:
    """Σᵢ wᵢ nn(πᵢ), one entry at a time, in the order of the bases."""
    return [
        [
            sum(
                (w * float(p.q[state, action]) for w, p in zip(weights, policies, strict=True)), 0.0
            )
            for action in range(4)
        ]
        for state in range(WORLD.n_states)
    ]


def test_a_vector_is_the_table_state_by_state() -> None:
    policy = random_policies(1)[0]
    assert policy.vector.shape == (20,)
    for state in range(WORLD.n_states):
        for action in range(4):
            assert policy.vector[4 * state + action] == policy.q[state, action]


def test_a_vector_makes_a_policy_of_the_same_class() -> None:
    first, second = random_policies(2)
    made = first.with_vector(second.vector)
    assert made.world is WORLD
    assert (made.q == second.q).all()
    assert (first.q == random_policies(1)[0].q).all()


def test_a_vector_of_another_length_makes_no_policy() -> None:
    with pytest.raises(ValueError, match="size 19"):
        random_policies(1)[0].with_vector(np.zeros(19))


def test_greedy_actions_include_ties() -> None:
    q = np.zeros((WORLD.n_states, 4))
    q[2] = [-1, -3, -1, -2]
    greedy = TabularPolicy(WORLD, q).greedy
    assert greedy[2].tolist() == [True, False, True, False]
    assert greedy[0].all()


def test_an_average_by_hand() -> None:
    two = [TabularPolicy(WORLD, np.full((5, 4), value)) for value in (-1.0, -4.0)]
    two[1].q[3, 2] = 8
    mean = average(two, [0.5, 0.25])
    expected = np.full((5, 4), -1.5)
    expected[3, 2] = 1.5
    assert (mean.q == expected).all()
    assert mean.world is WORLD


@pytest.mark.parametrize("number", [1, 2, 7, 16])
def test_an_average_is_a_plain_loop_bit_for_bit(number: int) -> None:
    """No BLAS, whose sums differ from machine to machine; negative and huge weights as well."""
    policies = random_policies(number)
    weights = np.random.default_rng(number).normal(0, 10, number).tolist()
    assert average(policies, weights).q.tolist() == plain_average(policies, weights)


def test_the_order_of_the_bases_is_the_order_of_the_sum() -> None:
    """So the test above can fail: backwards, or by a matrix product, other bits come out."""
    policies = random_policies(16)
    weights = np.random.default_rng(16).normal(0, 10, 16).tolist()
    backwards = average(policies[::-1], weights[::-1]).q.tolist()
    assert backwards == plain_average(policies[::-1], weights[::-1])
    assert backwards != plain_average(policies, weights)
    pairwise = np.sum(np.array(weights)[:, None] * policy_vectors(policies), axis=0)
    np.testing.assert_allclose(average(policies, weights).vector, pairwise)


def test_averaging_leaves_the_bases_alone() -> None:
    policies = random_policies(3)
    average(policies, [1, 2, 3]).q[:] = 0
    for policy, kept in zip(policies, random_policies(3), strict=True):
        assert (policy.q == kept.q).all()


@pytest.mark.parametrize(("policies", "weights"), [(2, 3), (3, 2), (0, 0), (0, 1)])
def test_every_policy_has_its_weight(policies: int, weights: int) -> None:
    with pytest.raises(ValueError, match=f"{policies} policies cannot take {weights} weights"):
        average(random_policies(policies), np.ones(weights))


def test_policies_of_different_maps_have_no_average() -> None:
    other = TabularPolicy(GridWorld.from_text(".#.\n..."), np.zeros((5, 4)))
    with pytest.raises(ValueError, match="different maps"):
        average([*random_policies(1), other], [0.5, 0.5])


def test_policy_vectors_are_rows_in_order() -> None:
    policies = random_policies(3)
    vectors = policy_vectors(policies)
    assert vectors.shape == (3, 20)
    assert [row.tolist() for row in vectors] == [policy.q.ravel().tolist() for policy in policies]


def test_a_learned_policy_stops_at_the_first_check_that_passes() -> None:
    policy, run = learn_policy(WORLD, (1, 2), seed=5)
    assert policy.world is WORLD
    assert policy.q is run.q
    assert run.checks[-1].optimal
    assert not any(check.optimal for check in run.checks[:-1])
    assert run.steps == run.steps_optimal
    assert (policy.greedy <= WORLD.optimal_actions((1, 2))).all()


def test_a_policy_is_learned_from_nothing_by_its_seed() -> None:
    world = GridWorld.open_map(6)
    policy, _ = learn_policy(world, (1, 2), seed=5)
    zeros = np.zeros((36, 4))
    by_learn = learn(world, (1, 2), zeros, np.random.default_rng(5), min_episodes=0)
    assert policy.q.tobytes() == by_learn.q.tobytes()
    assert policy.q.tobytes() != learn_policy(world, (1, 2), seed=6)[0].q.tobytes()
