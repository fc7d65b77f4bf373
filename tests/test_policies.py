"""Policies as vectors: their layout, averages held against a plain loop, tables as networks."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite.learning.averaging import average, average_q
from cliprl_lite.learning.networks import Parameters, features, initialise, pick
from cliprl_lite.learning.policies import (
    MODALITIES,
    MLPPolicy,
    TabularPolicy,
    greedy_map,
    greedy_visits,
    learn_policy,
    policy_vectors,
)
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.algorithms import algorithm_1, algorithm_2, warm_start
from cliprl_lite.transfer.weightings import closest, softmax
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

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
    with pytest.raises(ValueError, match=f"{policies} policies and {weights} weights"):
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


# Networks
def network(seed: int = 0, hidden: tuple[int, ...] = (3, 2)) -> MLPPolicy:
    layers = pick(initialise((2, *hidden, 4), [seed]), 0)
    rng = np.random.default_rng(seed)
    biased = [(weights, rng.normal(0, 1, biases.shape)) for weights, biases in layers]
    return MLPPolicy(WORLD, biased, "row-column")


def by_loops(parameters: Parameters, x: list[float]) -> list[float]:
    """What a network says of one state, neuron by neuron."""
    for depth, (weights, biases) in enumerate(parameters):
        x = [
            sum(x[i] * float(weights[i, j]) for i in range(len(x))) + float(biases[j])
            for j in range(biases.size)
        ]
        if depth < len(parameters) - 1:
            x = [max(value, 0.0) for value in x]
    return x


def test_a_networks_action_values_neuron_by_neuron() -> None:
    policy = network()
    expected = [by_loops(policy.parameters, row.tolist()) for row in features(WORLD, "row-column")]
    np.testing.assert_allclose(policy.q, expected, rtol=1e-12)
    assert (policy.greedy == (policy.q == policy.q.max(axis=1, keepdims=True))).all()


def test_a_networks_vector_layer_by_layer() -> None:
    (w0, b0), (w1, b1), (w2, b2) = (policy := network()).parameters
    parts = [w0, b0, w1, b1, w2, b2]
    assert policy.vector.tolist() == [x for part in parts for x in part.ravel().tolist()]
    assert policy.weights.tolist() == [x for part in (w0, w1, w2) for x in part.ravel().tolist()]


def test_a_vector_makes_a_network_of_the_same_shape() -> None:
    first, second = network(0), network(1)
    made = first.with_vector(second.vector)
    assert (made.q == second.q).all()
    assert (made.q != first.q).any()
    assert (made.world, made.reads) == (WORLD, "row-column")
    for length in (first.vector.size - 1, first.vector.size + 1):
        with pytest.raises(ValueError, match=r"cannot reshape|parameters; got"):
            first.with_vector(np.zeros(length))


def test_an_average_of_networks_by_hand() -> None:
    """Weight by weight and bias by bias; what comes out is *not* the average of what they say."""
    first, second = network(0), network(1)
    mean = average([first, second], np.array([0.75, 0.25]))
    for one, other, made in zip(first.parameters, second.parameters, mean.parameters, strict=True):
        for a, b, c in zip(one, other, made, strict=True):
            np.testing.assert_allclose(c, 0.75 * a + 0.25 * b, rtol=1e-15)
    said = average_q([first, second], np.array([0.75, 0.25]))
    np.testing.assert_allclose(said, 0.75 * first.q + 0.25 * second.q, rtol=1e-15)
    assert not np.allclose(mean.q, said, atol=0.1)


@pytest.mark.parametrize(
    "other",
    [
        TabularPolicy(WORLD, np.zeros((5, 4))),
        TabularPolicy(WORLD, np.zeros((5, 4))).network,
        network(hidden=(2, 3)),
        MLPPolicy(WORLD, pick(initialise((16, 3, 2, 4), [0]), 0), "fourier"),
    ],
    ids=["a table", "features", "widths", "features and widths"],
)
def test_only_policies_of_one_kind_have_an_average(other: TabularPolicy | MLPPolicy) -> None:
    with pytest.raises(ValueError, match="one class, shape and kind of features"):
        average([network(), other], np.array([0.5, 0.5]))


def test_a_raised_policy_says_more_of_everything() -> None:
    for policy in (*random_policies(1), network()):
        np.testing.assert_allclose(policy.raised(2.5).q, policy.q + 2.5, rtol=1e-12)
        lifted = warm_start([1.0], [policy], optimism=2.5).policy
        np.testing.assert_allclose(lifted.q, policy.q + 2.5, rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "reads", "complaint"),
    [
        ([(np.zeros((3, 4)), np.zeros(4))], "row-column", r"reads 2 numbers .*got \(3, 4\)"),
        ([(np.zeros((2, 5)), np.zeros(4))], "row-column", r"\(2, 4\); got \(2, 5\)"),
        ([(np.zeros((2, 3)), np.zeros(3))], "row-column", "4 action values; got 3"),
        ([(np.zeros((1, 2, 4)), np.zeros(4))], "row-column", r"got \(1, 2, 4\)"),
        ([], "row-column", "4 action values; got 2"),
        ([(np.zeros((2, 4)), np.zeros(4))], "pixels", "features are one of"),
    ],
)
def test_layers_that_do_not_fit(layers: Parameters, reads: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        MLPPolicy(WORLD, layers, reads)


# A table is a linear network
def test_a_table_and_its_network_give_the_same_numbers() -> None:
    """One policy in two views: its values, its vectors in every modality, its averages, and what
    both algorithms make of it, all to the bit."""
    house = load_suite("house_a")
    transfer = house.transfer("go to the red cone")
    known = [task.sentence for task in transfer.bases]
    tables = [TabularPolicy(house.world, house.world.optimal_q(t.goal)) for t in transfer.bases]
    networks = [table.network for table in tables]
    assert all((n.q == t.q).all() for n, t in zip(networks, tables, strict=True))
    assert networks[0].network is networks[0]
    for modality in MODALITIES:
        assert (policy_vectors(networks, modality) == policy_vectors(tables, modality)).all()
    for algorithm, weighting in ((algorithm_1, closest), (algorithm_1, softmax)):
        by_table, by_network = (
            algorithm(transfer.target.sentence, known, policies, weighting)
            for policies in (tables, networks)
        )
        assert (by_table.weights == by_network.weights).all()
        assert (by_table.policy.q == by_network.policy.q).all()
    for modality in MODALITIES:
        by_table, by_network = (
            algorithm_2(transfer.target.sentence, known, policies, modality=modality)
            for policies in (tables, networks)
        )
        assert (by_table.scores == by_network.scores).all()
        assert (by_table.policy.q == by_network.policy.q).all()


# Modalities
def test_modalities_by_hand() -> None:
    policy = TabularPolicy(WORLD, np.zeros((5, 4)))
    policy.q[1] = [-1, -3, -1, -2]
    assert MODALITIES["weights"](policy).tolist() == policy.q.ravel().tolist()
    assert MODALITIES["q-values"](policy).tolist() == policy.q.ravel().tolist()
    assert MODALITIES["actions"](policy)[4:8].tolist() == [0.5, 0, 0.5, 0]
    assert greedy_map(policy).reshape(5, 4).sum(axis=1).tolist() == [1.0] * 5
    wired = network()
    assert MODALITIES["weights"](wired).tolist() == wired.weights.tolist()
    assert MODALITIES["q-values"](wired).tolist() == wired.q.ravel().tolist()


def test_a_modality_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="one of weights, q-values, actions, visits; got 'pixels'"):
        policy_vectors(random_policies(2), "pixels")


def test_visits_are_those_of_a_walk_counted_step_by_step() -> None:
    """From every start by hand, shared among best actions, until the goal or no one is left."""
    world = load_suite("house_a").world
    q = world.optimal_q((4, 1))
    goal, gamma = world.state((4, 1)), 0.99
    there = np.full(world.n_states, 1 / (world.n_states - 1))
    there[goal] = 0
    expected = np.zeros((world.n_states, 4))
    for step in range(200):
        after = np.zeros(world.n_states)
        for state in np.flatnonzero(there):
            best = np.flatnonzero(np.isclose(q[state], q[state].max()))
            for action in best:
                expected[state, action] += gamma**step * there[state] / len(best)
                successor = world.next_state[state, action]
                after[successor] += there[state] / len(best) * (successor != goal)
        there = after
    found = greedy_visits(TabularPolicy(world, q)).reshape(-1, 4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
