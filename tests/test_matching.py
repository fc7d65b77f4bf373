"""Permutation matching against known permutations, and against all of them."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from cliprl_lite.learning.between_networks import interpolate, loss_barrier, value_loss
from cliprl_lite.learning.matching import match, matching_permutations, permute
from cliprl_lite.learning.network_training import fitted_q_iteration
from cliprl_lite.learning.networks import (
    NetworkSettings,
    Parameters,
    features,
    forward,
    initialise,
)
from cliprl_lite.worlds.gridworld import GridWorld


def network(seed: int, *widths: int) -> Parameters:
    """Random weights, and biases that are not 0."""
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b)) for a, b in pairwise(widths)]


def distance(a: Parameters, b: Parameters) -> float:
    """Sum of squares over all weights and biases."""
    return float(
        sum(
            ((w - v) ** 2).sum() + ((x - y) ** 2).sum() for (w, x), (v, y) in zip(a, b, strict=True)
        )
    )


def shuffles(seed: int, *widths: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.permutation(width) for width in widths]


SHAPES = [(5, 16, 4), (5, 16, 12, 4), (5, 64, 64, 4), (5, 9, 8, 7, 4)]
every_shape = pytest.mark.parametrize("widths", SHAPES)


@every_shape
def test_a_permuted_network_computes_the_same(widths: tuple[int, ...]) -> None:
    original = network(0, *widths)
    moved = permute(original, shuffles(1, *widths[1:-1]))
    x = np.random.default_rng(2).normal(size=(30, 5))
    assert distance(original, moved) > 1
    np.testing.assert_allclose(forward(moved, x), forward(original, x), rtol=0, atol=1e-12)


def test_permuting_by_hand() -> None:
    """New place 0 has old neuron 2: its column of what comes in, its bias, its row of what goes."""
    before = [
        (np.array([[1.0, 2.0, 3.0]]), np.array([4.0, 5.0, 6.0])),
        (np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([7.0, 8.0])),
    ]
    (into, bias), (out, last) = permute(before, [np.array([2, 0, 1])])
    assert into.tolist() == [[3.0, 1.0, 2.0]]
    assert bias.tolist() == [6.0, 4.0, 5.0]
    assert out.tolist() == [[5.0, 6.0], [1.0, 2.0], [3.0, 4.0]]
    assert last.tolist() == [7.0, 8.0]


@every_shape
@pytest.mark.parametrize("seed", range(5))
def test_matching_undoes_a_permutation(widths: tuple[int, ...], seed: int) -> None:
    reference = network(seed, *widths)
    moved = permute(reference, shuffles(seed + 10, *widths[1:-1]))
    assert distance(reference, match(reference, moved)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_matching_undoes_a_permutation_under_noise(seed: int) -> None:
    reference, noise = network(seed, 16, 64, 64, 4), network(seed + 1, 16, 64, 64, 4)
    near = interpolate(reference, noise, 0.2)
    matched = match(reference, permute(near, shuffles(seed, 64, 64)))
    assert distance(near, matched) == 0


def test_one_hidden_layer_is_matched_as_well_as_can_be() -> None:
    """Against all 720 orders."""
    for seed in range(20):
        reference, other = network(seed, 3, 6, 4), network(seed + 100, 3, 6, 4)
        best = min(
            distance(reference, permute(other, [np.array(p)])) for p in permutations(range(6))
        )
        assert distance(reference, match(reference, other)) == pytest.approx(best, rel=1e-12)


def test_two_hidden_layers_are_matched_to_where_neither_alone_gains() -> None:
    for seed in range(10):
        reference, other = network(seed, 3, 5, 4, 2), network(seed + 100, 3, 5, 4, 2)
        first, second = matching_permutations(reference, other)
        found = distance(reference, match(reference, other))
        assert found <= distance(reference, other)
        options = [[np.array(p), second] for p in permutations(range(5))]
        options += [[first, np.array(p)] for p in permutations(range(4))]
        for orders in options:
            assert found <= distance(reference, permute(other, orders)) * (1 + 1e-12)


def test_equal_neurons_do_not_alternate_for_ever() -> None:
    same = [
        (np.ones((2, 8)), np.zeros(8)),
        (np.ones((8, 8)), np.zeros(8)),
        (np.ones((8, 4)), np.zeros(4)),
    ]
    assert distance(same, match(same, same)) == 0


def test_matching_leaves_its_inputs_alone() -> None:
    reference, other = network(0, 3, 6, 4), network(1, 3, 6, 4)
    kept = [[(w.copy(), b.copy()) for w, b in one] for one in (reference, other)]
    match(reference, other)[0][0][:] = 0
    assert distance(reference, kept[0]) == 0
    assert distance(other, kept[1]) == 0


def test_trained_networks_are_nearer_after_matching() -> None:
    """Two that learned one task from independent starts: their middle is much better matched."""
    world, goal, settings = GridWorld.open_map(6), (1, 4), NetworkSettings()
    start = initialise(settings.widths(world), seeds=[0, 1])
    runs = fitted_q_iteration(world, [goal, goal], start, settings)
    first, second = (run.parameters for run in runs)
    x, error = features(world, settings.features), value_loss(world, settings.features, [goal])

    matched = match(first, second)
    np.testing.assert_allclose(forward(matched, x), forward(second, x), atol=1e-12)
    assert error(matched, 0.0) == pytest.approx(error(second, 0.0), rel=1e-9)
    before, after = (loss_barrier(first, other, error) for other in (second, matched))
    assert 0 < after < 0.5 * before


# What cannot be
@pytest.mark.parametrize(
    "orders",
    [[], [np.arange(6)], [np.arange(6), np.arange(4)], [np.arange(6), np.array([0, 1, 2, 3, 3])]],
)
def test_permutations_that_do_not_fit(orders: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"hidden layers of \[6, 5\] neurons need a permutation"):
        permute(network(0, 3, 6, 5, 4), orders)


def test_networks_of_other_shapes_do_not_match() -> None:
    with pytest.raises(ValueError, match=r"only networks of one shape"):
        match(network(0, 3, 6, 4), network(1, 3, 7, 4))
    with pytest.raises(ValueError, match=r"only networks of one shape"):
        match(network(0, 3, 6, 4), network(1, 3, 6, 6, 4))
